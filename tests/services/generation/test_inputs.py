"""Pictures to make something from: which are taken, where they go, how they get to a provider, and what was made of them."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import Conflict, InvalidInput
from nyx.services.catalog import ModelSpec, load_shipped
from nyx.services.generation import invariants
from nyx.services.generation.planning import Plan, freeze, make_plan, thaw
from nyx.services.generation.views import Draft, GenerationView, InputPicture, InputRole, Stage, read_draft
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.storage import LocalStorage
from nyx.services.providers.base import ImageRequest, MediaRequest, VideoRequest
from tests.services.generation.kit import Watched, upload
from tests.services.media.kit import encoded, picture
from tests.support.world import PUBLIC_URL, World, open_world

EDIT = "black-forest-labs/FLUX.2-pro"  # one picture, as image_url
REFERENCES = "google/gemini-3-pro-image"  # up to 14, as reference_images
FRAMES = "ByteDance/Seedance-1.0-lite"  # a first and a last frame
BOTH = "ByteDance/Seedance-2.0"  # frames and up to 9 references
EITHER = "ByteDance/Seedance-2.5"  # frames or references
REFERENCES_ONLY = "Wan-AI/wan2.7-r2v"
SPECS = {spec.key: spec for spec in load_shipped()}
IMAGE, REFERENCE, FIRST, LAST = InputRole.IMAGE, InputRole.REFERENCE, InputRole.FIRST, InputRole.LAST


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media", wrap=Watched) as world:
        yield world


def asked(world: World) -> list[MediaRequest]:
    assert isinstance(world.provider, Watched)
    return world.provider.asked


def inputs(*roles: InputRole) -> tuple[InputPicture, ...]:
    return tuple(InputPicture(media_id=f"{number:032x}", role=role) for number, role in enumerate(roles))


def plan(model_key: str, *roles: InputRole, capability: str = "", spec: ModelSpec | None = None) -> Plan:
    spec = spec or SPECS[model_key].model_copy(update={"is_enabled": True, "credits": 1})
    capability = capability or f"image-to-{spec.kind}"
    return make_plan(spec, Draft(model_key=model_key, prompt="a fox", capability=capability, inputs=inputs(*roles)), SeededRandom(1))


async def ask(
    world: World, owner_id: str, *media_ids: str, model_key: str = EDIT, role: InputRole = IMAGE, **changes: Any
) -> GenerationView:
    pictures = tuple(InputPicture(media_id=media_id, role=role) for media_id in media_ids)
    capability = f"image-to-{SPECS[model_key].kind}"
    return await world.ask(owner_id, model_key=model_key, capability=capability, inputs=pictures, **changes)


class TestPlanning:
    @pytest.mark.parametrize(
        ("model_key", "roles", "words"),
        [
            (EDIT, (), "Add a picture to start from"),
            (FRAMES, (), "Add a picture to start from"),
            (EDIT, (IMAGE, REFERENCE), "takes one picture"),
            (EDIT, (FIRST,), "no first or last frame"),
            (REFERENCES, (IMAGE, IMAGE), "There can be one picture to start from"),
            (REFERENCES, (REFERENCE,) * 15, "takes up to 14 pictures"),
            (FRAMES, (REFERENCE,), "takes no reference pictures"),
            (FRAMES, (FIRST, FIRST), "There can be one first frame"),
            (FRAMES, (IMAGE, FIRST), "The picture to start from is the first frame"),
            ("openai/sora-2", (FIRST, LAST), "takes no last frame"),
            (BOTH, (FIRST, *(REFERENCE,) * 10), "up to 9 reference pictures"),
            (EITHER, (FIRST, REFERENCE), "either frames or reference pictures"),
            (EITHER, (IMAGE, REFERENCE), "either frames or reference pictures"),
            (REFERENCES_ONLY, (FIRST,), "takes no first frame"),
            (REFERENCES_ONLY, (IMAGE, REFERENCE), "takes one reference picture"),
        ],
    )
    def test_what_a_model_does_not_take_is_refused_in_a_sentence(self, model_key: str, roles: tuple[InputRole, ...], words: str) -> None:
        with pytest.raises(InvalidInput, match=words) as caught:
            plan(model_key, *roles)

        assert caught.value.field == "inputs"

    @pytest.mark.parametrize(("model_key", "capability"), [(REFERENCES_ONLY, "text-to-video"), ("Wan-AI/wan2.7-i2v", "text-to-video")])
    def test_a_model_that_needs_a_picture_says_so(self, model_key: str, capability: str) -> None:
        with pytest.raises(InvalidInput, match="needs a picture to start from") as caught:
            plan(model_key, capability=capability)

        assert caught.value.field == "inputs"

    @pytest.mark.parametrize(("model_key", "capability"), [(EDIT, "text-to-image"), (FRAMES, "text-to-video")])
    def test_pictures_are_never_left_out_in_silence(self, model_key: str, capability: str) -> None:
        with pytest.raises(InvalidInput, match=r"takes no pictures\. Remove them, or use image to"):
            plan(model_key, IMAGE, capability=capability)

    @pytest.mark.parametrize(
        ("model_key", "roles", "image_url", "references"),
        [
            (EDIT, (IMAGE,), 0, ()),
            (EDIT, (REFERENCE,), 0, ()),
            ("black-forest-labs/FLUX.1-kontext-pro", (IMAGE,), 0, ()),
            ("black-forest-labs/FLUX.2-dev", (IMAGE,), None, (0,)),
            ("Qwen/Qwen-Image-Edit", (IMAGE,), 0, ()),
            (REFERENCES, (IMAGE,), None, (0,)),
            (REFERENCES, (REFERENCE, IMAGE, REFERENCE), None, (1, 0, 2)),
        ],
    )
    def test_pictures_go_where_the_model_takes_them(
        self, model_key: str, roles: tuple[InputRole, ...], image_url: int | None, references: tuple[int, ...]
    ) -> None:
        (request,) = plan(model_key, *roles).requests

        assert isinstance(request, ImageRequest)
        assert request.image_url == (None if image_url is None else f"media:{image_url:032x}")
        assert request.reference_images == tuple(f"media:{number:032x}" for number in references)

    def test_one_to_start_from_and_references_beside_it(self) -> None:
        spec = SPECS[EDIT].model_copy(update={"max_reference_images": 4})

        (request,) = plan(EDIT, IMAGE, REFERENCE, REFERENCE, spec=spec).requests

        assert isinstance(request, ImageRequest)
        assert request.image_url == f"media:{0:032x}"
        assert request.reference_images == (f"media:{1:032x}", f"media:{2:032x}")

    @pytest.mark.parametrize(
        ("model_key", "roles", "frames", "references"),
        [
            (FRAMES, (IMAGE,), [("first", 0)], ()),
            (FRAMES, (LAST, FIRST), [("first", 1), ("last", 0)], ()),
            (FRAMES, (IMAGE, LAST), [("first", 0), ("last", 1)], ()),
            (BOTH, (FIRST, REFERENCE, REFERENCE), [("first", 0)], (1, 2)),
            (EITHER, (REFERENCE, REFERENCE), [], (0, 1)),
            (REFERENCES_ONLY, (IMAGE,), [], (0,)),
        ],
    )
    def test_frames_and_references_of_a_clip(
        self, model_key: str, roles: tuple[InputRole, ...], frames: list[tuple[str, int]], references: tuple[int, ...]
    ) -> None:
        (request,) = plan(model_key, *roles).requests

        assert isinstance(request, VideoRequest)
        assert [(frame.position, frame.url) for frame in request.frames] == [(at, f"media:{number:032x}") for at, number in frames]
        assert request.reference_images == tuple(f"media:{number:032x}" for number in references)


class TestSubmit:
    async def test_no_row_holds_a_picture(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)

        asked_for = await ask(world, ada, media_id)

        rows = await world.db.write(
            lambda tx: (
                tx.execute("SELECT request FROM job").all(),
                tx.execute("SELECT settings FROM generation").all(),
                tx.execute("SELECT generation_id, position, role, media_id FROM generation_input").all(),
            )
        )
        assert [json.loads(row["request"])["image_url"] for row in rows[0]] == [f"media:{media_id}"]
        assert json.loads(rows[1][0]["settings"])["inputs"] == [{"media_id": media_id, "role": "image"}]
        assert [tuple(row[name] for name in ("generation_id", "position", "role", "media_id")) for row in rows[2]] == [
            (asked_for.id, 0, "image", media_id)
        ]
        assert asked_for.draft.inputs == (InputPicture(media_id=media_id, role=IMAGE),)

    async def test_the_provider_gets_the_picture_itself(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada, encoded(picture(colour=(10, 200, 30)), "PNG"))

        asked_for = await ask(world, ada, media_id, outputs=2)
        done = await world.settled(ada, asked_for.id)

        assert done.ready == 2
        for request in asked(world):
            assert isinstance(request, ImageRequest)
            header, _, data = (request.image_url or "").partition(",")
            assert header == "data:image/png;base64"
            assert Image.open(io.BytesIO(base64.b64decode(data))).size == (640, 480)
        assert await world.db.write(invariants.check) == ()

    async def test_a_large_picture_is_sent_smaller(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada, encoded(picture(3000, 1500)))

        done = await world.settled(ada, (await ask(world, ada, media_id, model_key=FRAMES)).id)

        (request,) = asked(world)
        assert done.ready == 1
        assert isinstance(request, VideoRequest)
        header, _, data = request.frames[0].url.partition(",")
        assert header == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (2048, 1024)

    async def test_many_pictures_are_sent_smaller_each(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada, encoded(picture(1600, 800)))

        for number, width in ((4, 1600), (5, 1024)):
            asked_for = await ask(world, ada, *[media_id] * number, model_key=REFERENCES, role=REFERENCE)
            assert (await world.settled(ada, asked_for.id)).ready == 1
            sent = asked(world)[-1].reference_images
            sizes = [Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).width for address in sent]
            assert sizes == [width] * number

    async def test_an_output_can_be_made_into_another(self, world: World) -> None:
        ada = await world.person()
        first = await world.settled(ada, (await world.ask(ada)).id)
        media_id = first.outputs[0].media_id or ""

        second = await world.settled(ada, (await ask(world, ada, media_id)).id)

        assert second.ready == 1
        made_from = await world.lineage.made_from(owner_id=ada, media_id=second.outputs[0].media_id or "")
        assert [(link.media_id, link.role) for link in made_from] == [(media_id, IMAGE)]

    async def test_only_a_picture_of_ones_own_that_is_still_there(self, world: World, tmp_path: Path) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        theirs, gone = await upload(world, eve), await upload(world, ada)
        await world.uploads.delete(owner_id=ada, media_id=gone)

        for media_id in (theirs, gone, "f" * 32, "../../etc/passwd"):
            with pytest.raises(InvalidInput, match="not here any more") as caught:
                await ask(world, ada, media_id)
            assert caught.value.field == "inputs"
        assert await world.balance(ada) == (100, 0)
        assert await world.generations.list_recent(owner_id=ada) == ()

    async def test_a_clip_is_no_picture(self, world: World) -> None:
        ada = await world.person()
        moving = await world.settled(ada, (await world.ask(ada, model_key=FRAMES, capability="text-to-video")).id)

        with pytest.raises(InvalidInput, match="A clip can't be used here"):
            await ask(world, ada, moving.outputs[0].media_id or "")

    async def test_the_same_draft_is_the_same_generation_also_after_its_picture_was_deleted(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)
        draft = Draft(model_key=EDIT, prompt="a fox", capability="image-to-image", inputs=(InputPicture(media_id=media_id),))
        first = await world.generations.submit(owner_id=ada, draft=draft, draft_key="once")
        await world.uploads.delete(owner_id=ada, media_id=media_id)

        assert (await world.generations.submit(owner_id=ada, draft=draft, draft_key="once")).id == first.id
        other = Draft(model_key=EDIT, prompt="a fox", capability="image-to-image", inputs=(InputPicture(media_id="0" * 32),))
        with pytest.raises(Conflict):
            await world.generations.submit(owner_id=ada, draft=other, draft_key="once")

    async def test_deleting_races_submitting_without_harm(self, world: World) -> None:
        ada = await world.person()
        for shade in range(4):
            media_id = await upload(world, ada, encoded(picture(colour=(shade * 60, 0, 0))))
            delete = partial(world.uploads.delete, owner_id=ada, media_id=media_id)
            asked_for, _ = await asyncio.gather(ask(world, ada, media_id), delete(), return_exceptions=True)
            assert isinstance(asked_for, GenerationView | InvalidInput)
            if isinstance(asked_for, GenerationView):
                assert (await world.settled(ada, asked_for.id)).ready == 1
        assert await world.db.write(invariants.check) == ()


class TestGone:
    async def test_what_was_ordered_is_made_from_a_picture_that_was_deleted_meanwhile(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)
        waiting = await ask(world, ada, media_id)
        await world.uploads.delete(owner_id=ada, media_id=media_id)

        assert (await world.settled(ada, waiting.id)).ready == 1

    @pytest.mark.parametrize("sends_links", [False, True])
    async def test_what_was_ordered_is_made_from_a_picture_that_was_purged_meanwhile(
        self, db: Database, tmp_path: Path, sends_links: bool
    ) -> None:
        folder = tmp_path / "media"
        async with open_world(db, folder, per_provider=0) as queueing:
            ada = await queueing.person()
            media_id = await upload(queueing, ada)
            waiting = await ask(queueing, ada, media_id)
            await queueing.uploads.delete(owner_id=ada, media_id=media_id)
            await queueing.library.empty_trash(owner_id=ada)
            await Housekeeping(db=db, storage=LocalStorage(folder), clock=queueing.clock).empty_trashes()

        async with open_world(db, folder, sends_links=sends_links) as world:
            assert (await world.settled(ada, waiting.id)).ready == 1

    async def test_a_picture_whose_file_is_gone_fails_in_words_and_costs_nothing(self, world: World, tmp_path: Path) -> None:
        ada = await world.person()
        waiting_for = await upload(world, ada)
        for file in (tmp_path / "media").rglob(f"u-{waiting_for}.*"):
            file.unlink()

        failed = await world.settled(ada, (await ask(world, ada, waiting_for)).id)

        assert failed.outputs[0].stage is Stage.FAILED
        assert failed.outputs[0].trouble == "A picture that this was to be made from is gone. Nothing was charged; add it again."
        assert asked(world) == []
        assert await world.balance(ada) == (100, 0)
        assert await world.db.write(invariants.check) == ()

    async def test_a_file_that_is_damaged_fails_in_words_too(self, world: World, tmp_path: Path) -> None:
        ada = await world.person()
        media_id = await upload(world, ada, encoded(picture(3000, 2000)))
        (original,) = (tmp_path / "media").rglob(f"u-{media_id}.jpg")
        original.write_bytes(original.read_bytes()[:20_000])

        failed = await world.settled(ada, (await ask(world, ada, media_id)).id)

        assert (failed.outputs[0].stage, asked(world)) == (Stage.FAILED, [])
        assert await world.balance(ada) == (100, 0)

    async def test_a_disk_that_fails_for_a_while_is_waited_for(self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)
        (original,) = (tmp_path / "media").rglob(f"u-{media_id}.jpg")
        read, failures = Path.read_bytes, iter((True,))

        def fails_once(path: Path) -> bytes:
            if path == original and next(failures, False):
                raise OSError(5, "Input/output error")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", fails_once)

        assert (await world.settled(ada, (await ask(world, ada, media_id)).id)).ready == 1
        assert len(asked(world)) == 1

    async def test_trying_again_asks_for_the_picture_again(self, world: World, tmp_path: Path) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)
        failed = await world.settled(ada, (await ask(world, ada, media_id, prompt="[reject] a fox")).id)
        await world.uploads.delete(owner_id=ada, media_id=media_id)

        with pytest.raises(InvalidInput, match="not here any more"):
            await world.generations.retry(owner_id=ada, generation_id=failed.id, draft_key="again")


class TestLinks:
    @pytest.fixture
    def open_with_links(self, db: Database, tmp_path: Path) -> AbstractAsyncContextManager[World]:
        return open_world(db, tmp_path / "media", wrap=Watched, sends_links=True)

    async def test_the_provider_gets_a_signed_public_address(self, open_with_links: AbstractAsyncContextManager[World]) -> None:
        async with open_with_links as world:
            ada = await world.person()
            media_id = await upload(world, ada)

            assert (await world.settled(ada, (await ask(world, ada, media_id)).id)).ready == 1

            (request,) = asked(world)
            assert isinstance(request, ImageRequest)
            parts = urlsplit(request.image_url or "")
            assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{PUBLIC_URL}/media/{media_id}/input"
            assert parse_qs(parts.query).keys() == {"expires", "signature"}

    async def test_no_link_to_a_file_that_is_gone(self, open_with_links: AbstractAsyncContextManager[World], tmp_path: Path) -> None:
        async with open_with_links as world:
            ada = await world.person()
            media_id = await upload(world, ada)
            for file in (tmp_path / "media").rglob(f"u-{media_id}.*"):
                file.unlink()

            failed = await world.settled(ada, (await ask(world, ada, media_id)).id)

            assert (failed.outputs[0].stage, asked(world)) == (Stage.FAILED, [])


class TestLineage:
    async def test_shows_both_ways_in_order_a_page_at_a_time(self, world: World) -> None:
        ada, eve = await world.person(credits=1000), await world.person(name="eve")
        one, two = await upload(world, ada), await upload(world, ada, encoded(picture(colour=(0, 0, 0))))
        done = await world.settled(ada, (await ask(world, ada, two, one, model_key=REFERENCES, role=REFERENCE, outputs=3)).id)
        again = await world.settled(ada, (await ask(world, ada, one, one, model_key=REFERENCES, role=REFERENCE)).id)
        outputs = [output.media_id for output in done.outputs]

        made_from = await world.lineage.made_from(owner_id=ada, media_id=outputs[0] or "")
        first_page = await world.lineage.used_in(owner_id=ada, media_id=one, limit=2)
        last = first_page[-1]
        second_page = await world.lineage.used_in(owner_id=ada, media_id=one, limit=9, before=(last.created_at, last.media_id))

        assert [link.media_id for link in made_from] == [two, one]
        assert first_page[0].media_id == again.outputs[0].media_id
        assert {link.media_id for link in (*first_page[1:], *second_page)} == set(outputs)
        assert [link.media_id for link in await world.lineage.used_in(owner_id=ada, media_id=two)] != []
        assert await world.lineage.made_from(owner_id=eve, media_id=outputs[0] or "") == ()
        assert await world.lineage.used_in(owner_id=eve, media_id=one) == ()

    async def test_what_was_deleted_is_not_shown(self, world: World) -> None:
        ada = await world.person()
        media_id = await upload(world, ada)
        done = await world.settled(ada, (await ask(world, ada, media_id)).id)
        output_id = done.outputs[0].media_id or ""

        await world.uploads.delete(owner_id=ada, media_id=media_id)
        assert await world.lineage.made_from(owner_id=ada, media_id=output_id) == ()
        await world.library.trash(owner_id=ada, media_ids=[output_id])
        assert await world.lineage.used_in(owner_id=ada, media_id=media_id) == ()


class TestReadDraft:
    def test_what_an_earlier_version_stored_can_still_be_read(self) -> None:
        earlier = {
            "model_key": "m",
            "prompt": "a fox",
            "first_frame_url": None,
            "last_frame_url": None,
            "reference_images": [],
            "seeds": [7],
        }

        assert read_draft(earlier) == Draft(model_key="m", prompt="a fox", seeds=(7,))

    def test_a_request_is_frozen_and_thawed_whole(self) -> None:
        request = plan(BOTH, FIRST, REFERENCE).requests[0]

        frozen = json.dumps(freeze(request))

        assert thaw("video", json.loads(frozen)) == request
