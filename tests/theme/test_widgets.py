"""Widgets keep their promises on the server's side; what needs a browser is tested in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.page import page

from nyx.theme import Button, Chips, Dialog, IconButton, ProgressBar, Site, Text, TextField, Viewer, busy, form_post, frame
from nyx.theme.navbar import Navbar

SITE = Site(public_url="https://studio.example", version="1.2.3")


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(page("/somewhere"))
    with made:
        yield made
    made.delete()


def send(element: Element, kind: str, args: Any) -> None:
    """Let the browser report an event of an element."""
    listener = next(one for one in element._event_listeners.values() if one.type == kind)
    element.client.handle_event({"id": element.id, "listener_id": listener.id, "args": [json.dumps(args)]})


def words(client: Client) -> str:
    """Everything that the page's elements say, in markup or as text."""
    said = [str(getattr(element, "content", "")) + str(getattr(element, "text", "")) for element in client.elements.values()]
    fed = [str(value) for element in client.elements.values() if isinstance(element, Navbar) for value in element.props.values()]
    return "\n".join(said + fed)


@pytest.mark.usefixtures("client")
class TestButton:
    def test_words_are_escaped(self) -> None:
        assert "<b>" not in Button("<b>bold</b>").content

    def test_a_reason_explains_why_it_is_off_and_goes_when_it_is_on(self) -> None:
        button = Button("Generate").set_disabled(True, "Type a prompt first.")
        assert (button.props["disabled"], button.props["title"]) == (True, "Type a prompt first.")

        button.set_disabled(False)

        assert "disabled" not in button.props
        assert "title" not in button.props

    def test_an_icon_button_has_a_name(self) -> None:
        assert IconButton("Download", icon="download").props["aria-label"] == "Download"


@pytest.mark.usefixtures("client")
class TestBusy:
    def test_a_button_is_held_for_the_length_of_the_block(self) -> None:
        button = Button("Generate")

        with busy(button):
            assert button.props["disabled"] is True

        assert "disabled" not in button.props

    def test_an_error_frees_the_button(self) -> None:
        button = Button("Generate")

        with pytest.raises(RuntimeError), busy(button):
            raise RuntimeError

        assert "disabled" not in button.props

    def test_a_button_that_was_off_stays_off(self) -> None:
        button = Button("Generate").set_disabled(True, "Nothing to do.")

        with busy(button):
            pass

        assert button.props["disabled"] is True


@pytest.mark.usefixtures("client")
class TestFields:
    def test_what_is_typed_arrives(self) -> None:
        heard: list[str] = []
        field = TextField("Prompt", name="prompt", on_change=lambda event: heard.append(event.value))

        send(field, "update:value", "a fox")

        assert (field.value, heard) == ("a fox", ["a fox"])

    def test_a_value_that_is_no_text_is_ignored(self) -> None:
        field = TextField("Prompt", name="prompt", value="a fox")

        send(field, "update:value", {"not": "text"})

        assert field.value == "a fox"

    def test_an_error_leaves_what_was_typed(self) -> None:
        field = TextField("Prompt", name="prompt", value="a fox").set_error("Too long.")

        assert (field.props["error"], field.value) == ("Too long.", "a fox")

    @pytest.mark.parametrize("sent", ["21:9", None, ["1:1"], 7])
    def test_a_choice_that_was_not_offered_is_ignored(self, sent: object) -> None:
        chips = Chips("Aspect ratio", ["1:1", "16:9"], value="1:1")

        send(chips, "update:value", sent)

        assert chips.value == "1:1"

    def test_an_offered_choice_is_taken(self) -> None:
        chips = Chips("Aspect ratio", ["1:1", "16:9"], value="1:1")

        send(chips, "update:value", "16:9")

        assert chips.value == "16:9"


@pytest.mark.usefixtures("client")
class TestDialog:
    def test_closing_in_the_browser_is_told_once(self) -> None:
        closed: list[bool] = []
        dialog = Dialog("Choose a model", on_close=lambda: closed.append(True))
        dialog.open()

        send(dialog, "update:value", False)
        send(dialog, "update:value", False)

        assert closed == [True]


@pytest.mark.usefixtures("client")
class TestProgressBar:
    @pytest.mark.parametrize(("value", "shown"), [(0.62, 0.62), (-1, 0), (7, 1), (1 / 3, 0.333)])
    def test_a_value_is_brought_within_its_ends(self, value: float, shown: float) -> None:
        assert ProgressBar("Progress", value=value).props["fraction"] == shown

    def test_an_unknown_value_is_not_given_as_a_number(self) -> None:
        assert ProgressBar("Progress", value=0.5).set_progress(None).props["fraction"] is None

    def test_the_same_again_sends_nothing(self, client: Client) -> None:
        bar = ProgressBar("Progress", value=0.5, text="about 40 s left")
        client.outbox.updates.clear()

        bar.set_progress(0.50001, text="about 40 s left")
        assert not client.outbox.updates

        bar.set_progress(0.6, text="about 32 s left")
        assert client.outbox.updates


class TestForm:
    def test_it_posts_natively_with_its_hidden_fields(self, client: Client) -> None:
        with form_post("/auth/login", hidden={"next": '/a"b'}) as form:
            pass

        hidden = next(iter(form))
        assert (form.props["method"], form.props["action"], hidden.props["value"]) == ("post", "/auth/login", '/a"b')


class TestFrame:
    def test_the_head_escapes_what_it_is_given(self, client: Client) -> None:
        with frame('Say "hi" <now>', site=SITE, path="/x", description='A "quoted" <page>'):
            pass

        assert "<now>" not in client.head_html
        assert '<meta name="description" content="A &quot;quoted&quot; &lt;page&gt;">' in client.head_html
        assert '<link rel="canonical" href="https://studio.example/x">' in client.head_html

    def test_a_visitor_is_offered_to_log_in_and_has_no_balance(self, client: Client) -> None:
        with frame("Log in", site=SITE, path="/login", description="Log in.") as framed:
            framed.credits.set(5)

        assert 'href="/login"' in words(client)
        assert "/dashboard/gallery" not in words(client)

    def test_a_member_sees_balance_and_address_and_the_balance_moves(self, client: Client) -> None:
        viewer = Viewer("ada@example.com", credits=1284)

        with frame("Studio", site=SITE, path="/studio/image-to-image", description="Make.", viewer=viewer) as framed:
            assert "1,284" in words(client)
            framed.credits.set(1264)

        assert "1,264" in words(client)
        assert "ada@example.com" in words(client)
        assert 'href="/studio/text-to-image" aria-current="page"' in words(client)

    def test_an_address_of_odd_signs_stays_words(self, client: Client) -> None:
        viewer = Viewer('<i>"&"</i>@example.com', credits=1)

        with frame("Studio", site=SITE, path="/x", description="Make.", viewer=viewer):
            pass

        assert '<div class="menu-head">&lt;i&gt;&quot;&amp;&quot;&lt;/i&gt;@example.com</div>' in words(client)
        assert '<summary class="avatar" aria-label="Account menu">&lt;</summary>' in words(client)

    def test_the_content_stands_between_navbar_and_footer(self, client: Client) -> None:
        with frame("Studio", site=SITE, path="/x", description="Make.", notice="Sandbox."):
            heading = Text("h1", "Studio")

        kinds = [child.tag if type(child) is not ui.html else child.props["tag"] for child in client.layout.default_slot.children]
        assert kinds == ["nicegui-navbar", "q-page-container", "footer"]
        assert "Sandbox." in words(client)
        assert client.content in set(heading.ancestors())
