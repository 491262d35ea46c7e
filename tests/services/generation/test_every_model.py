"""Every model that is promised makes something in each of its capabilities, through the real client, with requests that are valid."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from nyx.db import Database
from nyx.services.catalog import Capability, ModelSpec, load_shipped
from nyx.services.generation.creation import Limits
from nyx.services.generation.views import InputPicture, InputRole
from nyx.services.providers.base import ImageRequest, MediaRequest
from nyx.services.providers.together_wire import image_body, video_body
from tests.services.generation.kit import Watched, upload
from tests.services.media.kit import encoded, picture
from tests.services.providers.schema import IMAGE_BODY, VIDEO_BODY
from tests.support.world import World, open_world

OPENAPI = Path(os.environ.get("NYX_OPENAPI", Path(__file__).resolve().parents[4] / "shared" / "reference" / "together-openapi.yaml"))
PROMISED = tuple(spec for spec in load_shipped() if spec.origin == "card")
FOR_SALE = tuple(spec for spec in load_shipped() if spec.origin != "card" and spec.credits is not None)


@pytest.fixture
async def world(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[World]:
    limits = Limits(waiting_per_user=500, waiting=500)
    async with open_world(sqlite_db, tmp_path / "media", wrap=Watched, limits=limits, per_user=16, per_provider=16) as world:
        yield world


@cache
def published() -> dict[bool, jsonschema.Draft202012Validator]:
    """The provider's schema of pictures (True) and of clips (False), where its file is at hand."""
    if not OPENAPI.is_file():
        return {}
    document = yaml.load(OPENAPI.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def validator(path: str) -> jsonschema.Draft202012Validator:
        schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return jsonschema.Draft202012Validator({**schema, "components": document["components"]})

    return {True: validator("/images/generations"), False: validator("/videos")}


def validate(request: MediaRequest) -> None:
    is_picture = isinstance(request, ImageRequest)
    body = image_body(request) if isinstance(request, ImageRequest) else video_body(request)
    jsonschema.validate(body, IMAGE_BODY if is_picture else VIDEO_BODY)
    if published():
        published()[is_picture].validate(body)


def asking_for(spec: ModelSpec, capability: Capability, media_id: str) -> dict[str, Any]:
    """The smallest of everything that this model offers, with one picture of each kind that it takes."""
    changes: dict[str, Any] = {"model_key": spec.key, "capability": capability.value}
    if spec.offered_sizes or spec.sizes:
        changes["width_px"], changes["height_px"] = min(spec.offered_sizes or spec.sizes, key=lambda size: size[0] * size[1])
    if spec.aspect_ratios or spec.ratios:
        changes["aspect_ratio"] = (*spec.aspect_ratios, *spec.ratios)[0]
    if spec.resolutions:
        changes["resolution"] = spec.resolutions[0]
    if spec.kind == "video":
        changes["seconds"] = min(spec.seconds)
    if spec.takes("steps") and spec.parameters is not None:
        changes["steps"] = 10
    if capability.startswith("image-to"):
        roles = [InputRole(frame) for frame in spec.frames] or [InputRole.IMAGE]
        changes["inputs"] = tuple(InputPicture(media_id=media_id, role=role) for role in roles)
    return changes


class TestEveryModel:
    def test_there_are_as_many_as_promised(self) -> None:
        assert len(PROMISED) == 54
        assert [sum(spec.kind == kind for spec in PROMISED) for kind in ("image", "video")] == [32, 22]

    @pytest.mark.parametrize("specs", [PROMISED, FOR_SALE], ids=["promised", "newer"])
    async def test_makes_something_in_each_of_its_capabilities(self, world: World, specs: tuple[ModelSpec, ...]) -> None:
        ada = await world.person(credits=100_000)
        media_id = await upload(world, ada, encoded(picture(64, 48)))
        views = [await world.ask(ada, **asking_for(spec, capability, media_id)) for spec in specs for capability in spec.capabilities]

        settled = [await world.settled(ada, view.id, timeout_s=60) for view in views]

        assert {(view.model_key, view.capability): view.outputs[0].trouble for view in settled if view.ready != 1} == {}
        assert isinstance(world.provider, Watched)
        assert len(world.provider.asked) == len(views)
        for request in world.provider.asked:
            validate(request)
