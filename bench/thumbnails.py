"""Making thumbnails, against Pillow alone with the same sizes and qualities."""

from __future__ import annotations

import time
from pathlib import Path

from bench import by_hand
from bench.measure import Scale, median, ratio
from bench.report import Outcome, Row, at_least
from nyx.sandbox.art.picture import picture
from nyx.services.media.thumbnails import make_thumbnails

_SIZES = ((1024, 1024), (2048, 2048))
_BAR = 0.8


def run(scale: Scale, folder: Path) -> Outcome:
    """One picture after the other in one thread."""
    rows = []
    for width, height in _SIZES[: scale.of(len(_SIZES), 1)]:
        path = folder / f"{width}.jpg"
        path.write_bytes(picture("a calm lake at dawn", seed=1, size=(width, height), file_format="jpeg"))
        ours_s, bare_s = [], []
        for _ in range(scale.of(30, 2)):
            begun = time.perf_counter()
            by_hand.thumbnails(path)
            between = time.perf_counter()
            make_thumbnails(path, "image/jpeg")
            bare_s.append(between - begun)
            ours_s.append(time.perf_counter() - between)
        rows.append(
            Row(
                name=f"pictures/s, {width}×{height}",
                ours=f"{1 / median(ours_s):.1f}",
                reference=f"{1 / median(bare_s):.1f}",
                ratio=ratio(bare_s, ours_s),
                bar=at_least(_BAR),
            )
        )
    return Outcome("Thumbnails: two WebP sizes and the blur", tuple(rows), _HOW)


_HOW = "`make_thumbnails` on a stored JPEG, against opening and shrinking the same file with Pillow; above 1 is faster than bare."
