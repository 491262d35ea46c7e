"""The real application as its own process, on a free port and in a folder of its own."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]

# NiceGUI behaves differently when it sees pytest, and the developer's own settings must not decide a test.
_FOREIGN = ("PYTEST_", "NYX_", "NICEGUI_", "TOGETHER_")


class AppServer:
    """``main.py`` in a subprocess. Stopping and starting again keeps port and data, as a restart in life does."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **settings: str) -> None:
        """Start and wait until /healthz says 200; ``settings`` add to those of the constructor from here on."""
        self._settings |= settings
        with self.log.open("ab") as log:
            # The working folder is not the repository, so that a developer's .env stays out of it.
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "main.py")],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_healthy(timeout_s=45)

    def stop(self) -> int:
        """Ask it to end, insist after 15 s, and return the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """kill -9."""
        return self._end(signal.SIGKILL)

    def restart(self, **settings: str) -> None:
        """Stop and start again on the same data."""
        self.stop()
        self.start(**settings)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        """Everything it has printed and logged since the first start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        own = {"NYX_HOST": "127.0.0.1", "NYX_PORT": str(self.port), "NYX_DATA_DIR": str(self.data)}
        return {**inherited, **own, **self._settings}

    def _wait_until_healthy(self, *, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not self._healthy():
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"the application ended while starting:\n{self.output()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the application did not become healthy:\n{self.output()}")
            time.sleep(0.05)

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


@contextmanager
def sandbox_process(folder: Path, *, port: int, **settings: str) -> Iterator[None]:
    """The stand-in for the provider as a process of its own, which outlives every restart of the application."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    own = {"PYTHONPATH": str(ROOT), "NYX_DATA_DIR": str(folder / "sandbox")}
    command = [sys.executable, "-m", "nyx", "sandbox", "--port", str(port)]
    with (
        (folder / "sandbox.log").open("ab") as log,
        subprocess.Popen(command, cwd=folder, env={**inherited, **own, **settings}, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., AppServer]]:
    """Start a server of the test's own: ``make_server(NYX_SANDBOX_LATENCY_S="0")``. Ended with the test."""
    servers: list[AppServer] = []

    def make(**settings: str) -> AppServer:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        server = AppServer(folder, **settings)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """One server for all browser tests of this process; each signs up people of its own."""
    with running_app(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def quick_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """One for the tests of a module, whose provider keeps time; set up by the module's ``QUICK_SERVER``."""
    with running_app(
        tmp_path_factory.mktemp("quick"), NYX_SANDBOX_JITTER="0", NYX_SANDBOX_MOST_FPS="8", **request.module.QUICK_SERVER
    ) as server:
        yield server


@contextmanager
def running_app(folder: Path, **settings: str) -> Iterator[AppServer]:
    """A server for as long as the block runs."""
    server = AppServer(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
