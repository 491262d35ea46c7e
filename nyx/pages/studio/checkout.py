"""The foot of the controls: what it costs, what there is, and Generate with the reason when it can't run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from nyx.pages.studio.words import credits_text, images_text
from nyx.services.catalog import Quote
from nyx.theme import Button, Text


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


class Checkout:
    """``on_generate`` is called for every press; the button is never dead while there is something to say."""

    def __init__(self, *, more: MoreCredits, on_generate: Callable[[], object]) -> None:
        self._more = more
        self._quote: Quote | None = None
        self._available = 0
        with ui.element("div").classes("foot"):
            with ui.element("div").classes("cost"):
                self._sum = Text("span", classes="muted")
                with ui.element("span").classes("mono"):
                    self._total = Text("b")
                    self._balance = Text("span", classes="faint")
            self._shortage = Text("p", classes="shortage").mark("shortage")
            self._problem = Text("p", classes="error").mark("problem")
            self._problem.props["role"] = "alert"
            self.button = Button("Generate", kind="primary", size="lg", block=True, kbd="⌘↵", on_click=on_generate).mark("generate")
            self.button.props.update({"data-generate": True, "aria-describedby": self._shortage.html_id})
        self.set_problem("")

    @property
    def is_short(self) -> bool:
        """True when the balance does not cover the price."""
        return self._quote is not None and self._quote.total_credits > self._available

    def show(self, quote: Quote | None, *, available: int) -> None:
        """Show the price beside the balance; without a quote there is nothing to buy."""
        self._quote, self._available = quote, available
        self._sum.set_text(f"{images_text(quote.outputs)} × {credits_text(quote.unit_credits)}" if quote else "No model to choose")
        self._total.set_text(f"{quote.total_credits:,}" if quote else "–")
        self._balance.set_text(f" of {available:,}")
        self._shortage.set_text(self.shortage_words() if self.is_short else "")
        self._shortage.set_visibility(self.is_short)
        self.button.set_disabled(quote is None, "No model is switched on.")

    def shortage_words(self) -> str:
        """What is missing, and the way to get it."""
        needed = self._quote.total_credits if self._quote else 0
        return f"This needs {credits_text(needed)} and you have {self._available:,}. {self._more.words()}"

    def set_problem(self, problem: str) -> None:
        """Show a sentence above the button, or take it away."""
        self._problem.set_text(problem)
        self._problem.set_visibility(bool(problem))
