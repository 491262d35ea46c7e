"""Sign-up, login, logout and the theme: native form posts answered by a redirect. The rules are the account service's."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from nyx.errors import InvalidInput, NotAllowed
from nyx.services.accounts import AccountService, Login
from nyx.services.accounts.sessions import LASTS
from nyx.web.addresses import HOME, safe_next
from nyx.web.asgi import client_ip
from nyx.web.cookies import THEME, Cookies
from nyx.web.flash import Flash, FlashBox

_YEAR_S = 31_536_000

Email = Annotated[str, Form(max_length=1_000, pattern="^[^\\x00]*$")]  # which PostgreSQL can't look for
Password = Annotated[str, Form(max_length=4_000)]
Next = Annotated[str, Form(max_length=2_000)]
Theme = Annotated[str, Form(max_length=20)]


def auth_router(*, accounts: AccountService, cookies: Cookies, flashes: FlashBox) -> APIRouter:
    """The routes below ``/auth``."""
    forms = _Forms(accounts, cookies, flashes)
    router = APIRouter(prefix="/auth", include_in_schema=False)
    router.post("/signup")(forms.sign_up)
    router.post("/login")(forms.log_in)
    router.post("/logout")(forms.log_out)
    router.post("/theme")(forms.set_theme)
    return router


class _Forms:
    """What the forms post to. Too many tries and an overloaded studio fly on to the error pages; the rest goes back to the form."""

    def __init__(self, accounts: AccountService, cookies: Cookies, flashes: FlashBox) -> None:
        self._accounts = accounts
        self._cookies = cookies
        self._flashes = flashes

    async def sign_up(self, request: Request, email: Email = "", password: Password = "", next: Next = "") -> Response:
        try:
            login = await self._accounts.sign_up(
                email=email,
                password=password,
                user_agent=request.headers.get("user-agent", ""),
                ip=client_ip(request.scope),
                replaces=self._cookies.read(request.scope, self._cookies.session),
            )
        except (InvalidInput, NotAllowed) as error:
            return self._refused("/signup", error, email=email, next_path=safe_next(next))
        return self._welcomed(login, safe_next(next))

    async def log_in(self, request: Request, email: Email = "", password: Password = "", next: Next = "") -> Response:
        try:
            login = await self._accounts.log_in(
                email=email,
                password=password,
                user_agent=request.headers.get("user-agent", ""),
                ip=client_ip(request.scope),
                replaces=self._cookies.read(request.scope, self._cookies.session),
                is_known_device=self._cookies.is_known_device(request.scope, email=email),
            )
        except (InvalidInput, NotAllowed) as error:
            return self._refused("/login", error, email=email, next_path=safe_next(next))
        response = self._welcomed(login, safe_next(next))
        if THEME not in request.cookies:
            self._remember_theme(response, login.user.theme)
        return response

    async def log_out(self, request: Request) -> Response:
        if token := self._cookies.read(request.scope, self._cookies.session):
            await self._accounts.log_out(token)
        response = _redirect("/login")
        self._cookies.clear_session(response)
        return response

    async def set_theme(self, request: Request, theme: Theme, next: Next = "") -> Response:
        if request.state.user is not None:
            await self._accounts.set_theme(request.state.user.id, theme)
        response = _redirect(safe_next(next))
        self._remember_theme(response, theme)
        return response

    def _remember_theme(self, response: Response, theme: str) -> None:
        if theme in ("dark", "light"):
            response.set_cookie(THEME, theme, max_age=_YEAR_S, path="/", samesite="lax", secure=self._cookies.is_https)

    def _refused(self, page: str, error: InvalidInput | NotAllowed, *, email: str, next_path: str) -> Response:
        field = error.field if isinstance(error, InvalidInput) else None
        query = {"flash": self._flashes.put(Flash(str(error), field, email[:254]))}
        if next_path != HOME:
            query["next"] = next_path
        return _redirect(f"{page}?{urlencode(query)}")

    def _welcomed(self, login: Login, next_path: str) -> Response:
        response = _redirect(next_path)
        self._cookies.set_session(response, login.token, lasts=LASTS)
        self._cookies.remember_device(response, email=login.user.email)
        return response


def _redirect(path: str) -> Response:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
