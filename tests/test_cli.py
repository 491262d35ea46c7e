"""The command line, as a program: what it prints, what it leaves and how it ends."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
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
        assert (tmp_path / "again.jpg").read_bytes() == (tmp_path / "fox.jpg").read_bytes()

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
        connection.close()
        for path in (tmp_path / "data" / "media").rglob("*.jpg"):
            path.unlink()

        done = nyx("doctor")

        assert done.returncode == 1
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
        assert [line.split()[1] for line in failed] == ["ledger", "files"]

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


class TestStart:
    def test_a_setting_with_a_typo_stops_it_in_words(self, nyx) -> None:
        done = nyx("serve", NYX_PORT="many", NYX_HOTS="x")

        assert done.returncode == 2
        assert "NYX_PORT" in done.stderr
        assert "NYX_HOTS" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_second_process_on_the_same_folder_says_who_is_there(self, nyx, make_server) -> None:
        server = make_server()

        done = nyx("admin", "list", NYX_DATA_DIR=str(server.data))

        assert done.returncode == 2
        assert "already running" in done.stderr
        assert nyx("doctor", NYX_DATA_DIR=str(server.data)).returncode == 0

    def test_a_port_that_is_taken_is_said_in_words(self, nyx, make_server) -> None:
        done = nyx("serve", NYX_PORT=str(make_server().port))

        assert done.returncode == 2
        assert "Can't listen" in done.stderr
