"""Photos that citizens and staff add: checked, re-encoded, kept outside the web root."""
