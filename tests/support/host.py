"""Another site with a strict Content-Security-Policy, whose pages embed the widget."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="ko"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>host</title>
<script src="{service}/widget/ilsa-chat.js" defer></script></head>
<body><main><h1>host</h1></main><ilsa-chat {attributes}></ilsa-chat></body></html>"""
POLICY = (
    "default-src 'none'; script-src {service}; connect-src {service}; img-src {service}; "
    "style-src 'none'; base-uri 'none'"
)


@dataclass
class Host:
    """The site, and what its next page says."""

    url: str
    service: str = ""
    attributes: str = 'lang="ko"'

    def page(self, service: str, attributes: str = 'lang="ko"') -> str:
        """The address of a page with the widget of `service`."""
        self.service, self.attributes = service, attributes
        return f"{self.url}/"


@contextmanager
def hosting(port: int) -> Iterator[Host]:
    """The site on a port of its own."""
    host = Host(f"http://127.0.0.1:{port}")

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            body = PAGE.format(service=host.service, attributes=host.attributes).encode()
            self.send_response(200 if found else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(service=host.service))
            self.end_headers()
            if found:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the tests' output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield host
    server.shutdown()
    server.server_close()
