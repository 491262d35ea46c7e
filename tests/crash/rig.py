"""Starts workers, kills them, and looks at what they left. The provider lives on beside them."""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from nyx.db import Tx, connect
from nyx.models.credits import LotSource
from nyx.services.credits import ledger
from nyx.services.generation.views import Draft
from tests.crash import evidence
from tests.crash.evidence import Snapshot
from tests.crash.worker import Order, Shift, serve_sandbox, work
from tests.support.ports import free_port
from tests.support.source import modules
from tests.support.threads import in_thread

PICTURE, CLIP = "Qwen/Qwen-Image", "ByteDance/Seedance-1.0-lite"
OWNER = "0" * 31 + "1"
_KILLED = -9
_PATIENCE_S = 5.0
_WORDS = ("", "", "", "[429 1]", "[429 2]", "[truncate]", "[duplicate]", "[hang]", "[fail]", "[reject]", "[500]", "[empty]", "[expire]")
_NO_GOOD_END = ("[fail]", "[reject]", "[500]", "[empty]", "[expire]")


def crash_points() -> tuple[str, ...]:
    """Every point that the source names, so that none is forgotten."""
    return tuple(sorted({name for module in modules() for name in re.findall(r'crash_point\("(\w+)"\)', module.text)}))


@contextmanager
def processes() -> Iterator[tuple[ForkServerContext, str]]:
    """Where workers are forked from (everything is imported already), and the address of a running provider."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.worker"])
    port = free_port()
    provider = context.Process(target=serve_sandbox, args=(port,))
    provider.start()
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while not _answers(url):
        if not provider.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the provider did not start")
        time.sleep(0.05)
    try:
        yield context, url
    finally:
        provider.kill()
        provider.join()


@dataclass
class Rig:
    """One installation that is killed again and again. ``seed`` decides everything that the machine's speed does not."""

    context: ForkServerContext
    shift: Shift
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    orders: dict[str, Order] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._serial = 0
        in_thread(_write(self.shift.database_url, _insert_owner))

    def kill_at(self, point: str, nth: int) -> None:
        """Run a worker until it kills itself at the nth passing of ``point``; should it not come by there in time, it is killed anyway."""
        process = self._start(crash_point=f"{point}:{nth}")
        self._wait_until_started(process)
        process.join(_PATIENCE_S)
        by_itself = process.exitcode == _KILLED
        self._end(process, point if by_itself else "too late")

    def kill_at_random(self) -> None:
        """Run a worker and kill it at some moment, often during its recovery."""
        process = self._start()
        if self._chance.random() < 0.8:
            self._wait_until_started(process)
        process.join(self._chance.uniform(0.0, 0.7) ** 2)
        self._end(process, "random")

    def settle(self, *, release_unknown_s: float) -> Snapshot:
        """Run a worker until nothing is open any more, and let it end by itself."""
        shift = replace(self.shift, until_settled=True, release_unknown_s=release_unknown_s)
        process = self.context.Process(target=work, args=(shift,))
        process.start()
        process.join(60)
        if process.exitcode != 0:
            ended = process.exitcode
            process.kill()
            process.join()
            still_open = [dict(job) for job in self.check().jobs if job["state"] not in evidence.FINAL]
            raise AssertionError(f"seed {self.seed}: the last worker ended with {ended}, and open are {still_open}")
        return self.check()

    def check(self) -> Snapshot:
        """Everything that must hold while no worker runs. Raises: AssertionError, which names the seed."""
        snapshot = in_thread(_write(self.shift.database_url, evidence.take))
        faults = evidence.faults_of(snapshot)
        faults += evidence.file_faults(snapshot, self._read)
        faults += evidence.billing_faults(snapshot, self._accepted())
        faults += self._lost(snapshot)
        assert not faults, f"seed {self.seed}, after {sum(self.kills.values())} kills ({self.kills}):\n" + "\n".join(faults)
        return snapshot

    def outcome_faults(self, snapshot: Snapshot) -> list[str]:
        """At the end: what ended otherwise than its fault word says, without having been cut off while it was sent."""
        by_id = {row["id"]: row for row in snapshot.generations}
        faults = []
        for job in snapshot.jobs:
            prompt = by_id[job["generation_id"]]["prompt"]
            order = self.orders[by_id[job["generation_id"]]["draft_key"]]
            allowed = {"failed"} if any(word in prompt for word in _NO_GOOD_END) else {"completed"}
            if job["error_code"] == "outcome_unknown":
                allowed |= {"failed"}
            if order.cancel is not None:
                allowed |= {"cancelled"}
            if job["state"] not in allowed:
                faults.append(f"{prompt!r} ended as {job['state']} ({job['error_code']}: {job['error_detail']})")
        return faults

    def temporary_files(self) -> list[Path]:
        """What lies where downloads begin."""
        return sorted((self.shift.folder / "media" / "tmp").glob("*"))

    def _start(self, *, crash_point: str = "") -> ForkServerProcess:
        orders = (*self._unacknowledged(), self._order(is_clip=True), *(self._new_order() for _ in range(2)))
        self.orders |= {order.key: order for order in orders}
        self.shift.started.unlink(missing_ok=True)
        process = self.context.Process(target=work, args=(replace(self.shift, orders=orders, crash_point=crash_point),))
        process.start()
        return process

    def _end(self, process: ForkServerProcess, name: str) -> None:
        process.kill()
        process.join()
        assert process.exitcode == _KILLED, f"seed {self.seed}: a worker ended with {process.exitcode} instead of being killed"
        self.kills[name] += 1
        self.check()

    def _wait_until_started(self, process: ForkServerProcess) -> None:
        while process.is_alive() and not self.shift.started.exists():
            process.join(0.01)

    def _new_order(self) -> Order:
        cancel = self._chance.choice((True, False)) if self._chance.random() < 0.1 else None
        return self._order(is_clip=self._chance.random() < 0.3, word=self._chance.choice(_WORDS), cancel=cancel)

    def _order(self, *, is_clip: bool, word: str = "", cancel: bool | None = None) -> Order:
        self._serial += 1
        draft = Draft(
            model_key=CLIP if is_clip else PICTURE,
            capability="text-to-video" if is_clip else "text-to-image",
            prompt=f"a fox in the rain {word}{' [slow 1]' * is_clip}",
            outputs=1 if is_clip else self._chance.randint(1, 4),
            seed=10_000 * self.seed + 10 * self._serial,
        )
        return Order(key=f"draft-{self._serial}", draft=draft, cancel=cancel)

    def _unacknowledged(self) -> list[Order]:
        return [order for key, order in self.orders.items() if key not in self._acknowledged()]

    def _acknowledged(self) -> dict[str, str]:
        path = self.shift.acknowledged
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return dict(line.split() for line in lines if line.endswith("\n"))

    def _lost(self, snapshot: Snapshot) -> list[str]:
        found = {row["draft_key"]: row["id"] for row in snapshot.generations}
        return [
            f"{key} was acknowledged as {one} and is {found.get(key)}" for key, one in self._acknowledged().items() if found.get(key) != one
        ]

    def _read(self, key: str) -> bytes | None:
        path = self.shift.folder / "media" / key
        return path.read_bytes() if path.is_file() else None

    def _accepted(self) -> list[tuple[int | None, str]]:
        with urllib.request.urlopen(f"{self.shift.sandbox_url}/_sandbox/log", timeout=10) as response:
            log = json.load(response)
        mine = {order.draft.seed for order in self.orders.values()}
        return [(line["seed"], line["prompt"]) for line in log if line["seed"] // 10 * 10 in mine]


async def _write(url: str, operation):
    database = connect(url)
    try:
        return await database.write(operation)
    finally:
        await database.close()


def _insert_owner(tx: Tx) -> None:
    now = datetime.now(UTC)
    tx.execute("INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, 'rig@example.org', '', :now)", id=OWNER, now=now)
    ledger.open_account(tx, owner_id=OWNER)
    ledger.grant(tx, owner_id=OWNER, amount=1_000_000, source=LotSource.ADMIN, source_key="rig", now=now, new_id=OWNER)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_sandbox/log", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
