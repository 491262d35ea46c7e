"""The real application with one bare page beside it: ``python -m bench.served``, set up by the environment as main.py is."""

from __future__ import annotations

from nicegui import ui

from nyx.server import build_or_exit, serve

BARE_PATH = "/bench/bare"


def bare() -> None:
    """The least that a NiceGUI page can be."""
    ui.label("Hello")


if __name__ == "__main__":
    app = build_or_exit()
    ui.page(BARE_PATH)(bare)
    serve(app)
