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
_SLACK_S = 3600.0


@dataclass
class Unknowns:
    """When each job was cut off or lost, and when it was given up. Times are virtual seconds."""

    since: dict[str, float] = field(default_factory=dict)
    over: dict[str, float] = field(default_factory=dict)

    def look(self, snapshot: Snapshot, *, now: float) -> None:
        """Note what is newly unknown or newly given up."""
        for job in snapshot.jobs:
            if job["state"] == "unknown":
                self.since.setdefault(job["id"], now)
            elif job["error_code"] == "outcome_unknown":
                self.since.setdefault(job["id"], now)
                self.over.setdefault(job["id"], now)

    def faults(self, *, now: float, look_every_s: float, jumps: int) -> list[str]:
        """A day of observed time, never less; a jump of the clock may count for a minute."""
        day = RELEASE_UNKNOWN.total_seconds()
        early = [one for one, at in self.over.items() if at - self.since[one] < day - look_every_s - 60.0 * jumps]
        late = [one for one, at in self.since.items() if self.over.get(one, now) - at > day + _SLACK_S + 60.0 * jumps]
        return [f"job {one}: given up before its day was over" for one in early] + [f"job {one}: unknown for more than a day" for one in late]


def judge(snapshot: Snapshot, *, provider: FakeProvider, people: Mapping[str, Person], cut: set[str]) -> list[str]:
    """At the end, when nothing is open. ``cut`` are the jobs that were being sent when a process died."""
    prompts = {row["id"]: row["prompt"] for row in snapshot.generations}
    files = {row["id"]: row for row in snapshot.media}
    faults = list(provider.hurried)
    for job in snapshot.jobs:
        history = provider.seen.get((job["seed"], prompts[job["generation_id"]]), History())
        person = people[job["owner_id"]]
        trouble = [*_billing(job, history), *_after_cancel(job, history, person), *_ending(job, history, person, is_cut=job["id"] in cut)]
        if job["state"] == "completed" and (history.work is None or provider.disk.read(files[job["media_id"]]["storage_key"]) != history.work.file):
            trouble.append("the file is not what the provider made")
        faults += [f"job {job['id']} ({job['kind']}, {job['state']}, {job['error_code']}, {history}): {fault}" for fault in trouble]
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
    return ["sent after its cancelling was confirmed"] if let_go is not None and any(call > let_go for call in history.calls) else []


def _ending(job: Row, history: History, person: Person, *, is_cut: bool) -> list[str]:
    """What ended without the creator's picture must have a reason out there."""
    state = job["state"]
    is_lost = history.lost_at is not None or is_cut
    if state not in evidence.FINAL:
        return ["still open at the end"]
    if state == "cancelled":
        known = job["generation_id"] in person.let_go or job["generation_id"] in person.dropped or person.unanswered
        return [] if known else ["cancelled by nobody"]
    if job["error_code"] == "outcome_unknown":
        return [] if is_lost else ["unknown although the answer was heard"]
    if state == "completed":
        return []
    made = history.work is not None and history.work.fate == "delivered"
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
