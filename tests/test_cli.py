"""The command line, as a program: what it prints, what it leaves and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import socketio
from PIL import Image, ImageStat

from tests.support.server import AppServer
from tests.web.socket import client_id_in

ROOT = Path(__file__).resolve().parents[1]
STUDIO = "/studio/text-to-image"
FAST = {"NYX_SANDBOX_IMAGE_LATENCY_S": "0", "NYX_SANDBOX_JITTER": "0"}


@pytest.fixture
def nyx(tmp_path: Path):
    """``nyx("admin", "list")`` runs it on a data folder of its own."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NYX_", "TOGETHER_", "PYTEST_", "NICEGUI_"))}
        environment = kept | FAST | {"NYX_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)} | settings
        return subprocess.run(
            [sys.executable, "-m", "nyx", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class TestGenerate:
    def test_writes_the_picture_and_says_what_it_cost(self, nyx, tmp_path: Path) -> None:
        done = nyx("generate", "a fox in the rain", "-o", "fox.jpg", "--seed", "7")

        assert (done.returncode, done.stdout) == (0, "fox.jpg\n"), done.stderr
        assert "ready" in done.stderr
        assert "charged" in done.stderr
        with Image.open(tmp_path / "fox.jpg", formats=("JPEG",)) as picture:
            assert picture.width >= 512
        listed = nyx("admin", "list").stdout
        assert "command-line@localhost" in listed
        assert "0 credits" in listed

        again = nyx("generate", "a fox in the rain", "-o", "again.jpg", "--seed", "7")
        assert again.returncode == 0
        with Image.open(tmp_path / "again.jpg") as repeated, Image.open(tmp_path / "fox.jpg") as first:
            assert repeated.tobytes() == first.tobytes()  # the files differ in their signatures

    def test_says_why_nothing_came_of_it(self, nyx, tmp_path: Path) -> None:
        done = nyx("generate", "[reject] a fox", "-o", "fox.png")

        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "fox.png").exists()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("-o", "fox.txt"), "has to end with"),
            (("-o", "nowhere/fox.png"), "no folder"),
            (("-o", "fox.png", "--size", "big"), "1024x768"),
            (("-o", "fox.png", "--model", "no-such"), "not in the catalogue"),
            (("-o", "fox.png", "--as", "nobody@example.com"), "no account"),
        ],
    )
    def test_refuses_what_can_not_work(self, nyx, arguments: tuple[str, ...], words: str) -> None:
        done = nyx("generate", "a fox", *arguments)

        assert done.returncode == 1
        assert words in done.stderr

    def test_starts_from_pictures(self, nyx, tmp_path: Path) -> None:
        Image.new("RGB", (320, 180), (220, 10, 10)).save(tmp_path / "red.png")
        for arguments in (
            ("-o", "fox.jpg", "--image", "red.png"),
            ("-o", "fox.mp4", "--first-frame", "red.png", "--last-frame", "red.png"),
        ):
            done = nyx("generate", "a fox in the rain", "--seed", "7", *arguments, NYX_SANDBOX_VIDEO_LATENCY_S="0")
            assert done.returncode == 0, done.stderr
        with Image.open(tmp_path / "fox.jpg") as picture:
            red, green, _ = ImageStat.Stat(picture.resize((9, 9)).crop((4, 4, 5, 5))).mean
        assert red > green + 60

        with sqlite3.connect(tmp_path / "data" / "nyx.sqlite3") as connection:
            roles = [role for (role,) in connection.execute("SELECT role FROM generation_input ORDER BY role")]
            kept = connection.execute("SELECT count(*) FROM media WHERE origin = 'upload' AND deleted_at IS NULL").fetchone()
        connection.close()
        assert (roles, kept) == (["first", "image", "last"], (0,))

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--image", "nothing.png"), "There is no file nothing.png"),
            (("--image", "notes.txt"), "notes.txt: Send the file itself"),
            (("--image", "."), "can't be read"),
        ],
    )
    def test_refuses_what_is_no_picture(self, nyx, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
        (tmp_path / "notes.txt").write_text("https://example.org/fox.png")

        done = nyx("generate", "a fox", "-o", "fox.png", *arguments)

        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr


class TestDoctor:
    def test_finds_nothing_wrong_with_an_empty_machine(self, nyx) -> None:
        done = nyx("doctor")

        assert done.returncode == 0, done.stdout
        assert "FAIL" not in done.stdout
        assert "first start makes it" in done.stdout

    def test_finds_a_ledger_that_does_not_add_up_and_a_file_that_is_gone(self, nyx, tmp_path: Path) -> None:
        nyx("generate", "a fox", "-o", "fox.jpg")
        with sqlite3.connect(tmp_path / "data" / "nyx.sqlite3") as connection:
            connection.execute("UPDATE credit_account SET available = available + 5")
            connection.execute("INSERT INTO provider_listing VALUES ('a/gone', 'image', 0, 0, 99000000000), ('a/new', 'image', 0, NULL, 0)")
        connection.close()
        for path in (tmp_path / "data" / "media").rglob("*.jpg"):
            path.unlink()

        done = nyx("doctor")

        assert done.returncode == 1
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
        assert [line.split()[1] for line in failed] == ["ledger", "files"]
        assert "retired: a/gone; new there and not sold here: a/gone, a/new" in done.stdout

    def test_names_a_setting_that_does_not_exist(self, nyx) -> None:
        done = nyx("doctor", NYX_PROT="8081")

        assert done.returncode == 1
        assert "NYX_PROT" in done.stdout

    def test_says_when_the_provider_can_not_be_reached(self, nyx) -> None:
        done = nyx("doctor", TOGETHER_API_KEY="canary-key-123", TOGETHER_BASE_URL="http://127.0.0.1:9")

        assert done.returncode == 1
        assert "can't be reached" in done.stdout
        assert "canary-key-123" not in done.stdout + done.stderr


class TestAdmin:
    def test_grants_and_changes_roles(self, nyx) -> None:
        nyx("generate", "a fox", "-o", "fox.jpg")

        granted = nyx("admin", "grant", "command-line@localhost", "25", "--reason", "For trying")
        refused = nyx("admin", "promote", "command-line@localhost")

        assert (granted.returncode, "25 credits more" in granted.stdout) == (0, True)
        assert "25 credits" in nyx("admin", "list").stdout
        assert refused.returncode == 1

    def test_moves_somebody_to_another_plan(self, nyx) -> None:
        nyx("generate", "a fox", "-o", "fox.jpg")

        moved = nyx("admin", "plan", "command-line@localhost", "pro")

        assert (moved.returncode, moved.stdout.strip()) == (0, "command-line@localhost is on the Pro plan.")
        assert " pro " in nyx("admin", "list").stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            ("suspend", "nobody@example.com"),
            ("grant", "nobody@example.com", "5"),
            ("resolve", "0" * 32, "found"),
            ("resolve", "0" * 32, "lost"),
        ],
    )
    def test_says_what_can_not_be_done(self, nyx, arguments: tuple[str, ...]) -> None:
        done = nyx("admin", *arguments)

        assert done.returncode == 1
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr


class Person:
    """Somebody with an account on a running server, and an open page."""

    def __init__(self, server: AppServer) -> None:
        self.web = httpx.AsyncClient(base_url=server.url, headers={"Origin": server.url})
        self.page = socketio.AsyncSimpleClient()
        self._url = server.url

    async def open_page(self) -> None:
        """Sign up and open the studio as a browser does."""
        await self.web.post("/auth/signup", data={"email": "ann@example.com", "password": "a quiet lantern 42"})
        client_id = client_id_in((await self.web.get(STUDIO)).text)
        query = {"client_id": client_id, "implicit_handshake": "true", "tab_id": "t", "document_id": "d", "next_message_id": "0"}
        headers = {"Origin": self._url, "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.web.cookies.jar)}
        await self.page.connect(
            f"{self._url}/?{urlencode(query)}", headers=headers, transports=["websocket"], socketio_path="/_nicegui_ws/socket.io"
        )

    async def hear(self, name: str, *, about: str, timeout_s: float) -> None:
        """Wait until the page is told this."""
        async with asyncio.timeout(timeout_s):
            while True:
                event, *rest = await self.page.receive()
                if event == name and about in json.dumps(rest):
                    return

    async def close(self) -> None:
        await self.page.disconnect()
        await self.web.aclose()


class TestAdminOfARunningStudio:
    async def test_a_suspended_person_is_out_within_two_seconds(self, nyx, make_server) -> None:
        server = make_server()
        ann = Person(server)
        await ann.open_page()

        done = await asyncio.to_thread(nyx, "admin", "suspend", "ann@example.com", NYX_DATA_DIR=str(server.data))

        assert (done.returncode, done.stdout) == (0, "ann@example.com is suspended and logged out everywhere.\n"), done.stderr
        await ann.hear("open", about="/login", timeout_s=2)
        assert (await ann.web.get(STUDIO)).headers["location"].startswith("/login")
        await ann.close()

    async def test_a_grant_shows_on_the_open_page(self, nyx, make_server) -> None:
        server = make_server()
        ann = Person(server)
        await ann.open_page()

        done = await asyncio.to_thread(nyx, "admin", "grant", "ann@example.com", "100", NYX_DATA_DIR=str(server.data))

        assert (done.returncode, done.stdout) == (0, "ann@example.com has 100 credits more: 1,115.\n"), done.stderr
        await ann.hear("update", about="1,115", timeout_s=2)
        await ann.close()

    def test_says_the_same_with_and_without_the_studio(self, nyx, make_server) -> None:
        server = make_server()
        commands = (("list",), ("unknown",), ("promote", "nobody@example.com"), ("resolve", "0" * 32, "lost"), ("grant", "x", "-1"))

        running = [_said(nyx("admin", *command, NYX_DATA_DIR=str(server.data))) for command in commands]
        server.stop()
        stopped = [_said(nyx("admin", *command, NYX_DATA_DIR=str(server.data))) for command in commands]

        assert running == stopped
        assert [code for code, _, _ in running] == [0, 0, 1, 1, 1]
        assert running[1][1] == "There is no output whose outcome is unknown.\n"


def _said(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


class TestAdminOnPostgres:
    async def test_other_processes_hear_of_a_suspension(self, nyx, make_server, postgres_url: str) -> None:
        server = make_server(NYX_DATABASE_URL=postgres_url)
        ann = Person(server)
        await ann.open_page()

        done = await asyncio.to_thread(nyx, "admin", "suspend", "ann@example.com", NYX_DATABASE_URL=postgres_url)

        assert done.returncode == 0, done.stderr
        await ann.hear("open", about="/login", timeout_s=2)
        assert (await ann.web.get(STUDIO)).headers["location"].startswith("/login")
        await ann.close()


class TestStart:
    def test_a_setting_with_a_typo_stops_it_in_words(self, nyx) -> None:
        done = nyx("serve", NYX_PORT="many", NYX_HOTS="x")

        assert done.returncode == 2
        assert "NYX_PORT" in done.stderr
        assert "NYX_HOTS" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_second_process_on_the_same_folder_says_who_is_there(self, nyx, make_server) -> None:
        server = make_server()

        done = nyx("generate", "a fox", "-o", "fox.jpg", NYX_DATA_DIR=str(server.data))

        assert done.returncode == 2
        assert "already running" in done.stderr
        assert nyx("doctor", NYX_DATA_DIR=str(server.data)).returncode == 0

    def test_a_port_that_is_taken_is_said_in_words(self, nyx, make_server) -> None:
        done = nyx("serve", NYX_PORT=str(make_server().port))

        assert done.returncode == 2
        assert "Can't listen" in done.stderr
