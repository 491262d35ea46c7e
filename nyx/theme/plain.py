"""Pages of plain HTML, for readers that run no script: escaped markup, and the frame around it. No socket, no state on the server."""

from __future__ import annotations

import html

from nyx.theme.assets import asset
from nyx.theme.head import head_html
from nyx.theme.navbar import navbar_markup
from nyx.theme.site import Site, Viewer

_VOID = frozenset({"img", "link", "meta", "source"})


class Markup(str):
    """Text that is markup already. Only ``el`` and the theme make it."""

    __slots__ = ()


def el(tag: str, *children: str, **attributes: str | int | bool | None) -> Markup:
    """One element. What is not Markup is escaped; ``class_`` is class, ``aria_label`` aria-label; True is a bare name, None is nothing."""
    written = "".join(_attribute(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{''.join(child if isinstance(child, Markup) else html.escape(child) for child in children)}</{tag}>")


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def meta(name: str, content: str, *, is_property: bool = False) -> Markup:
    """A fact for search engines and link previews; OpenGraph's are properties."""
    return Markup(f'<meta {"property" if is_property else "name"}="{html.escape(name)}" content="{html.escape(content)}">')


def plain_page(
    title: str,
    *content: Markup,
    site: Site,
    path: str,
    head: tuple[Markup, ...] = (),
    style: str | None = None,
    viewer: Viewer | None = None,
) -> str:
    """A whole document in the frame of every page; ``content`` goes into main and holds the one h1. ``style`` is a sheet of ours."""
    sheet = el("link", rel="stylesheet", href=asset(style)) if style else Markup()
    top = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{el('title', f'{title} · {site.name}')}{head_html()}{sheet}{''.join(head)}"
        f"{el('link', rel='canonical', href=site.public_url + path)}</head>"
    )
    foot = el("footer", el("span", f"{site.name} {site.version}"), el("span", "AI images on your own server."), class_="site-foot")
    return (
        f'{top}<body><div class="plain-layout"><a class="skip" href="#main">Skip to content</a>'
        f'<header class="nav">{navbar_markup(site, path, viewer)}</header>'
        f'<main id="main" tabindex="-1">{"".join(content)}</main>{foot}</div></body></html>'
    )
