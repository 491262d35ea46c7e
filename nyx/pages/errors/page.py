"""Errors that reach the edge, with their own status: a page for browsers, JSON for programs. Bugs are logged once, under an incident id."""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from nicegui import Client
from nicegui import app as pages
from nicegui.page import page
from starlette.exceptions import HTTPException

from nyx.errors import NyxError
from nyx.pages._card import card
from nyx.theme import LinkButton, Site, Text, Viewer, frame
from nyx.web.asgi import wants_html
from nyx.web.edge import SOMETHING_BROKE, report

log = logging.getLogger(__name__)

_TITLES = {
    401: "Please log in",
    403: "Not allowed",
    404: "There is nothing here",
    405: "That doesn't work here",
    413: "Too large",
    422: "That link can't be right",
    429: "Too much at once",
    500: "Something broke",
    503: "Very busy right now",
}
_SENTENCES = {
    401: "This page is for people who are logged in.",
    403: "This page isn't open to your account.",
    404: "The page was moved, or the link has a typo in it.",
    405: "This address can't be used that way.",
    413: "That is larger than this studio takes.",
    422: "Part of the address isn't what this page expects.",
    429: "Please wait a moment and try again.",
    503: "Please try again in a moment.",
}

FindViewer = Callable[[Request], Awaitable[Viewer | None]]


def register(web: FastAPI, *, site: Site, find_viewer: FindViewer) -> None:
    """Answer every error of the REST routes and of NiceGUI's pages; NiceGUI's own handlers, which tell what went wrong inside, go."""
    answers = _Answers(site, find_viewer)
    pages.exception_handlers.pop(404, None)
    for app in (web, pages):
        app.add_exception_handler(HTTPException, answers.http)
        app.add_exception_handler(RequestValidationError, answers.validation)
        app.add_exception_handler(NyxError, answers.expected)
        app.add_exception_handler(Exception, answers.unexpected)


class _Answers:
    def __init__(self, site: Site, find_viewer: FindViewer) -> None:
        self._site = site
        self._find_viewer = find_viewer

    async def http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if 300 <= error.status_code < 400 and "Location" in headers:
            return RedirectResponse(headers.pop("Location"), error.status_code, headers)
        sentence = _SENTENCES.get(error.status_code, "This can't be shown.")
        return await self._answer(request, error.status_code, sentence, code=str(error.status_code), headers=headers)

    async def validation(self, request: Request, error: Exception) -> Response:
        return await self._answer(request, 422, _SENTENCES[422], code="invalid_input")

    async def expected(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NyxError)
        wait_s = getattr(error, "retry_after_s", None)
        headers = {"Retry-After": str(max(1, round(wait_s)))} if wait_s else {}
        return await self._answer(request, error.http_status, str(error), code=error.code, headers=headers)

    async def unexpected(self, request: Request, error: Exception) -> Response:
        incident = report(request.scope, error)
        return await self._answer(request, 500, SOMETHING_BROKE.format(incident=incident), code="internal_error")

    async def _answer(self, request: Request, status: int, sentence: str, *, code: str, headers: dict[str, str] | None = None) -> Response:
        headers = {**(headers or {}), "Cache-Control": "no-store"}
        if not wants_html(request.scope):
            return JSONResponse({"error": {"code": code, "message": sentence}}, status, headers)
        try:
            response = await self._page(request, status, sentence)
        except Exception:  # the page about the error is broken too, or the database is: say it in plain HTML
            log.exception("The error page could not be built")
            response = HTMLResponse(_plain(status, sentence), status)
        response.headers.update(headers)
        return response

    async def _page(self, request: Request, status: int, sentence: str) -> Response:
        viewer = await self._find_viewer(request)
        title = _title(status)
        client = Client(page(""), request=request)
        with client, frame(title, site=self._site, path=request.url.path, description=title, viewer=viewer), card():
            Text("p", str(status), classes="mono faint")
            Text("h1", title)
            Text("p", sentence, classes="muted")
            LinkButton("Go to the studio", href="/", kind="primary")
        return client.build_response(request, status)


def _title(status: int) -> str:
    return _TITLES.get(status, _TITLES[500] if status >= 500 else "That didn't work")


def _plain(status: int, sentence: str) -> str:
    title = html.escape(_title(status))
    words = f'<h1>{title}</h1><p>{html.escape(sentence)}</p><p><a href="/">Back</a></p>'
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{words}'
