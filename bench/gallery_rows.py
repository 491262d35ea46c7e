"""A gallery of any size, written straight into the database: making so many pictures is not what is measured."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from nyx.clock import SystemClock, to_micros
from nyx.folding import folded_words
from nyx.sandbox.art.picture import picture
from nyx.services.media.thumbnails import make_thumbnails

_PICTURES = 12  # real thumbnails; rows share them by hard links
_SHAPES = ((1024, 1024), (1344, 768), (768, 1344), (1152, 896))
_PLACES = ("lake", "harbour", "forest", "desert", "city", "meadow", "cliff", "island", "station", "garden")
_BEASTS = ("fox", "owl", "heron", "otter", "wolf", "whale", "raven", "lynx", "moth", "stag")
_LIGHTS = ("dawn", "dusk", "noon", "midnight", "fog", "rain", "snow", "storm", "moonlight", "haze")
_RARE = 2_000  # made-up words, each in a few prompts


def fill(database: Path, *, owner_id: str, count: int, storage: Path | None = None) -> None:
    """Add finished pictures and clips, a minute apart; with ``storage``, thumbnails too. All prompts are made of the same few words."""
    chance = random.Random(f"{owner_id} {count}")
    now = to_micros(SystemClock().now())
    thumbs = _thumbnails(storage) if storage is not None else []
    if storage is not None:
        (storage / owner_id).mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(count):
            width, height = _SHAPES[number % len(_SHAPES)]
            row = _row(chance, number, owner_id=owner_id, at=now - (count - number) * 60_000_000, size=(width, height))
            _insert(connection, row)
            if storage is not None:
                os.link(thumbs[number % len(thumbs)], storage / row["key"].replace(".jpg", ".thumb.webp").replace(".mp4", ".thumb.webp"))
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _row(chance: random.Random, number: int, *, owner_id: str, at: int, size: tuple[int, int]) -> dict[str, Any]:
    key = f"{chance.getrandbits(128):032x}"
    is_clip = number % 10 == 0
    rare = f"w{chance.randrange(_RARE):04}x"
    prompt = (
        f"a {chance.choice(_BEASTS)} by the {chance.choice(_PLACES)} at {chance.choice(_LIGHTS)}, {rare}, in the style of an old"
        " postcard, soft colours, wide view, fine grain"
    )
    return {
        "id": key,
        "owner": owner_id,
        "prompt": prompt,
        "words": " ".join(folded_words(prompt)),
        "settings": json.dumps({"prompt": prompt, "steps": 4, "seed": number}),
        "model": f"maker/model-{number % 7}",
        "at": at,
        "type": "video/mp4" if is_clip else "image/jpeg",
        "key": f"{owner_id}/{key}-0.{'mp4' if is_clip else 'jpg'}",
        "width": size[0],
        "height": size[1],
        "duration": 5_000 if is_clip else None,
    }


def _insert(connection: sqlite3.Connection, row: dict[str, Any]) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement, row)


def _thumbnails(storage: Path) -> list[Path]:
    folder = storage.parent / "bench-thumbnails"
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(_PICTURES):
        original, path = folder / f"{number}.jpg", folder / f"{number}.webp"
        if not path.exists():
            original.write_bytes(picture(f"a lake {number}", seed=number, size=_SHAPES[number % len(_SHAPES)], file_format="jpeg"))
            path.write_bytes(make_thumbnails(original, "image/jpeg").thumb)
        made.append(path)
    return made


_BLUR = (
    "data:image/webp;base64,UklGRk4AAABXRUJQVlA4IEIAAABQAQCdASoQAAwABABoJagABHQAAP5L//Q8//B59n/0Dq/zPQd08"
    "P/+1jF++iz/+1jF++OLP+wLOcVef0Of1t59AAA="
)
_STATEMENTS = (
    "INSERT INTO credit_hold (id, owner_id, key, amount, captured, status, expires_at, created_at, settled_at)"
    " VALUES (:id, :owner, :id, 2, 2, 'captured', :at, :at, :at)",
    "INSERT INTO generation (id, owner_id, draft_key, request_hash, capability, model_key, prompt, words, settings, outputs,"
    " unit_price_credits, price_credits, hold_id, status, open_jobs, delivered, captured_credits, created_at, finished_at) VALUES"
    " (:id, :owner, :id, 'x', 'text-to-image', :model, :prompt, :words, :settings, 1, 2, 2, :id, 'completed', 0, 1, 2, :at, :at)",
    "INSERT INTO job (id, generation_id, owner_id, output_index, provider, kind, model_key, request, seed, state, next_run_at, created_at,"
    " finished_at) VALUES (:id, :id, :owner, 0, 'together', 'image', :model, '{}', 7, 'completed', :at, :at, :at)",
    "INSERT INTO media (id, owner_id, origin, generation_id, output_index, model_key, content_type, storage_key, size_bytes, sha256,"
    " width_px, height_px, duration_ms, blur, thumbnails, created_at) VALUES (:id, :owner, 'output', :id, 0, :model, :type, :key, 300000,"
    f" :id, :width, :height, :duration, '{_BLUR}', 'ready', :at)",
)
