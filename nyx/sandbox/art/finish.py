"""The last touches: bloom, contrast, vignette, grain, and the styles that a prompt may name. A picture in, a picture out."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from nyx.sandbox.art.noise import clouds
from nyx.sandbox.art.scene import Scene


def finish(scene: Scene, frame: Image.Image) -> Image.Image:
    """Return the frame as it is shown."""
    if scene.style != "minimal":
        frame = _bloom(frame, 0.5 if scene.style == "neon" else 0.26)
    frame = _styled(scene, frame)
    if scene.style in ("minimal", "pixel", "watercolor", "sketch"):
        return frame
    return _grain(scene, _vignette(frame), 9.0 if scene.style == "vintage" else 3.6)


def _bloom(frame: Image.Image, strength: float) -> Image.Image:
    small = frame.resize((max(1, frame.width // 4), max(1, frame.height // 4)), Image.Resampling.BOX)
    bright = small.point([max(0, round((value - 120) * 1.7)) for value in range(256)] * 3)
    glow = bright.filter(ImageFilter.GaussianBlur(frame.height / 110)).resize(frame.size, Image.Resampling.BILINEAR)
    return ImageChops.screen(frame, glow.point([round(value * strength) for value in range(256)] * 3))


def _vignette(frame: Image.Image) -> Image.Image:
    xs = np.linspace(-1, 1, 64, dtype=np.float32)
    fall = 255 * (1 - 0.34 * np.clip(np.hypot(xs[None, :] * 0.95, xs[:, None]) - 0.42, 0, 1) ** 1.3)
    mask = Image.fromarray(fall.astype(np.uint8)).resize(frame.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(frame, Image.merge("RGB", (mask, mask, mask)))


def _grain(scene: Scene, frame: Image.Image, strength: float) -> Image.Image:
    random = scene.random("grain")
    noise = random.standard_normal((frame.height, frame.width), np.float32) * strength
    return Image.fromarray(np.clip(np.asarray(frame, np.float32) + noise[..., None], 0, 255).astype(np.uint8))


def _styled(scene: Scene, frame: Image.Image) -> Image.Image:
    match scene.style:
        case "watercolor":
            return _watercolor(scene, frame)
        case "neon":
            return ImageEnhance.Color(ImageEnhance.Contrast(frame).enhance(1.12)).enhance(1.55)
        case "minimal":
            return _flat(frame)
        case "mono":
            return ImageOps.autocontrast(frame.convert("L"), cutoff=1).convert("RGB")
        case "sketch":
            return _sketch(frame)
        case "oil":
            small = frame.resize((max(1, frame.width // 3), max(1, frame.height // 3)), Image.Resampling.BOX).filter(
                ImageFilter.MedianFilter(5)
            )
            daubs = small.resize(frame.size, Image.Resampling.BICUBIC).filter(ImageFilter.EMBOSS).convert("L")
            raised = ImageChops.overlay(small.resize(frame.size, Image.Resampling.BICUBIC), Image.merge("RGB", (daubs, daubs, daubs)))
            return ImageEnhance.Color(raised).enhance(1.3)
        case "pixel":
            small = frame.resize((max(1, frame.width * 128 // frame.height), 128), Image.Resampling.BOX)
            return small.quantize(28, dither=Image.Dither.NONE).convert("RGB").resize(frame.size, Image.Resampling.NEAREST)
        case "vintage":
            sepia = ImageOps.colorize(frame.convert("L"), (38, 26, 30), (250, 232, 200), (164, 124, 92))
            return Image.blend(frame, sepia, 0.55)
        case _:
            return ImageEnhance.Color(ImageEnhance.Contrast(frame).enhance(1.06)).enhance(1.1)


def _watercolor(scene: Scene, frame: Image.Image) -> Image.Image:
    """Wash the colours out into paper, with darker edges where the paint dried."""
    size = (frame.width // 2, frame.height // 2)
    small = frame.resize(size, Image.Resampling.BOX).filter(ImageFilter.MedianFilter(9))
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.GaussianBlur(1.2))
    wash = np.asarray(small, np.float32)
    random = scene.random("paper")
    pools = clouds(random, size, cells=6, octaves=6)[..., None]
    paper = clouds(random, size, cells=90, octaves=2)[..., None]
    wash = 255 - (255 - wash) * (0.5 + 0.42 * pools) * (0.9 + 0.2 * paper)
    wash -= np.asarray(edges, np.float32)[..., None] * 0.55
    border = np.minimum.outer(_to_edge(size[1]), _to_edge(size[0]))[..., None]
    torn = np.clip((border - 0.035 + (pools - 0.5) * 0.06) / 0.012, 0, 1)
    wash = 250 + (wash - 250) * torn
    return Image.fromarray(np.clip(wash, 0, 255).astype(np.uint8)).resize(frame.size, Image.Resampling.BICUBIC)


def _flat(frame: Image.Image) -> Image.Image:
    """Reduce to a dozen calm tones with clean edges."""
    small = frame.resize((max(1, frame.width // 4), max(1, frame.height // 4)), Image.Resampling.BOX).filter(ImageFilter.MedianFilter(7))
    flat = small.quantize(12, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB").filter(ImageFilter.ModeFilter(9))
    return flat.resize(frame.size, Image.Resampling.BICUBIC)


def _sketch(frame: Image.Image) -> Image.Image:
    grey = frame.convert("L")
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(frame.height / 90))
    lines = np.asarray(grey, np.float32) / np.maximum(256.0 - np.asarray(soft, np.float32), 1.0) * 255
    drawn = Image.fromarray(np.clip(lines, 0, 255).astype(np.uint8))
    return ImageOps.colorize(Image.blend(drawn, grey, 0.28), (34, 32, 44), (250, 246, 238))


def _to_edge(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    at = np.linspace(0, 1, count, dtype=np.float32)
    return np.minimum(at, 1 - at)
