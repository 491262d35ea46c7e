"""Each of the four studios in Chromium, on a phone and on a desk: made, cancelled, failed, tried again, reloaded and restarted."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.audit import serious_axe_faults
from tests.support.browser import Complaints, live, ready, sign_up
from tests.support.ports import free_port
from tests.support.server import AppServer, running_app, sandbox_process
from tests.support.studio import (
    TOOLS,
    WIDTHS,
    Tool,
    balance,
    expect_balance,
    expect_clip_plays,
    expect_outputs,
    generate,
    outputs,
    press,
    put_picture_in,
)

CREDITS = "2000"
# A provider that needs half a second, and creators who can afford clips.
QUICK_SERVER = {"NYX_SANDBOX_IMAGE_LATENCY_S": "0.5", "NYX_SANDBOX_VIDEO_LATENCY_S": "0.5", "NYX_SIGN_UP_BONUS_CREDITS": CREDITS}
# How many different colours a picture has, of a few hundred places.
_SHADES = """
async image => {
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 20, height: 20 }), pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, 20, 20);
  return new Set(new Uint32Array(pen.getImageData(0, 0, 20, 20).data.buffer)).size;
}
"""
every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.key)


@dataclass(frozen=True)
class Restartable:
    """A server whose provider is another process, which goes on working while the server is away."""

    server: AppServer
    provider_url: str

    def accepted(self, prompt: str) -> int:
        """How often the provider took an order with this prompt."""
        with urllib.request.urlopen(f"{self.provider_url}/_sandbox/log", timeout=10) as response:
            return sum(line["prompt"] == prompt for line in json.load(response))


@pytest.fixture(scope="module")
def restartable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restartable]:
    """For tests that take it away and bring it back."""
    folder, port = tmp_path_factory.mktemp("restarts"), free_port()
    url = f"http://127.0.0.1:{port}"
    with sandbox_process(folder, port=port, NYX_SANDBOX_IMAGE_LATENCY_S="0", NYX_SANDBOX_VIDEO_LATENCY_S="0", NYX_SANDBOX_MOST_FPS="8"):
        provider = {"TOGETHER_API_KEY": "sandbox", "TOGETHER_BASE_URL": url}
        with running_app(folder, NYX_SIGN_UP_BONUS_CREDITS=CREDITS, **provider) as server:
            yield Restartable(server, url)


def options(device: str) -> dict[str, object]:
    """A browser as this device has it."""
    width, height = WIDTHS[device]
    return {"viewport": {"width": width, "height": height}, "has_touch": device == "phone", "is_mobile": device == "phone"}


def write(page: Page, prompt: str) -> None:
    page.get_by_label("Prompt", exact=True).fill(prompt)


def expect_running(page: Page) -> None:
    expect(page.get_by_text("Generating", exact=True)).to_be_visible()
    expect(page.locator(".tile .state b")).to_have_text("Rendering")


@every_tool
class TestJourney:
    @pytest.mark.parametrize("device", ["phone", "desktop"])
    def test_everything_that_can_happen_to_one_who_makes_something(
        self, make_context: Callable[..., BrowserContext], quick_server: AppServer, tool: Tool, device: str
    ) -> None:
        page = make_context(quick_server.url, **options(device)).new_page()
        sign_up(page)
        ready(page, tool.path_with_settings)
        other = page.context.new_page()
        ready(other, tool.path)
        page.bring_to_front()  # Chromium draws the tab behind it once a second
        had = balance(page)

        made = makes(page, tool)
        for tab in (page, other):
            expect_outputs(tab, 1)
            expect_balance(tab, had - tool.credits)
            assert outputs(tab) == made
        fails_once_and_is_made_after_all(page, tool, other)
        cancels(page, tool, other)
        retries_and_reloads_in_the_middle(page, tool)

        expect_outputs(other, 1)
        assert outputs(other) == outputs(page) != made
        for tab in (page, other):
            expect_balance(tab, had - 3 * tool.credits)


class TestCompare:
    def test_two_clips_play_together_and_stop_together(self, make_context: Callable[..., BrowserContext], quick_server: AppServer) -> None:
        page = make_context(quick_server.url, **options("desktop")).new_page()
        sign_up(page)
        tool = next(tool for tool in TOOLS if tool.key == "text-to-video")
        ready(page, f"{tool.path_with_settings}&outputs=2")
        write(page, "waves on a pier")
        generate(page)
        expect_outputs(page, 2)
        takes_a_real_frame_of_a_clip_that_was_never_played(page)
        ready(page, tool.path)
        expect_outputs(page, 2)
        page.get_by_role("button", name="Compare", exact=True).click()
        moved = "[...document.querySelectorAll('.cmp video')].map(clip => clip.paused ? 0 : clip.currentTime)"
        page.get_by_role("button", name="Play together").click()
        page.wait_for_function(f"{moved}.filter(seconds => seconds > 0.6).length === 2")
        first, second = page.evaluate(moved)
        assert abs(first - second) < 0.5
        assert serious_axe_faults(page) == []

        page.get_by_role("group", name="Both clips").focus()
        page.keyboard.press("Space")
        page.wait_for_function(f"{moved}.every(seconds => seconds === 0)")
        expect(page.get_by_role("button", name="Play together")).to_be_visible()


@every_tool
class TestRestart:
    def test_what_runs_is_finished_and_charged_once_while_a_phone_and_a_desk_look_on(
        self, make_context: Callable[..., BrowserContext], restartable: Restartable, complaints: Complaints, tool: Tool
    ) -> None:
        complaints.expect("ERR_CONNECTION_REFUSED", "WebSocket connection to", "503")  # what a browser says of a server that is away
        server, prompt = restartable.server, f"a fox after the storm, {tool.key} [slow 6]"
        desk = make_context(server.url, **options("desktop")).new_page()
        sign_up(desk)
        phone = make_context(server.url, storage_state=desk.context.storage_state(), **options("phone")).new_page()
        ready(desk, tool.path_with_settings)
        ready(phone, tool.path)
        had = balance(desk)
        if tool.takes_pictures:
            put_picture_in(desk)
        write(desk, prompt)
        generate(desk)
        for page in (desk, phone):
            expect_running(page)
        server.restart()

        for page in (desk, phone):
            expect_outputs(page, 1)
            expect_balance(page, had - tool.credits)
        assert outputs(phone) == outputs(desk)
        expect(desk.get_by_label("Prompt", exact=True)).to_have_value(prompt)
        assert restartable.accepted(prompt) == 1


def makes(page: Page, tool: Tool) -> list[str]:
    """From nothing to something to look at."""
    if tool.takes_pictures:
        is_asked_for_a_picture(page)
        put_picture_in(page)
    write(page, "a fox in the rain")
    expect(page.get_by_text(f"1 {tool.noun} × {tool.credits} credits")).to_be_visible()
    generate(page)
    expect_outputs(page, 1)
    expect(page.get_by_text(f"1 {tool.noun} · {tool.credits} credits")).to_be_visible()
    expect(page.locator(".tile")).to_be_in_viewport()
    if tool.makes_clips:
        expect_clip_plays(page)
    return outputs(page)


def is_asked_for_a_picture(page: Page) -> None:
    """Generate waits for one and says so beside it; the shortcut says it where the picture belongs."""
    button, reason = page.get_by_role("button", name="Generate", exact=True), "Add a picture to start from."
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(reason)
    expect(page.locator(".cost-box").get_by_text(reason)).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".pictures").get_by_role("alert").filter(has_text=reason)).to_be_visible()
    expect(page.locator(".drop-main input").first).to_be_focused()


def fails_once_and_is_made_after_all(page: Page, tool: Tool, other: Page) -> None:
    """A refusal costs nothing and is said in a sentence; Retry names its price and is another generation, which works."""
    had, before = balance(page), outputs(page)
    write(page, "a fox [fail 1]")
    generate(page)
    for tab in (page, other):
        expect(strip(tab)).to_have_count(2)
        expect(tab.locator(".tile.failed")).to_contain_text(f"{tool.credits} credits given back.", timeout=15_000)
        expect(tab.get_by_text(f"Nothing charged, {tool.credits} credits given back")).to_be_visible()
        expect_balance(tab, had)
    press(page.locator(".tile").get_by_role("button", name=f"Retry · {tool.credits} credits", exact=True))
    for tab in (page, other):
        expect(strip(tab)).to_have_count(3)
        expect_outputs(tab, 1)
        expect_balance(tab, had - tool.credits)
    assert outputs(page) == outputs(other) != before


def takes_a_real_frame_of_a_clip_that_was_never_played(page: Page) -> None:
    """What arrives in the other studio is a picture with something in it."""
    page.wait_for_function("document.querySelector('.tile video').poster !== ''")
    page.reload()  # with a still to show from the beginning a browser decodes nothing
    live(page)
    expect_outputs(page, 2)
    page.locator(".tile").first.hover()
    page.locator(".tile").first.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="Video from this frame").click()
    page.wait_for_url("**/studio/image-to-video?picture=*")
    expect(page.locator(".pictures-item img")).to_have_count(1)
    assert page.locator(".pictures-item img").evaluate(_SHADES) > 10


def strip(page: Page) -> Locator:
    """The recent generations."""
    return page.get_by_role("complementary", name="Recent generations").get_by_role("button")


def cancels(page: Page, tool: Tool, other: Page) -> None:
    """Asked first; nothing is charged, and all credits are back in both tabs."""
    had = balance(page)
    write(page, "a fox at dusk [slow 4]")
    generate(page)
    expect_running(page)
    press(page.get_by_role("button", name="Cancel", exact=True))
    expect_balance(other, had - tool.credits)
    expect(page.get_by_role("dialog")).to_contain_text(f"1 {tool.noun} already with the provider: that can't be called back.")
    press(page.get_by_role("button", name="Let it go, nothing is charged"))
    for tab in (page, other):
        expect(tab.get_by_text(f"Nothing charged, {tool.credits} credits given back")).to_be_visible()
        expect_balance(tab, had)


def retries_and_reloads_in_the_middle(page: Page, tool: Tool) -> None:
    """What was cancelled is made after all; the page that is opened anew meanwhile knows everything."""
    press(page.locator(".tile").get_by_role("button", name="Retry"))
    expect_running(page)
    ready(page, tool.path)
    expect_running(page)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("a fox at dusk [slow 4]")
    expect(page.locator("button.model .name").first).to_contain_text(tool.model_name)
    expect(page.get_by_role("radio", name=tool.ratio, exact=True)).to_be_checked()
    expect(page.locator(".pictures-item img")).to_have_count(int(tool.takes_pictures))
    expect_outputs(page, 1)
