"""The nightly look at the provider's list on both databases: what retires a model, what brings it back, what is not believed."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import InvalidInput, ProviderUnavailable
from nyx.net import Net
from nyx.sandbox.app import build_sandbox
from nyx.services.catalog import CatalogService, Comparison, load_shipped
from nyx.services.catalog.listing import expected_ids, read_report
from nyx.services.generation.planning import make_plan
from nyx.services.generation.views import Draft
from nyx.services.providers.together import TogetherProvider
from tests.support.clock import FakeClock

SPECS = load_shipped()
LISTED = [spec for spec in SPECS if spec.together_state == "listed"]
MODEL = next(spec for spec in LISTED if spec.successor) if any(spec.successor for spec in LISTED) else LISTED[0]
NIGHT = timedelta(hours=24)


class Provider:
    """What the provider lists tonight."""

    def __init__(self) -> None:
        self.models = {spec.provider_model_id: spec.kind for spec in LISTED} | {"some/writer": "chat"}

    async def list_models(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.models.items())


class Nights:
    """A live provider, the nightly look, and the catalogue that sells."""

    def __init__(self, db: Database, clock: FakeClock) -> None:
        self.db, self.clock, self.provider = db, clock, Provider()
        self.comparison = Comparison(db, clock, list_models=self.provider.list_models, is_live=True)
        self.catalog = CatalogService(db, clock, is_live=True)

    async def look(self, after: timedelta = NIGHT) -> None:
        self.clock.advance(after)
        await self.comparison.run()
        self.clock.advance(10)  # until the catalogue reads again

    async def is_sold(self, key: str = MODEL.key) -> bool:
        return (await self.catalog.get_model(key)).is_enabled


@pytest.fixture
async def nights(db: Database, clock: FakeClock) -> Nights:
    nights = Nights(db, clock)
    await nights.look()
    return nights


class TestRetiring:
    async def test_what_is_listed_is_sold(self, nights: Nights) -> None:
        sold = {spec.key for spec in await nights.catalog.list_models() if spec.is_enabled}
        assert sold == {spec.key for spec in LISTED if spec.credits is not None}

    async def test_one_night_missing_is_no_retirement_and_two_are(self, nights: Nights) -> None:
        del nights.provider.models[MODEL.provider_model_id]
        await nights.look()
        assert await nights.is_sold()
        await nights.look()
        spec = await nights.catalog.get_model(MODEL.key)
        assert not spec.is_enabled
        assert spec.disabled_reason.startswith(f"The provider has retired {MODEL.name}.")
        with pytest.raises(InvalidInput, match="retired"):
            make_plan(spec, Draft(model_key=MODEL.key, prompt="a fox", capability=MODEL.capabilities[0]), SeededRandom(1))

    async def test_restarts_in_one_night_count_as_one(self, nights: Nights) -> None:
        del nights.provider.models[MODEL.provider_model_id]
        for _ in range(5):
            await nights.look(timedelta(minutes=10))
        assert await nights.is_sold()

    async def test_one_that_is_listed_again_comes_back(self, nights: Nights) -> None:
        kind = nights.provider.models.pop(MODEL.provider_model_id)
        await nights.look()
        await nights.look()
        assert not await nights.is_sold()
        nights.provider.models[MODEL.provider_model_id] = kind
        await nights.look()
        assert await nights.is_sold()

    async def test_an_admins_switch_does_not_hide_why(self, nights: Nights) -> None:
        del nights.provider.models[MODEL.provider_model_id]
        await nights.look()
        await nights.look()
        spec = await nights.catalog.override(MODEL.key, is_enabled=False, credits=9)
        assert "retired" in spec.disabled_reason
        assert not spec.is_enabled

    async def test_a_successor_that_is_sold_is_named(self, db: Database, clock: FakeClock) -> None:
        catalog = CatalogService(db, clock, is_live=True)
        spec = await catalog.get_model("google/imagen-4.0-ultra")
        assert spec.is_replaced
        assert catalog.name_of(spec.successor) in spec.disabled_reason

    async def test_shipped_as_retired_it_stays_off_although_listed(self, nights: Nights) -> None:
        nights.provider.models["google/imagen-4.0-ultra"] = "image"
        await nights.look()
        assert not await nights.is_sold("google/imagen-4.0-ultra")


class TestBrokenLists:
    @pytest.mark.parametrize("kept", [0, 1, len(LISTED) // 2 - 1])
    async def test_a_list_with_too_little_of_ours_changes_nothing(
        self, nights: Nights, kept: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        nights.provider.models = {spec.provider_model_id: spec.kind for spec in LISTED[:kept]}
        for _ in range(3):
            await nights.look()
        assert await nights.is_sold(LISTED[-1].key) == (LISTED[-1].credits is not None)
        assert "can't be right" in caplog.text

    async def test_a_provider_that_can_not_be_asked_changes_nothing(
        self, db: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def unreachable() -> tuple[tuple[str, str], ...]:
            raise ProviderUnavailable("The provider can't be reached right now.")

        assert await Comparison(db, clock, list_models=unreachable, is_live=True).run() is None
        assert "could not be had" in caplog.text


class TestReport:
    async def test_names_what_is_missing_gone_and_new(self, nights: Nights, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        nights.provider.models["new/model"] = "video"
        del nights.provider.models[MODEL.provider_model_id]
        await nights.look()
        del nights.provider.models[LISTED[1].provider_model_id]
        await nights.look()
        async with nights.db.read() as session:
            report = await read_report(session)
        assert report.gone == (MODEL.provider_model_id,)
        assert set(report.missing) == {MODEL.provider_model_id, LISTED[1].provider_model_id}
        assert report.new == ("new/model",), "and not what writes"
        assert caplog.records[-1].levelno == logging.WARNING

    async def test_what_is_not_ours_is_forgotten_when_it_leaves(self, nights: Nights) -> None:
        nights.provider.models["new/model"] = "image"
        await nights.look()
        del nights.provider.models["new/model"]
        await nights.look()
        async with nights.db.read() as session:
            assert (await read_report(session)).new == ()


class TestSandbox:
    async def test_offers_every_model_of_the_catalogue(self, db: Database, clock: FakeClock) -> None:
        net = Net(mounts={"http://sandbox.invalid": build_sandbox()})
        provider = TogetherProvider(net, api_key="any", base_url="http://sandbox.invalid")
        report = await Comparison(db, clock, list_models=provider.list_models, is_live=False).run()
        await net.close()
        assert report is not None
        assert (report.missing, report.gone) == ((), ())
        assert expected_ids(SPECS, is_live=False) == {spec.provider_model_id for spec in SPECS}
