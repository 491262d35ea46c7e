"""Our cookies: their names, how they are read and how they are set. Their values mean nothing here."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response

from nyx.web.asgi import Scope

THEME = "theme"
DEVICE_LASTS = timedelta(days=365)


@dataclass(frozen=True)
class Cookies:
    """The cookies of one installation. Over https the names carry ``__Host-``, which no other host can set."""

    is_https: bool
    secret: bytes

    @property
    def session(self) -> str:
        return "__Host-nyx" if self.is_https else "nyx"

    @property
    def device(self) -> str:
        return "__Host-nyx-device" if self.is_https else "nyx-device"

    def read(self, scope: Scope, name: str) -> str | None:
        """The value of a cookie of this request. A name that occurs twice was not set by us alone and counts as absent."""
        found = [value for key, raw in scope["headers"] if key == b"cookie" for value in _values(raw.decode("latin-1"), name)]
        return found[0] if len(found) == 1 and found[0] else None

    def set_session(self, response: Response, token: str, *, lasts: timedelta) -> None:
        self._set(response, self.session, token, lasts=lasts)

    def clear_session(self, response: Response) -> None:
        response.delete_cookie(self.session, path="/", secure=self.is_https, httponly=True, samesite="lax")

    def remember_device(self, response: Response, *, email: str) -> None:
        """Note that this browser knew the password of this account, so that nobody's wrong tries elsewhere can slow it down."""
        self._set(response, self.device, self._device_proof(email), lasts=DEVICE_LASTS)

    def is_known_device(self, scope: Scope, *, email: str) -> bool:
        proof = self.read(scope, self.device)
        return proof is not None and hmac.compare_digest(proof, self._device_proof(email))

    def _device_proof(self, email: str) -> str:
        return hmac.new(self.secret, b"device:" + email.strip().lower().encode(), hashlib.sha256).hexdigest()

    def _set(self, response: Response, name: str, value: str, *, lasts: timedelta) -> None:
        response.set_cookie(name, value, max_age=int(lasts.total_seconds()), path="/", secure=self.is_https, httponly=True, samesite="lax")


def _values(header: str, name: str) -> list[str]:
    values = []
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            try:
                values.append(SimpleCookie(f"{name}={value}")[name].value)
            except (CookieError, KeyError):
                values.append("")
    return values
