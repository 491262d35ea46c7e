"""People who make something in the whole app, and readers for what they download."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import httpx
import numpy as np
import numpy.typing as npt
from c2pa import Context, Reader, Settings
from PIL import Image
from sqlalchemy import text

from nyx.models.people import Plan
from nyx.sandbox.clips import Shape, clip
from nyx.services.generation.views import Draft
from nyx.services.marks.library import library_settings
from nyx.services.marks.stamp import stamp_for
from tests.services.media.kit import add_output
from tests.support.app import PASSWORD, sign_up_or_in
from tests.support.world import CHEAP

if TYPE_CHECKING:
    from nyx.app import App


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Somebody with a browser. ``media_ids`` are what they made."""

    app: App
    id: str
    client: httpx.AsyncClient

    async def make(self, **changes: Any) -> str:
        """Generate one output and wait for it; returns its media id."""
        draft = Draft(**{"model_key": CHEAP, "prompt": "a lake at dawn", "seed": 5, **changes})
        view = await self.app.generations.submit(owner_id=self.id, draft=draft, draft_key=self.app.backend.random.id())
        async with asyncio.timeout(60):
            while view.is_open:
                await asyncio.sleep(0.02)
                view = await self.app.generations.get(owner_id=self.id, generation_id=view.id)
        media_id = view.outputs[0].media_id
        assert media_id is not None, view.outputs[0].trouble
        return media_id

    async def keep_clip(self, file_format: str = "mp4") -> str:
        """Have a small clip of the sandbox taken in, as the engine does; a generated one would take half a minute."""
        shape = Shape(seconds=1, fps=10, file_format=file_format, has_sound=True)
        data = clip("a lake at dawn", seed=5, size=(320, 192), shape=shape)
        stored = await add_output(self.app.db, self.app.media, owner_id=self.id, data=data, expect="video")
        await self.app.media.make_thumbnails(stored.media_id)
        await self.app.media.prepare_marked(stored.media_id)
        return stored.media_id

    async def get(self, media_id: str, variant: str = "original", **params: str) -> httpx.Response:
        """Download one of the files."""
        return await self.client.get(f"/media/{media_id}/{variant}", params=params)

    async def move_to(self, plan: Plan) -> None:
        """What an upgrade does."""
        await self.app.accounts.set_plan(self.id, plan)


async def maker(app: App, client: httpx.AsyncClient, email: str, plan: Plan) -> Maker:
    """Sign up, with credits. The first person of an app is its admin, so somebody else comes before."""
    await sign_up_or_in(client, email=email, password=PASSWORD)
    async with app.db.read() as session:
        connection = await session.connection()
        owner_id = str((await connection.execute(text("SELECT id FROM app_user WHERE email = :email"), {"email": email})).scalar_one())
    await app.credits.grant_by_admin(owner_id=owner_id, amount=500, key=f"test:{email}", reason="for trying")
    if plan is not Plan.FREE:
        await app.accounts.set_plan(owner_id, plan)
    return Maker(app=app, id=owner_id, client=client)


def manifest_of(data: bytes, content_type: str, *, roots: str = "") -> tuple[str, dict[str, Any]]:
    """What the library's own reader says: ``Trusted``, ``Valid`` or ``Invalid``, and the whole report."""
    with Reader(content_type, io.BytesIO(data), None, Context(Settings.from_dict(library_settings(roots=roots)))) as reader:
        return str(reader.get_validation_state()), json.loads(reader.json())


def active(report: dict[str, Any]) -> dict[str, Any]:
    """The manifest of the file itself."""
    found: dict[str, Any] = report["manifests"][report["active_manifest"]]
    return found


def actions_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What its manifest says was done."""
    return [
        action
        for assertion in active(report)["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]


def pixels(data: bytes) -> npt.NDArray[np.float32]:
    """Height × width × 3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float32)


def frames(data: bytes) -> list[npt.NDArray[np.float32]]:
    """The first, the middle and the last frame of a clip."""
    with av.open(io.BytesIO(data), "r") as container:
        found = [np.asarray(frame.to_ndarray(format="rgb24"), np.float32) for frame in container.decode(video=0)]
    return [found[0], found[len(found) // 2], found[-1]]


def is_marked(found: npt.NDArray[np.float32], clean: npt.NDArray[np.float32]) -> bool:
    """Whether the mark is in its corner, as bright as it should be, and nowhere else."""
    assert found.shape == clean.shape
    height, width = clean.shape[:2]
    stamp = stamp_for(width, height)
    expected = clean.copy()
    rows, columns = stamp.corner
    expected[rows, columns] = expected[rows, columns] * stamp.stays[..., None] + 255 * stamp.white[..., None]
    changed = np.abs(expected[rows, columns] - clean[rows, columns]).mean()
    assert changed > 5, "this picture would hide the mark"
    elsewhere = np.abs(found[: height // 2] - clean[: height // 2]).mean()
    assert elsewhere < 6, "the picture is another one"
    corner = found[rows, columns]
    return float(np.abs(corner - expected[rows, columns]).mean()) < float(np.abs(corner - clean[rows, columns]).mean())


def roots_of(data_dir: Path) -> str:
    """The installation's own root certificate."""
    return (
        (data_dir / "c2pa.pem")
        .read_text(encoding="ascii")
        .rpartition("-----BEGIN CERTIFICATE-----")[2]
        .join(["-----BEGIN CERTIFICATE-----", ""])
    )


def timeline(data: bytes) -> tuple[list[float], float]:
    """When each frame of a clip is shown, in seconds, and how long it lasts."""
    with av.open(io.BytesIO(data), "r") as container:
        shown = [round(float(frame.time or 0), 2) for frame in container.decode(video=0)]
        return shown, round((container.duration or 0) / 1_000_000, 1)
