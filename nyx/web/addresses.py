"""Which host names and origins are ours, and which paths a redirect may lead to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

HOME = "/studio/text-to-image"
_UNSAFE = re.compile(r"[\\\x00-\x20]")


class Addresses:
    """``public_url`` is how people reach the app, or empty: then any name that leads here will do, as in a home network."""

    def __init__(self, public_url: str) -> None:
        parsed = urlsplit(public_url)
        self.is_https = parsed.scheme == "https"
        self._public = parsed.netloc.lower()

    def is_our_host(self, host: str) -> bool:
        """True when a request for this Host header is meant for us. Addresses in numbers and localhost always are: monitors use them."""
        if not host or any(character in host for character in "/\\@?# "):
            return False
        if not self._public or host.lower() == self._public:
            return True
        return _is_numeric_or_local(host)

    def is_our_origin(self, origin: str, *, host: str) -> bool:
        """True when a page of ours, as this browser knows it, made the request."""
        parsed = urlsplit(origin)
        if parsed.scheme not in ("http", "https"):
            return False
        return parsed.netloc.lower() in {host.lower(), self._public} - {""}


def _is_numeric_or_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def safe_next(target: str | None) -> str:
    """The path to go on to after a login: one of ours, or the studio."""
    if not target or not target.startswith("/") or target.startswith("//") or _UNSAFE.search(target):
        return HOME
    parsed = urlsplit(target)
    if parsed.scheme or parsed.netloc or parsed.path.startswith(("/auth/", "/login", "/signup", "/_nicegui", "//")):
        return HOME
    return target


def login_path(target: str) -> str:
    """Where a visitor is sent who asked for ``target``."""
    wanted = safe_next(target)
    return "/login" if wanted == HOME else f"/login?next={quote(wanted, safe='')}"
