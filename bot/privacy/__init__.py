"""Personal data: finding, masking, and the short-lived vault."""
