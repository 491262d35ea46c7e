"""Chromium for the benchmarks: a signed-in browser, and pages that note when they come alive."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

STUDIO_PATH = "/studio/text-to-image"

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
# The page sets the flag when its websocket has shaken hands: the moment from which clicks arrive.
_NOTE_WHEN_LIVE = """
(() => {
  let shaken;
  Object.defineProperty(window, "did_handshake", {
    configurable: true,
    get: () => shaken,
    set: value => { shaken = value; if (value === true && !window.live_ms) window.live_ms = performance.now(); },
  });
})()
"""
_VISIT = """
() => {
  const navigation = performance.getEntriesByType("navigation")[0];
  return [navigation.responseStart - navigation.requestStart, window.live_ms];
}
"""


@dataclass(frozen=True)
class Visit:
    """Milliseconds from the request to the first byte, and from the navigation to the open socket."""

    first_byte_ms: float
    live_ms: float


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser process."""
    wanted = os.environ.get("CHROMIUM", "chromium")
    executable = shutil.which(wanted)
    if executable is None:
        raise RuntimeError(f"{wanted} is missing: scripts/test-needs.sh installs or names it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()


def sign_up(browser: Browser, home: str) -> StorageState:
    """Make an account and return the browser state that is signed in to it."""
    context = browser.new_context(base_url=home)
    form: dict[str, str | float | bool] = {"email": f"bench-{uuid.uuid4().hex[:12]}@example.com", "password": "a quiet lantern 42"}
    response = context.request.post("/auth/signup", form=form, headers={"Sec-Fetch-Site": "same-origin"})
    if not response.url.endswith(STUDIO_PATH):
        raise RuntimeError(f"signing up led to {response.url} with status {response.status}")
    state = context.storage_state()
    context.close()
    return state


def new_context(browser: Browser, home: str, state: StorageState) -> BrowserContext:
    """A browser with an empty cache, signed in, whose pages note when they come alive."""
    context = browser.new_context(base_url=home, storage_state=state, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    context.add_init_script(_NOTE_WHEN_LIVE)
    return context


def visit(page: Page, path: str) -> Visit:
    """Open ``path`` and wait until it is live."""
    response = page.goto(path)
    if response is None or response.status != 200 or not response.url.endswith(path):
        raise RuntimeError(f"{path} did not open")
    page.wait_for_function("window.did_handshake === true")
    first_byte_ms, live_ms = page.evaluate(_VISIT)
    return Visit(first_byte_ms, live_ms)
