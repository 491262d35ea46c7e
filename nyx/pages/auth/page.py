"""The two forms in front of the studio. They post natively, so that password managers, the Enter key and slow networks all work."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from nyx.pages._card import card
from nyx.theme import Site, SubmitButton, Text, TextField, asset, form_post, frame
from nyx.web.addresses import HOME, safe_next
from nyx.web.flash import Flash, FlashBox

NOTHING = Flash("")


@dataclass(frozen=True)
class _Words:
    path: str
    action: str
    title: str
    lead: str
    button: str
    description: str
    other_question: str
    other_text: str
    other_path: str


LOG_IN = _Words(
    path="/login",
    action="/auth/login",
    title="Log in",
    lead="Welcome back.",
    button="Log in",
    description="Log in to your studio for AI images and video.",
    other_question="New here?",
    other_text="Create an account",
    other_path="/signup",
)
SIGN_UP = _Words(
    path="/signup",
    action="/auth/signup",
    title="Create your account",
    lead="",
    button="Create account",
    description="Create an account and make images and video with AI.",
    other_question="Have an account?",
    other_text="Log in",
    other_path="/login",
)


def register(*, site: Site, flashes: FlashBox, bonus_credits: int, bonus_days: int) -> None:
    """Add ``/login`` and ``/signup``. The bonus is what the sign-up page promises: whole credits, good for so many days."""
    gift = f"It comes with {bonus_credits:,} credits, good for {bonus_days} days." if bonus_credits else "Make images and video with AI."

    @ui.page(LOG_IN.path)
    async def log_in(request: Request, next: str = "", flash: str = "", ended: str = "") -> Response | None:
        lead = _ended_text(safe_next(next)) if ended else LOG_IN.lead
        return _page(request, LOG_IN, site=site, lead=lead, next_path=safe_next(next), flash=flashes.get(flash) or NOTHING)

    @ui.page(SIGN_UP.path)
    async def sign_up(request: Request, next: str = "", flash: str = "") -> Response | None:
        return _page(request, SIGN_UP, site=site, lead=gift, next_path=safe_next(next), flash=flashes.get(flash) or NOTHING)


def _page(request: Request, words: _Words, *, site: Site, lead: str, next_path: str, flash: Flash) -> Response | None:
    if request.state.user is not None:
        return RedirectResponse(next_path, 303)
    with frame(words.title, site=site, path=words.path, description=words.description, indexed=True), card():
        _heading(words.title, lead)
        if flash.sentence and flash.field is None:
            Text("p", flash.sentence, classes="error form-error").props["role"] = "alert"
        with form_post(words.action, hidden={"next": next_path}):
            _fields(words, flash)
            SubmitButton(words.button, block=True).mark("submit")
        _other_way(words, next_path)
    return None


def _ended_text(next_path: str) -> str:
    """Why somebody is here who was in a moment ago. What stands in a studio is kept, here and in their browser."""
    kept = "; what you typed is kept" if next_path.startswith("/studio/") else ""
    return f"You were logged out. Log in to go on{kept}."


def _heading(title: str, lead: str) -> None:
    mark = ui.element("img").classes("mark-big")
    mark.props.update({"src": asset("brand/mark.svg"), "alt": "", "width": 44, "height": 44})
    with ui.element("div").classes("col"):
        Text("h1", title)
        Text("p", lead, classes="muted")


def _fields(words: _Words, flash: Flash) -> None:
    is_new = words is SIGN_UP
    email = TextField("E-mail", name="email", kind="email", value=flash.email, autocomplete="username", required=True).mark("email")
    password = TextField(
        "Password",
        name="password",
        kind="password",
        autocomplete="new-password" if is_new else "current-password",
        hint="8 characters or more. A few unrelated words work well." if is_new else "",
        required=True,
    ).mark("password")
    for name, field in {"email": email, "password": password}.items():
        if flash.field == name:
            field.set_error(flash.sentence)


def _other_way(words: _Words, next_path: str) -> None:
    target = words.other_path if next_path == HOME else f"{words.other_path}?next={quote(next_path, safe='')}"
    with ui.element("p").classes("foot-note"):
        Text("span", words.other_question + " ")
        Text("a", words.other_text).props["href"] = target
