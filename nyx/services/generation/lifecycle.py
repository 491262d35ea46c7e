"""The states of a job, which may follow which, and what the creator is shown for each."""

from __future__ import annotations

from nyx.errors import Conflict
from nyx.models import JobState
from nyx.services.generation.views import Stage

_NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset({JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUBMITTING: frozenset(
        {JobState.PENDING, JobState.RUNNING, JobState.FETCHING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN}
    ),
    JobState.RUNNING: frozenset({JobState.FETCHING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}),
    JobState.FETCHING: frozenset({JobState.RUNNING, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}),
    JobState.UNKNOWN: frozenset({JobState.SUBMITTING, JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
if _NEXT.keys() != set(JobState):
    raise AssertionError("every job state declares its successors")

_STAGES: dict[JobState, Stage] = {
    JobState.PENDING: Stage.QUEUED,
    JobState.SUBMITTING: Stage.SENT,
    JobState.RUNNING: Stage.RENDERING,
    JobState.FETCHING: Stage.SAVING,
    JobState.COMPLETED: Stage.READY,
    JobState.FAILED: Stage.FAILED,
    JobState.CANCELLED: Stage.CANCELLED,
    JobState.UNKNOWN: Stage.UNKNOWN,
}
if _STAGES.keys() != set(JobState):
    raise AssertionError("every job state has a stage")


def check_move(current: JobState, target: JobState) -> None:
    """Raises: Conflict when ``target`` may not follow ``current``."""
    if target not in _NEXT[current]:
        raise Conflict(f"A {current} output cannot become {target}.")


def stage_of(state: JobState, *, is_rendering: bool) -> Stage:
    """What the creator sees. A picture's single call counts as rendering once the provider has plainly begun."""
    if state is JobState.SUBMITTING and is_rendering:
        return Stage.RENDERING
    return _STAGES[state]
