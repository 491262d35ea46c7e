"""The player of clips in a real browser: by mouse and by keyboard, with and without sound, and when there is nothing to play."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from nyx.sandbox.clips import Shape
from nyx.sandbox.clips import clip as sandbox_clip
from nyx.services.media.clip_preview import make_clip_preview
from tests.browser.test_gallery import PATH, assert_faultless, generate
from tests.support.audit import set_theme, trip_hazards
from tests.support.browser import Complaints, ready, sign_up
from tests.support.server import AppServer

PLAYER = "dialog .player"


@cache
def waves(*, file_format: str = "mp4", has_sound: bool = True) -> bytes:
    """Four small seconds."""
    shape = Shape(seconds=4, fps=12, file_format=file_format, has_sound=has_sound)
    return sandbox_clip("waves on a pier", seed=3, size=(256, 144), shape=shape)


def put_clip(server: AppServer, data: bytes, *, extension: str = "mp4") -> str:
    """Turn the newest picture into a clip, as if a model had made it, with its moving preview. Returns its id."""
    with closing(sqlite3.connect(server.data / "nyx.sqlite3", timeout=10)) as database, database:
        media_id, key = database.execute("SELECT id, storage_key FROM media ORDER BY created_at DESC LIMIT 1").fetchone()
        original = server.data / "media" / f"{key.rpartition('.')[0]}.{extension}"
        original.write_bytes(data)
        make_clip_preview(original, f"video/{extension}", original.with_suffix(".clip-preview.mp4"))
        database.execute(
            "UPDATE media SET content_type = ?, storage_key = ?, duration_ms = 4000, width_px = 256, height_px = 144 WHERE id = ?",
            (f"video/{extension}", f"{key.rpartition('.')[0]}.{extension}", media_id),
        )
    return str(media_id)


@pytest.fixture
def studio(make_context: Callable[..., BrowserContext], server: AppServer) -> Page:
    """The studio of a new creator who wants less motion, so that nothing plays by itself."""
    page = make_context(server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    sign_up(page)
    return page


def open_clip(studio: Page, server: AppServer, *, data: bytes | None = None, extension: str = "mp4") -> Locator:
    """A clip of a fresh generation, large; nothing is pressed yet."""
    generate(studio, "waves on a pier")
    put_clip(server, data or waves(), extension=extension)
    ready(studio, PATH)
    studio.get_by_role("link", name="Clip: waves on a pier").click()
    player = studio.locator(PLAYER)
    studio.wait_for_function(f"document.querySelector('{PLAYER} video')?.readyState >= 2")
    return player


def state(player: Locator, what: str) -> object:
    """A property of the video itself."""
    found: object = player.locator("video").evaluate(f"video => video.{what}")
    return found


def until(page: Page, condition: str) -> None:
    """Wait until this holds of the ``video``."""
    page.wait_for_function(f"(() => {{ const video = document.querySelector('{PLAYER} video'); return video && {condition} }})()")


class TestPlaying:
    def test_waits_for_a_press_and_plays_with_sound_after_it(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server)
        assert state(player, "paused")
        assert str(state(player, "poster")).endswith("/preview")
        player.get_by_role("button", name="Play").first.click()
        until(studio, "video.currentTime > 0.2 && !video.paused")
        assert (state(player, "muted"), state(player, "loop")) == (False, True)
        expect(player.get_by_role("slider", name="Volume")).to_be_visible()
        player.locator("video").click()
        until(studio, "video.paused")

    def test_by_itself_it_plays_without_sound(self, make_context: Callable[..., BrowserContext], server: AppServer) -> None:
        page = make_context(server.url, viewport={"width": 1440, "height": 900}).new_page()
        sign_up(page)
        player = open_clip(page, server)
        until(page, "video.currentTime > 0.2 && video.muted")
        player.get_by_role("button", name="Sound on").click()
        until(page, "!video.muted && !video.paused")

    def test_every_key_does_what_its_button_says(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server, extension="webm", data=waves(file_format="webm"))
        position = player.get_by_role("slider", name="Position")
        position.focus()
        studio.keyboard.press("ArrowRight")
        studio.keyboard.press("ArrowRight")
        until(studio, "Math.abs(video.currentTime - 2) < 0.05 && !video.seeking")
        expect(position).to_have_attribute("aria-valuetext", "2.0 of 4.0 seconds")
        studio.keyboard.press("ArrowLeft")
        until(studio, "Math.abs(video.currentTime - 1) < 0.05")
        studio.keyboard.press(".")
        until(studio, "Math.abs(video.currentTime - 1 - 1 / 24) < 0.05 && video.currentTime > 1.01")
        studio.keyboard.press(",")
        until(studio, "Math.abs(video.currentTime - 1) < 0.01")
        studio.keyboard.press("l")
        expect(player.get_by_role("button", name="Repeat")).to_have_attribute("aria-pressed", "false")
        assert state(player, "loop") is False
        studio.keyboard.press("Space")
        until(studio, "!video.paused")
        studio.keyboard.press("Space")
        until(studio, "video.paused")
        studio.keyboard.press("f")
        expect(player.get_by_role("button", name="Leave full screen")).to_be_visible()
        studio.keyboard.press("f")
        expect(player.get_by_role("button", name="Full screen", exact=True)).to_be_visible()
        expect(studio.get_by_role("heading", name="Clip 1 of 1")).to_be_visible()

    def test_the_bar_follows_the_mouse_and_the_speed_is_chosen(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server)
        box = player.locator(".scrub").bounding_box()
        assert box
        studio.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(player.locator(".scrub-time")).to_have_text("0:02.0")
        studio.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        until(studio, "Math.abs(video.currentTime - 2) < 0.15")
        expect(player.locator(".player-time")).to_have_text("0:02.0 / 0:04.0")
        player.get_by_label("Speed").select_option("2")
        assert state(player, "playbackRate") == 2


class TestSound:
    def test_what_was_chosen_is_remembered(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server)
        player.get_by_role("slider", name="Volume").fill("0.4")
        studio.keyboard.press("m")
        until(studio, "video.muted")
        studio.reload()
        studio.get_by_role("link", name="Clip: waves on a pier").click()
        expect(player.get_by_role("button", name="Sound on")).to_be_visible()
        until(studio, "video.muted && Math.abs(video.volume - 0.4) < 0.01")
        player.get_by_role("button", name="Sound on").click()
        until(studio, "!video.muted")

    def test_a_clip_without_any_offers_no_volume(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server, data=waves(has_sound=False))
        player.get_by_role("button", name="Play").first.click()
        expect(player.get_by_role("slider", name="Volume")).to_have_count(0)
        expect(player.get_by_role("button", name="Sound off")).to_have_count(0)


class TestTrouble:
    def test_is_said_in_words_and_can_be_tried_again(self, studio: Page, server: AppServer, complaints: Complaints) -> None:
        complaints.expect("/original", "Failed to load resource")
        generate(studio, "waves on a pier")
        media_id = put_clip(server, waves())
        ready(studio, PATH)
        studio.route(f"**/media/{media_id}/original", lambda route: route.fulfill(status=404, body="gone"))
        studio.get_by_role("link", name="Clip: waves on a pier").click()
        player = studio.locator(PLAYER)
        expect(player.get_by_role("alert")).to_contain_text("The clip is not here any more.")
        assert_faultless(studio)
        studio.unroute(f"**/media/{media_id}/original")
        studio.route(f"**/media/{media_id}/original", lambda route: route.fulfill(status=200, content_type="video/mp4", body="no clip"))
        player.get_by_role("button", name="Try again").click()
        expect(player.get_by_role("alert")).to_contain_text("This browser can't play this kind of clip.")
        studio.unroute(f"**/media/{media_id}/original")
        player.get_by_role("button", name="Try again").click()
        until(studio, "video.currentTime > 0.1")
        expect(player.get_by_role("alert")).to_have_count(0)


class TestLooks:
    def test_nothing_trips_anyone_at_any_width_in_either_theme(self, studio: Page, server: AppServer) -> None:
        player = open_clip(studio, server)
        for width in (390, 820, 1440):
            studio.set_viewport_size({"width": width, "height": 900})
            assert_faultless(studio)
            for theme in ("dark", "light"):
                set_theme(studio, theme)
                assert trip_hazards(studio) == []
            assert player.locator(".player-row").evaluate("row => row.scrollWidth <= row.clientWidth")


class TestOnTheWall:
    def test_a_clip_moves_while_a_mouse_rests_on_it(self, make_context: Callable[..., BrowserContext], server: AppServer) -> None:
        page = make_context(server.url, viewport={"width": 1440, "height": 900}).new_page()
        sign_up(page)
        generate(page, "waves on a pier")
        put_clip(server, waves())
        ready(page, PATH)
        page.get_by_role("link", name="Clip: waves on a pier").hover()
        page.wait_for_function("(document.querySelector('.g-card video')?.currentTime ?? 0) > 0.1")
        assert page.locator(".g-card video").evaluate("video => [video.videoWidth, video.muted]") == [256, True]
        page.mouse.move(0, 0)
        expect(page.locator(".g-card video")).to_have_count(0)


class TestOtherFormat:
    def test_is_prepared_and_then_taken_home(self, studio: Page, server: AppServer, tmp_path: Path) -> None:
        open_clip(studio, server)
        with studio.expect_download(timeout=30_000) as caught:
            studio.get_by_role("link", name="Download as WebM").click()
            expect(studio.get_by_text("Your clip is being prepared as WebM.")).to_be_visible()
        assert caught.value.suggested_filename.endswith(".webm")
        assert caught.value.path().read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
        expect(studio.get_by_text("Your clip is being prepared as WebM.")).to_have_count(0)
