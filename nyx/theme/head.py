"""What goes into a page's head: styles, fonts, icons, the theme before the first paint, and the words for search and sharing."""

from __future__ import annotations

import html
from functools import cache

from nyx.theme.assets import asset

_STYLES = (
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/controls.css",
    "css/studio.css",
    "css/gallery.css",
    "css/player.css",
    "css/auth.css",
    "css/verify.css",
)
# Preloaded without a version: the address must be the very one that the style sheet names.
_FONTS = ("/assets/fonts/inter-latin.woff2", "/assets/fonts/jetbrains-mono-latin.woff2")
_THEME_COLOURS = {"dark": "#0a0a0f", "light": "#f8fafc"}
# Runs before the first paint: dark unless this browser chose light.
_BOOT_SCRIPT = (
    '<script>document.documentElement.dataset.theme=/(?:^|; )theme=light(?:;|$)/.test(document.cookie)?"light":"dark";'
    "document.querySelector('meta[name=\"theme-color\"]').content="
    f'document.documentElement.dataset.theme==="light"?"{_THEME_COLOURS["light"]}":"{_THEME_COLOURS["dark"]}"</script>'
)


@cache
def head_html() -> str:
    """Return the part of the head that every page shares, NiceGUI's or plain."""
    fonts = "".join(f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>' for font in _FONTS)
    styles = "".join(f'<link rel="stylesheet" href="{asset(style)}">' for style in _STYLES)
    return (
        f'<meta name="theme-color" content="{_THEME_COLOURS["dark"]}">{_BOOT_SCRIPT}{fonts}{styles}'
        f'<link rel="icon" href="{asset("brand/favicon.svg")}" type="image/svg+xml">'
        f'<link rel="icon" href="{asset("brand/favicon-32.png")}" sizes="32x32" type="image/png">'
        f'<link rel="apple-touch-icon" href="{asset("brand/favicon-180.png")}">'
        f'<link rel="manifest" href="{asset("site.webmanifest")}">'
        f'<script defer src="{asset("js/nyx.js")}"></script>'
    )


def page_meta(*, title: str, description: str, url: str, image_url: str, indexed: bool) -> str:
    """Return what search engines and link previews read; every value is escaped here."""
    named = {"description": description, "robots": "index,follow" if indexed else "noindex,nofollow", "twitter:card": "summary"}
    shared = {"type": "website", "site_name": "Nyx-Net", "title": title, "description": description, "url": url, "image": image_url}
    tags = [f'<meta name="{name}" content="{html.escape(value)}">' for name, value in named.items()]
    tags += [f'<meta property="og:{name}" content="{html.escape(value)}">' for name, value in shared.items()]
    return "".join(tags) + f'<link rel="canonical" href="{html.escape(url)}">'
