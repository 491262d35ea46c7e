"""The frame around every page: head, skip link, navbar, main landmark, footer."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nicegui import context, ui

from nyx.theme.assets import asset
from nyx.theme.head import head_html, page_meta
from nyx.theme.navbar import CreditsPill, Navbar
from nyx.theme.site import Site, Viewer


@dataclass(frozen=True)
class Frame:
    """What a page may change in its frame while it is open."""

    credits: CreditsPill = field(default_factory=lambda: CreditsPill(None))


@contextmanager
def frame(
    title: str,
    *,
    site: Site,
    path: str,
    description: str,
    viewer: Viewer | None = None,
    footer: bool = True,
    indexed: bool = False,
    notice: str | None = None,
) -> Iterator[Frame]:
    """Frame a page; what is built inside lands in its main landmark, and must hold the one h1.

    ``path`` is the canonical path and lights its link in the navbar. ``notice`` is one line above everything, e.g. for admins.
    Call it once, at the top level of the page function.
    """
    _fill_head(f"{title} · {site.name}", site=site, path=path, description=description, indexed=indexed)
    client = context.client
    page = client.content.parent_slot.parent if client.content.parent_slot else client.content
    page.props.update({"id": "main", "tabindex": "-1"})
    with client.layout:
        navbar = Navbar(site, path, viewer, notice=notice or "")
        navbar.move(target_index=0)
        if notice:
            client.content.classes("banner-above")
        if footer:
            _footer(site)
    yield Frame(credits=CreditsPill(navbar))


def _fill_head(title: str, *, site: Site, path: str, description: str, indexed: bool) -> None:
    ui.page_title(title)
    image_url = site.public_url + asset("brand/favicon-512.png")
    meta = page_meta(title=title, description=description, url=site.public_url + path, image_url=image_url, indexed=indexed)
    ui.add_head_html(head_html() + meta)


def _footer(site: Site) -> None:
    words = f"<span>{html.escape(site.name)} {html.escape(site.version)}</span>"
    links = '<nav aria-label="About files"><a href="/verify">Verify a file</a></nav>'
    ui.html(words + links + "<span>AI images on your own server.</span>", sanitize=False, tag="footer").classes("site-foot")
