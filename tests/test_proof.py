"""The proof that money and work add up, on both databases."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.proof import find_violations, prove
from tests.support.app import running_app
from tests.support.world import open_world


class TestProve:
    async def test_is_content_with_a_studio_at_work(self, db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada = await world.person(credits=100)
            asked = await world.ask(ada)
            await prove(db)
            await world.settled(ada, asked.id)

            await prove(db)

        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    async def test_logs_what_does_not_add_up(self, db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada = await world.person(credits=100)
            asked = await world.ask(ada)
            await world.settled(ada, asked.id)
            await db.write(lambda tx: tx.execute("UPDATE credit_account SET available = available + 5"))
            await db.write(lambda tx: tx.execute("UPDATE generation SET captured_credits = 0"))

            await prove(db)

        logged = [str(getattr(record, "violation", "")) for record in caplog.records if record.levelno == logging.ERROR]
        assert any(ada in violation for violation in logged), "the ledger"
        assert any(asked.id in violation for violation in logged), "the generation"


class TestSchedule:
    async def test_comes_a_minute_after_the_start_and_every_day(self, tmp_path: Path) -> None:
        async with running_app(tmp_path) as app:
            job = app.backend.supervisor._scheduler.get_job("prove the books")
            first = (job.next_run_time - app.backend.clock.now()).total_seconds()

            assert 50 < first <= 60
            assert job.trigger.interval.total_seconds() == 86_400
            async with app.db.read() as session:
                assert await find_violations(session) == ()
