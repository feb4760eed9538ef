"""Who said what and who holds it now: receive, ask, reply, hand over, deliver."""
