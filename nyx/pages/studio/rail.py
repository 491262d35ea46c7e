"""The tools of the studio and the way to what they made: real destinations alone."""

from __future__ import annotations

from nyx.pages.studio.tools import TOOLS, Tool
from nyx.theme import NavLink
from nyx.theme import rail as places

_LINKS = (*[NavLink(tool.title, tool.path, tool.icon) for tool in TOOLS.values()], NavLink("Gallery", "/dashboard/gallery", "images"))


def rail(tool: Tool) -> None:
    """Static, hence one element."""
    places("Studio tools", _LINKS, path=tool.path)
