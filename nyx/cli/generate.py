"""``generate``: the studio's main job without a browser. It submits, drives the engine and writes the file."""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from nyx.administration import counted
from nyx.backend import Backend
from nyx.bus import Event, user_topic
from nyx.cli._open import open_backend
from nyx.errors import InvalidInput, NotFound
from nyx.services.accounts import PersonView, UserView
from nyx.services.catalog import ModelSpec
from nyx.services.generation.pictures import check_pictures
from nyx.services.generation.planning import make_plan
from nyx.services.generation.views import Draft, GenerationView, InputPicture, InputRole, Stage
from nyx.services.media.views import Variant

SYSTEM_EMAIL = "command-line@localhost"
_FORMATS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".mp4": "mp4", ".webm": "webm"}
_LOOK_AGAIN_S = 1.0
_PIECE_BYTES = 256 * 1024


def add_to(commands: Any) -> None:
    parser = commands.add_parser("generate", help="make one picture or clip and write it to a file", description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write: .jpg, .png, .mp4 or .webm")
    parser.add_argument("--model", default="", help="a model of the catalogue; by default the cheapest that makes this kind of file")
    parser.add_argument("--size", default="", help="WIDTHxHEIGHT in pixels; by default the model's own")
    parser.add_argument("--image", type=Path, action="append", default=[], help="a picture to start from; more of them are references")
    parser.add_argument("--first-frame", type=Path, help="the picture with which a clip begins")
    parser.add_argument("--last-frame", type=Path, help="the picture with which a clip ends")
    parser.add_argument("--seed", type=int, help="the same seed makes the same picture")
    parser.add_argument("--as", dest="email", default="", help="pay with this person's credits, and put it into their gallery")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    return asyncio.run(_generate(options))


async def _generate(options: argparse.Namespace) -> int:
    wanted = _format_of(options.output)
    backend = open_backend()
    async with backend.running():
        owner = await _owner(backend, options.email)
        draft = await _draft(backend, options, wanted, await _inputs(backend, owner.id, options))
        if not options.email:
            await _fund(backend, owner.id, draft)
        view = await backend.generations.submit(owner_id=owner.id, draft=draft, draft_key=backend.random.id())
        print(f"{view.model_name}, {counted(view.price_credits, 'credit')}, seed {view.draft.seed}", file=sys.stderr)
        view = await _watch(backend, owner.id, view)
        if not options.email:
            await _tidy(backend, owner.id, draft)
        return await _finish(backend, owner.id, view, options.output)


def _format_of(output: Path) -> str:
    if output.suffix.lower() not in _FORMATS:
        raise InvalidInput(f"The name of the file has to end with one of {', '.join(_FORMATS)}.")
    if not output.resolve().parent.is_dir():
        raise InvalidInput(f"There is no folder {output.resolve().parent}.")
    return _FORMATS[output.suffix.lower()]


async def _draft(backend: Backend, options: argparse.Namespace, wanted: str, inputs: tuple[InputPicture, ...]) -> Draft:
    capability = f"{'image' if inputs else 'text'}-to-{'image' if wanted in ('jpeg', 'png') else 'video'}"
    width_px, height_px = _size(options.size)
    draft = Draft(
        model_key=options.model,
        prompt=options.prompt,
        capability=capability,
        width_px=width_px,
        height_px=height_px,
        seed=options.seed,
        output_format=wanted,
        inputs=inputs,
    )
    if draft.model_key:
        return draft
    specs = [spec for spec in await backend.catalog.list_models(capability) if spec.is_enabled and _takes_pictures(spec, draft)]
    if not specs:
        raise InvalidInput("No model takes these pictures together. Give fewer of them.", field="inputs")
    return replace(draft, model_key=min(specs, key=lambda spec: (spec.credits or 0, spec.position)).key)


def _takes_pictures(spec: ModelSpec, draft: Draft) -> bool:
    try:
        check_pictures(spec, draft)
    except InvalidInput:
        return False
    return True


async def _inputs(backend: Backend, owner_id: str, options: argparse.Namespace) -> tuple[InputPicture, ...]:
    """Take in the files: the first ``--image`` is what to start from, unless a first frame is."""
    given = [(path, InputRole.REFERENCE if number or options.first_frame else InputRole.IMAGE) for number, path in enumerate(options.image)]
    given += [(options.first_frame, InputRole.FIRST)] if options.first_frame else []
    given += [(options.last_frame, InputRole.LAST)] if options.last_frame else []
    return tuple([InputPicture(media_id=await _upload(backend, owner_id, path), role=role) for path, role in given])


async def _upload(backend: Backend, owner_id: str, path: Path) -> str:
    try:
        return (await backend.uploads.receive(owner_id=owner_id, chunks=_pieces(path))).id
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {path}.", field="inputs") from error
    except (IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror}.", field="inputs") from error
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}", field="inputs") from error


async def _tidy(backend: Backend, account_id: str, draft: Draft) -> None:
    """Nobody looks through the command line's own uploads, and their number is bounded."""
    for picture in draft.inputs:
        with suppress(NotFound):  # given twice
            await backend.uploads.delete(owner_id=account_id, media_id=picture.media_id)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece


def _size(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text.strip())
    if match is None:
        raise InvalidInput("Give the size as WIDTHxHEIGHT, for example 1024x768.")
    return int(match[1]), int(match[2])


async def _owner(backend: Backend, email: str) -> UserView | PersonView:
    if email:
        return await backend.people.get_by_email(email)
    return await backend.people.ensure_system_account(SYSTEM_EMAIL)


async def _fund(backend: Backend, account_id: str, draft: Draft) -> None:
    """Give the command line's own account what this costs."""
    plan = make_plan(await backend.catalog.get_model(draft.model_key), draft, backend.random)
    await backend.people.fund_system_account(account_id, credits=plan.quote.total_credits, key=backend.random.id())


async def _watch(backend: Backend, owner_id: str, view: GenerationView) -> GenerationView:
    """Say each stage once, until the output has arrived, failed, or can't be known any more."""
    changed, said = asyncio.Event(), None

    def look_again(_: Event) -> None:
        changed.set()

    stop = backend.bus.listen(user_topic(owner_id), look_again)
    try:
        while True:
            stage = view.outputs[0].stage
            if stage is not said:
                print(stage, file=sys.stderr)
                said = stage
            if not view.is_open or stage is Stage.UNKNOWN:
                return view
            await _wait(changed)
            view = await backend.generations.get(owner_id=owner_id, generation_id=view.id)
    finally:
        stop()


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_LOOK_AGAIN_S):
            await changed.wait()
    except TimeoutError:
        return
    changed.clear()


async def _finish(backend: Backend, owner_id: str, view: GenerationView, output: Path) -> int:
    made = view.outputs[0]
    if made.stage is Stage.UNKNOWN:
        print("We don't know yet what became of it. Nothing is sent twice; an admin can resolve it.", file=sys.stderr)
        return 3
    if made.media_id is None:
        print(made.trouble or "It could not be made. Nothing was charged.", file=sys.stderr)
        return 1
    file = await backend.media.open_variant(owner_id=owner_id, media_id=made.media_id, variant=Variant.ORIGINAL)
    unfinished = output.with_name(f".{output.name}.part")
    await asyncio.to_thread(shutil.copyfile, file.path, unfinished)
    unfinished.replace(output)
    print(f"charged {counted(view.captured_credits, 'credit')}", file=sys.stderr)
    print(output)
    return 0
