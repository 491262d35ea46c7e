"""Private PostgreSQL clusters made from the installed binaries, and one fresh database per test."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.support.ports import free_port
from tests.support.threads import in_thread

_CANNOT_SERVE_AS = 0  # PostgreSQL refuses to run as root


class PostgresCluster:
    """A server on loopback and a Unix socket, trusting everybody on this machine, gone with its folder at ``stop``.

    ``durable`` keeps fsync on, for tests that kill things; everything else is quicker without.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._bin = binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="nyx-pg-"))
        self._serial = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        if os.getuid() == _CANNOT_SERVE_AS:
            shutil.chown(self._folder, _server_user())
        atexit.register(self.stop)
        self._make_data()
        self.start()

    def url(self, database: str) -> str:
        """As NYX_DATABASE_URL wants it."""
        return f"postgresql+asyncpg://nyx@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers. The port stays the same over a restart."""
        self.port = self.port or free_port()
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._server(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", umask=0o077)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'server.log').read_text()}")
            time.sleep(0.02)

    def halt(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop the server and keep its data. SIGQUIT leaves it to crash recovery; SIGINT lets it finish its writing."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        """Stop for good and remove every file. Safe to repeat."""
        self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, *, template: str = "template1") -> str:
        """The name of a new database, copied from ``template``."""
        self._serial += 1
        name = f"test_{self._serial}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')  # half the time of the default without fsync
        return name

    def drop(self, name: str) -> None:
        """Remove a database, cutting whoever is still connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _server(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_min_messages": "warning",
            "fsync": "on" if self._durable else "off",
            "synchronous_commit": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
            "autovacuum": "off",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._as_server([str(self._bin / "postgres"), "-D", str(self._data), *flags])

    def _as_server(self, command: list[str]) -> list[str]:
        """The command as the user who may serve; on Linux it also ends with us, however we end."""
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            return command
        prefix = [setpriv, "--pdeathsig", "SIGQUIT"]
        if os.getuid() == _CANNOT_SERVE_AS:
            prefix += ["--reuid", _server_user(), "--regid", str(pwd.getpwnam(_server_user()).pw_gid), "--clear-groups"]
        return [*prefix, *command]

    def _make_data(self) -> None:
        options = ["--no-sync", "--no-instructions", "-A", "trust", "-U", "nyx", "-E", "UTF8", "--locale=C", "-D", str(self._data)]
        command = self._as_server([str(self._bin / "initdb"), *options])
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/", check=False)
        if result.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{result.stdout}{result.stderr}")

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def _execute(self, sql: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(host=str(self._folder), port=self.port, user="nyx", database="postgres", timeout=10)
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        in_thread(run())


class MigratedDatabases:
    """Hands out databases that already have the newest schema."""

    def __init__(self, cluster: PostgresCluster) -> None:
        from nyx.db import upgrade

        self.cluster = cluster
        self._template = cluster.create()
        in_thread(upgrade(cluster.url(self._template)))

    def create(self) -> str:
        """The name of a fresh database with the newest schema."""
        return self.cluster.create(template=self._template)


def binaries() -> Path:
    """The folder of the newest installed server, 15 or later. Raises: RuntimeError with the words to install it."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit() and (path / "initdb").exists()]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    if not found:
        raise RuntimeError("PostgreSQL's server binaries are missing: scripts/test-needs.sh installs or names them")
    return max(found, key=_major)


def _major(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(answer.split()[2].split(".")[0])


def _server_user() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One quick cluster per test process, started by the first test that wants it."""
    cluster = PostgresCluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_databases(postgres: PostgresCluster) -> MigratedDatabases:
    """The source of migrated databases on the quick cluster."""
    return MigratedDatabases(postgres)


@pytest.fixture(scope="session")
def durable_postgres_databases() -> Iterator[MigratedDatabases]:
    """Migrated databases on a cluster that keeps what it promised when something is killed: slower, for the crash tests."""
    cluster = PostgresCluster(durable=True)
    yield MigratedDatabases(cluster)
    cluster.stop()


@pytest.fixture
def postgres_url(postgres_databases: MigratedDatabases) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    name = postgres_databases.create()
    yield postgres_databases.cluster.url(name)
    postgres_databases.cluster.drop(name)
