"""The commands of `ilsa`, one module a group; each has `register(app)`."""
