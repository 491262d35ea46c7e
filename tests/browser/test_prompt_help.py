"""Help with the prompt in Chromium: what the keyboard, a narrow window and an audit make of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import sign_up
from tests.support.server import AppServer

QUICK_SERVER = {"NYX_SANDBOX_IMAGE_LATENCY_S": "0.1"}


@pytest.fixture
def desktop(make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
    page = make_context(quick_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    sign_up(page)
    return page


@pytest.fixture
def phone(make_context: Callable[..., BrowserContext], quick_server: AppServer) -> Page:
    context = make_context(
        quick_server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_up(page)
    return page


def prompt_of(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def expect_no_faults(page: Page) -> None:
    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert trip_hazards(page) == []
        assert serious_axe_faults(page) == []


class TestEnhance:
    def test_is_taken_and_undone_by_keyboard(self, desktop: Page) -> None:
        prompt_of(desktop).fill("a fox in the snow")
        desktop.keyboard.press("Tab")
        desktop.keyboard.press("Enter")
        suggestion = desktop.get_by_role("region", name="Suggestion")
        expect(suggestion).to_contain_text("by a template of this sandbox, not a model")
        expect(prompt_of(desktop)).to_have_value("a fox in the snow")
        expect_no_faults(desktop)
        suggestion.get_by_role("button", name="Use it").press("Enter")
        expect(prompt_of(desktop)).not_to_have_value("a fox in the snow")
        expect(desktop.get_by_role("button", name="Undo")).to_be_focused()
        desktop.keyboard.press("Enter")

        expect(prompt_of(desktop)).to_have_value("a fox in the snow")


class TestWildcards:
    def test_show_what_will_run_and_run_it(self, desktop: Page) -> None:
        prompt_of(desktop).fill("a {red|blue} fox")
        ahead = desktop.get_by_text("Runs 2 variations: 2 generations × 1 image = 6 credits").last
        ahead.click()
        expect(desktop.get_by_role("listitem").filter(has_text="a red fox")).to_be_visible()
        expect_no_faults(desktop)
        press(desktop, "Generate")

        expect(desktop.get_by_role("complementary", name="Recent generations").get_by_role("button")).to_have_count(2)
        expect(desktop.locator(".run-prompt")).to_contain_text("a blue fox")
        expect(desktop.get_by_title("Your credits")).to_contain_text("9")


class TestLibrary:
    def test_stands_beside_the_box(self, desktop: Page) -> None:
        press(desktop, "Prompt library")
        library = desktop.get_by_role("dialog", name="Prompt library")
        expect(library.get_by_label("Search Prompt library")).to_be_focused()
        expect_no_faults(desktop)
        library.get_by_label("Search Prompt library").fill("market dawn")
        library.get_by_role("button", name="Market at dawn").first.click()
        expect(prompt_of(desktop)).to_have_value(re.compile("^A fish market at dawn"))
        expect(library).to_be_visible()
        desktop.keyboard.press("Escape")

        expect(library).not_to_be_visible()
        expect(desktop.get_by_role("button", name="Prompt library")).to_be_focused()

    def test_comes_from_below_on_a_phone_and_goes_with_the_choice(self, phone: Page) -> None:
        press(phone, "Prompt library")
        library = phone.get_by_role("dialog", name="Prompt library")
        expect(library).to_be_visible()
        expect_no_faults(phone)
        library.get_by_role("button", name="Market at dawn").first.click()

        expect(library).not_to_be_visible()
        expect(prompt_of(phone)).to_have_value(re.compile("^A fish market at dawn"))
        press(phone, "Undo")
        expect(prompt_of(phone)).to_have_value("")


class TestStyles:
    def test_ones_own_is_written_and_used(self, phone: Page) -> None:
        press(phone, "Style")
        dialog = phone.get_by_role("dialog", name="Styles")
        dialog.get_by_role("button", name="Write a style of your own").click()
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_label("Name")).to_be_focused()
        expect_no_faults(phone)
        dialog.get_by_label("Name").fill("Quiet")
        dialog.get_by_label("Words after the prompt").fill("soft light")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("button", name="Quiet", exact=False).first).to_have_attribute("aria-pressed", "true")
        expect_no_faults(phone)
        dialog.get_by_role("button", name="Close").click()

        expect(phone.get_by_role("button", name="Take away the style Quiet")).to_be_visible()


class TestNegativePresets:
    @pytest.mark.parametrize("screen", ["phone", "desktop"])
    def test_ones_own_is_renamed_by_keyboard(self, request: pytest.FixtureRequest, screen: str) -> None:
        page: Page = request.getfixturevalue(screen)
        page.locator("details.more > summary").click()
        press(page, "Your presets")
        dialog = page.get_by_role("dialog", name="Your negative presets")
        for name in ("Fog", "Noise"):
            dialog.get_by_label("Name", exact=True).fill(name)
            dialog.get_by_label("What to leave out").fill(name.lower())
            dialog.get_by_role("button", name="Save as a preset").click()
            expect(dialog.get_by_role("button", name=f"Change {name}")).to_be_visible()
        dialog.get_by_role("button", name="Change Fog").press("Enter")
        expect(dialog.get_by_label("New name")).to_be_focused()
        expect_no_faults(page)
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("Mist")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("button", name="Change Mist")).to_be_focused()
        expect(dialog.get_by_label("New name")).to_have_count(0)
        expect_no_faults(page)
        page.keyboard.press("Escape")

        expect(page.get_by_role("button", name="Mist", exact=True)).to_be_visible()
