"""Pieces of a page that know no domain: text, badges, waiting and empty states, menus, dialogs, native forms, toasts."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal, Self

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.elements.mixins.value_element import ValueElement

from nyx.theme.assets import asset
from nyx.theme.icons import SPRITE, icon, icon_markup

ToastKind = Literal["info", "positive", "warning", "negative"]
_TOAST_MS = {"info": 4_000, "positive": 4_000, "warning": 7_000, "negative": 9_000}


class Text(TextElement):
    """One native element with escaped words, e.g. ``Text("h1", "Gallery")``; ``set_text`` and ``bind_text_from`` work."""

    def __init__(self, tag: str, text: str = "", *, classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


def badge(text: str, *, hot: bool = False) -> Text:
    """Show a short word beside a name."""
    return Text("span", text, classes="badge hot" if hot else "badge")


def skeleton(*, classes: str = "") -> ui.element:
    """Hold the place of something that is on its way."""
    box = ui.element("div").classes(f"skel {classes}")
    box.props["aria-hidden"] = "true"
    return box


@contextmanager
def empty_state(title: str, text: str, *, icon_name: str) -> Iterator[ui.element]:
    """Say why there is nothing yet and what to do; put the button that does it inside."""
    with ui.element("div").classes("empty") as box:
        icon(icon_name)
        Text("h2", title)
        Text("p", text)
        yield box


class ProgressBar(ui.element, component="components/progress_bar.js"):
    """A bar from 0 to 1, with a line of words below it; None while nobody can say how far it is. It glides from one value to the next."""

    def __init__(self, label: str, *, value: float | None = None, text: str = "") -> None:
        super().__init__()
        self._props["label"] = label
        self.set_progress(value, text=text)

    def set_progress(self, value: float | None, *, text: str = "") -> Self:
        """Move the bar; once a second is smooth. Values outside 0..1 are brought to the nearest end. Nothing is sent unless it changed."""
        shown = None if value is None else round(min(1.0, max(0.0, value)), 3)
        if (shown, text) != (self._props.get("fraction", -1), self._props.get("text")):
            self._props.update({"fraction": shown, "text": text})
        return self

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), self._props["text"]]


class Summary(ui.html):
    """The line of a disclosure that is always in sight."""

    def __init__(self, text: str) -> None:
        super().__init__(_summary_words(text), sanitize=False, tag="summary")
        self.classes("lab")

    def set_text(self, text: str) -> Self:
        """Replace the words."""
        self.set_content(_summary_words(text))
        return self


def _summary_words(text: str) -> str:
    return f'{html.escape(text)}<span class="ic">{icon_markup("chevron-down")}</span>'


@contextmanager
def disclosure(summary: str, *, is_open: bool = False) -> Iterator[Summary]:
    """Keep seldom used controls behind one line; the browser opens and closes it. Its box is the summary's parent."""
    with ui.element("details").classes("more") as box:
        box.props.set_bool("open", is_open)
        line = Summary(summary)
        with ui.element("div").classes("more-body"):
            yield line


@contextmanager
def menu(label: str, *, icon_name: str = "ellipsis") -> Iterator[ui.element]:
    """Open a small panel under an icon; fill it with ``menu-item`` buttons and links. It closes by itself."""
    with ui.element("details").classes("menu") as box:
        summary = ui.html(icon_markup(icon_name), sanitize=False, tag="summary").classes("iconbtn")
        summary.props["aria-label"] = label
        with ui.element("div").classes("menu-panel"):
            yield box


class Dialog(ValueElement[bool], component="components/dialog.js"):
    """A modal with a title and a close button. ``variant``: "sheet" comes from below on a phone, "lightbox" fills the window."""

    VALUE_PROP = "value"
    LOOPBACK = False

    def __init__(self, label: str, *, variant: Literal["", "sheet", "lightbox"] = "", on_close: Callable[[], Any] | None = None) -> None:
        super().__init__(value=False)
        self._on_close = on_close
        self.classes(variant)
        self._props["label"] = label
        self._props["sprite"] = asset(SPRITE)

    def open(self) -> None:
        """Show it above everything else; focus moves into it."""
        self.set_value(True)

    def close(self) -> None:
        """Take it away; focus returns to where it was."""
        self.set_value(False)

    def set_label(self, label: str) -> Self:
        """Replace the title."""
        self._props["label"] = label
        return self

    def _handle_value_change(self, value: Any) -> None:
        was_open = bool(self._props.get(self.VALUE_PROP))
        super()._handle_value_change(value is True)
        if self._send_update_on_value_change:
            self.run_method("updateValue")
        if was_open and value is not True and self._on_close is not None:
            self._on_close()


@contextmanager
def form_post(action: str, *, classes: str = "", hidden: Mapping[str, str] = MappingProxyType({})) -> Iterator[ui.element]:
    """Post natively, without the websocket: the way every cookie changes. ``hidden`` are further fields."""
    with ui.element("form").classes(classes) as form:
        form.props["method"] = "post"
        form.props["action"] = action
        for name, value in hidden.items():
            field = ui.element("input")
            field.props.update({"type": "hidden", "name": name, "value": value})
        yield form


def toast(text: str, *, kind: ToastKind = "info") -> None:
    """Say something in passing. Bad news stays longer and can be closed."""
    ui.notify(
        text,
        position="top",
        close_button="Close" if kind in ("warning", "negative") else False,
        multi_line=True,
        timeout=_TOAST_MS[kind],
        classes=f"toast {kind}",
        textColor="toast",  # else Quasar writes in white, whatever the theme
    )
