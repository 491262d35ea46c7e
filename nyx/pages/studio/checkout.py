"""The foot of the controls: what it costs, what there is, and Generate with the reason when it can't run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from nyx.pages._words import credits_text
from nyx.pages.studio.words import images_text
from nyx.services.catalog import Quote
from nyx.theme import Button


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


class _Cost(ui.element, component="components/cost.js"):
    def __init__(self) -> None:
        super().__init__()
        self._props.update(dict.fromkeys(("sum", "total", "balance", "shortage", "problem"), ""))

    def show(self, **words: str) -> None:
        """Send only what changed."""
        if any(self._props[name] != text for name, text in words.items()):
            self._props.update(words)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        words = [self._props[name] for name in ("sum", "total", "balance", "shortage", "problem")]
        return [*super()._displayed_contents(only_visible=only_visible), *words]


class Checkout:
    """``on_generate`` is called for every press; the button is never dead while there is something to say."""

    def __init__(self, *, more: MoreCredits, on_generate: Callable[[], object]) -> None:
        self._more = more
        self._quote: Quote | None = None
        self._available = 0
        self._is_disabled = False
        with ui.element("div").classes("foot"):
            self._cost = _Cost().mark("cost")
            self.button = Button("Generate", kind="primary", size="lg", block=True, kbd="⌘↵", on_click=on_generate).mark("generate")
            self.button.props.update({"data-generate": True, "aria-describedby": f"{self._cost.html_id}-short"})

    @property
    def is_short(self) -> bool:
        """True when the balance does not cover the price."""
        return self._quote is not None and self._quote.total_credits > self._available

    def show(self, quote: Quote | None, *, available: int) -> None:
        """Show the price beside the balance; without a quote there is nothing to buy."""
        self._quote, self._available = quote, available
        self._cost.show(
            sum=f"{images_text(quote.outputs)} × {credits_text(quote.unit_credits)}" if quote else "No model to choose",
            total=f"{quote.total_credits:,}" if quote else "–",
            balance=f" of {available:,}",
            shortage=self.shortage_words() if self.is_short else "",
        )
        if (quote is None) != self._is_disabled:
            self._is_disabled = quote is None
            self.button.set_disabled(self._is_disabled, "No model is switched on.")

    def shortage_words(self) -> str:
        """What is missing, and the way to get it."""
        needed = self._quote.total_credits if self._quote else 0
        return f"This needs {credits_text(needed)} and you have {self._available:,}. {self._more.words()}"

    def set_problem(self, problem: str) -> None:
        """Show a sentence above the button, or take it away."""
        self._cost.show(problem=problem)
