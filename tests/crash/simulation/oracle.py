"""Judges what the application believes by what really happened outside. Every finding is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nyx.db import Row
from tests.crash import evidence
from tests.crash.evidence import Snapshot
from tests.crash.simulation.outside import FakeProvider, History
from tests.crash.simulation.studio import RELEASE_UNKNOWN, Person

_MAX_SUBMITS = 6
_ON_ITS_WAY_S = 10.0  # what is being sent can't be stopped
_DEAD_LINKS = 1000  # so many left: every link it gave was dead
LOOK_EVERY_S, LOOK_IN_PEACE_S = 600.0, 1800.0
_PATIENCE_S = 3600.0


@dataclass
class Timeline:
    """When each job was first seen, seen unknown, and seen at its end. Times are virtual seconds, looked at now and then."""

    born: dict[str, float] = field(default_factory=dict)
    unknown: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)

    def look(self, snapshot: Snapshot, *, now: float) -> None:
        """Note what is new."""
        for job in snapshot.jobs:
            self.born.setdefault(job["id"], now)
            if job["error_code"] == "outcome_unknown":
                self.unknown.setdefault(job["id"], now)
            if job["state"] in evidence.FINAL:
                self.ended.setdefault(job["id"], now)

    def faults(self, snapshot: Snapshot, *, provider: FakeProvider, now: float, jumps: int) -> list[str]:
        """Nothing waits without need, whatever the wall clock does; what is unknown is so for a day of observed time."""
        histories = histories_of(snapshot, provider)
        faults = self._unknown_faults(now=now, jumps=jumps)
        for job in snapshot.jobs:
            history, ended = histories[job["id"]], self.ended.get(job["id"], now)
            if history.calls and history.calls[0] - self.born[job["id"]] > _PATIENCE_S:
                faults.append(f"job {job['id']}: sent {history.calls[0] - self.born[job['id']]:.0f} s after it was asked for")
            if job["state"] == "completed" and history.work is not None and ended - history.work.done_at > _PATIENCE_S:
                faults.append(f"job {job['id']}: kept {ended - history.work.done_at:.0f} s after the provider was done")
        return faults

    def _unknown_faults(self, *, now: float, jumps: int) -> list[str]:
        day = RELEASE_UNKNOWN.total_seconds()
        spans = {one: self.ended.get(one, now) - since for one, since in self.unknown.items()}
        early = [one for one, span in spans.items() if span < day - LOOK_IN_PEACE_S - 60.0 * jumps]  # a jump may count for a minute
        late = [one for one, span in spans.items() if span > day + _PATIENCE_S + 60.0 * jumps]
        return [f"job {one}: given up before its day was over" for one in early] + [
            f"job {one}: unknown for more than a day" for one in late
        ]


def histories_of(snapshot: Snapshot, provider: FakeProvider) -> dict[str, History]:
    """What the provider saw of each job."""
    prompts = {row["id"]: row["prompt"] for row in snapshot.generations}
    return {job["id"]: provider.seen.get((job["seed"], prompts[job["generation_id"]]), History()) for job in snapshot.jobs}


def judge(snapshot: Snapshot, *, provider: FakeProvider, people: Mapping[str, Person], cut: set[str]) -> list[str]:
    """At the end, when nothing is open. ``cut`` are the jobs that were being sent when a process died."""
    histories = histories_of(snapshot, provider)
    files = {row["id"]: row for row in snapshot.media}
    faults: list[str] = []
    for job in snapshot.jobs:
        history = histories[job["id"]]
        person = people[job["owner_id"]]
        trouble = [*_billing(job, history), *_after_cancel(job, history, person), *_ending(job, history, person, is_cut=job["id"] in cut)]
        if job["state"] == "completed" and (
            history.work is None or provider.disk.read(files[job["media_id"]]["storage_key"]) != history.work.file
        ):
            trouble.append("the file is not what the provider made")
        faults += [f"{fault}: job {job['id']} ({job['kind']}, {job['state']}, {job['error_code']}), {history}" for fault in trouble]
    return faults + _lost(snapshot, people)


def _billing(job: Row, history: History) -> list[str]:
    faults = []
    if history.accepted > 1:
        faults.append(f"accepted {history.accepted} times")
    if len(history.calls) > job["attempts"]:
        faults.append(f"{len(history.calls)} calls in {job['attempts']} attempts")
    return faults


def _after_cancel(job: Row, history: History, person: Person) -> list[str]:
    let_go = person.let_go.get(job["generation_id"])
    return (
        ["sent after its cancelling was confirmed"]
        if let_go is not None and any(call > let_go + _ON_ITS_WAY_S for call in history.calls)
        else []
    )


def _ending(job: Row, history: History, person: Person, *, is_cut: bool) -> list[str]:
    """What ended without the creator's picture must have a reason out there."""
    state = job["state"]
    is_lost = history.lost_at is not None or is_cut
    if state not in evidence.FINAL:
        return ["still open at the end"]
    if state == "cancelled":
        return [] if job["generation_id"] in person.cancelling else ["cancelled by nobody"]
    if job["error_code"] == "outcome_unknown":
        return [] if is_lost else ["unknown although the answer was heard"]
    if state == "completed":
        return []
    made = history.work is not None and history.work.fate == "delivered" and history.work.dead_links < _DEAD_LINKS
    if made and not is_lost:
        return ["failed although the provider delivered"]
    refused = history.refusals or history.unavailable >= _MAX_SUBMITS or history.work is not None
    return [] if refused or is_lost else ["failed without a reason"]


def _lost(snapshot: Snapshot, people: Mapping[str, Person]) -> list[str]:
    found = {(row["owner_id"], row["draft_key"]): row["id"] for row in snapshot.generations}
    return [
        f"{key} was acknowledged as {one} and is {found.get((person.id, key))}"
        for person in people.values()
        for key, one in person.acknowledged.items()
        if found.get((person.id, key)) != one
    ]
