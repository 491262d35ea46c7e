"""Chromium, driven by Playwright: a page that fails its test when the application complains in the console."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.support.server import AppServer

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a quiet lantern 42"


@dataclass
class Complaints:
    """What went wrong in the background of a page. ``expect`` names texts that a test provokes on purpose."""

    said: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, *texts: str) -> None:
        """Allow complaints that contain one of these texts."""
        self.expected.extend(texts)

    def unexpected(self) -> list[str]:
        """Every complaint that no test asked for."""
        return [line for line in self.said if not any(text in line for text in self.expected)]

    def watch(self, page: Page, *, home: str) -> None:
        """Note script errors, console errors and requests that leave the machine."""
        own = urlsplit(home).netloc

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.said.append(f"console: {message.text} {message.location.get('url', '')}")

        def on_request(request: Request) -> None:
            target = urlsplit(request.url)
            if target.scheme in ("http", "https", "ws", "wss") and target.netloc != own:
                self.said.append(f"leaves the machine: {request.url}")

        page.on("console", on_console)
        page.on("request", on_request)
        page.on("pageerror", lambda error: self.said.append(f"script error: {error}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser process for all tests of this process."""
    wanted = os.environ.get("CHROMIUM", "chromium")
    executable = shutil.which(wanted)
    if executable is None:
        raise RuntimeError(f"{wanted} is missing: scripts/test-needs.sh installs or names it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Complaints:
    """The complaints of every page of this test."""
    return Complaints()


@pytest.fixture
def make_context(chromium: Browser, complaints: Complaints) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own cookies: ``make_context(server.url, viewport=..., color_scheme=...)``; its pages are watched."""
    contexts: list[BrowserContext] = []

    def make(home: str, **options: object) -> BrowserContext:
        context = chromium.new_context(base_url=home, **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("page", lambda page: complaints.watch(page, home=home))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def context(make_context: Callable[..., BrowserContext], server: AppServer) -> BrowserContext:
    """Fresh cookies on the shared server, a desktop's width."""
    return make_context(server.url, viewport={"width": 1440, "height": 900})


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One empty tab."""
    return context.new_page()


def ready(page: Page, path: str) -> Response:
    """Open a page and wait until its websocket is up: only then do clicks arrive. (Network idle never comes.)"""
    response = page.goto(path)
    assert response is not None
    live(page)
    return response


def live(page: Page) -> None:
    """Wait until the page's websocket is up."""
    page.wait_for_function("window.did_handshake === true")


def new_email() -> str:
    """An address that nobody used yet."""
    return f"creator-{uuid.uuid4().hex[:12]}@example.com"


def sign_up(page: Page, *, email: str | None = None, password: str = PASSWORD, lands_on: str = "/studio/text-to-image") -> str:
    """Create an account through the form as a person does and return its address; ends on a live studio."""
    email = email or new_email()
    ready(page, "/signup")
    page.locator("input[type=email]").fill(email)
    for box in page.locator("input[type=password]").all():
        box.fill(password)
    page.locator("input[type=password]").last.press("Enter")
    page.wait_for_url(f"**{lands_on}*")
    live(page)
    return email


def log_in(page: Page, *, email: str, password: str = PASSWORD, lands_on: str = "/studio/text-to-image") -> None:
    """Log in through the form; ends on a live studio."""
    ready(page, "/login")
    page.locator("input[type=email]").fill(email)
    page.locator("input[type=password]").fill(password)
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url(f"**{lands_on}*")
    live(page)
