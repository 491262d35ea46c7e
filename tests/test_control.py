"""The control socket: commands to a running studio, from this machine's owner alone."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from nyx import control
from nyx.control import Refused
from nyx.errors import NotFound


async def echo(line: bytes) -> str:
    return f"heard {line.decode().strip()}"


async def unknown(_: bytes) -> str:
    raise NotFound("There is no such account.")


async def broken(_: bytes) -> str:
    raise ValueError("the secret inside")


async def raw(path: Path, words: bytes) -> dict[str, str]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(words)
    await writer.drain()
    try:
        return dict(json.loads(await reader.readline()))
    finally:
        writer.close()


class TestSocket:
    async def test_carries_a_line_there_and_the_answer_back(self, tmp_path: Path) -> None:
        async with control.serve(tmp_path, echo):
            assert await control.ask(tmp_path, "list") == "heard list"
            assert await control.ask(tmp_path, "ö" * 10_000) == "heard " + "ö" * 10_000

    async def test_belongs_to_its_owner_alone_and_goes_with_the_studio(self, tmp_path: Path) -> None:
        async with control.serve(tmp_path, echo):
            assert stat.S_IMODE((tmp_path / control.NAME).stat().st_mode) == 0o600

        assert not (tmp_path / control.NAME).exists()
        assert await control.ask(tmp_path, "list") is None

    async def test_works_in_a_folder_whose_path_is_longer_than_a_socket_may_have(self, tmp_path: Path) -> None:
        folder = tmp_path / ("deep" * 30) / "data"

        async with control.serve(folder, echo):
            assert await control.ask(folder, "list") == "heard list"

    async def test_what_a_killed_studio_left_is_replaced(self, tmp_path: Path) -> None:
        control._bound(tmp_path / control.NAME).close()

        assert await control.ask(tmp_path, "list") is None
        async with control.serve(tmp_path, echo):
            assert await control.ask(tmp_path, "list") == "heard list"

    async def test_a_second_process_leaves_the_first_its_socket(self, tmp_path: Path) -> None:
        async with control.serve(tmp_path, echo):
            async with control.serve(tmp_path, broken):
                pass
            assert await control.ask(tmp_path, "list") == "heard list"


class TestAnswers:
    async def test_a_refusal_comes_in_its_own_words(self, tmp_path: Path) -> None:
        async with control.serve(tmp_path, unknown):
            with pytest.raises(Refused, match="no such account"):
                await control.ask(tmp_path, "list")

    async def test_a_bug_is_logged_there_and_tells_nothing_here(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        async with control.serve(tmp_path, broken):
            with pytest.raises(Refused, match="Something broke"):
                await control.ask(tmp_path, "list")

        assert "the secret inside" in caplog.text

    async def test_a_line_without_end_is_refused(self, tmp_path: Path) -> None:
        async with control.serve(tmp_path, echo):
            answer = await raw(tmp_path / control.NAME, b"x" * (control.MAX_COMMAND_BYTES * 3))

        assert "one line" in answer["refused"]

    async def test_whoever_says_nothing_is_not_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(control, "READ_S", 0.05)
        async with control.serve(tmp_path, echo):
            assert "too long" in (await raw(tmp_path / control.NAME, b"half a line"))["refused"]

    async def test_only_a_few_are_served_at_once(self, tmp_path: Path) -> None:
        go_on = asyncio.Event()

        async def slow(_: bytes) -> str:
            await go_on.wait()
            return "done"

        async with control.serve(tmp_path, slow), asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(control.ask(tmp_path, "list")) for _ in range(control.MAX_AT_ONCE)]
            await asyncio.sleep(0.1)
            with pytest.raises(Refused, match="busy"):
                await control.ask(tmp_path, "list")
            go_on.set()

        assert [task.result() for task in waiting] == ["done"] * control.MAX_AT_ONCE
