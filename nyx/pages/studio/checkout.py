"""What stands above Generate: what it costs, what there is, and how to get more when that is too little. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from nyx.pages._words import counted, credits_text
from nyx.pages.studio.controls import CostView
from nyx.services.catalog import Quote


@dataclass(frozen=True)
class MoreCredits:
    """Who to ask for credits: ``contact`` may be empty; ``admin_email`` is set when the viewer is an admin."""

    contact: str = ""
    admin_email: str = ""

    def words(self) -> str:
        """The way to get more."""
        if self.admin_email:
            return f"You run this studio: python -m nyx admin grant {self.admin_email} 100"
        return f"Ask {self.contact} to add credits." if self.contact else "Ask the person who runs this studio to add credits."


def cost_view(price: Quote | None, *, noun: str, available: int, more: MoreCredits, problem: str, blocked: str = "") -> CostView:
    """The price beside the balance; without a price there is nothing to buy. ``blocked`` is what is still missing for a press."""
    if price is None:
        return CostView(
            sum="No model to choose", total="–", balance=f" of {available:,}", problem=problem, blocked="No model is switched on."
        )
    return CostView(
        sum=f"{counted(price.outputs, noun)} × {credits_text(price.unit_credits)}",
        total=f"{price.total_credits:,}",
        balance=f" of {available:,}",
        shortage=shortage_words(price, available=available, more=more),
        problem=problem,
        blocked=blocked,
    )


def shortage_words(price: Quote | None, *, available: int, more: MoreCredits) -> str:
    """What is missing, and the way to get it; empty when there is enough."""
    if price is None or price.total_credits <= available:
        return ""
    return f"This needs {credits_text(price.total_credits)} and you have {available:,}. {more.words()}"
