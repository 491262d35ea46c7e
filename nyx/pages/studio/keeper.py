"""The browser's own copy of an unsaved prompt, and the shortcut that works anywhere on the page."""

from __future__ import annotations

import hashlib

from nicegui import ui


class DraftKeeper(ui.element, component="components/draft_keeper.js"):
    """Restores what the server never got. ``is_prefilled``: the address brought a prompt, which wins."""

    def __init__(self, *, owner_id: str, screen: str, is_prefilled: bool) -> None:
        super().__init__()
        # A shared browser must not show one person's prompt to the next, nor anybody's id.
        owner = hashlib.sha256(owner_id.encode()).hexdigest()[:16]
        self._props["slot-name"] = f"nyx-draft:{screen}:{owner}"
        self._props["stored"] = ""
        self._props["prefilled"] = is_prefilled

    def set_stored(self, prompt: str) -> None:
        """The server has this prompt now."""
        if self._props["stored"] != prompt:
            self._props["stored"] = prompt
