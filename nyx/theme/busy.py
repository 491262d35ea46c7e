"""Hold a button while its press is being carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Pressable(Protocol):
    """A button, or something with one."""

    @property
    def is_deleted(self) -> bool: ...

    def set_busy(self, busy: bool, /) -> object: ...


@contextmanager
def busy(button: Pressable) -> Iterator[None]:
    """Keep a button busy for the length of a block, whatever way the block ends."""
    button.set_busy(True)
    try:
        yield
    finally:
        if not button.is_deleted:
            button.set_busy(False)
