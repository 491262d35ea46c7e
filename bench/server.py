"""The application as a process of its own: start, ask, end. Its settings come from here alone."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nyx.config import PREFIX

_ROOT = Path(__file__).resolve().parents[1]
FOREIGN = (PREFIX, "TOGETHER_", "NICEGUI_", "PYTEST_")
_GIVE_UP_S = 60.0
_LOOK_AGAIN_S = 0.01


class Server:
    """A running application. ``started`` is when its process was begun, by ``time.perf_counter``."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, started: float) -> None:
        self.started = started
        self.url = f"http://127.0.0.1:{port}"
        self._process = process
        self._port = port

    def seconds_to(self, path: str) -> float:
        """Ask until ``path`` answers 200; seconds since the start."""
        while not self._answers(path):
            if self._process.poll() is not None:
                raise RuntimeError("the application ended while it was starting")
            if time.perf_counter() - self.started > _GIVE_UP_S:
                raise RuntimeError(f"{path} did not answer within {_GIVE_UP_S:g} s")
            time.sleep(_LOOK_AGAIN_S)
        return time.perf_counter() - self.started

    def rss_mb(self) -> float:
        """Resident memory in units of 2**20 bytes."""
        pages = int(self._proc("statm").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        fields = self._proc("stat").rpartition(")")[2].split()  # the name before may hold spaces
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._process.pid}/{name}").read_text(encoding="ascii")

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def running(folder: Path, *program: str) -> Iterator[Server]:
    """``python`` with these arguments on the data in ``folder``; ended at the end. Nothing is waited for."""
    folder.mkdir(exist_ok=True)
    port = _free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    own = {"NYX_HOST": "127.0.0.1", "NYX_PORT": str(port), "NYX_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(_ROOT)}
    with (folder / "server.log").open("ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *program], cwd=folder, env={**inherited, **own}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    server = Server(process, port, started)
    try:
        yield server
    finally:
        server.stop()


MAIN = str(_ROOT / "main.py")
WITH_BARE_PAGE = ("-m", "bench.served")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
