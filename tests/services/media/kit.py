"""Files to feed to the media service, and the rows that a finished output hangs on."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageDraw

from nyx.clock import SeededRandom
from nyx.db import Database, Tx
from nyx.folding import folded_words
from nyx.services.generation.views import Draft
from nyx.services.media.service import MediaService, insert_media, media_id_of
from nyx.services.media.views import MediaKind, StoredOutput
from tests.support.clock import START

OWNER = "a" * 32
STRANGER = "b" * 32
MODEL = "flux-1-schnell"


def picture(width_px: int = 640, height_px: int = 480, *, colour: tuple[int, ...] = (200, 40, 90), mode: str = "RGB") -> Image.Image:
    """A field of one colour whose top left quarter is white, so that a turned picture shows."""
    image = Image.new("RGB", (width_px, height_px), colour)
    ImageDraw.Draw(image).rectangle((0, 0, width_px // 2 - 1, height_px // 2 - 1), fill="white")
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The file of a picture."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_broken_exif(**options: Any) -> bytes:
    """A JPEG whose pixels are whole and whose EXIF header is not one."""
    return encoded(picture(), exif=b"Exif\0\0not a header at all", **options)


def clip(path: Path, *, seconds: float = 1.0, size: tuple[int, int] = (320, 180)) -> bytes:
    """A clip of one colour; the suffix of ``path`` says which kind: .mp4 or .webm."""
    codec, options = ("libx264", {"movflags": "faststart"}) if path.suffix == ".mp4" else ("libvpx-vp9", {})
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=12)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(round(seconds * 12)):
            shade = picture(*size, colour=(40, 90, 40 + number * 4))
            container.mux(stream.encode(av.VideoFrame.from_image(shade)))
        container.mux(stream.encode())
    return path.read_bytes()


async def add_people(db: Database) -> None:
    """An owner and a stranger."""

    def insert(tx: Tx) -> None:
        for person in (OWNER, STRANGER):
            tx.execute(
                "INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, :email, 'x', :now)",
                id=person,
                email=f"{person[:4]}@example.com",
                now=START,
            )

    await db.write(insert)


async def suspend(db: Database, person_id: str) -> None:
    """As an admin does."""

    def change(tx: Tx) -> None:
        tx.execute("UPDATE app_user SET suspended_at = :now WHERE id = :id", now=START, id=person_id)

    await db.write(change)


async def add_generation(
    db: Database,
    *,
    generation_id: str,
    owner_id: str = OWNER,
    prompt: str = "a fox in the rain",
    now: datetime = START,
    model_key: str = MODEL,
) -> None:
    """A completed generation of one output with its hold and job."""

    def insert(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO credit_hold (id, owner_id, key, amount, captured, status, expires_at, created_at, settled_at)"
            " VALUES (:id, :owner, :id, 2, 2, 'captured', :now, :now, :now)",
            id=generation_id,
            owner=owner_id,
            now=now,
        )
        tx.execute(
            "INSERT INTO generation (id, owner_id, draft_key, request_hash, capability, model_key, prompt, words, settings, outputs,"
            " unit_price_credits, price_credits, hold_id, status, open_jobs, delivered, captured_credits, created_at, finished_at) VALUES"
            " (:id, :owner, :id, 'x', 'text-to-image', :model, :prompt, :words, :settings, 1, 2, 2, :id, 'completed', 0, 1, 2, :now, :now)",
            model=model_key,
            id=generation_id,
            owner=owner_id,
            prompt=prompt,
            words=" ".join(folded_words(prompt)),
            settings=json.dumps(asdict(Draft(model_key=model_key, prompt=prompt, steps=4))),
            now=now,
        )
        tx.execute(
            "INSERT INTO job (id, generation_id, owner_id, output_index, provider, kind, model_key, request, seed, state, next_run_at,"
            " created_at, finished_at) VALUES (:id, :id, :owner, 0, 'together', 'image', :model, '{}', 7, 'completed', :now, :now, :now)",
            model=model_key,
            id=generation_id,
            owner=owner_id,
            now=now,
        )

    await db.write(insert)


async def add_output(
    db: Database,
    media: MediaService,
    *,
    owner_id: str = OWNER,
    data: bytes | None = None,
    prompt: str = "a fox in the rain",
    now: datetime = START,
    generation_id: str | None = None,
    expect: MediaKind = "image",
) -> StoredOutput:
    """One finished output of a new generation, settled as the engine does it; thumbnails are not made yet."""
    generation_id = generation_id or SeededRandom(zlib.crc32(f"{owner_id} {now} {prompt}".encode())).id()
    await add_generation(db, generation_id=generation_id, owner_id=owner_id, prompt=prompt, now=now)
    received = await media.receive(data or encoded(picture()))
    stored = await media.store_output(received, owner_id=owner_id, generation_id=generation_id, output_index=0, expect=expect)
    await db.write(insert_media, owner_id=owner_id, generation_id=generation_id, output_index=0, stored=stored, now=now)
    return stored


async def add_media(
    db: Database,
    *,
    owner_id: str = OWNER,
    prompt: str = "a fox in the rain",
    now: datetime = START,
    kind: MediaKind = "image",
    model_key: str = MODEL,
) -> str:
    """The rows of a finished output without any file; returns its id."""
    generation_id = SeededRandom(zlib.crc32(f"{owner_id} {now} {prompt} {kind} {model_key}".encode())).id()
    await add_generation(db, generation_id=generation_id, owner_id=owner_id, prompt=prompt, now=now, model_key=model_key)
    is_clip = kind == "video"
    stored = StoredOutput(
        media_id=media_id_of(generation_id=generation_id, output_index=0),
        content_type="video/mp4" if is_clip else "image/jpeg",
        storage_key=f"{owner_id}/{generation_id}-0.{'mp4' if is_clip else 'jpg'}",
        size_bytes=1_000,
        sha256=generation_id * 2,
        width_px=64,
        height_px=48,
        duration_ms=2_000 if is_clip else None,
        blur="",
    )
    await db.write(insert_media, owner_id=owner_id, generation_id=generation_id, output_index=0, stored=stored, now=now)
    return stored.media_id


async def fill(db: Database, *prompts: str, owner_id: str = OWNER, kind: MediaKind = "image", model_key: str = MODEL) -> list[str]:
    """Rows without files, one a minute; their ids, oldest first."""
    return [
        await add_media(db, owner_id=owner_id, prompt=prompt, now=START + timedelta(minutes=number), kind=kind, model_key=model_key)
        for number, prompt in enumerate(prompts)
    ]
