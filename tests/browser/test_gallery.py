"""The gallery in a real browser: live across tabs, by keyboard, at every width, in both themes, and without a jump."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import Complaints, ready, sign_up

PATH = "/dashboard/gallery"

# Every move of what is on the screen that no press explains, summed up by the browser itself.
_WATCH_SHIFTS = """
window.shifts = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { if (!entry.hadRecentInput) window.shifts += entry.value; }))
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def studio(context: BrowserContext) -> Page:
    """The studio of a new creator."""
    page = context.new_page()
    sign_up(page)
    return page


def generate(studio: Page, prompt: str, *, images: int = 1) -> None:
    """Order pictures and wait until all are there."""
    studio.get_by_label("Prompt", exact=True).fill(prompt)
    studio.get_by_role("radiogroup", name="Images").get_by_text(str(images), exact=True).click()
    studio.get_by_role("button", name="Generate").click()
    expect(studio.get_by_role("group").get_by_role("img", name=prompt)).to_have_count(images, timeout=30_000)


class TestGallery:
    def test_what_is_made_in_one_tab_appears_in_the_other_and_reads_by_keyboard(self, studio: Page, context: BrowserContext) -> None:
        gallery = context.new_page()
        ready(gallery, PATH)
        expect(gallery.get_by_text("Nothing here yet")).to_be_visible()

        generate(studio, "a fox in the rain", images=3)

        cards = gallery.get_by_role("link", name="a fox in the rain")
        expect(cards).to_have_count(3)
        expect(gallery.get_by_text("Nothing here yet")).to_be_hidden()
        cards.first.focus()
        gallery.keyboard.press("Enter")
        box = gallery.get_by_role("dialog")
        expect(box.get_by_role("heading", name="Picture 1 of 3")).to_be_visible()
        expect(box.get_by_role("img", name="a fox in the rain")).to_be_visible()
        gallery.keyboard.press("ArrowRight")
        expect(box.get_by_role("heading", name="Picture 2 of 3")).to_be_visible()
        gallery.keyboard.press("ArrowLeft")
        expect(box.get_by_role("heading", name="Picture 1 of 3")).to_be_visible()
        for _ in range(8):
            gallery.keyboard.press("Tab")
            assert gallery.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        gallery.keyboard.press("Escape")
        expect(box).to_be_hidden()
        expect(cards.first).to_be_focused()

    def test_a_file_can_be_taken_home(self, studio: Page) -> None:
        generate(studio, "an owl at dusk")
        ready(studio, PATH)
        studio.get_by_role("link", name="an owl at dusk").click()
        with studio.expect_download() as caught:
            studio.get_by_role("dialog").get_by_role("link", name="Download").click()
        assert caught.value.suggested_filename.startswith("an-owl-at-dusk-")
        assert caught.value.path().read_bytes()[:3] == b"\xff\xd8\xff"

    def test_an_original_opened_by_itself_shows_and_runs_nothing(self, studio: Page, complaints: Complaints) -> None:
        complaints.expect("Applying inline style violates")  # the browser's own page around a picture may not even centre it
        generate(studio, "a lake at dawn")
        ready(studio, PATH)
        address = studio.get_by_role("link", name="a lake at dawn").get_attribute("href")
        assert address
        studio.goto(address)
        assert studio.evaluate("document.images[0].naturalWidth") > 0

    def test_nothing_moves_while_pictures_arrive_and_no_width_or_theme_trips_anyone(self, studio: Page) -> None:
        generate(studio, "a harbour in the fog", images=4)
        studio.context.add_init_script(_WATCH_SHIFTS)
        for width in (390, 820, 1440):
            studio.set_viewport_size({"width": width, "height": 900})
            ready(studio, PATH)
            studio.wait_for_function("[...document.querySelectorAll('.g-card img')].every(image => image.complete)")
            assert studio.evaluate("window.shifts") < 0.02
            for theme in ("dark", "light"):
                set_theme(studio, theme)
                assert trip_hazards(studio) == []
        assert serious_axe_faults(studio) == []
        studio.get_by_role("link", name="a harbour in the fog").first.click()
        expect(studio.get_by_role("dialog").get_by_role("link", name="Download")).to_be_visible()
        assert serious_axe_faults(studio) == []
