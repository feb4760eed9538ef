"""What runs inside Rasa: NLU components, the decision, the tracker store."""
