"""What the studio says about a generation: headlines, stages, money and time, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nyx.pages._progress import left_text, longest_left_s
from nyx.pages._words import counted, credits_text
from nyx.services.generation.views import GenerationView, OutputView, Stage

STEPS = (Stage.QUEUED, Stage.SENT, Stage.RENDERING, Stage.SAVING)
_LONGEST_NOTE = 120
_STAGE_NAMES = {
    Stage.QUEUED: "Queued",
    Stage.SENT: "Sent",
    Stage.RENDERING: "Rendering",
    Stage.SAVING: "Saving",
    Stage.READY: "Ready",
    Stage.FAILED: "Failed",
    Stage.CANCELLED: "Cancelled",
    Stage.UNKNOWN: "We don't know yet",
}
assert _STAGE_NAMES.keys() == set(Stage), "every stage has a name"


@dataclass(frozen=True)
class Headline:
    """The line above the tiles. ``tone`` is a class of the dot beside it."""

    title: str
    detail: str
    tone: str = ""


def stage_name(stage: Stage) -> str:
    """One or two words."""
    return _STAGE_NAMES[stage]


def images_text(count: int, *, clips: bool = False) -> str:
    """``1 image``, ``4 images``, ``2 clips``."""
    return f"{count} {'clip' if clips else 'image'}" + ("" if count == 1 else "s")


def headline(run: GenerationView, *, now: datetime) -> Headline:
    """Where a generation stands, without inventing progress."""
    count = len(run.outputs)
    if run.is_open and not any(output.stage in STEPS for output in run.outputs):
        return Headline("We don't know yet", f"{run.ready} of {count} ready · the rest stays reserved until we do", "warn")
    if run.is_open and not can_cancel(run):
        return Headline("Not waiting any more", f"{run.ready} of {count} ready · what still arrives is kept", "idle")
    if run.is_open:
        parts = [f"{run.ready} of {count} ready", queue_text(run) or time_left(run, now=now)]
        return Headline("Generating", " · ".join(part for part in parts if part), "info")
    paid, back = run.captured_credits, run.price_credits - run.captured_credits
    returned = f", {credits_text(back)} given back" if back else ""
    if run.ready == count:
        return Headline("Done", f"{images_text(count, clips=run.makes_clips)} · {credits_text(paid)}{returned}{_rescued(run)}")
    if run.ready:
        return Headline("Done in part", f"{run.ready} of {count} ready · {credits_text(paid)}{returned}{_rescued(run)}", "warn")
    title = "Cancelled" if run.status == "cancelled" else "Failed"
    charged = f"{credits_text(paid)} charged" if paid else f"Nothing charged, {credits_text(back)} given back"
    return Headline(title, charged, "idle" if title == "Cancelled" else "bad")


def queue_text(run: GenerationView) -> str:
    """Who comes before, roughly: turns are dealt fairly between people. Empty once anything was sent, and for the first in line."""
    if not run.ahead or any(output.stage in STEPS[1:] for output in run.outputs):
        return ""
    return f"about {counted(run.ahead, 'generation')} {'is' if run.ahead == 1 else 'are'} ahead of this one"


def time_left(run: GenerationView, *, now: datetime) -> str:
    """An estimate from this model's own history; nothing while there is none."""
    waiting = [output for output in run.outputs if output.stage in STEPS]
    left_s = longest_left_s(run, waiting, now=now)
    if any(output.is_late for output in waiting):
        return "taking longer than usual"
    if left_s is None or run.expected_s is None:
        return ""
    return "taking longer than usual" if left_s < -run.expected_s else left_text(left_s)


def _rescued(run: GenerationView) -> str:
    """What came although it was late or cancelled already."""
    count = sum(bool(arrival_text(run, output)) for output in run.outputs)
    if not count:
        return ""
    return " · arrived late after all" if count == len(run.outputs) else f" · {count} arrived late after all"


def output_name(run: GenerationView, output: OutputView) -> str:
    """``Image 2 of 4``, ``Clip 1 of 1``."""
    return f"{'Clip' if run.makes_clips else 'Image'} {output.index + 1} of {len(run.outputs)}"


def tile_text(run: GenerationView, output: OutputView) -> str:
    """The sentences of a tile without a picture; empty while all goes as usual."""
    price = credits_text(run.unit_price_credits)
    returned = f"{price} come back when the others are settled." if run.is_open else f"{price} given back."
    match output.stage:
        case Stage.FAILED:
            return f"{output.trouble or 'This one did not work out.'} {returned}"
        case Stage.CANCELLED:
            return f"{output.trouble} {returned}".strip()
        case Stage.UNKNOWN:
            cause = output.trouble or "We lost touch with the provider before it answered."
            return f"{cause} The {price} stay reserved until we know."
    if output.stop_waiting:
        return f"Cancelled. If it still arrives, it is kept for {price}."
    if output.is_late and run.makes_clips:
        return f"This clip takes longer than usual. We keep asking for up to a day; the {price} are charged only if it arrives."
    if output.is_late:
        return "This takes longer than usual. We keep asking; you pay only if it arrives."
    if output.stage is Stage.QUEUED and not output.trouble and (place := queue_text(run)):
        return f"{place[0].upper()}{place[1:]}."
    return output.trouble


def arrival_text(run: GenerationView, output: OutputView) -> str:
    """What there is to say about an output that came although nobody counted on it any more; empty for the others."""
    if output.stage is not Stage.READY:
        return ""
    price = credits_text(run.unit_price_credits)
    if output.stop_waiting:
        return f"It arrived after you had cancelled, so it is yours for {price}."
    return f"It took longer than usual and arrived after all, for {price}." if output.is_late else ""


def announcement(before: GenerationView | None, after: GenerationView) -> str:
    """What a screen reader is told about a change; empty when no stage changed."""
    old = {output.job_id: output.stage for output in before.outputs} if before else {}
    changed = [output for output in after.outputs if old.get(output.job_id) is not output.stage]
    if not changed:
        return ""
    if not after.is_open:
        return f"{after.ready} of {images_text(len(after.outputs), clips=after.makes_clips)} ready."
    return " ".join(f"{output_name(after, output)}: {stage_name(output.stage).lower()}." for output in changed)


def finished_words(run: GenerationView) -> tuple[str, str]:
    """Title and text of a notification."""
    count = images_text(len(run.outputs), clips=run.makes_clips)
    if run.ready == len(run.outputs):
        title = f"{count} ready"
    elif run.ready:
        title = f"{run.ready} of {count} ready"
    else:
        title = "Cancelled" if run.status == "cancelled" else "It did not work out"
    return title, f"{run.model_name}: {run.prompt[:_LONGEST_NOTE]}"


def cancel_words(run: GenerationView) -> str:
    """What cancelling does to the credits, said before it is done."""
    waiting = [output for output in run.outputs if output.stage in STEPS]
    unsent = [output for output in waiting if output.stage is Stage.QUEUED]
    back = credits_text(len(unsent) * run.unit_price_credits)
    if len(unsent) == len(waiting):
        return f"Nothing has been sent yet: {back} come back to you."
    sent = images_text(len(waiting) - len(unsent), clips=run.makes_clips)
    returned = f" What was not sent comes back at once: {back}." if unsent else ""
    return f"{sent} already with the provider: that can't be called back.{returned}"


def cancel_all_words(runs: Sequence[GenerationView]) -> str:
    """What cancelling all of these does to the credits: what is not sent comes back, what is sent is kept if it arrives."""
    waiting = [(run, output) for run in runs for output in run.outputs if output.stage in STEPS and not output.stop_waiting]
    back = sum(run.unit_price_credits for run, output in waiting if output.stage is Stage.QUEUED)
    sent = [run.unit_price_credits for run, output in waiting if output.stage is not Stage.QUEUED]
    said = [f"Or all {len(runs)} that are open:"]
    said.append(f"what was not sent comes back at once, {credits_text(back)}." if back else "nothing of it waits to be sent.")
    if sent:
        are_kept = "is kept if it arrives" if len(sent) == 1 else "are kept if they arrive"
        said.append(f"{counted(len(sent), 'output')} already with the provider {are_kept}, for {credits_text(sum(sent))}.")
    return " ".join(said)


def can_cancel(run: GenerationView) -> bool:
    """True while the app still waits for something."""
    return any(output.stage in STEPS and not output.stop_waiting for output in run.outputs)


def has_been_sent(run: GenerationView) -> bool:
    """True when something that is still open already went to the provider."""
    return any(output.stage in STEPS[1:] for output in run.outputs)


def still_address(output: OutputView, size: str) -> str:
    """Where a still of ``size``, thumb or preview, is; nowhere while a clip has none, because its file is sent in place of one."""
    is_missing = output.content_type.startswith("video/") and not output.has_thumbnails
    return f"/media/{output.media_id}/{size}" if output.media_id and not is_missing else ""
