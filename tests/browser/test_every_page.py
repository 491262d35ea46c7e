"""Pages with something on them, looked at by the audits at every width, dark and light: what is shared, receipts, collections, studios."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.audit import everything_wrong
from tests.support.browser import ready, sign_up
from tests.support.server import AppServer
from tests.support.studio import TOOLS, Tool, expect_outputs, generate, put_picture_in

# A provider that answers at once, and creators who can afford clips.
QUICK_SERVER = {"NYX_SANDBOX_IMAGE_LATENCY_S": "0", "NYX_SANDBOX_VIDEO_LATENCY_S": "0", "NYX_SIGN_UP_BONUS_CREDITS": "200"}

GALLERY = "/dashboard/gallery"
PICTURE, CLIP = (tool for tool in TOOLS if tool.key.startswith("text-"))


@pytest.fixture
def creator(make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
    """Somebody new who wants less motion."""
    page = make_context(quick_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    sign_up(page)
    return page


@pytest.fixture
def visitor(make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
    """Somebody without an account."""
    return make_context(quick_server.url, reduced_motion="reduce").new_page()


def make(page: Page, tool: Tool) -> None:
    """Open the tool, give it what it needs, and wait for what comes out."""
    ready(page, tool.path_with_settings)
    if tool.takes_pictures:
        put_picture_in(page)
    page.get_by_label("Prompt", exact=True).fill("a harbour in the fog")
    generate(page)
    expect_outputs(page, 1)


def share(page: Page) -> str:
    """Share what is on the stage, with all that may be shown, and return the path of its page."""
    page.locator(".tile").hover()
    page.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="Share a link").click()
    for switch in ("Share it by a link", "Show the prompt", "Allow the download"):
        page.get_by_role("switch", name=switch).check()
        expect(page.get_by_role("switch", name=switch)).to_be_enabled()
    address = page.get_by_role("link", name="Open the page").get_attribute("href")
    assert address
    page.keyboard.press("Escape")
    return address


class TestStudios:
    @pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.key)
    def test_no_audit_finds_anything_with_a_picture_in_and_a_result_on_the_stage(self, creator: Page, tool: Tool) -> None:
        make(creator, tool)

        assert everything_wrong(creator) == []


class TestShared:
    @pytest.mark.parametrize("tool", [PICTURE, CLIP], ids=["picture", "clip"])
    def test_no_audit_finds_anything_on_what_a_stranger_sees_nor_on_its_receipt(self, creator: Page, visitor: Page, tool: Tool) -> None:
        make(creator, tool)
        receipt = creator.get_by_role("menuitem", name="Receipt", include_hidden=True).get_attribute("href")
        visitor.goto(share(creator))
        expect(visitor.locator(".shared video" if tool.makes_clips else ".shared img")).to_be_visible()
        expect(visitor.get_by_role("heading", name="Prompt")).to_be_visible()
        assert receipt
        creator.goto(receipt)
        expect(creator.get_by_role("heading", name="Receipt")).to_be_visible()

        assert everything_wrong(visitor) == []
        assert everything_wrong(creator) == []


class TestGallery:
    def test_no_audit_finds_anything_in_collections_and_the_trash(self, creator: Page, visitor: Page) -> None:
        make(creator, PICTURE)
        ready(creator, GALLERY)
        put_all_into_a_collection(creator, "Trip to the harbour")
        ready(creator, f"{GALLERY}?tab=collections")
        expect(creator.get_by_role("link", name="Trip to the harbour")).to_be_visible()
        assert everything_wrong(creator) == []

        creator.get_by_role("link", name="Trip to the harbour").click()
        visitor.goto(share_collection(creator))
        expect(visitor.get_by_role("heading", name="Trip to the harbour")).to_be_visible()
        assert everything_wrong(visitor) == []
        assert everything_wrong(creator) == []

        creator.set_viewport_size({"width": 1440, "height": 900})
        ready(creator, GALLERY)
        creator.locator(".g-card").first.focus()
        creator.keyboard.press("Space")
        creator.keyboard.press("Delete")
        expect(creator.get_by_role("button", name="Undo")).to_be_visible()
        ready(creator, f"{GALLERY}?tab=trash")
        expect(creator.locator(".g-card")).to_have_count(1)
        assert everything_wrong(creator) == []


def put_all_into_a_collection(page: Page, name: str) -> None:
    page.locator(".g-card").first.focus()
    page.keyboard.press("Control+a")
    page.locator("summary[aria-label='Add to a collection']").click()
    page.get_by_placeholder("New collection").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=name)).to_be_visible()


def share_collection(page: Page) -> str:
    """Share the open collection and return the path of its page."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Share with a link").click()
    address = page.get_by_role("link", name="Open the page").get_attribute("href")
    assert address
    page.keyboard.press("Escape")
    return address
