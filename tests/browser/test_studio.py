"""The studio in Chromium: from the first visit to a picture that survives everything that can happen to a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import live, log_in, ready, sign_up
from tests.support.server import AppServer
from tests.support.studio import WIDTHS, compose, expect_outputs, generate, outputs

STUDIO = "/studio/text-to-image"
QUICK_SERVER = {"NYX_SANDBOX_IMAGE_LATENCY_S": "0.5"}


@pytest.fixture
def creator(make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
    """A freshly signed-up creator on a desktop, on a live studio."""
    page = make_context(quick_server.url, viewport={"width": 1440, "height": 900}).new_page()
    sign_up(page)
    return page


class TestTheWholeWay:
    def test_from_sign_up_to_a_picture_that_survives_a_restart(
        self, make_context: Callable[..., BrowserContext], make_server: Callable[..., AppServer]
    ) -> None:
        server = make_server(NYX_SANDBOX_IMAGE_LATENCY_S="0.3")
        page = make_context(server.url, viewport={"width": 1440, "height": 900}, accept_downloads=True).new_page()
        sign_up(page)
        expect(page.get_by_title("Your credits")).to_contain_text("1,015")

        compose(page, "a fox in the rain", images=4)
        expect(page.get_by_text("4 images × 3 credits")).to_be_visible()
        generate(page)
        expect_outputs(page, 4)
        expect(page.get_by_title("Your credits")).to_contain_text("1,003")
        made = outputs(page)

        page.get_by_role("button", name="Open Image 1 of 4 large", exact=True).click()
        large = page.get_by_role("dialog")
        expect(large.get_by_role("img")).to_be_visible()
        with page.expect_download() as download:
            large.get_by_role("link", name="Download").click()
        assert download.value.path().stat().st_size > 1_000
        page.keyboard.press("Escape")

        page.get_by_role("navigation", name="Studio tools").get_by_role("link", name="Gallery").click()
        page.wait_for_url("**/dashboard/gallery")
        page.goto("about:blank")  # an open page would reload by itself, at its own moment
        server.restart()
        ready(page, "/dashboard/gallery")
        assert len(page.evaluate("[...document.querySelectorAll('main img')].map(i => i.src)")) >= 4
        ready(page, STUDIO)
        expect_outputs(page, 4)

        assert outputs(page) == made
        expect(page.get_by_title("Your credits")).to_contain_text("1,003")

    def test_two_tabs_show_the_same(self, creator: Page) -> None:
        other = creator.context.new_page()
        ready(other, STUDIO)
        compose(creator, "two foxes", images=2)
        generate(creator)
        expect(other.get_by_text("Generating")).to_be_visible()
        expect_outputs(creator, 2)
        expect_outputs(other, 2)

        assert outputs(other) == outputs(creator)

    def test_by_keyboard_alone_from_login_to_picture(self, make_context: Callable[..., BrowserContext], quick_server: AppServer) -> None:
        email = sign_up(make_context(quick_server.url).new_page())
        page = make_context(quick_server.url, viewport={"width": 1440, "height": 900}).new_page()
        log_in(page, email=email)
        for _ in range(30):
            if page.evaluate("document.activeElement?.name") == "prompt":
                break
            page.keyboard.press("Tab")
        page.keyboard.type("a quiet lake")
        for _ in range(5):  # past the four ways to a better prompt
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")  # from 1:1 to 16:9
        expect(page.get_by_role("radio", name="16:9", exact=True)).to_be_checked()
        page.keyboard.press("Control+Enter")
        expect_outputs(page, 1)

        for _ in range(40):
            if "Open large" in (page.evaluate("document.activeElement?.getAttribute('aria-label')") or ""):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).not_to_be_visible()


class TestInterruptions:
    def test_a_lost_connection_during_a_generation_changes_nothing(self, creator: Page) -> None:
        compose(creator, "a fox [slow 2]", images=2)
        generate(creator)
        expect(creator.get_by_text("Rendering").first).to_be_visible()
        creator.evaluate("window.socket.disconnect()")
        creator.wait_for_timeout(3_000)
        creator.evaluate("window.socket.connect()")

        expect_outputs(creator, 2)

    def test_a_reload_in_the_middle_shows_where_it_is(self, creator: Page) -> None:
        compose(creator, "a fox [slow 3]", images=2)
        generate(creator)
        expect(creator.get_by_text("Rendering").first).to_be_visible()
        ready(creator, STUDIO)

        expect(creator.get_by_text("Generating")).to_be_visible()
        expect_outputs(creator, 2)

    def test_what_was_typed_without_a_connection_survives_a_reload(self, creator: Page) -> None:
        creator.get_by_label("Prompt", exact=True).fill("saved by the server")
        creator.wait_for_timeout(1_800)
        creator.evaluate("window.socket.disconnect()")
        creator.get_by_label("Prompt", exact=True).fill("typed in a tunnel")
        ready(creator, STUDIO)

        expect(creator.get_by_label("Prompt", exact=True)).to_have_value("typed in a tunnel")

    def test_a_double_click_is_one_generation(self, creator: Page) -> None:
        compose(creator, "one fox")
        creator.get_by_role("button", name="Generate", exact=True).dblclick()
        expect_outputs(creator, 1)

        expect(creator.get_by_title("Your credits")).to_contain_text("12")
        expect(creator.get_by_role("complementary", name="Recent generations").get_by_role("button")).to_have_count(1)


class TestWhatPeopleSee:
    def test_choosing_a_model_by_search(self, creator: Page) -> None:
        creator.locator("button.model").first.click()
        creator.get_by_label("Search models").fill("dreamshaper")
        creator.get_by_role("button", name="DreamShaper").click()

        expect(creator.get_by_text("1 image × 1 credit")).to_be_visible()
        expect(creator.get_by_role("dialog")).not_to_be_visible()

    def test_stages_are_announced_politely(self, creator: Page) -> None:
        compose(creator, "a fox")
        generate(creator)
        expect_outputs(creator, 1)

        expect(creator.locator(".stage [aria-live=polite]")).to_have_text("1 of 1 image ready.")

    def test_an_empty_prompt_is_said_beside_the_box(self, creator: Page) -> None:
        generate(creator)

        expect(creator.get_by_role("alert").filter(has_text="the prompt is empty")).to_be_visible()
        expect(creator.get_by_label("Prompt", exact=True)).to_be_focused()

    def test_cancelling_asks_first_and_gives_everything_back(self, creator: Page) -> None:
        compose(creator, "a fox [slow 20]", images=2)
        generate(creator)
        expect(creator.get_by_text("Rendering").first).to_be_visible()
        creator.get_by_role("button", name="Cancel", exact=True).click()
        creator.get_by_role("button", name="Let it go, nothing is charged").click()

        expect(creator.get_by_text("Nothing charged, 6 credits given back")).to_be_visible()
        expect(creator.get_by_title("Your credits")).to_contain_text("15")
        expect(creator.get_by_role("button", name="Retry").first).to_be_visible()

    def test_markup_in_a_prompt_stays_text(self, creator: Page) -> None:
        compose(creator, "<img src=x onerror=alert(1)> {{7*7}} ${8*8}")
        generate(creator)
        expect_outputs(creator, 1)

        expect(creator.locator(".run-prompt")).to_contain_text("<img src=x onerror=alert(1)> {{7*7}} ${8*8}")
        assert creator.locator("img[src=x]").count() == 0

    @pytest.mark.parametrize("device", WIDTHS)
    def test_no_audit_finds_anything(self, creator: Page, device: str) -> None:
        width, height = WIDTHS[device]
        creator.set_viewport_size({"width": width, "height": height})
        creator.emulate_media(reduced_motion="reduce")  # a colour half-way through its change is nobody's fault
        compose(creator, "a lighthouse [fail]")
        for theme in ("dark", "light"):
            set_theme(creator, theme)
            assert trip_hazards(creator) == []
            assert serious_axe_faults(creator) == []
        generate(creator)
        expect(creator.get_by_text("3 credits given back.").first).to_be_visible()
        for theme in ("dark", "light"):
            set_theme(creator, theme)
            assert trip_hazards(creator) == []
            assert serious_axe_faults(creator) == []


class TestPhone:
    @pytest.fixture
    def phone(self, make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
        page = make_context(quick_server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        sign_up(page)
        return page

    def test_generate_is_always_in_reach_and_the_picture_comes_into_view(self, phone: Page) -> None:
        expect(phone.get_by_role("button", name="Generate", exact=True)).to_be_in_viewport()
        compose(phone, "a fox")
        generate(phone)
        expect_outputs(phone, 1)

        expect(phone.locator(".tile")).to_be_in_viewport()
        expect(phone.get_by_role("button", name="Generate", exact=True)).to_be_in_viewport()

    def test_a_link_shows_its_prompt_until_one_types(self, phone: Page) -> None:
        ready(phone, f"{STUDIO}?prompt=from%20a%20link")
        live(phone)
        prompt = phone.get_by_label("Prompt", exact=True)
        expect(prompt).to_have_value("from a link")

        prompt.press_sequentially(" and on")

        phone.wait_for_url(f"**{STUDIO}")
        expect(prompt).to_have_value("from a link and on")
