"""What a person does in a studio, and what truly stands on its stage: pictures decoded, clips with a length."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, expect

WIDTHS = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}

# Finished outputs as the browser holds them: a picture that it decoded, a clip whose header it read.
_SHOWN = """
[...document.querySelectorAll('.tile .open img, .tile .player video')]
  .filter(it => it.tagName === 'IMG' ? it.complete && it.naturalWidth > 100 : it.readyState > 0 && it.videoWidth > 100)
  .map(it => it.getAttribute('src'))
"""
_POSTER = "async video => { const image = new Image(); image.src = video.poster; await image.decode(); return image.naturalWidth }"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One studio with a model that answers quickly, and what one output of it costs in credits."""

    key: str
    model: str
    model_name: str
    credits: int
    ratio: str = "1:1"

    @property
    def path(self) -> str:
        """Its screen."""
        return f"/studio/{self.key}"

    @property
    def path_with_settings(self) -> str:
        """Its screen with the model and the ratio already chosen."""
        return f"{self.path}?model={self.model}&ratio={self.ratio}"

    @property
    def takes_pictures(self) -> bool:
        """True when it starts from one."""
        return self.key.startswith("image-to-")

    @property
    def makes_clips(self) -> bool:
        """True when a clip comes out."""
        return self.key.endswith("-video")

    @property
    def noun(self) -> str:
        """What comes out."""
        return "clip" if self.makes_clips else "image"


TOOLS = (
    Tool(key="text-to-image", model="black-forest-labs/FLUX.1-schnell", model_name="FLUX.1 Schnell", credits=3),
    Tool(key="image-to-image", model="black-forest-labs/FLUX.2-dev", model_name="FLUX.2 Dev", credits=10),
    Tool(key="text-to-video", model="pixverse/pixverse-v5", model_name="PixVerse V5", credits=12),
    Tool(key="image-to-video", model="pixverse/pixverse-v5", model_name="PixVerse V5", credits=12),
)


def compose(page: Page, prompt: str, *, images: int = 1) -> None:
    """Write a prompt and choose how many pictures."""
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_role("radiogroup", name="Images").get_by_text(str(images), exact=True).click()


def generate(page: Page) -> None:
    """Press the button."""
    press(page.get_by_role("button", name="Generate", exact=True))


def press(button: Locator) -> None:
    """With a finger where the browser has a touch screen, else with the mouse."""
    if button.page.evaluate("matchMedia('(pointer: coarse)').matches"):
        button.tap()
    else:
        button.click()


def put_picture_in(page: Page) -> Locator:
    """Choose a file in the first place for one, as a person does, and return the picture that stands there then."""
    page.locator(".drop-main input[type=file]").first.set_input_files(a_photo())
    picture = page.locator(".pictures-item img")
    expect(picture).to_have_count(1)
    page.wait_for_function("document.querySelector('.pictures-item img')?.naturalWidth > 100")
    return picture


def a_photo(*, size_px: int = 640) -> FilePayload:
    """A file to bring along, so many pixels high and wide."""
    image = Image.new("RGB", (size_px, size_px), "#203a5c")
    ImageDraw.Draw(image).ellipse((size_px // 4, size_px // 4, 3 * size_px // 4, 3 * size_px // 4), fill="#e8a33d")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return {"name": "a sun.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def outputs(page: Page) -> list[str]:
    """The addresses of the finished pictures and clips on the stage."""
    return list(page.evaluate(_SHOWN))


def expect_outputs(page: Page, count: int, *, timeout_ms: int = 45_000) -> None:
    """Wait until so many are finished."""
    page.wait_for_function(f"count => {_SHOWN.strip()}.length === count", arg=count, timeout=timeout_ms)


def expect_clip_plays(page: Page) -> None:
    """The only clip on the stage has a picture before it is played, and moves when it is."""
    player = page.locator(".tile .player")
    page.wait_for_function("document.querySelector('.tile video').poster !== ''")  # it is made after the clip has arrived
    assert player.locator("video").evaluate(_POSTER) > 100
    press(player.get_by_role("button", name="Play", exact=True).first)
    page.wait_for_function("document.querySelector('.tile video').currentTime > 0.1")


def balance(page: Page) -> int:
    """The credits that the page shows."""
    return int(page.get_by_title("Your credits").inner_text().split()[0].replace(",", ""))


def expect_balance(page: Page, credits: int) -> None:
    """Wait until the page shows so many credits."""
    expect(page.get_by_title("Your credits")).to_contain_text(f"{credits:,} ")
