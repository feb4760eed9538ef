"""Our service beside a stock Rasa bot with the same answers, in one run: speed and memory."""
