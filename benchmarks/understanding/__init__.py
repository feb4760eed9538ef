"""How well this project, a stock Rasa bot and nlp.js understand, taught the same messages."""
