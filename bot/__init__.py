"""Ilsacheolli 120: a civil-inquiry chatbot for a provincial call centre."""
