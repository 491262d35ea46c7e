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

Email = Annotated[str, Form(max_length=1_000)]
Password = Annotated[str, Form(max_length=4_000)]
Next = Annotated[str, Form(max_length=2_000)]


def auth_router(*, accounts: AccountService, cookies: Cookies, flashes: FlashBox) -> APIRouter:
    """The routes below ``/auth``."""
    router = APIRouter(prefix="/auth", include_in_schema=False)

    def refused(page: str, error: InvalidInput | NotAllowed, *, email: str, next_path: str) -> Response:
        field = error.field if isinstance(error, InvalidInput) else None
        key = flashes.put(Flash(str(error), field, email[:254]))
        return _redirect(f"{page}?{urlencode({'flash': key} | ({'next': next_path} if next_path != HOME else {}))}")

    def welcomed(login: Login, next_path: str) -> Response:
        response = _redirect(next_path)
        cookies.set_session(response, login.token, lasts=LASTS)
        cookies.remember_device(response, email=login.user.email)
        return response

    @router.post("/signup")
    async def sign_up(request: Request, email: Email = "", password: Password = "", next: Next = "") -> Response:
        target = safe_next(next)
        try:
            login = await accounts.sign_up(
                email=email,
                password=password,
                user_agent=request.headers.get("user-agent", ""),
                ip=client_ip(request.scope),
                replaces=cookies.read(request.scope, cookies.session),
            )
        except (InvalidInput, NotAllowed) as error:
            return refused("/signup", error, email=email, next_path=target)
        return welcomed(login, target)

    @router.post("/login")
    async def log_in(request: Request, email: Email = "", password: Password = "", next: Next = "") -> Response:
        target = safe_next(next)
        try:
            login = await accounts.log_in(
                email=email,
                password=password,
                user_agent=request.headers.get("user-agent", ""),
                ip=client_ip(request.scope),
                replaces=cookies.read(request.scope, cookies.session),
                is_known_device=cookies.is_known_device(request.scope, email=email),
            )
        except (InvalidInput, NotAllowed) as error:
            return refused("/login", error, email=email, next_path=target)
        return welcomed(login, target)

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        if token := cookies.read(request.scope, cookies.session):
            await accounts.log_out(token)
        response = _redirect("/login")
        cookies.clear_session(response)
        return response

    @router.post("/theme")
    async def set_theme(request: Request, theme: Annotated[str, Form(max_length=20)], next: Next = "") -> Response:
        if request.state.user is not None:
            await accounts.set_theme(request.state.user.id, theme)
        response = _redirect(safe_next(next))
        if theme in ("dark", "light"):
            response.set_cookie(THEME, theme, max_age=_YEAR_S, path="/", samesite="lax", secure=cookies.is_https)
        return response

    return router


def _redirect(path: str) -> Response:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
