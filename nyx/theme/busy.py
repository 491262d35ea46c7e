"""Hold a button while its press is being carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nyx.theme.buttons import Button, IconButton


@contextmanager
def busy(button: Button | IconButton) -> Iterator[None]:
    """Keep a button busy for the length of a block, whatever way the block ends."""
    button.set_busy(True)
    try:
        yield
    finally:
        if not button.is_deleted:
            button.set_busy(False)
