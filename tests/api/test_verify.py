"""What /api/verify says about files of ours, of others and of enemies."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from nyx.clock import SystemClock
from nyx.sandbox.clips import Shape
from nyx.sandbox.clips import clip as sandbox_clip
from nyx.services.marks import xmp
from nyx.services.marks.identity import load_identity
from nyx.services.marks.provenance import Origin, Provenance
from nyx.services.marks.xmp import SourceType
from tests.services.media.kit import encoded, picture
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from nyx.app import App

NOISE = Image.effect_noise((256, 256), 60).convert("RGB")
ORIGIN = Origin(
    model_key="maker/model", model_name="Model One", source_type=SourceType.TRAINED, made_at=datetime(2026, 8, 1, 12, 30, tzinfo=UTC)
)


def clip(file_format: str = "mp4") -> bytes:
    """A small one."""
    return sandbox_clip("a lake", seed=1, size=(160, 96), shape=Shape(seconds=1, fps=5, file_format=file_format, has_sound=False))


async def verdict(visitor: httpx.AsyncClient, data: bytes) -> dict[str, Any]:
    """The finding, for a file that can be read."""
    answer = await visitor.post("/api/verify", content=data)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def signed(folder: Path, data: bytes, content_type: str, *, identity_in: Path) -> bytes:
    """The file as the installation whose key is in ``identity_in`` signs it."""
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    Provenance(load_identity(identity_in, now=SystemClock().now())).sign_output(source, target, content_type, ORIGIN)
    return target.read_bytes()


@pytest.fixture
async def files_left(app: App) -> AsyncIterator[None]:
    """Whatever was sent, nothing of it stays."""
    yield
    assert [path.name for path in (app.settings.data_dir / "media").rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("files_left")
class TestVerdict:
    @pytest.mark.parametrize(
        ("data", "content_type"),
        [
            (encoded(NOISE), "image/jpeg"),
            (encoded(NOISE, "PNG"), "image/png"),
            (encoded(NOISE, "WEBP"), "image/webp"),
            (clip(), "video/mp4"),
        ],
        ids=["jpeg", "png", "webp", "mp4"],
    )
    async def test_ours_elsewhere_and_tampered(
        self, app: App, visitor: httpx.AsyncClient, tmp_path: Path, data: bytes, content_type: str
    ) -> None:
        ours = signed(tmp_path, data, content_type, identity_in=app.settings.data_dir)
        theirs = signed(tmp_path, data, content_type, identity_in=tmp_path / "elsewhere")
        at = len(ours) // 2  # in the pixels: the manifest is short
        tampered = ours[:at] + bytes([ours[at] ^ 0xFF]) + ours[at + 1 :]

        found = [await verdict(visitor, file) for file in (ours, theirs, tampered)]

        assert [finding["verdict"] for finding in found] == ["ours", "signed", "broken"]
        assert found[0]["facts"] == [
            ["Origin", "Made by an AI model"],
            ["Model", "Model One"],
            ["Made", "1 August 2026, 12:30 UTC"],
            ["Program", "Nyx-Net 0.1.0"],
            ["Signer", "Nyx-Net"],
        ]
        assert "changed after it was signed" in found[2]["text"]

    async def test_a_drawing_of_the_sandbox_is_not_called_ai(self, app: App, visitor: httpx.AsyncClient, tmp_path: Path) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(encoded(picture()))
        origin = Origin(model_key="m", model_name="M", source_type=SourceType.DRAWN, made_at=ORIGIN.made_at)
        Provenance(load_identity(app.settings.data_dir, now=SystemClock().now())).sign_output(source, target, "image/jpeg", origin)

        assert "no AI model" in (await verdict(visitor, target.read_bytes()))["text"]

    async def test_a_key_that_was_retired_is_still_ours(self, app: App, visitor: httpx.AsyncClient, tmp_path: Path) -> None:
        # The app read its keys when it was built; a new reader has to know both.
        from nyx.services.marks.identity import KEPT_AS, known_signers
        from nyx.services.marks.verifier import Verifier

        folder = tmp_path / "keys"
        old = signed(tmp_path, encoded(picture()), "image/jpeg", identity_in=folder)
        (folder / KEPT_AS).rename(folder / "c2pa-2026.pem")
        now = SystemClock().now()
        signers = known_signers(folder, load_identity(folder, now=now))
        (tmp_path / "old.jpg").write_bytes(old)

        assert (await Verifier(signers).verify(tmp_path / "old.jpg", "image/jpeg")).verdict == "ours"
        assert len(signers.serials) == 2

    @pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"])
    async def test_a_note_alone_and_nothing_at_all(self, visitor: httpx.AsyncClient, tmp_path: Path, content_type: str) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(_plain(content_type))
        xmp.write(source, target, content_type, SourceType.COMPOSITE)

        noted, plain = await verdict(visitor, target.read_bytes()), await verdict(visitor, source.read_bytes())

        assert noted["verdict"] == "noted"
        assert noted["facts"] == [["The note says", "Made by an AI model from a picture that somebody brought"]]
        assert plain["verdict"] == "nothing"
        assert "proves nothing" in plain["text"]
        for said in (noted, plain):
            assert ("can't be signed" in said["text"]) == (content_type == "video/webm")


def _plain(content_type: str) -> bytes:
    kind, name = content_type.split("/")
    return encoded(picture(), name.upper()) if kind == "image" else clip(name)


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("fox.jpg", encoded(picture()))
    return out.getvalue()


@pytest.mark.usefixtures("files_left")
class TestHostile:
    @pytest.mark.parametrize(
        "data",
        [b"", b"hello", b"<svg onload=alert(1)>" * 10, _archive(), b"%PDF-1.7" + b"\0" * 100],
        ids=["empty", "short", "markup", "zip", "pdf"],
    )
    async def test_another_kind_of_file_is_refused_in_a_sentence(self, visitor: httpx.AsyncClient, data: bytes) -> None:
        answer = await visitor.post("/api/verify", content=data)

        assert answer.status_code == 422
        assert answer.json()["error"]["message"].endswith(("empty.", "can't be read here."))

    @pytest.mark.parametrize(
        "data",
        [
            encoded(picture())[:300],
            b"\xff\xd8\xff" + b"\xff" * 5000,
            b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR" + b"\0" * 100,
            b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 100,
            b"\0\0\0\x18ftypisom" + b"\0" * 8 + b"\0\0\0\x01moov" + b"\xff" * 100,
            b"\0\0\0\x10ftypisom\0\0\0\0"
            + b"\xff\xff\xff\xffuuid\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81" + b"\xff" * 100,
        ],
        ids=["cut", "noise", "huge chunk", "huge riff", "broken box", "broken manifest"],
    )  # fmt: skip
    async def test_a_broken_one_gets_an_answer_too(self, visitor: httpx.AsyncClient, data: bytes) -> None:
        answer = await visitor.post("/api/verify", content=data)

        assert answer.status_code in (200, 422)
        said = answer.json()
        assert (said.get("text") or said["error"]["message"]).endswith(".")

    async def test_a_broken_one_that_nobody_signed_has_no_signature_that_could_fail(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/api/verify", content=encoded(picture())[:300])

        assert answer.status_code == 422
        assert "damaged" in answer.json()["error"]["message"]

    async def test_too_much_is_refused_before_it_is_read(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/api/verify", content=b"", headers={"content-length": str(101 * 1024 * 1024)})

        assert answer.status_code == 413

    async def test_too_often_is_refused(self, visitor: httpx.AsyncClient) -> None:
        statuses = [(await visitor.post("/api/verify", content=b"hello")).status_code for _ in range(25)]

        assert statuses[0] == 422
        assert statuses[-1] == 429

    async def test_one_network_that_sends_slowly_leaves_room_for_the_others(self, app: App, visitor: httpx.AsyncClient) -> None:
        goes_on = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield encoded(picture())
            await goes_on.wait()

        sending = [asyncio.create_task(visitor.post("/api/verify", content=slow())) for _ in range(6)]
        elsewhere = httpx.ASGITransport(app.asgi, client=("198.51.100.7", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url="http://test", headers=visitor.headers) as other:
            await eventually(lambda: sum(one.done() for one in sending) == 4)
            found = await verdict(other, encoded(picture()))
        goes_on.set()

        assert found["verdict"] == "nothing"
        assert sorted([(await one).status_code for one in sending]) == [200, 200, 429, 429, 429, 429]

    async def test_another_site_may_not_ask(self, app: App) -> None:
        transport = httpx.ASGITransport(app.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as stranger:
            answer = await stranger.post("/api/verify", content=b"hello", headers={"origin": "https://elsewhere.example"})

        assert answer.status_code == 403
