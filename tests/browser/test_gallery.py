"""The gallery in a real browser: live across tabs, by keyboard, without a jump, and on a phone and a desk in both themes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.gallery_rows import fill
from tests.services.media.kit import clip
from tests.support.audit import serious_axe_faults, set_theme, trip_hazards
from tests.support.browser import Complaints, live, ready, sign_up
from tests.support.server import AppServer

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

    def test_what_is_deleted_in_one_tab_goes_from_the_other_and_comes_back_with_undo(self, studio: Page, context: BrowserContext) -> None:
        generate(studio, "a fox in the snow", images=2)
        gallery = context.new_page()
        for page in (studio, gallery):
            ready(page, PATH)
            expect(page.get_by_role("link", name="a fox in the snow")).to_have_count(2)
        order = [card.get_attribute("href") for card in gallery.get_by_role("link", name="a fox in the snow").all()]
        gallery.get_by_role("link", name="a fox in the snow").first.click()
        gallery.get_by_role("button", name="Delete", exact=True).click()
        expect(gallery.get_by_role("heading", name="Picture 1 of 1")).to_be_visible()
        expect(studio.get_by_role("link", name="a fox in the snow")).to_have_count(1)
        expect(studio.get_by_text("1 file", exact=True)).to_be_visible()
        gallery.keyboard.press("Escape")
        gallery.get_by_role("button", name="Undo").click()
        for page in (studio, gallery):
            expect(page.get_by_role("link", name="a fox in the snow")).to_have_count(2)
        assert [card.get_attribute("href") for card in gallery.get_by_role("link", name="a fox in the snow").all()] == order

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

    @pytest.mark.parametrize("width", [390, 1440])
    def test_wall_picture_choice_and_trash_are_free_of_serious_faults_in_both_themes(self, studio: Page, width: int) -> None:
        generate(studio, "a harbour at night")
        studio.set_viewport_size({"width": width, "height": 900})
        ready(studio, PATH)
        assert_faultless(studio)
        studio.get_by_role("link", name="a harbour at night").click()
        expect(studio.get_by_role("dialog").get_by_role("link", name="Download")).to_be_visible()
        assert_faultless(studio)
        studio.keyboard.press("Escape")
        studio.get_by_role("button", name="Choose: a harbour at night").click(force=True)
        expect(studio.get_by_role("toolbar", name="Chosen files")).to_be_visible()
        assert_faultless(studio)
        studio.keyboard.press("Delete")
        expect(studio.get_by_role("button", name="Undo")).to_be_visible()
        ready(studio, f"{PATH}?tab=trash")
        assert_faultless(studio)


class TestTouch:
    def test_a_swipe_goes_on_and_two_fingers_enlarge(self, make_context: Callable[..., BrowserContext], server: AppServer) -> None:
        phone = make_context(server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        sign_up(phone)
        generate(phone, "a quiet pond", images=2)
        ready(phone, PATH)
        phone.get_by_role("link", name="a quiet pond").first.tap()
        box = phone.get_by_role("dialog")
        expect(box.get_by_role("heading", name="Picture 1 of 2")).to_be_visible()
        move_fingers(phone, [(300, 300)], [(90, 305)])
        expect(box.get_by_role("heading", name="Picture 2 of 2")).to_be_visible()
        move_fingers(phone, [(90, 300)], [(300, 305)])
        expect(box.get_by_role("heading", name="Picture 1 of 2")).to_be_visible()

        move_fingers(phone, [(170, 300), (220, 300)], [(120, 300), (270, 300)])
        expect(box.get_by_role("button", name="Fit to window")).to_be_visible()
        assert "scale(3" in (box.locator(".view img").get_attribute("style") or "")
        move_fingers(phone, [(300, 300)], [(90, 305)])  # moves the picture now
        expect(box.get_by_role("heading", name="Picture 1 of 2")).to_be_visible()


class TestManyFiles:
    """A gallery of many rows with shared thumbnails: what only a browser shows of it."""

    @pytest.fixture
    def gallery(self, studio: Page, server: AppServer) -> Page:
        """Three hundred pictures and clips, oldest ones made first."""
        owner = owner_of_newest(server)
        fill(server.data / "nyx.sqlite3", owner_id=owner, count=300, storage=server.data / "media")
        ready(studio, PATH)
        return studio

    def test_the_end_is_reached_by_scrolling_while_few_cards_exist(self, gallery: Page) -> None:
        expect(gallery.get_by_text("300 files")).to_be_visible()
        seen: set[str] = set()
        for _ in range(60):
            links = gallery.eval_on_selector_all(".g-card", "cards => cards.map(card => card.getAttribute('href'))")
            assert len(links) < 150
            seen |= set(links)
            if len(seen) == 300:
                break
            gallery.mouse.wheel(0, 800)
            gallery.wait_for_timeout(60)
        assert len(seen) == 300

    def test_pages_lead_through_it_without_scrolling_and_survive_a_reload(self, gallery: Page) -> None:
        gallery.get_by_role("combobox", name="Show").select_option("pages")
        gallery.wait_for_url("**show=pages*")
        first = gallery.get_by_role("link", name="Next page")
        first.click()
        gallery.wait_for_url("**after=*")
        live(gallery)
        here = gallery.eval_on_selector_all(".g-card", "cards => cards[0].getAttribute('href')")
        gallery.reload()
        live(gallery)
        assert gallery.eval_on_selector_all(".g-card", "cards => cards[0].getAttribute('href')") == here
        expect(gallery.get_by_role("link", name="First page")).to_be_visible()

    def test_search_and_filters_are_in_the_address(self, gallery: Page) -> None:
        gallery.get_by_role("searchbox").fill("postcard otter")
        gallery.wait_for_url("**q=postcard+otter*")
        expect(gallery.locator(".wall-box.stale")).to_have_count(0)
        names = gallery.eval_on_selector_all(".g-card", "cards => cards.map(card => card.getAttribute('aria-label'))")
        assert names
        assert all("otter" in name for name in names)
        gallery.get_by_role("combobox", name="Type").select_option("video")
        gallery.wait_for_url("**type=video*")
        gallery.reload()
        live(gallery)
        expect(gallery.get_by_role("searchbox")).to_have_value("postcard otter")
        gallery.get_by_role("searchbox").fill("zebra")
        expect(gallery.get_by_text("Nothing found")).to_be_visible()
        gallery.get_by_role("button", name="Clear filters").click()
        expect(gallery.get_by_text("Nothing found")).to_be_hidden()
        assert gallery.url.endswith(PATH)

    def test_several_are_chosen_by_keyboard_and_go_into_a_collection_by_menu_and_by_dragging(self, gallery: Page) -> None:
        gallery.locator(".g-card").first.focus()
        gallery.keyboard.press("Space")
        gallery.keyboard.press("Shift+ArrowRight")
        gallery.keyboard.press("Shift+ArrowRight")
        expect(gallery.get_by_text("3 chosen").first).to_be_visible()
        gallery.keyboard.press("ArrowDown")
        assert gallery.evaluate("document.activeElement.dataset.at") not in ("0", "1", "2", "3")
        gallery.keyboard.press("Control+a")
        expect(gallery.locator(".g-acts strong")).not_to_have_text("3 chosen")
        gallery.keyboard.press("Escape")
        expect(gallery.get_by_role("toolbar", name="Chosen files")).to_be_hidden()
        for at in (1, 3):
            gallery.locator(".g-card").nth(at).click(modifiers=["ControlOrMeta"])
        expect(gallery.locator(".g-acts strong")).to_have_text("2 chosen")
        assert len(gallery.context.pages) == 1
        gallery.keyboard.press("Escape")
        gallery.locator(".g-card").nth(4).focus()
        gallery.keyboard.press("Space")
        gallery.get_by_role("button", name="Add to a collection").or_(gallery.locator("summary[aria-label='Add to a collection']")).click()
        gallery.get_by_placeholder("New collection").fill("Trip")
        gallery.keyboard.press("Enter")
        chip = gallery.get_by_role("link", name="Trip 1")
        expect(chip).to_be_visible()
        gallery.locator(".g-card").first.drag_to(chip)
        expect(gallery.get_by_role("link", name="Trip 2")).to_be_visible()

    def test_back_closes_the_picture_and_it_can_be_zoomed(self, gallery: Page, complaints: Complaints) -> None:
        complaints.expect("404")  # these rows have no files but their thumbnails
        gallery.mouse.wheel(0, 1500)
        gallery.wait_for_timeout(200)
        gallery.locator(".g-card").nth(12).click()
        box = gallery.get_by_role("dialog")
        expect(box).to_be_visible()
        place = gallery.evaluate("scrollY")
        assert place > 0
        box.get_by_role("button", name="Zoom in").click()
        assert "scale(2.5)" in (box.locator(".view img").get_attribute("style") or "")
        box.get_by_role("button", name="Fit to window").click()
        box.locator(".view").hover()
        gallery.mouse.wheel(0, -400)
        expect(box.get_by_role("button", name="Fit to window")).to_be_visible()
        gallery.go_back()
        expect(box).to_be_hidden()
        assert gallery.url.endswith(PATH)
        assert gallery.evaluate("scrollY") == place

    def test_on_a_phone_a_long_touch_chooses_and_nothing_overflows(
        self, gallery: Page, server: AppServer, make_context: Callable[..., BrowserContext]
    ) -> None:
        state = gallery.context.storage_state()
        phone = make_context(
            server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, storage_state=state
        ).new_page()
        ready(phone, PATH)
        card = phone.locator(".g-card").nth(1)
        card.dispatch_event("touchstart")
        expect(phone.get_by_text("1 chosen").first).to_be_visible()
        card.dispatch_event("touchend")
        phone.locator(".g-card").nth(2).tap()
        expect(phone.locator(".g-acts strong")).to_have_text("2 chosen")
        assert trip_hazards(phone) == []
        phone.get_by_role("button", name="Move to the trash").tap()
        expect(phone.get_by_text("2 files moved to the trash.")).to_be_visible()
        expect(phone.get_by_text("298 files")).to_be_visible()
        ready(phone, f"{PATH}?tab=trash")
        phone.locator(".g-card").first.dispatch_event("touchstart")
        expect(phone.get_by_role("button", name="Restore")).to_be_visible()


class TestClips:
    def test_a_clip_plays_large_under_its_picture(self, studio: Page, server: AppServer, tmp_path: Path) -> None:
        generate(studio, "waves on a pier")
        clip_in_place_of_the_newest(server, clip(tmp_path / "waves.mp4", seconds=2))
        ready(studio, PATH)
        studio.get_by_role("link", name="Clip: waves on a pier").click()
        expect(studio.get_by_role("heading", name="Clip 1 of 1")).to_be_visible()
        video = studio.locator("dialog video")
        studio.wait_for_function("document.querySelector('dialog video').currentTime > 0.1")
        assert video.evaluate("video => [video.videoWidth, video.error]") == [320, None]
        poster = video.get_attribute("poster")
        assert poster
        assert studio.request.get(poster).headers["content-type"] == "image/webp"
        expect(studio.get_by_role("link", name="Open the original")).to_have_count(0)


def move_fingers(page: Page, start: list[tuple[int, int]], end: list[tuple[int, int]], *, steps: int = 10) -> None:
    """Put fingers on the glass, move each to its end, and lift them."""
    cdp = page.context.new_cdp_session(page)

    def touch(kind: str, share: float) -> None:
        points = [{"x": x + (to_x - x) * share, "y": y + (to_y - y) * share} for (x, y), (to_x, to_y) in zip(start, end, strict=True)]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    touch("touchStart", 0)
    for step in range(1, steps + 1):
        touch("touchMove", step / steps)
    touch("touchEnd", 1)
    cdp.detach()


def owner_of_newest(server: AppServer) -> str:
    """The id of who signed up last."""
    with closing(sqlite3.connect(server.data / "nyx.sqlite3", timeout=10)) as database:
        return str(database.execute("SELECT id FROM app_user ORDER BY created_at DESC LIMIT 1").fetchone()[0])


def assert_faultless(page: Page) -> None:
    """Nothing serious by axe, dark and light."""
    for theme in ("dark", "light"):
        set_theme(page, theme)
        page.wait_for_function("document.getAnimations().every(move => move.effect.getComputedTiming().endTime === Infinity)")
        assert serious_axe_faults(page) == [], theme


def clip_in_place_of_the_newest(server: AppServer, data: bytes) -> None:
    """Turn the newest picture into a clip, with the picture's thumbnails: the studio offers no clips yet."""
    with closing(sqlite3.connect(server.data / "nyx.sqlite3", timeout=10)) as database, database:
        media_id, key = database.execute("SELECT id, storage_key FROM media ORDER BY created_at DESC LIMIT 1").fetchone()
        clip_key = f"{key.rpartition('.')[0]}.mp4"
        (server.data / "media" / clip_key).write_bytes(data)
        database.execute(
            "UPDATE media SET content_type = 'video/mp4', storage_key = ?, duration_ms = 2000, size_bytes = ? WHERE id = ?",
            (clip_key, len(data), media_id),
        )
