"""Logs: one event on one line, with its ids, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from nyx.logs import REDACTED, log_context, set_up_logs
from tests.support.app import PASSWORD

CANARY = "sk-canary-6f1d2c"
Logged = Callable[[], str]


@pytest.fixture
def root() -> Iterator[None]:
    """Whatever a test does to the process's logs is undone."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture(params=[True, False], ids=["json", "console"])
def logged(request: pytest.FixtureRequest, root: None) -> Logged:
    """What was logged so far, in both formats."""
    stream = io.StringIO()
    set_up_logs(is_json=request.param, level="info", secrets=[CANARY, ""], stream=stream)
    return stream.getvalue


class TestSecrets:
    def test_a_configured_secret_is_hidden_wherever_it_stands(self, logged: Logged) -> None:
        try:
            raise RuntimeError(f"connecting with {CANARY} failed")
        except RuntimeError:
            logging.getLogger("x").exception(
                "No answer for %s", CANARY, extra={"detail": {"url": f"https://u:{CANARY}@h", "tries": [CANARY]}}
            )

        assert CANARY not in logged()
        assert REDACTED in logged()
        assert "RuntimeError" in logged()

    @pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "cookie", "token", "client_id", "smtp_url"])
    def test_a_field_with_a_telling_name_is_hidden(self, logged: Logged, name: str) -> None:
        logging.getLogger("x").warning("Something", extra={name: "hunter2hunter2"})

        assert "hunter2" not in logged()

    async def test_nothing_that_people_type_or_carry_gets_into_the_log(self, visitor: httpx.AsyncClient, logged: Logged) -> None:
        answer = await visitor.post("/auth/signup?email=canary%40example.com", data={"email": "ann@example.com", "password": PASSWORD})
        await visitor.get("/studio/text-to-image?prompt=canary-prompt")
        await visitor.get("/nowhere?client_id=canary-client")

        cookie = answer.headers["set-cookie"].split("=")[1].split(";")[0]
        assert "/auth/signup" in logged()
        for secret in ("canary", PASSWORD, cookie, "ann@example.com"):
            assert secret not in logged()


class TestLines:
    @pytest.mark.parametrize("payload", ["a\nERROR forged", "a\r\nforged", "a\x1b[31mred", "a\u2028forged", "a\x00b", "a\x9bb"])
    def test_nobody_can_write_a_line_of_their_own(self, logged: Logged, payload: str) -> None:
        logging.getLogger("x").warning("Said: %s", payload, extra={"path": payload})

        assert logged().count("\n") == 1
        assert not {"\x1b[31m", "\r", "\u2028", "\x00", "\x9b"} & set(logged())

    def test_a_forged_line_in_an_exception_is_indented(self, logged: Logged) -> None:
        try:
            raise ValueError("x\n2026-01-01 [error] forged")
        except ValueError:
            logging.getLogger("x").exception("Failed")

        assert not [line for line in logged().splitlines() if line.startswith("2026-01-01")]


class TestIds:
    def test_every_line_names_its_request_and_generation(self, root: None) -> None:
        stream = io.StringIO()
        set_up_logs(is_json=True, level="info", stream=stream)

        with log_context(request_id="r1"), log_context(generation_id="g1"):
            logging.getLogger("x").info("Inside")
        logging.getLogger("x").info("Outside")

        inside, outside = map(json.loads, stream.getvalue().splitlines())
        assert (inside["request_id"], inside["generation_id"], inside["event"]) == ("r1", "g1", "Inside")
        assert "request_id" not in outside
