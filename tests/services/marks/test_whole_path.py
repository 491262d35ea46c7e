"""From the sandbox's file to the download: what is marked, what is signed, and what an upgrade changes."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest

from nyx.models.people import Plan
from nyx.services.marks import xmp
from nyx.services.media.uploads import Box
from tests.services.marks.kit import Maker, actions_of, active, frames, is_marked, manifest_of, pixels, roots_of, timeline
from tests.services.media.kit import encoded, picture

if TYPE_CHECKING:
    from pathlib import Path

    from nyx.app import App

DRAWN = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


class TestPicture:
    async def test_is_marked_on_free_clean_after_the_upgrade_and_signed_in_every_format(
        self, app: App, free: Maker, tmp_path: Path
    ) -> None:
        media_id = await free.make()
        roots = roots_of(app.settings.data_dir)
        marked = {name: await free.get(media_id, **({"as": name} if name else {})) for name in ("", "png", "jpeg", "webp")}
        previews = [await free.get(media_id, "preview")]
        thumbs = [await free.get(media_id, "thumb")]

        await free.move_to(Plan.PRO)
        clean = {name: await free.get(media_id, **({"as": name} if name else {})) for name in ("", "png", "jpeg", "webp")}
        previews.append(await free.get(media_id, "preview"))
        thumbs.append(await free.get(media_id, "thumb"))

        truth = pixels(clean[""].content)
        for name, answer in marked.items():
            assert is_marked(pixels(answer.content), truth), name
            assert answer.headers["cache-control"] == "private, no-cache"
        for name, answer in clean.items():
            assert not is_marked(pixels(answer.content), truth), name
            assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert is_marked(pixels(previews[0].content), pixels(previews[1].content))
        assert thumbs[0].content == thumbs[1].content
        tags = [answer.headers["etag"] for answer in (*marked.values(), *clean.values(), *previews)]
        assert len(set(tags)) == len(tags) - 2  # as=jpeg of a JPEG is the file itself
        for answer in (*marked.values(), *clean.values()):
            self._is_signed(answer.content, answer.headers["content-type"], roots, tmp_path)

    def _is_signed(self, data: bytes, content_type: str, roots: str, folder: Path) -> None:
        state, report = manifest_of(data, content_type, roots=roots)
        assert state == "Trusted"
        first = actions_of(report)[0]
        assert (first["digitalSourceType"], first["softwareAgent"]["name"]) == (DRAWN, "Nyx-Net")
        (folder / "file").write_bytes(data)
        assert xmp.read(folder / "file") == "algorithmicMedia"
        assert "@" not in str(active(report)), "nothing about a person"
        assert "lake" not in str(active(report)), "no prompt"


class TestCrop:
    async def test_of_what_was_made_here_is_marked_too_and_goes_clean_to_a_provider(self, app: App, free: Maker) -> None:
        made = await free.make()
        view = await app.backend.library.get(owner_id=free.id, media_id=made)
        nearly_all = Box(left_px=0, top_px=0, width_px=view.width_px - 1, height_px=view.height_px)
        piece = await app.backend.uploads.crop(owner_id=free.id, media_id=made, box=nearly_all)
        smaller = Box(left_px=0, top_px=0, width_px=view.width_px - 2, height_px=view.height_px)
        of_piece = await app.backend.uploads.crop(owner_id=free.id, media_id=piece.id, box=smaller)

        for one in (piece, of_piece):
            marked = [await free.get(one.id), await free.get(one.id, **{"as": "png"}), await free.get(one.id, "preview")]
            sent = (await app.backend.inputs.address(one.id)).partition(",")[2]
            await free.move_to(Plan.PRO)
            clean = [await free.get(one.id), await free.get(one.id, **{"as": "png"}), await free.get(one.id, "preview")]
            await free.move_to(Plan.FREE)

            for found, truth in zip(marked, clean, strict=True):
                assert is_marked(pixels(found.content), pixels(truth.content))
            assert base64.b64decode(sent) == clean[0].content

    async def test_says_what_it_was_cut_out_of_and_is_the_same_when_cut_again(self, app: App, free: Maker, tmp_path: Path) -> None:
        made = await free.make()
        box = Box(left_px=0, top_px=0, width_px=300, height_px=200)
        pieces = [await app.backend.uploads.crop(owner_id=free.id, media_id=made, box=box) for _ in range(2)]
        assert pieces[0].id == pieces[1].id
        roots = roots_of(app.settings.data_dir)
        for plan in (Plan.FREE, Plan.PRO):
            await free.move_to(plan)
            for name in ("", "png", "webp"):
                answer = await free.get(pieces[0].id, **({"as": name} if name else {}))
                state, report = manifest_of(answer.content, answer.headers["content-type"], roots=roots)
                assert state == "Trusted", (plan, name)
                told = (await free.client.post("/api/verify", content=answer.content)).json()
                assert told["verdict"] == (await free.client.post("/api/verify", content=(await free.get(made)).content)).json()["verdict"]
                assert active(report)["ingredients"][0]["active_manifest"] in report["manifests"]
                (tmp_path / "piece").write_bytes(answer.content)
                assert xmp.read(tmp_path / "piece") == "algorithmicMedia"
        assert "c2pa.cropped" in [
            action["action"] for action in actions_of(manifest_of((await free.get(pieces[0].id)).content, "image/jpeg")[1])
        ]

    async def test_is_not_lost_with_the_signature_of_what_it_is_cut_out_of(self, app: App, free: Maker, tmp_path: Path) -> None:
        made = await free.make()
        (original,) = app.settings.data_dir.rglob("*-0.jpg")
        whole = original.read_bytes()
        at = whole.index(b"c2pa.actions")
        original.write_bytes(whole[: at - 40] + b"\xff" * 60 + whole[at + 20 :])
        box = Box(left_px=0, top_px=0, width_px=300, height_px=200)
        piece = await app.backend.uploads.crop(owner_id=free.id, media_id=made, box=box)
        await free.move_to(Plan.PRO)
        (tmp_path / "piece").write_bytes((await free.get(piece.id)).content)
        assert xmp.read(tmp_path / "piece") == "algorithmicMedia"

    async def test_of_what_somebody_brought_stays_without_papers(self, app: App, free: Maker) -> None:
        brought = (await free.client.post("/api/uploads", content=encoded(picture(300, 200)))).json()["id"]
        box = Box(left_px=0, top_px=0, width_px=200, height_px=100)
        piece = await app.backend.uploads.crop(owner_id=free.id, media_id=brought, box=box)
        for variant, asked in (("original", {}), ("original", {"as": "webp"}), ("preview", {})):
            answer = await free.get(piece.id, variant, **asked)
            told = (await free.client.post("/api/verify", content=answer.content)).json()
            assert (answer.status_code, told["verdict"]) == (200, "nothing")


class TestSmall:
    async def test_whatever_is_made_for_screens_notes_where_it_comes_from(self, app: App, free: Maker, tmp_path: Path) -> None:
        media_id = await free.make()
        link = await app.backend.sharing.share(owner_id=free.id, media_id=media_id)
        piece = await app.backend.uploads.crop(owner_id=free.id, media_id=media_id, box=Box(left_px=0, top_px=0, width_px=90, height_px=90))
        for plan in (Plan.FREE, Plan.PRO):
            await free.move_to(plan)
            card = await free.client.get(f"/share/{link.token}/card.jpg")
            for answer in (
                await free.get(media_id, "thumb"),
                await free.get(media_id, "preview"),
                await free.get(piece.id, "preview"),
                card,
            ):
                (tmp_path / "small").write_bytes(answer.content)
                assert (answer.status_code, xmp.read(tmp_path / "small")) == (200, "algorithmicMedia")


class TestUpload:
    async def test_is_never_said_to_be_made_here(self, free: Maker) -> None:
        photograph = encoded(picture(300, 200))
        brought = (await free.client.post("/api/uploads", content=photograph)).json()["id"]

        for name in ("", "png", "jpeg", "webp"):
            answer = await free.get(brought, **({"as": name} if name else {}))
            told = (await free.client.post("/api/verify", content=answer.content)).json()
            assert (answer.status_code, told["verdict"]) == (200, "nothing"), name


class TestClip:
    @pytest.mark.parametrize("output_format", ["mp4", "webm"])
    async def test_is_marked_on_every_frame_on_free_and_clean_after_the_upgrade(self, app: App, free: Maker, output_format: str) -> None:
        media_id = await free.keep_clip(output_format)
        marked = await free.get(media_id)
        preview = await free.get(media_id, "preview")
        await free.move_to(Plan.PRO)
        clean = await free.get(media_id)
        clean_preview = await free.get(media_id, "preview")

        for found, truth in zip(frames(marked.content), frames(clean.content), strict=True):
            assert is_marked(found, truth)
        assert is_marked(pixels(preview.content), pixels(clean_preview.content))
        assert marked.headers["content-type"] == clean.headers["content-type"] == f"video/{output_format}"
        assert timeline(marked.content) == timeline(clean.content)
        if output_format == "mp4":  # C2PA has no way to sign a WebM; its tag is tested in test_xmp
            for answer in (marked, clean):
                state, report = manifest_of(answer.content, "video/mp4", roots=roots_of(app.settings.data_dir))
                assert (state, actions_of(report)[0]["digitalSourceType"]) == ("Trusted", DRAWN)

    async def test_a_webm_says_where_it_comes_from_and_that_it_could_not_be_signed(self, free: Maker) -> None:
        media_id = await free.keep_clip("webm")
        marked = await free.get(media_id)
        await free.move_to(Plan.PRO)
        clean = await free.get(media_id)

        for answer in (marked, clean):
            said = (await free.client.post("/api/verify", content=answer.content)).json()
            assert (said["verdict"], said["title"]) == ("noted", "A note, but no signature")
            assert said["facts"] == [["The note says", "Drawn by a program, not by an AI model"]]
            assert "A WebM can't be signed by C2PA" in said["text"]

        for _ in range(500):
            converted = await free.get(media_id, **{"as": "mp4"})
            if converted.status_code == 200:
                break
            await asyncio.sleep(0.02)
        assert (await free.client.post("/api/verify", content=converted.content)).json()["verdict"] == "ours"

    async def test_is_no_picture(self, free: Maker) -> None:
        answer = await free.get(await free.keep_clip(), **{"as": "png"})

        assert (answer.status_code, answer.text) == (422, "A clip can't become a picture.")
