"""How a photo is shown: as a picture, and as nothing else."""

HEADERS = {
    "Cache-Control": "private, max-age=3600, immutable",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of the answer that carries its bytes; the content type is that of the file as it is kept."""
