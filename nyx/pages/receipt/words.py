"""What a receipt says, line by line. Pure."""

from __future__ import annotations

from datetime import datetime

from nyx.pages._words import credits_text
from nyx.services.generation.receipts import Receipt, ReceiptLine, ReceiptOutput, Step

_OUTCOMES = {
    "accepted": "the provider accepted it and began",
    "delivered": "the provider delivered it",
    "refused": "the provider refused it",
    "unavailable": "the provider was too busy to take it; it is tried again",
    "misbehaved": "the provider broke down on it",
    "unknown": "the answer was lost: nobody knew yet whether it was being made. It was not sent a second time",
}
_SOURCES = {
    "sign_up": "the sign-up bonus",
    "admin": "credits given by the studio",
    "plan": "this month's plan",
    "pack": "a credit pack",
    "command_line": "the command line's own credits",
}
_STATES = {
    "pending": "Waiting",
    "submitting": "Sent",
    "running": "Being made",
    "fetching": "Being saved",
    "completed": "Delivered",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "unknown": "Not known yet",
}


def line_text(line: ReceiptLine, receipt: Receipt) -> str:
    """One sentence for one step."""
    whose = f"Output {(line.output or 0) + 1}"
    match line.step:
        case Step.ASKED:
            count = len(receipt.outputs)
            each = f", {credits_text(receipt.unit_credits)} each" if count > 1 else ""
            return f"Asked {receipt.model_name} for {count} output{'' if count == 1 else 's'}{each}."
        case Step.HELD:
            return "Set aside until the outcome is known."
        case Step.SENT:
            return f"{whose}: sent to the provider{f', try {line.attempt}' if line.attempt > 1 else ''}."
        case Step.ANSWERED:
            return f"{whose}: {_OUTCOMES[line.outcome or 'unknown']}."
        case Step.CUT_OFF:
            return f"{whose}: the studio was stopped before an answer came. It was not sent a second time."
        case Step.READY:
            return f"{whose}: stored in your gallery."
        case Step.FAILED:
            return f"{whose}: failed. {line.words}".rstrip()
        case Step.CANCELLED:
            return f"{whose}: cancelled."
        case Step.CHARGED:
            return f"Charged to {_SOURCES.get(line.source or '', 'your credits')}."
        case Step.GIVEN_BACK:
            return "Given back to your balance."


def amount_text(line: ReceiptLine) -> str:
    """What moved: held and charged as less, given back as more; empty where nothing did."""
    if line.step is Step.ASKED or not line.credits:
        return ""
    # What is set aside isn't spent yet, and what is charged was set aside before: signs would count it twice.
    return f"+{line.credits:,}" if line.step is Step.GIVEN_BACK else f"{line.credits:,}"


def output_text(output: ReceiptOutput) -> str:
    """How one output stands, e.g. ``Output 2: Delivered, late``."""
    words = _STATES[output.state]
    if output.was_deleted:
        words += ", deleted since"
    elif output.is_late:
        words += ", late"
    return f"Output {output.index + 1}: {words}"


def sum_text(receipt: Receipt) -> str:
    """The whole in one line."""
    parts = [f"{credits_text(receipt.quoted)} set aside", f"{receipt.charged:,} charged", f"{receipt.given_back:,} given back"]
    if receipt.still_held:
        parts.append(f"{receipt.still_held:,} still set aside")
    return ", ".join(parts) + "."


def moment_text(moment: datetime) -> str:
    """``27 November 2026, 23:59:04 UTC``."""
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"
