"""What the frame has to know: the installation, its places, and who is looking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NavLink:
    """One place to go. ``icon`` is shown in menus and sheets."""

    text: str
    href: str
    icon: str


@dataclass(frozen=True)
class Site:
    """What every page of this installation shares. ``public_url`` has no slash at its end."""

    public_url: str
    version: str
    name: str = "Nyx-Net"
    visitor_links: tuple[NavLink, ...] = (NavLink("Studio", "/studio/text-to-image", "sparkles"),)
    member_links: tuple[NavLink, ...] = (
        NavLink("Studio", "/studio/text-to-image", "sparkles"),
        NavLink("Gallery", "/dashboard/gallery", "images"),
    )


@dataclass(frozen=True)
class Viewer:
    """The signed-in person as the frame shows them. ``credits`` are whole and available."""

    email: str
    credits: int
    is_admin: bool = False
