"""The catalogue as it is sold: overrides, and what the live provider has retired."""

from __future__ import annotations

from pathlib import Path

import pytest

from nyx.db import Database
from nyx.errors import InvalidInput
from nyx.services.catalog import CatalogService
from tests.support.clock import FakeClock
from tests.support.world import open_world

RETIRED = "google/imagen-4.0-ultra"
UNPRICED = "ideogram/ideogram-4.0"


class TestOffer:
    async def test_on_the_sandbox_a_retired_model_still_runs(self, db: Database, clock: FakeClock) -> None:
        assert (await CatalogService(db, clock, is_live=False).get_model(RETIRED)).is_enabled

    async def test_live_it_is_off_and_says_why(self, db: Database, clock: FakeClock) -> None:
        spec = await CatalogService(db, clock, is_live=True).get_model(RETIRED)

        assert (spec.is_enabled, spec.successor) == (False, "google/gemini-3-pro-image")
        assert "retired" in spec.disabled_reason

    async def test_only_what_can_do_it_is_listed(self, db: Database, clock: FakeClock) -> None:
        listed = await CatalogService(db, clock, is_live=False).list_models("image-to-video")

        assert listed
        assert all("image-to-video" in spec.capabilities for spec in listed)

    async def test_an_unknown_model_is_refused_at_the_model_field(self, db: Database, clock: FakeClock) -> None:
        with pytest.raises(InvalidInput, match="not in the catalogue") as caught:
            await CatalogService(db, clock, is_live=False).get_model("no/such")

        assert caught.value.field == "model"


class TestOverride:
    async def test_changes_price_badge_and_offer_and_can_be_taken_back(self, db: Database, clock: FakeClock) -> None:
        catalog = CatalogService(db, clock, is_live=False)

        changed = await catalog.override(RETIRED, credits=99, is_enabled=False, badge="NEW")
        assert (changed.credits, changed.is_enabled, changed.badge) == (99, False, "NEW")

        restored = await catalog.override(RETIRED)
        assert (restored.credits, restored.is_enabled, restored.badge) == (25, True, "")

    async def test_a_price_puts_an_unpriced_model_on_sale(self, db: Database, clock: FakeClock) -> None:
        catalog = CatalogService(db, clock, is_live=False)
        assert not (await catalog.get_model(UNPRICED)).is_enabled

        assert (await catalog.override(UNPRICED, credits=12)).is_enabled

    @pytest.mark.parametrize("credits", [0, -1, 1_000_001])
    async def test_a_senseless_price_is_refused(self, db: Database, clock: FakeClock, credits: int) -> None:
        with pytest.raises(InvalidInput, match="whole number of credits"):
            await CatalogService(db, clock, is_live=False).override(RETIRED, credits=credits)

    async def test_one_made_by_another_process_shows_within_seconds(self, db: Database, clock: FakeClock) -> None:
        here, elsewhere = CatalogService(db, clock, is_live=False), CatalogService(db, clock, is_live=False)
        assert (await here.get_model(RETIRED)).credits == 25
        await elsewhere.override(RETIRED, credits=99)
        assert (await here.get_model(RETIRED)).credits == 25, "kept in memory: a page costs no read"

        clock.advance(5)

        assert (await here.get_model(RETIRED)).credits == 99
        assert RETIRED in {spec.key for spec in await here.list_models() if spec.credits == 99}

    async def test_a_refresh_shows_it_before_anybody_waits_for_it(self, db: Database, clock: FakeClock) -> None:
        here, elsewhere = CatalogService(db, clock, is_live=False), CatalogService(db, clock, is_live=False)
        await here.get_model(RETIRED)
        await elsewhere.override(RETIRED, credits=99)

        await here.refresh()

        assert (await here.get_model(RETIRED)).credits == 99


class TestFavourites:
    async def test_are_kept_for_each_person_and_may_be_repeated(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path) as world:
            ada, ben = await world.person(), await world.person(name="ben")
            for _ in range(2):
                await world.catalog.set_favourite(RETIRED, owner_id=ada, is_favourite=True)
            await world.catalog.set_favourite(UNPRICED, owner_id=ada, is_favourite=True)

            assert set(await world.catalog.list_favourites(owner_id=ada)) == {RETIRED, UNPRICED}
            assert await world.catalog.list_favourites(owner_id=ben) == ()

            for _ in range(2):
                await world.catalog.set_favourite(RETIRED, owner_id=ada, is_favourite=False)
            assert await world.catalog.list_favourites(owner_id=ada) == (UNPRICED,)

    async def test_an_unknown_model_is_refused(self, db: Database, clock: FakeClock) -> None:
        with pytest.raises(InvalidInput, match="not in the catalogue"):
            await CatalogService(db, clock, is_live=False).set_favourite("no/such", owner_id="ada", is_favourite=True)
