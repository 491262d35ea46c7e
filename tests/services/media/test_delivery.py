"""How a picture gets to a provider: as data that is small enough, or by an address that is signed and expires."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from nyx.api.inputs import inputs_router
from nyx.api.media import router
from nyx.clock import SeededRandom
from nyx.config import BadSettings, load_settings
from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media.conversions import Formats
from nyx.services.media.delivery import InputDelivery, InputLinks
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import BadFile, MediaService
from nyx.services.media.storage import LocalStorage
from tests.services.media.kit import OWNER, add_output, add_people, clip, encoded, picture
from tests.support.clock import FakeClock

PUBLIC = "https://studio.example.com"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One statement, which the service's own tests run on both databases."""
    return sqlite_url


@pytest.fixture
def links(clock: FakeClock) -> InputLinks:
    return InputLinks(public_url=PUBLIC, secret=b"one secret", clock=clock)


@pytest.fixture
def deliver(db: Database, storage: LocalStorage, links: InputLinks) -> Iterator[Callable[..., InputDelivery]]:
    made: list[InputDelivery] = []

    def make(*, sends_links: bool = False) -> InputDelivery:
        made.append(InputDelivery(db=db, storage=storage, links=links, sends_links=sends_links))
        return made[-1]

    yield make
    for delivery in made:
        delivery.close()


@pytest.fixture
async def stranger(db: Database, media: MediaService, deliver: Callable[..., InputDelivery]) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a session, such as a provider."""
    app = FastAPI()
    app.include_router(inputs_router(deliver()))
    app.include_router(router(media, Formats(db=db, makers={})))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        yield client


async def output(db: Database, media: MediaService, data: bytes) -> str:
    await add_people(db)
    return (await add_output(db, media, data=data)).media_id


def decoded(address: str) -> tuple[str, bytes]:
    header, _, data = address.partition(",")
    return header, base64.b64decode(data)


class TestData:
    @pytest.mark.parametrize(("kind", "header"), [("JPEG", "data:image/jpeg;base64"), ("PNG", "data:image/png;base64")])
    async def test_a_small_picture_goes_as_it_is(
        self, db: Database, media: MediaService, deliver: Callable[..., InputDelivery], kind: str, header: str
    ) -> None:
        data = encoded(picture(), kind)

        assert decoded(await deliver().address(await output(db, media, data))) == (header, data)

    @pytest.mark.parametrize(("size", "kind"), [((2056, 1028), "PNG"), ((640, 480), "WEBP"), ((5000, 100), "JPEG")])
    async def test_what_is_large_or_of_another_kind_becomes_a_jpeg(
        self, db: Database, media: MediaService, deliver: Callable[..., InputDelivery], size: tuple[int, int], kind: str
    ) -> None:
        header, sent = decoded(await deliver().address(await output(db, media, encoded(picture(*size), kind))))

        with Image.open(io.BytesIO(sent)) as image:
            assert (header, image.format) == ("data:image/jpeg;base64", "JPEG")
            assert max(image.size) == min(2048, max(size))

    async def test_a_picture_of_many_bytes_is_sent_with_fewer(
        self, db: Database, media: MediaService, deliver: Callable[..., InputDelivery]
    ) -> None:
        noise = Image.merge("RGB", [Image.effect_noise((1400, 1400), 90).rotate(turn) for turn in (0, 90, 180)])
        heavy = encoded(noise, "PNG")
        assert len(heavy) > 4 * 1024 * 1024

        _, sent = decoded(await deliver().address(await output(db, media, heavy)))

        assert len(sent) < 2 * 1024 * 1024

    async def test_what_is_transparent_lies_on_white(
        self, db: Database, media: MediaService, deliver: Callable[..., InputDelivery]
    ) -> None:
        clear = picture(mode="RGBA")
        clear.putalpha(0)

        _, sent = decoded(await deliver().address(await output(db, media, encoded(clear, "WEBP", lossless=True))))

        with Image.open(io.BytesIO(sent)) as image:
            assert image.getpixel((600, 400)) == pytest.approx((255, 255, 255), abs=3)

    async def test_what_is_gone_broken_or_a_clip_is_not_sent(
        self, db: Database, media: MediaService, storage: LocalStorage, deliver: Callable[..., InputDelivery], tmp_path: Path
    ) -> None:
        media_id = await output(db, media, encoded(picture(3000, 2000)))
        (original,) = (path for path in (tmp_path / "media").rglob("*.jpg"))
        original.write_bytes(original.read_bytes()[:9_000])
        with pytest.raises(BadFile):
            await deliver().address(media_id)
        original.unlink()
        for sends_links in (False, True):
            with pytest.raises(NotFound):
                await deliver(sends_links=sends_links).address(media_id)
        moving = await add_output(db, media, data=clip(tmp_path / "a.mp4"), prompt="a clip", expect="video")
        for gone in (moving.media_id, "f" * 32):
            with pytest.raises(NotFound):
                await deliver().address(gone)


class TestLinks:
    async def test_serves_the_file_to_whoever_has_the_address_for_an_hour(
        self,
        db: Database,
        media: MediaService,
        clock: FakeClock,
        deliver: Callable[..., InputDelivery],
        stranger: httpx.AsyncClient,
    ) -> None:
        data = encoded(picture())
        media_id = await output(db, media, data)

        address = await deliver(sends_links=True).address(media_id)

        assert address.startswith(f"{PUBLIC}/media/{media_id}/input?")
        for _ in range(2):
            answer = await stranger.get(address)
            assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, data, "image/jpeg")
            assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "no-store" in answer.headers["cache-control"]
        assert (await stranger.head(address)).status_code == 200
        assert (await stranger.get(address, headers={"Range": "bytes=0-9"})).content == data[:10]
        clock.advance(timedelta(minutes=59, seconds=59))
        assert (await stranger.get(address)).status_code == 200
        clock.advance(2)
        assert (await stranger.get(address)).status_code == 404

    async def test_serves_what_its_owner_deleted_meanwhile(
        self, db: Database, media: MediaService, library: MediaLibrary, links: InputLinks, stranger: httpx.AsyncClient
    ) -> None:
        media_id = await output(db, media, encoded(picture()))
        await library.trash(owner_id=OWNER, media_ids=[media_id])

        assert (await stranger.get(links.address(media_id))).status_code == 200

    async def test_a_forged_address_leads_nowhere(
        self, db: Database, media: MediaService, clock: FakeClock, links: InputLinks, stranger: httpx.AsyncClient
    ) -> None:
        media_id = await output(db, media, encoded(picture()))
        other = (await add_output(db, media, prompt="another")).media_id
        query = {name: values[0] for name, values in parse_qs(urlsplit(links.address(media_id)).query).items()}
        foreign = InputLinks(public_url=PUBLIC, secret=b"another secret", clock=clock).address(media_id)
        later = {**query, "expires": str(int(query["expires"]) + 1)}
        forged = [
            (media_id, {}),
            (media_id, {"expires": query["expires"]}),
            (media_id, {"signature": query["signature"]}),
            (media_id, later),
            (media_id, {**query, "expires": "x"}),
            (media_id, {**query, "signature": "0" * 64}),
            (media_id, {**query, "signature": query["signature"][:-1]}),
            (media_id, {**query, "signature": query["signature"].upper()}),
            (media_id, {**query, "signature": "ü\udcff"}),
            (other, query),
            ("..%2f..%2fetc", query),
        ]

        assert (await stranger.get(f"/media/{media_id}/input", params=query)).status_code == 200
        assert (await stranger.get(foreign)).status_code == 404
        for at, params in forged:
            params = {name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in params.items()}
            assert (await stranger.get(f"/media/{at}/input", params=params)).status_code == 404, (at, params)
        assert (await stranger.get(f"/media/{media_id}/original", params=query)).status_code == 404


class TestSetting:
    @pytest.mark.parametrize(
        "public_url",
        [
            "",
            "http://studio.example.com",
            "https://localhost:8080",
            "https://studio",
            "https://studio.local",
            "https://studio.internal",
            "https://127.0.0.1",
            "https://192.168.1.20",
            "https://10.0.0.7:8443",
            "https://[::1]",
            "https://[fd00::1]",
        ],
    )
    def test_links_need_a_public_https_address(self, public_url: str, tmp_path: Path) -> None:
        with pytest.raises(BadSettings, match=r"NYX_INPUT_DELIVERY: url needs a public https address in NYX_PUBLIC_URL"):
            load_settings(_env_file=None, data_dir=tmp_path, input_delivery="url", public_url=public_url)

    @pytest.mark.parametrize("public_url", [PUBLIC, f"{PUBLIC}:8443/", "https://93.184.215.14"])
    def test_with_one_they_are_taken(self, public_url: str, tmp_path: Path) -> None:
        assert load_settings(_env_file=None, data_dir=tmp_path, input_delivery="url", public_url=public_url).input_delivery == "url"

    def test_data_needs_none(self, tmp_path: Path) -> None:
        assert load_settings(_env_file=None, data_dir=tmp_path).input_delivery == "data"


def test_two_secrets_make_two_signatures(clock: FakeClock, random: SeededRandom) -> None:
    media_id = random.id()
    made = {InputLinks(public_url=PUBLIC, secret=secret, clock=clock).address(media_id) for secret in (b"a", b"b")}
    assert len(made) == 2
