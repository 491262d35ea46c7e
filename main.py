"""The whole studio: build it, and serve it when started as a program."""

from __future__ import annotations

from nyx.server import build_or_exit, serve

app = build_or_exit()
asgi = app.asgi

if __name__ == "__main__":
    serve(app)
