"""The ASGI application: wiring, the citizen API, pages, static files."""
