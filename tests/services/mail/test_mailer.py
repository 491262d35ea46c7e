"""Letters: files when there is no server, SMTP when there is one, and never lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from nyx.clock import SeededRandom
from nyx.services.mail import Letter, Mailer, welcome
from nyx.tasks import Tasks
from tests.support.clock import FakeClock
from tests.support.network import allow_network
from tests.support.ports import free_port

LETTER = Letter(to="ann@example.com", subject="Hello", text="A line.\n")


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.drain(timeout_s=0)


def mailer(outbox: Path, clock: FakeClock, random: SeededRandom, *, smtp_url: str = "") -> Mailer:
    return Mailer(smtp_url=smtp_url, sender="Nyx <nyx@localhost>", outbox=outbox, clock=clock, random=random, retry_after_s=0)


def letters(outbox: Path) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(outbox.glob("*.eml"))]


class TestOutbox:
    async def test_each_letter_becomes_a_file_of_its_own(
        self, tmp_path: Path, clock: FakeClock, random: SeededRandom, tasks: Tasks
    ) -> None:
        post = mailer(tmp_path / "outbox", clock, random)
        tasks.spawn(post.run(), name="mailer")

        post.send_soon(LETTER)
        post.send_soon(welcome(to="bob@example.com", bonus_credits=15, bonus_days=14))
        await post.drain()

        found = letters(tmp_path / "outbox")
        assert {message["To"] for message in found} == {"ann@example.com", "bob@example.com"}
        assert any("15 credits" in message.get_content() for message in found)
        assert [path.suffix for path in (tmp_path / "outbox").iterdir()] == [".eml", ".eml"]

    async def test_a_line_break_in_an_address_adds_no_header(self, tmp_path: Path, clock: FakeClock, random: SeededRandom) -> None:
        post = mailer(tmp_path / "outbox", clock, random)

        post.send_soon(Letter(to="ann@example.com\nBcc: eve@example.com", subject="x", text="x"))
        with pytest.raises(ValueError, match=r"line|newline|header"):
            await asyncio.wait_for(post.run(), 5)

        assert letters(tmp_path / "outbox") == []


class TestServer:
    async def test_a_server_gets_the_letter(self, tmp_path: Path, clock: FakeClock, random: SeededRandom, tasks: Tasks) -> None:
        allow_network()
        async with smtp_server() as (port, received):
            post = mailer(tmp_path / "outbox", clock, random, smtp_url=f"smtp://127.0.0.1:{port}")
            tasks.spawn(post.run(), name="mailer")

            assert await post.check() == "127.0.0.1"
            post.send_soon(LETTER)
            await post.drain()

        assert [b"Subject: Hello" in letter for letter in received] == [True]
        assert not (tmp_path / "outbox").exists()

    async def test_a_letter_that_no_server_takes_is_kept_as_a_file(
        self, tmp_path: Path, clock: FakeClock, random: SeededRandom, tasks: Tasks
    ) -> None:
        allow_network()
        post = mailer(tmp_path / "outbox", clock, random, smtp_url=f"smtp://127.0.0.1:{free_port()}")
        tasks.spawn(post.run(), name="mailer")

        post.send_soon(LETTER)
        await post.drain()

        assert [message["Subject"] for message in letters(tmp_path / "outbox")] == ["Hello"]


@contextlib.asynccontextmanager
async def smtp_server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """As much of a mail server as takes letters."""
    received: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                received.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], received
