"""Things to press: native buttons and links that look like buttons, each one element."""

from __future__ import annotations

import html
from typing import Literal, Self

from nicegui import ui
from nicegui.events import ClickEventArguments, Handler, handle_event

from nyx.theme.icons import icon_markup

Kind = Literal["", "primary", "ghost", "danger"]
Size = Literal["", "lg", "sm"]
# Quasar hides .lg and .sm by window width and makes .block a block: our classes have names of their own.
_SIZE_CLASS: dict[Size, str] = {"": "", "lg": "big", "sm": "mini"}


class _Pressable(ui.html):
    """A native button that can be switched off with a reason, or be busy, one independent of the other."""

    def __init__(self, content: str, *, on_click: Handler[ClickEventArguments] | None) -> None:
        super().__init__(content, sanitize=False, tag="button")
        self._is_disabled = False
        self._is_busy = False
        self._props["type"] = "button"
        if on_click is not None:
            self.on("click", lambda _: handle_event(on_click, ClickEventArguments(sender=self, client=self.client)), [])

    def set_disabled(self, disabled: bool, reason: str | None = None) -> Self:
        """Switch the button off or on; the reason is shown as its tooltip and read out as its description."""
        self._is_disabled = disabled
        self._props.set_optional("title", reason if disabled else None)
        self._props.set_optional("aria-description", reason if disabled else None)
        self._apply()
        return self

    def set_busy(self, busy: bool) -> Self:
        """Show that the press is being carried out; until it ends the button can't be pressed again."""
        self._is_busy = busy
        self._apply()
        return self

    def _apply(self) -> None:
        self._props.set_bool("disabled", self._is_disabled or self._is_busy)
        self._props.set_optional("aria-busy", "true" if self._is_busy else None)
        self.classes(add="is-busy") if self._is_busy else self.classes(remove="is-busy")


class Button(_Pressable):
    """A button with words, and an icon before them or a keyboard hint after them where asked."""

    def __init__(
        self,
        text: str,
        *,
        icon: str | None = None,
        kind: Kind = "",
        size: Size = "",
        block: bool = False,
        kbd: str | None = None,
        on_click: Handler[ClickEventArguments] | None = None,
    ) -> None:
        self._icon = icon
        self._kbd = kbd
        super().__init__(_words(text, icon, kbd), on_click=on_click)
        self.classes(_btn_classes(kind, size, block))

    def set_text(self, text: str) -> Self:
        """Replace the words; icon and keyboard hint stay."""
        self.set_content(_words(text, self._icon, self._kbd))
        return self


class SubmitButton(Button):
    """A button that submits the native form around it."""

    def __init__(self, text: str, *, icon: str | None = None, kind: Kind = "primary", block: bool = False) -> None:
        super().__init__(text, icon=icon, kind=kind, block=block)
        self._props["type"] = "submit"


class IconButton(_Pressable):
    """A button that shows only an icon; the label is its name and its tooltip. ``pressed`` makes it a switch."""

    def __init__(self, label: str, *, icon: str, pressed: bool | None = None, on_click: Handler[ClickEventArguments] | None = None) -> None:
        super().__init__(icon_markup(icon), on_click=on_click)
        self.classes("iconbtn")
        self.set_label(label)
        if pressed is not None:
            self.set_pressed(pressed)

    def set_label(self, label: str) -> Self:
        """Replace the name that is read out and shown as tooltip."""
        self._props["aria-label"] = label
        self._props["title"] = label
        return self

    def set_pressed(self, pressed: bool) -> Self:
        """Show the switch as on or off."""
        self._props["aria-pressed"] = "true" if pressed else "false"
        return self


class LinkButton(ui.html):
    """A link that looks like a button. ``href`` is an address of ours, never one that a person typed."""

    def __init__(
        self,
        text: str,
        *,
        href: str,
        icon: str | None = None,
        kind: Kind = "",
        size: Size = "",
        block: bool = False,
        download: str | None = None,
    ) -> None:
        super().__init__(_words(text, icon, None), sanitize=False, tag="a")
        self.classes(_btn_classes(kind, size, block))
        self._props["href"] = href
        self._props.set_optional("download", download)


class IconLink(ui.html):
    """A link that shows only an icon. ``download`` is the file name offered for saving."""

    def __init__(self, label: str, *, icon: str, href: str, download: str | None = None) -> None:
        super().__init__(icon_markup(icon), sanitize=False, tag="a")
        self.classes("iconbtn")
        self._props["aria-label"] = label
        self._props["title"] = label
        self._props["href"] = href
        self._props.set_optional("download", download)


def _words(text: str, icon: str | None, kbd: str | None) -> str:
    before = icon_markup(icon) if icon else ""
    after = f'<kbd aria-hidden="true">{html.escape(kbd)}</kbd>' if kbd else ""
    return f"{before}<span>{html.escape(text)}</span>{after}"


def _btn_classes(kind: Kind, size: Size, block: bool) -> str:
    return " ".join(part for part in ("btn", kind, _SIZE_CLASS[size], "full" if block else "") if part)
