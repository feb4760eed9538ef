"""One module a channel on one small protocol."""
