"""What every answer has in common: headers, sizes, compression, methods, errors with their own status, and health."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3

import httpx
import pytest
from fastapi import FastAPI
from nicegui import __version__ as nicegui_version
from nicegui import ui

from nyx.api.health import health_router
from nyx.app import App
from nyx.errors import NotFound
from tests.support.app import PASSWORD, sign_up_or_in
from tests.support.clock import FakeClock

HTML = {"Accept": "text/html"}


class TestHeaders:
    async def test_every_script_of_a_page_carries_its_nonce_and_nothing_else_may_run(self, visitor: httpx.AsyncClient) -> None:
        first, second = await visitor.get("/login"), await visitor.get("/login")

        policy = first.headers["content-security-policy"]
        nonce = re.search(r"'nonce-([\w-]+)'", policy)
        assert nonce
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        scripts = re.findall(r"<script[^>]*>", first.text)
        assert scripts
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
        assert second.headers["content-security-policy"] != policy

    @pytest.mark.parametrize("path", ["/login", "/healthz", "/nowhere", "/assets/favicon.ico", "/media/x/original"])
    async def test_no_answer_lacks_them(self, visitor: httpx.AsyncClient, path: str) -> None:
        headers = (await visitor.get(path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])

    async def test_pages_are_never_kept_and_leave_compressed(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.get("/login", headers={"Accept-Encoding": "gzip"})

        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-encoding"] == "gzip"
        assert "<title>" in answer.text


class TestFiles:
    async def test_are_compressed_once_and_then_only_confirmed(self, visitor: httpx.AsyncClient) -> None:
        path = f"/_nicegui/{nicegui_version}/static/nicegui.js"

        first = await visitor.get(path, headers={"Accept-Encoding": "br"})
        again = await visitor.get(path, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["etag"]})
        plain = await visitor.get(path, headers={"Accept-Encoding": "identity"})

        assert first.headers["content-encoding"] == "br"
        assert "immutable" in first.headers["cache-control"]
        assert (again.status_code, again.content) == (304, b"")
        assert "content-encoding" not in plain.headers
        assert len(plain.content) > 2 * int(first.headers["content-length"])

    async def test_only_a_versioned_address_is_kept_for_ever(self, visitor: httpx.AsyncClient) -> None:
        assert "immutable" in (await visitor.get("/assets/css/base.css?v=1")).headers["cache-control"]
        assert "immutable" not in (await visitor.get("/assets/css/base.css")).headers["cache-control"]

    async def test_what_is_missing_is_missing(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.get("/assets/nothing.css")).status_code == 404
        assert (await visitor.get("/assets/../pyproject.toml")).status_code == 404


class TestMethodsAndSizes:
    @pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/robots.txt"])
    async def test_head_answers_like_get_without_a_body(self, visitor: httpx.AsyncClient, path: str) -> None:
        head, get = await visitor.head(path), await visitor.get(path)

        assert head.status_code == get.status_code
        assert head.content == b""

    async def test_a_form_that_is_too_large_is_refused_declared_or_not(self, visitor: httpx.AsyncClient) -> None:
        async def chunks():
            for _ in range(30):
                yield b"x" * 1_000

        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await visitor.post("/auth/login", content=b"x" * 30_000, headers=kind)).status_code == 413
        assert (await visitor.post("/auth/login", content=chunks(), headers=kind)).status_code == 413
        assert (await visitor.post("/auth/login", content=b"", headers={**kind, "Content-Length": "-1"})).status_code == 413


class TestAccessLog:
    async def test_never_names_the_client_of_a_page(self, visitor: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        secret = "0123abcd-0000-4000-8000-000000000000"

        await visitor.post(f"/_nicegui/client/{secret}/upload/1")
        await visitor.post(f"/_nicegui/client/{secret}/upload/1", headers={"Origin": "http://evil.example"})
        await visitor.get(f"/_nicegui_ws/{secret}?client_id={secret}")

        logged = [record for record in caplog.records if record.name == "nyx.access"]
        assert [getattr(record, "path", "") for record in logged] == ["/_nicegui/client/{client}/…"] * 2 + ["/_nicegui_ws/…"]
        assert all(secret not in str(vars(record)) for record in logged)


class TestErrors:
    @pytest.fixture
    def pages(self, app: App) -> None:
        @ui.page("/broken")
        async def broken() -> None:
            raise ValueError("the secret inside")

        @ui.page("/gone")
        def gone() -> None:
            raise NotFound("That picture is gone.")

        @ui.page("/number/{n}")
        def number(n: int) -> None:
            ui.label(str(n))

    @pytest.mark.usefixtures("pages")
    @pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/gone", 404), ("/number/x", 422), ("/broken", 500)])
    async def test_keep_their_status_as_page_and_as_json(self, visitor: httpx.AsyncClient, path: str, status: int) -> None:
        page, data = await visitor.get(path, headers=HTML), await visitor.get(path)

        assert (page.status_code, data.status_code) == (status, status)
        assert page.headers["content-type"].startswith("text/html")
        assert "Go to the studio" in page.text
        assert data.json()["error"]["message"]
        assert "secret inside" not in page.text + data.text

    @pytest.mark.usefixtures("pages")
    async def test_an_expected_one_is_said_in_its_own_words(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.get("/gone")).json() == {"error": {"code": "not_found", "message": "That picture is gone."}}

    @pytest.mark.usefixtures("pages")
    async def test_a_bug_is_logged_once_under_the_incident_that_the_person_reads(
        self, visitor: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        said = (await visitor.get("/broken")).json()["error"]["message"]

        logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(logged) == 1
        assert getattr(logged[0], "incident") in said  # noqa: B009 - set through extra=

    async def test_a_wrong_method_is_named(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.post("/login")).status_code == 405

    async def test_the_page_knows_who_reads_it(self, visitor: httpx.AsyncClient) -> None:
        await sign_up_or_in(visitor, email="ann@example.com", password=PASSWORD)

        assert "ann@example.com" in (await visitor.get("/nowhere", headers=HTML)).text


class TestHealth:
    async def test_a_running_studio_is_ready(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.get("/readyz")

        assert answer.json() == {"status": "ok", "checks": {"accepting": "ok", "database": "ok", "schema": "ok", "storage": "ok"}}

    async def test_one_that_stops_lives_but_is_not_ready(self, app: App, visitor: httpx.AsyncClient) -> None:
        app.begin_to_stop()

        assert (await visitor.get("/healthz")).status_code == 200
        answer = await visitor.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["accepting"]) == (503, "failed")

    @pytest.mark.parametrize("path", ["/login", "/studio/text-to-image", "/nowhere"])
    async def test_one_that_stops_makes_no_more_pages_and_says_so_at_once(self, app: App, visitor: httpx.AsyncClient, path: str) -> None:
        app.begin_to_stop()

        answer = await visitor.get(path, headers=HTML)
        assert (answer.status_code, answer.headers["retry-after"], answer.headers["connection"]) == (503, "5", "close")
        nonce = re.search(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"])
        assert nonce
        assert f'<script nonce="{nonce[1]}">' in answer.text
        assert (await visitor.head(path, headers=HTML)).content == b""

    async def test_a_crowd_of_monitors_costs_one_look_a_second(self) -> None:
        clock, looks = FakeClock(), []

        async def check() -> bool:
            looks.append(1)
            return len(looks) == 1

        web = FastAPI()
        web.include_router(health_router({"database": check}, clock=clock))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://test") as monitor:
            answers = await asyncio.gather(*(monitor.get("/readyz") for _ in range(20)))
            assert ({answer.status_code for answer in answers}, len(looks)) == ({200}, 1)
            clock.advance(1)
            assert ((await monitor.get("/readyz")).status_code, len(looks)) == (503, 2)

    async def test_one_whose_schema_is_not_ours_is_not_ready(self, app: App, visitor: httpx.AsyncClient) -> None:
        await app.db.write(lambda tx: tx.execute("UPDATE alembic_version SET version_num = 'other'"))

        assert (await visitor.get("/readyz")).json()["checks"]["schema"] == "failed"

    async def test_one_whose_database_is_locked_from_outside_is_not_ready(
        self, app: App, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nyx.api.health.CHECK_TIMEOUT_S", 0.2)
        intruder = sqlite3.connect(app.settings.data_dir / "nyx.sqlite3", isolation_level=None)
        intruder.execute("BEGIN IMMEDIATE")

        answer = await visitor.get("/readyz")

        intruder.execute("ROLLBACK")
        intruder.close()
        assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")
