"""Which host names and origins are ours, and which paths a redirect may lead to."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlencode, urlsplit

HOME = "/studio/text-to-image"
_HEALTH = ("/healthz", "/readyz")
_LOCAL_DOMAINS = (".localhost", ".local", ".lan", ".home.arpa", ".internal")
_UNSAFE = re.compile(r"[\\\x00-\x20]")


class Addresses:
    """``public_url`` is how people reach the app. Without one, only names that no stranger can point at this machine will do.

    Otherwise a web page could have its own name lead here and then read the answers (DNS rebinding).
    """

    def __init__(self, public_url: str, *, machine: str = "") -> None:
        parsed = urlsplit(public_url)
        self.is_https = parsed.scheme == "https"
        self._public = _without_default_port(parsed.netloc.lower(), parsed.scheme)
        self._machine = (machine or socket.gethostname()).lower()

    def is_our_host(self, host: str, *, path: str = "/") -> bool:
        """True when a request for this Host header is meant for us. Monitors may ask for our health by number or as localhost."""
        if not host or any(character in host for character in "/\\@?# "):
            return False
        name = _name_in(host)
        if not self._public:
            return _is_numeric(name) or _is_local(name) or name == self._machine
        if _without_default_port(host.lower(), "https" if self.is_https else "http") == self._public:
            return True
        return path in _HEALTH and (name == "localhost" or _is_numeric(name))

    @property
    def refusal(self) -> str:
        """What to tell somebody who asks for another name."""
        if self._public:
            return f"This studio answers to {self._public} only. A proxy in front of it has to pass that name on in the Host header."
        return "This studio doesn't answer to that name. Whoever runs it can set NYX_PUBLIC_URL to the address that people use."

    def is_our_origin(self, origin: str, *, host: str) -> bool:
        """True when a page of ours, as this browser knows it, made the request."""
        parsed = urlsplit(origin)
        if parsed.scheme not in ("http", "https"):
            return False
        if self._public:
            scheme = "https" if self.is_https else "http"
            return parsed.scheme == scheme and _without_default_port(parsed.netloc.lower(), scheme) == self._public
        return parsed.netloc.lower() == host.lower()


def _name_in(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _without_default_port(netloc: str, scheme: str) -> str:
    return netloc.removesuffix(":443" if scheme == "https" else ":80")


def _is_numeric(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _is_local(name: str) -> bool:
    """Names of one label and those below the local domains are never handed out by the world's DNS."""
    return bool(name) and ("." not in name or name.endswith(_LOCAL_DOMAINS))


def safe_next(target: str | None) -> str:
    """The path to go on to after a login: one of ours, or the studio."""
    if not target or not target.startswith("/") or target.startswith("//") or _UNSAFE.search(target):
        return HOME
    parsed = urlsplit(target)
    if parsed.scheme or parsed.netloc or parsed.path.startswith(("/auth/", "/login", "/signup", "/_nicegui", "//")):
        return HOME
    return target


def login_path(target: str, *, was_in: bool = False) -> str:
    """Where a visitor is sent who asked for ``target``. ``was_in``: their session ended, and the page says so."""
    wanted = safe_next(target)
    query = urlencode(({} if wanted == HOME else {"next": wanted}) | ({"ended": "1"} if was_in else {}))
    return f"/login?{query}" if query else "/login"
