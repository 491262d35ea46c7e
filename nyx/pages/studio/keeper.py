"""What works anywhere on the page: the browser's own copy of an unsaved prompt, the shortcut, and an answer to a stray file."""

from __future__ import annotations

import hashlib

from nicegui import ui

from nyx.pages.studio.tools import TOOLS, Tool
from nyx.services.catalog import Capability


class DraftKeeper(ui.element, component="components/draft_keeper.js"):
    """Restores what the server never got. ``is_prefilled``: the address brought a prompt, which wins."""

    def __init__(self, tool: Tool, *, owner_id: str, is_prefilled: bool) -> None:
        super().__init__()
        # A shared browser must not show one person's prompt to the next, nor anybody's id.
        owner = hashlib.sha256(owner_id.encode()).hexdigest()[:16]
        self._props["slot-name"] = f"nyx-draft:{tool.capability}:{owner}"
        self._props["stored"] = ""
        self._props["prefilled"] = is_prefilled
        # Where a picture can be put that is dropped on a tool which takes none.
        other = None if tool.takes_pictures else TOOLS[Capability(tool.capability.replace("text-", "image-", 1))]
        self._props["other"] = {"text": other.title, "href": other.path} if other else None

    def set_stored(self, prompt: str) -> None:
        """The server has this prompt now."""
        if self._props["stored"] != prompt:
            self._props["stored"] = prompt
