"""A page that is one card in the middle: the forms in front of the studio, and errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui


@contextmanager
def card() -> Iterator[None]:
    """Put what is built inside into the card."""
    with ui.element("section").classes("auth"), ui.element("div").classes("auth-card"):
        yield
