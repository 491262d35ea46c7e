"""Ways to get around: the bar at the top with brand, places, balance, theme switch and account menu, and the rail of a section's places."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from nicegui import ui

from nyx.theme.assets import asset
from nyx.theme.icons import SPRITE, icon_markup
from nyx.theme.site import NavLink, Site, Viewer

LOGOUT_ACTION = "/auth/logout"
_PLACES_KEPT = 256  # pages whose stretches of the bar are kept
_THEME_LABEL = "Switch between dark and light"
# The brand's gradient for icon strokes, which style sheets name by url(#nyx-gradient).
_GRADIENT = (
    '<svg class="sr-only" aria-hidden="true" focusable="false"><defs><linearGradient id="nyx-gradient" x1="0" y1="0" x2="1" y2="1">'
    '<stop stop-color="var(--nyx-gradient-from)"/><stop offset="1" stop-color="var(--nyx-gradient-to)"/></linearGradient></defs></svg>'
)


class Navbar(ui.element, component="components/navbar.js"):
    """All but the balance is static, hence one element: each costs every page time before its first byte."""

    def __init__(self, site: Site, path: str, viewer: Viewer | None, *, notice: str = "") -> None:
        super().__init__()
        credits = f"{viewer.credits:,}" if viewer else ""
        sides = {"start": _start(site, path, viewer is not None), "end": _end(site, path, viewer)}
        self._props.update({**sides, "credits": credits, "notice": notice, "sprite": asset(SPRITE)})

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        words = [self._props[name] for name in ("start", "credits", "end", "notice")]
        return [*super()._displayed_contents(only_visible=only_visible), *words]


class CreditsPill:
    """The balance in the navbar; for a visitor there is none and setting it does nothing."""

    def __init__(self, navbar: Navbar | None) -> None:
        self._navbar = navbar

    def set(self, credits: int) -> None:
        """Show another balance, in whole credits."""
        words = f"{credits:,}"
        if self._navbar is not None and not self._navbar.is_deleted and self._navbar._props["credits"] not in ("", words):
            self._navbar._props["credits"] = words


def navbar_markup(site: Site, path: str, viewer: Viewer | None) -> str:
    """The same as trusted markup, for pages without a socket: the balance in it is the one of this moment."""
    pill = f'<div class="pill" title="Your credits">{_pill_words(viewer.credits)}</div>' if viewer else ""
    return f"{_start(site, path, viewer is not None)}{pill}{_end(site, path, viewer)}"


@lru_cache(_PLACES_KEPT)
def _start(site: Site, path: str, is_member: bool) -> str:
    links = site.member_links if is_member else site.visitor_links
    return f'<div class="nav-main">{_GRADIENT}{_brand(site)}{_nav_links(links, path)}</div><div class="spacer"></div>'


def _end(site: Site, path: str, viewer: Viewer | None) -> str:
    if viewer is None:
        return f'<div class="nav-end phone-hide">{_visitor_end()}</div>{_menu(_visitor_menu_links(site), path, None)}'
    return f'<div class="phone-hide">{_theme_button()}</div>{_menu(site.member_links, path, viewer)}'


def _pill_words(credits: int) -> str:
    return f'<span class="ic">{icon_markup("zap")}</span><span class="mono">{credits:,}</span><span class="sr-only">credits</span>'


def _brand(site: Site) -> str:
    words = '<span><span class="gradient-text">NYX</span><span class="muted">-NET</span></span>'
    mark = f'<img src="{asset("brand/mark.svg")}" alt="" width="28" height="28">'
    return f'<a class="brand" href="/" aria-label="{html.escape(site.name)} home">{mark}{words}</a>'


def _nav_links(links: Sequence[NavLink], path: str) -> str:
    items = "".join(f'<a href="{link.href}"{_current(link, path)}>{html.escape(link.text)}</a>' for link in links)
    return f'<nav class="nav-links" aria-label="Main">{items}</nav>'


def _current(link: NavLink, path: str) -> str:
    """Light the link of this very page, and the studio's on each of its tools."""
    section = link.href.rsplit("/", 1)[0] + "/"
    lit = path == link.href or (section == "/studio/" and path.startswith(section))
    return ' aria-current="page"' if lit else ""


def _visitor_end() -> str:
    return f'{_theme_button()}<a class="btn ghost" href="/login">Log in</a><a class="btn primary" href="/signup">Sign up</a>'


def _visitor_menu_links(site: Site) -> tuple[NavLink, ...]:
    return (*site.visitor_links, NavLink("Log in", "/login", "log-in"), NavLink("Sign up", "/signup", "user-plus"))


@cache
def _theme_button() -> str:
    icons = f'<span class="when-dark">{icon_markup("sun")}</span><span class="when-light">{icon_markup("moon")}</span>'
    return f'<button type="button" class="iconbtn" data-theme-toggle aria-label="{_THEME_LABEL}" title="{_THEME_LABEL}">{icons}</button>'


def _menu(links: tuple[NavLink, ...], path: str, viewer: Viewer | None) -> str:
    """The account's menu; on a phone it is a sheet that carries the navigation too, and visitors have one there as well."""
    places = f"<div>{_menu_links(links, path, viewer is not None and viewer.is_admin)}</div>"
    if viewer is None:
        handle = f'<summary class="iconbtn" aria-label="Menu">{icon_markup("menu")}</summary>'
        return f'<details class="menu phone-only">{handle}<div class="menu-panel">{places}</div></details>'
    handle = f'<summary class="avatar" aria-label="Account menu">{html.escape(viewer.email[:1])}</summary>'
    head = f'<div class="menu-head">{html.escape(viewer.email)}</div>'
    leave = f'<button class="menu-item">{icon_markup("log-out")}<span>Log out</span></button>'
    form = f'<form method="post" action="{LOGOUT_ACTION}">{leave}</form>'
    return f'<details class="menu">{handle}<div class="menu-panel">{head}{places}{form}</div></details>'


@lru_cache(_PLACES_KEPT)
def _menu_links(links: tuple[NavLink, ...], path: str, is_admin: bool) -> str:
    places = "".join(_menu_link(link, path) for link in links)
    theme = f'<button type="button" class="menu-item" data-theme-toggle>{icon_markup("sun")}<span>Dark or light</span></button>'
    role = f'<span class="menu-note">{icon_markup("shield")}<span>You are an administrator</span></span>' if is_admin else ""
    return f'{role}<div class="phone-only col nav-places">{places}{theme}</div>'


def _menu_link(link: NavLink, path: str) -> str:
    words = f"{icon_markup(link.icon)}<span>{html.escape(link.text)}</span>"
    return f'<a class="menu-item" href="{link.href}"{_current(link, path)}>{words}</a>'


class Section(ui.element, component="components/section.js"):
    """What is built inside stands beside a column of places, on a phone below a row of them; the one at ``path`` is lit."""

    def __init__(self, label: str, links: Sequence[NavLink], *, path: str) -> None:
        super().__init__()
        self._props.update({"label": label, "links": links, "path": path, "sprite": asset(SPRITE)})

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[link.text for link in self._props["links"]]]
