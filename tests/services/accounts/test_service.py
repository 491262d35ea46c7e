"""Accounts on both databases: who gets in, what they get, and how they are put out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from nyx.bus import SESSIONS_TOPIC, Event, MemoryBus, user_topic
from nyx.bus_postgres import LOOK_AT_EVERYTHING
from nyx.db import Database
from nyx.errors import InvalidInput, NotAllowed, NotFound, TooMany
from nyx.models.people import Plan, Role
from nyx.services.accounts import AccountService, People
from nyx.services.accounts.hashing import Cost, Hashing
from nyx.services.credits import invariants
from tests.services.accounts.conftest import CHEAP, Make
from tests.support.clock import FakeClock

PASSWORD = "a quiet lantern 42"


async def rows(db: Database, sql: str) -> list[dict]:
    async with db.read() as session:
        return [dict(row) for row in (await (await session.connection()).execute(text(sql))).mappings()]


class TestSignUp:
    async def test_opens_an_account_with_the_bonus_and_logs_in(self, accounts: AccountService, people: People) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)

        login = await accounts.sign_up(email="  Ann@Example.COM ", password=PASSWORD)

        session = await accounts.resolve(login.token)
        assert session is not None
        assert session.user == login.user
        person = await people.get_by_email("ann@example.com")
        assert (person.available_credits, person.role) == (15, Role.CREATOR)

    async def test_makes_the_first_person_the_admin_with_credits_to_try_things(self, accounts: AccountService, people: People) -> None:
        first = await accounts.sign_up(email="first@example.com", password=PASSWORD)

        assert first.user.is_admin
        assert (await people.get_by_email("first@example.com")).available_credits == 1_015

    async def test_the_command_line_does_not_count_as_the_first_person(self, accounts: AccountService, people: People) -> None:
        await people.ensure_system_account("command-line@localhost")

        assert (await accounts.sign_up(email="first@example.com", password=PASSWORD)).user.is_admin

    async def test_the_bonus_runs_out_and_the_admins_credits_do_not(self, accounts: AccountService, db: Database, clock: FakeClock) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)

        lots = {lot["source"]: lot["expires_at"] for lot in await rows(db, "SELECT source, expires_at FROM credit_lot")}
        assert lots["admin"] is None
        assert lots["sign_up"] == int((clock.now() + timedelta(days=14)).timestamp() * 1_000_000)

    @pytest.mark.parametrize(
        "email", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example.com\nBcc: x@y.z", "a" * 250 + "@example.com"]
    )
    async def test_refuses_what_is_no_address(self, accounts: AccountService, email: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await accounts.sign_up(email=email, password=PASSWORD)

        assert refusal.value.field == "email"

    @pytest.mark.parametrize("password", ["", "short 7", "password", "PassWord1", "12345678", "aaaaaaaaaaaa", "ann@example.com", "x" * 257])
    async def test_refuses_a_password_that_protects_nothing(self, accounts: AccountService, db: Database, password: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await accounts.sign_up(email="ann@example.com", password=password)

        assert refusal.value.field == "password"
        assert await rows(db, "SELECT 1 AS one FROM app_user") == []

    async def test_takes_any_password_of_a_person_who_thought_about_it(self, accounts: AccountService) -> None:
        for number, password in enumerate(["mulberry kite", "ünï cödé ✓ päss", "        9 spaces", "x1y2" * 64]):
            await accounts.sign_up(email=f"p{number}@example.com", password=password)
            assert await accounts.log_in(email=f"p{number}@example.com", password=password)

    async def test_says_that_an_address_is_taken(self, accounts: AccountService, db: Database) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        with pytest.raises(InvalidInput, match="already") as refusal:
            await accounts.sign_up(email="ANN@example.com", password=PASSWORD)

        assert refusal.value.field == "email"
        assert len(await rows(db, "SELECT 1 AS one FROM credit_lot")) == 2

    async def test_fifty_at_once_with_one_address_make_one_account(self, accounts: AccountService, db: Database) -> None:
        tries = [accounts.sign_up(email="ann@example.com", password=PASSWORD) for _ in range(50)]

        results = await asyncio.gather(*tries, return_exceptions=True)

        assert sum(not isinstance(result, Exception) for result in results) == 1
        assert {type(result) for result in results if isinstance(result, Exception)} == {InvalidInput}
        assert [row["email"] for row in await rows(db, "SELECT email FROM app_user")] == ["ann@example.com"]
        async with db.read() as session:
            assert await invariants.check_session(session) == ()

    async def test_twenty_first_people_at_once_have_one_admin(self, accounts: AccountService, db: Database) -> None:
        await asyncio.gather(*(accounts.sign_up(email=f"p{number}@example.com", password=PASSWORD) for number in range(20)))

        assert len(await rows(db, "SELECT 1 AS one FROM app_user WHERE role = 'admin'")) == 1
        assert len(await rows(db, "SELECT 1 AS one FROM credit_lot WHERE source = 'admin'")) == 1

    async def test_ends_the_session_that_the_browser_had(self, accounts: AccountService) -> None:
        before = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        assert await accounts.resolve(before.token)

        await accounts.sign_up(email="bob@example.com", password=PASSWORD, replaces=before.token)

        assert await accounts.resolve(before.token) is None


class TestLogIn:
    async def test_opens_another_session(self, accounts: AccountService) -> None:
        first = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        second = await accounts.log_in(email=" ANN@example.com", password=PASSWORD)

        assert second.token != first.token
        assert await accounts.resolve(first.token)
        assert await accounts.resolve(second.token)

    async def test_never_says_which_part_is_wrong(self, accounts: AccountService) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        said = set()
        for email, password in [("ann@example.com", "not this one"), ("bob@example.com", PASSWORD), ("no address", PASSWORD), ("", "")]:
            with pytest.raises(InvalidInput) as refusal:
                await accounts.log_in(email=email, password=password)
            said.add((str(refusal.value), refusal.value.field))

        assert len(said) == 1

    async def test_the_token_is_nowhere_in_the_database(self, accounts: AccountService, db: Database) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        stored = str(await rows(db, "SELECT * FROM user_session")) + str(await rows(db, "SELECT * FROM app_user"))

        assert login.token not in stored
        assert PASSWORD not in stored

    async def test_a_session_planted_before_is_dead_after(self, accounts: AccountService) -> None:
        planted = await accounts.sign_up(email="eve@example.com", password=PASSWORD)
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        login = await accounts.log_in(email="ann@example.com", password=PASSWORD, replaces=planted.token)

        assert login.token != planted.token
        assert await accounts.resolve(planted.token) is None

    async def test_renews_a_hash_that_was_made_with_other_parameters(self, accounts: AccountService, make: Make, db: Database) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        stronger = make(hashing=Hashing(Cost(memory_kib=128, passes=1)))

        await stronger.log_in(email="ann@example.com", password=PASSWORD)

        assert "m=128" in (await rows(db, "SELECT password_hash FROM app_user"))[0]["password_hash"]
        assert await stronger.log_in(email="ann@example.com", password=PASSWORD)

    async def test_an_unknown_address_takes_as_long_as_a_known_one(self, make: Make, clock: FakeClock) -> None:
        slow = make(hashing=Hashing(Cost(memory_kib=8_192, passes=2)))
        await slow.sign_up(email="ann@example.com", password=PASSWORD)
        known, unknown = [], []
        for number in range(15):
            known.append(await _seconds(slow, "ann@example.com"))
            unknown.append(await _seconds(slow, f"nobody{number}@example.com"))
            clock.advance(60)

        # Without the hash of nobody this ratio is below 0.1.
        assert 0.4 < sorted(unknown)[7] / sorted(known)[7] < 2.5

    async def test_the_command_lines_account_has_no_password(self, accounts: AccountService, people: People) -> None:
        await people.ensure_system_account("command-line@localhost")

        for password in ("", "nobody has this password"):
            with pytest.raises(InvalidInput):
                await accounts.log_in(email="command-line@localhost", password=password)


async def _seconds(accounts: AccountService, email: str) -> float:
    started = asyncio.get_running_loop().time()
    with pytest.raises(InvalidInput):
        await accounts.log_in(email=email, password="not this one")
    return asyncio.get_running_loop().time() - started


class TestTooManyTries:
    async def test_wrong_passwords_for_one_account_have_to_wait_longer_and_longer(self, accounts: AccountService, clock: FakeClock) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        for _ in range(5):
            with pytest.raises(InvalidInput):
                await accounts.log_in(email="ann@example.com", password="wrong guess")

        with pytest.raises(TooMany, match="Please wait"):
            await accounts.log_in(email="ann@example.com", password=PASSWORD)

        clock.advance(31)
        assert await accounts.log_in(email="ann@example.com", password=PASSWORD)

    async def test_the_owners_own_device_does_not_wait(self, accounts: AccountService) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        for _ in range(6):
            with pytest.raises((InvalidInput, TooMany)):
                await accounts.log_in(email="ann@example.com", password="wrong guess")

        assert await accounts.log_in(email="ann@example.com", password=PASSWORD, is_known_device=True)

    async def test_an_address_that_nobody_has_is_treated_alike(self, accounts: AccountService) -> None:
        for _ in range(5):
            with pytest.raises(InvalidInput):
                await accounts.log_in(email="nobody@example.com", password="wrong guess")

        with pytest.raises(TooMany):
            await accounts.log_in(email="nobody@example.com", password="wrong guess")

    async def test_a_whole_network_shares_one_bucket_that_refills(self, accounts: AccountService, clock: FakeClock) -> None:
        for number in range(200):
            with pytest.raises(InvalidInput):
                await accounts.log_in(email=f"p{number}@example.com", password="wrong guess", ip=f"192.0.2.{number}")

        with pytest.raises(TooMany):
            await accounts.log_in(email="q@example.com", password="wrong guess", ip="192.0.2.250")
        with pytest.raises(InvalidInput):
            await accounts.log_in(email="q@example.com", password="wrong guess", ip="198.51.100.1")
        clock.advance(2)
        with pytest.raises(InvalidInput):
            await accounts.log_in(email="q@example.com", password="wrong guess", ip="192.0.2.250")


class TestTooManySignUps:
    async def test_a_network_of_the_internet_opens_ten_accounts_and_then_one_every_two_minutes(
        self, accounts: AccountService, clock: FakeClock
    ) -> None:
        for number in range(10):
            await accounts.sign_up(email=f"p{number}@example.com", password=PASSWORD, ip=f"8.8.8.{number}")

        with pytest.raises(TooMany, match="wait 120 seconds"):
            await accounts.sign_up(email="q@example.com", password=PASSWORD, ip="::ffff:8.8.8.250")
        await accounts.sign_up(email="elsewhere@example.com", password=PASSWORD, ip="9.9.9.9")
        assert await accounts.log_in(email="p1@example.com", password=PASSWORD, ip="8.8.8.1"), "logins have a bucket of their own"
        clock.advance(120)
        await accounts.sign_up(email="q@example.com", password=PASSWORD, ip="8.8.8.250")

    @pytest.mark.parametrize("ip", ["", "127.0.0.1", "::1", "192.168.1.20", "::ffff:10.0.0.7"])
    async def test_a_room_full_of_people_at_home_does_not_wait(self, accounts: AccountService, ip: str) -> None:
        for number in range(30):
            login = await accounts.sign_up(email=f"p{number}@example.com", password=PASSWORD, ip=ip)

            assert await accounts.resolve(login.token) is not None


class TestResolve:
    async def test_knows_nobody_by_another_token(self, accounts: AccountService) -> None:
        assert await accounts.resolve("made up") is None

    async def test_a_session_that_idles_for_two_weeks_is_over(self, accounts: AccountService, clock: FakeClock) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        clock.advance(timedelta(days=13, hours=23))
        assert await accounts.resolve(login.token)
        clock.advance(timedelta(days=14, seconds=1))
        assert await accounts.resolve(login.token) is None

    async def test_a_session_that_is_used_lasts_thirty_days_and_no_longer(self, accounts: AccountService, clock: FakeClock) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        for _ in range(29):
            clock.advance(timedelta(days=1))
            assert await accounts.resolve(login.token)
            await accounts.sessions.flush()
        clock.advance(timedelta(days=1))
        assert await accounts.resolve(login.token) is None

    async def test_use_is_written_down_at_most_every_five_minutes(self, accounts: AccountService, db: Database, clock: FakeClock) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        used = "SELECT last_seen_at FROM user_session"
        before = await rows(db, used)

        clock.advance(timedelta(minutes=4))
        await accounts.resolve(login.token)
        await accounts.sessions.flush()
        assert await rows(db, used) == before

        clock.advance(timedelta(minutes=1))
        await accounts.resolve(login.token)
        await accounts.sessions.flush()
        assert await rows(db, used) != before

    async def test_sessions_that_are_over_are_swept(self, accounts: AccountService, db: Database, clock: FakeClock) -> None:
        await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        clock.advance(timedelta(days=15))
        await accounts.sessions.flush()

        assert await rows(db, "SELECT 1 AS one FROM user_session") == []


class TestAdminSessions:
    async def test_end_after_a_week_without_use(self, accounts: AccountService, clock: FakeClock) -> None:
        admin = await accounts.sign_up(email="first@example.com", password=PASSWORD)
        creator = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        clock.advance(timedelta(days=7))

        assert await accounts.resolve(admin.token) is None
        assert await accounts.resolve(creator.token)

    async def test_end_after_two_weeks_however_much_they_are_used(self, accounts: AccountService, clock: FakeClock) -> None:
        admin = await accounts.sign_up(email="first@example.com", password=PASSWORD)
        for _ in range(13):
            clock.advance(timedelta(days=1))
            assert await accounts.resolve(admin.token)

        clock.advance(timedelta(days=1))

        assert await accounts.resolve(admin.token) is None

    async def test_become_as_short_when_a_creator_is_promoted(self, accounts: AccountService, clock: FakeClock) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        clock.advance(timedelta(days=8))
        assert await accounts.resolve(login.token)

        await accounts.set_role(login.user.id, Role.ADMIN)
        clock.advance(timedelta(days=6))

        assert await accounts.resolve(login.token) is None


class TestLogOut:
    async def test_ends_this_session_only_and_tells_its_pages(self, accounts: AccountService, bus: MemoryBus) -> None:
        here = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        there = await accounts.log_in(email="ann@example.com", password=PASSWORD)
        session = await accounts.resolve(here.token)
        assert session is not None
        heard: list[Event] = []
        bus.listen(user_topic(here.user.id), heard.append)

        await accounts.log_out(here.token)
        await accounts.log_out(here.token)

        assert await accounts.resolve(here.token) is None
        assert await accounts.resolve(there.token)
        assert heard == [Event("session", session.id)]


class TestSuspend:
    async def test_ends_every_session_at_once_also_remembered_ones(self, accounts: AccountService, bus: MemoryBus) -> None:
        logins = [await accounts.sign_up(email="ann@example.com", password=PASSWORD)]
        logins.append(await accounts.log_in(email="ann@example.com", password=PASSWORD))
        for login in logins:
            assert await accounts.resolve(login.token)
        heard: list[Event] = []
        bus.listen(user_topic(logins[0].user.id), heard.append)

        await accounts.suspend(logins[0].user.id)

        assert [await accounts.resolve(login.token) for login in logins] == [None, None]
        assert heard == [Event("session")]

    async def test_holds_at_once_in_a_process_that_has_no_page_of_theirs(self, accounts: AccountService, make: Make) -> None:
        elsewhere = make(hashing=Hashing(CHEAP))
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        assert await elsewhere.resolve(login.token)

        await accounts.suspend(login.user.id)

        assert await elsewhere.resolve(login.token) is None

    async def test_is_not_missed_by_a_process_whose_bus_was_away(self, accounts: AccountService, bus: MemoryBus, db: Database) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        assert await accounts.resolve(login.token)
        await db.write(lambda tx: tx.execute("DELETE FROM user_session"))
        assert await accounts.resolve(login.token), "remembered"

        bus.publish(SESSIONS_TOPIC, LOOK_AT_EVERYTHING)

        assert await accounts.resolve(login.token) is None

    async def test_keeps_the_person_out_and_says_so_only_to_them(self, accounts: AccountService) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        await accounts.suspend(login.user.id)

        with pytest.raises(NotAllowed, match="suspended"):
            await accounts.log_in(email="ann@example.com", password=PASSWORD)
        with pytest.raises(InvalidInput):
            await accounts.log_in(email="ann@example.com", password="not this one")

        await accounts.unsuspend(login.user.id)
        assert await accounts.log_in(email="ann@example.com", password=PASSWORD)

    async def test_needs_somebody(self, accounts: AccountService) -> None:
        with pytest.raises(NotFound):
            await accounts.suspend("0" * 32)


class TestSetRole:
    async def test_holds_at_once(self, accounts: AccountService) -> None:
        await accounts.sign_up(email="first@example.com", password=PASSWORD)
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        await accounts.resolve(login.token)

        await accounts.set_role(login.user.id, Role.ADMIN)

        session = await accounts.resolve(login.token)
        assert session is not None
        assert session.user.is_admin

    async def test_nobody_becomes_a_program(self, accounts: AccountService) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        with pytest.raises(InvalidInput):
            await accounts.set_role(login.user.id, Role.SYSTEM)


class TestSetPlan:
    async def test_everybody_begins_on_free_and_a_change_holds_at_once(self, accounts: AccountService, bus: MemoryBus) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)
        before = await accounts.resolve(login.token)
        heard: list[Event] = []
        bus.listen(user_topic(login.user.id), heard.append)

        await accounts.set_plan(login.user.id, Plan.PRO)

        after = await accounts.resolve(login.token)
        assert before is not None
        assert after is not None
        assert (login.user.plan, before.user.plan, after.user.plan) == (Plan.FREE, Plan.FREE, Plan.PRO)
        assert heard == [Event("session", "")]

    async def test_needs_somebody(self, accounts: AccountService) -> None:
        with pytest.raises(NotFound):
            await accounts.set_plan("0" * 32, Plan.PRO)

    async def test_the_database_knows_no_other_plan(self, accounts: AccountService, db: Database) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        with pytest.raises(Exception, match="plan_is_known"):
            await db.write(lambda tx: tx.execute("UPDATE app_user SET plan = 'gold' WHERE id = :id", id=login.user.id))


class TestSetTheme:
    async def test_is_remembered(self, accounts: AccountService) -> None:
        login = await accounts.sign_up(email="ann@example.com", password=PASSWORD)

        assert (await accounts.set_theme(login.user.id, "light")).theme == "light"
        with pytest.raises(InvalidInput):
            await accounts.set_theme(login.user.id, "neon")


class TestPeople:
    async def test_are_listed_by_address_with_their_credits(self, accounts: AccountService, people: People) -> None:
        for name in ("cat", "ann", "bob"):
            await accounts.sign_up(email=f"{name}@example.com", password=PASSWORD)

        listed = await people.list_people(limit=2)
        rest = await people.list_people(after=listed[-1].email)

        assert [(person.email, person.available_credits) for person in (*listed, *rest)] == [
            ("ann@example.com", 15),
            ("bob@example.com", 15),
            ("cat@example.com", 1_015),
        ]

    async def test_the_command_line_gets_what_a_run_costs_once(self, people: People, db: Database) -> None:
        account = await people.ensure_system_account("command-line@localhost")
        assert await people.ensure_system_account("command-line@localhost") == account

        for _ in range(2):
            await people.fund_system_account(account.id, credits=7, key="run 1")

        assert (await people.get_by_email("command-line@localhost")).available_credits == 7
        async with db.read() as session:
            assert await invariants.check_session(session) == ()
