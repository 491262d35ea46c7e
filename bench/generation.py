"""From click to finished media: what the whole engine adds to the bare work, and what one generation costs when many run."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import uvloop

from bench import by_hand
from bench.measure import Scale, median, percentile, ratio
from bench.people import open_accounts
from bench.report import Outcome, Row, at_most
from nyx.assembly import build_backend
from nyx.backend import Backend
from nyx.bus import Event, user_topic
from nyx.config import Settings
from nyx.services.generation.views import Draft
from nyx.services.media.views import Variant

_AT_ONCE = (1, 8, 64)
_OVERHEAD_BAR = 2.0
_FLAT_BAR = 1.25
# A fixed seed and prompt: the sandbox keeps the picture after the first time and answers at once.
_DRAFT = Draft(
    model_key="black-forest-labs/FLUX.1-schnell", prompt="a calm lake at dawn", width_px=1024, height_px=1024, seed=1, output_format="jpeg"
)
_GIVE_UP_S = 120.0


def run(scale: Scale, folder: Path) -> Outcome:
    """In this process, on a backend of its own."""
    return uvloop.run(_measure(scale, folder))


async def _measure(scale: Scale, folder: Path) -> Outcome:
    settings = Settings(
        _env_file=None,
        data_dir=folder / "data",
        sandbox_image_latency_s=0,
        sandbox_jitter=0,
        max_running_per_provider=max(_AT_ONCE),
    )
    bare_folder = folder / "bare"
    bare_folder.mkdir()
    backend = build_backend(settings)
    async with backend.running():
        owners = await backend.db.write(open_accounts, count=max(_AT_ONCE))
        picture = await _picture(backend, owners[0])
        async with by_hand.client_of_a_provider(picture) as client:
            await by_hand.generate(client, bare_folder, "warm-up")
            ours_ms, bare_ms = [], []
            for number in range(scale.of(60, 3)):
                begun = time.perf_counter()
                await by_hand.generate(client, bare_folder, str(number))
                bare_ms.append((time.perf_counter() - begun) * 1000)
                ours_ms.append(await _generate(backend, owners[number % len(owners)]) * 1000)
        cpu_ms = await _cpu(backend, owners, scale)
    return Outcome("Generation: click to finished media, 1024×1024 JPEG", _rows(ours_ms, bare_ms, cpu_ms), _HOW)


def _rows(ours_ms: list[float], bare_ms: list[float], cpu_ms: dict[int, list[float]]) -> tuple[Row, ...]:
    alone = cpu_ms[1]
    overhead = Row(
        name="p50, one at a time",
        ours=f"{median(ours_ms):.0f} ms",
        reference=f"{median(bare_ms):.0f} ms",
        ratio=median(ours_ms) / median(bare_ms),
        bar=at_most(_OVERHEAD_BAR),
    )
    tail = Row(
        name="p95, one at a time",
        ours=f"{percentile(ours_ms, 0.95):.0f} ms",
        reference=f"{percentile(bare_ms, 0.95):.0f} ms",
        ratio=percentile(ours_ms, 0.95) / percentile(bare_ms, 0.95),
    )
    crowds = [
        Row(
            name=f"CPU per generation, {at_once} at once against 1",
            ours=f"{median(cpu_ms[at_once]):.0f} ms",
            reference=f"{median(alone):.0f} ms",
            ratio=ratio(cpu_ms[at_once], alone),
            bar=at_most(_FLAT_BAR),
        )
        for at_once in _AT_ONCE[1:]
    ]
    return overhead, tail, *crowds


_HOW = (
    "Ours: `GenerationService.submit` until the picture is settled, stored and both thumbnails are ready, with the sandbox in process"
    " (its share included) and its picture prepared. The reference: one POST through httpx's ASGI transport that answers with the same"
    " bytes, then each file written with fsync of file and folder, the same two WebP sizes and blur with Pillow, all in one thread."
    " CPU is that of the whole process; many at once are as many people with one picture each."
)


async def _picture(backend: Backend, owner_id: str) -> bytes:
    """Let the sandbox prepare its picture, and return it."""
    await _generate(backend, owner_id)
    media = (await backend.library.page(owner_id=owner_id, limit=1)).items[0]
    file = await backend.media.open_variant(owner_id=owner_id, media_id=media.id, variant=Variant.ORIGINAL)
    return file.path.read_bytes()


async def _generate(backend: Backend, owner_id: str) -> float:
    """Seconds from the click to the last thumbnail."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def look(event: Event) -> None:
        if event.kind == "media" and not ready.done():
            ready.set_result(event.id)

    stop = backend.bus.listen(user_topic(owner_id), look)
    try:
        async with asyncio.timeout(_GIVE_UP_S):
            begun = time.perf_counter()
            await backend.generations.submit(owner_id=owner_id, draft=_DRAFT, draft_key=backend.random.id())
            media_id = await ready
            elapsed_s = time.perf_counter() - begun
    finally:
        stop()
    if not (await backend.library.get(owner_id=owner_id, media_id=media_id)).has_thumbnails:
        raise RuntimeError("a picture was announced without its thumbnails")
    return elapsed_s


async def _cpu(backend: Backend, owners: tuple[str, ...], scale: Scale) -> dict[int, list[float]]:
    """Milliseconds of CPU per generation, by how many run at once; one value for each round."""
    spent: dict[int, list[float]] = {at_once: [] for at_once in _AT_ONCE}
    for _ in range(scale.of(5, 1)):
        for at_once in _AT_ONCE:
            batches = scale.of(max(1, 24 // at_once), 1)
            begun = time.process_time()
            for _ in range(batches):
                crowd = owners[: scale.of(at_once, min(at_once, 4))]
                await asyncio.gather(*(_generate(backend, owner_id) for owner_id in crowd))
            await _at_rest(backend)
            spent[at_once].append((time.process_time() - begun) * 1000 / batches / len(crowd))
    return spent


async def _at_rest(backend: Backend) -> None:
    """What runners do after the last announcement belongs to the generation too."""
    async with asyncio.timeout(_GIVE_UP_S):
        while backend.engine.running:  # noqa: ASYNC110 - the engine has no event for this
            await asyncio.sleep(0.005)
