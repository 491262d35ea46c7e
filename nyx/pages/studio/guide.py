"""What stands below a tool: its models side by side, how it goes, its uses, what people ask. Static, made once per catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

from nyx.pages._words import counted, credits_text
from nyx.pages.studio.inputs import places
from nyx.pages.studio.shapes import shapes
from nyx.pages.studio.tools import TOOLS, Tool
from nyx.services.catalog import Capability, ModelSpec
from nyx.theme import Markup, el, icon_markup, mark_markup

_SHOWN = 25
_MOST_RATIOS = 4
Row = tuple[str, str, str, str, str, str, str, str]  # key, name, family, badge, price, shape or length, sound, pictures

_WHY = (
    (
        "shield",
        "Your own server",
        "Every page and every file comes from the server of this studio. Nothing is loaded from elsewhere.",
    ),
    (
        "zap",
        "Pay for what arrives",
        "The price stands above the button. Credits for what fails or is cancelled before it was sent come back by themselves.",
    ),
    (
        "history",
        "Nothing gets lost",
        "Close the tab, lose the connection, restart the server: the work goes on, and every open tab shows where it is.",
    ),
    (
        "lock",
        "Private until you share",
        "What you make is yours to see. A share link is made by you, piece by piece, and can be taken back.",
    ),
)
_USES = {
    "image": (
        ("Product photos", "A thing on slate, in a kitchen, on a beach: the scene without the studio."),
        ("Concept art", "Places and people that do not exist yet, in as many versions as it takes."),
        ("Social media", "A picture in the shape that the post needs, in the style of the rest."),
        ("Illustrations", "For an article, a lesson, a game, a card for somebody you like."),
    ),
    "clip": (
        ("Storyboards", "See a shot move before anybody carries a camera."),
        ("Product films", "A slow orbit, a close look, light that travels over the surface."),
        ("Social media", "A few seconds in the shape that the post needs."),
        ("Moods and backgrounds", "Rain on a window, clouds over a lake, a street at night."),
    ),
}
_FAQ = (
    (
        "What does it cost?",
        "The price of one output is in the table and stands above Generate for the settings that you chose. It is set aside when you press"
        " the button and charged only for what is delivered.",
    ),
    (
        "Who sees my prompts and pictures?",
        "You do. They are kept on this server; your prompt and the pictures you add go to the provider that makes the result. Without a"
        " provider key everything is drawn on this very machine. Nobody else sees a result unless you make a share link.",
    ),
    (
        "May I close the page?",
        "Yes. The work runs on the server. When you come back, and in every other tab, you see where it is. With the bell in the menu of a"
        " generation this tab also tells you when one is done.",
    ),
    (
        "What happens when one fails?",
        "It says why in plain words, its credits come back, and Retry asks again with the same settings and the same seed.",
    ),
    (
        "Can I make exactly the same again?",
        "Where a model takes a seed: reuse the settings of a result and the seed is kept. The same seed, prompt and settings ask for the"
        " same thing; whether a provider answers with the same pixels is up to its model.",
    ),
    (
        "Why is a model marked as retired?",
        "Its provider offers it no longer. It can't be asked for any more; where there is a successor, the list of models offers it.",
    ),
)


def guide(tool: Tool, specs: Sequence[ModelSpec]) -> str:
    """Trusted markup; every word of the catalogue is escaped."""
    return _guide(tool.capability, tuple(_row(spec, tool) for spec in specs if spec.is_enabled and spec.credits))


@lru_cache(maxsize=16)
def _guide(capability: Capability, rows: tuple[Row, ...]) -> str:
    tool = TOOLS[capability]
    return Markup(
        "".join(
            (
                _models(tool, rows),
                _section("Why make it here", el("div", *[_card(*reason) for reason in _WHY], class_="guide-cards")),
                _section("How it goes", el("ol", *[_step(*step) for step in _steps(tool)], class_="guide-steps")),
                _section("What people use it for", el("div", *[_use(*use) for use in _USES[tool.noun]], class_="guide-cards")),
                _section("Questions", el("div", *[_question(*pair) for pair in _FAQ], class_="guide-faq")),
                _closing(tool),
            )
        )
    )


def _models(tool: Tool, rows: tuple[Row, ...]) -> Markup:
    if not rows:
        return Markup()
    said = f"{counted(len(rows), 'model')} for this tool, with what one {tool.noun} costs at the usual settings."
    parts = [el("p", said, class_="muted"), _table(tool, rows[:_SHOWN], label=f"Models for {tool.title.lower()}")]
    if rest := rows[_SHOWN:]:
        more = el("summary", el("span", f"Show all {len(rows)}"), Markup(icon_markup("chevron-down")), class_="btn")
        parts.append(el("details", more, _table(tool, rest, label=f"More models for {tool.title.lower()}"), class_="guide-more"))
    return _section("The models side by side", *parts)


def _table(tool: Tool, rows: Sequence[Row], *, label: str) -> Markup:
    names = ["Model", "Maker", "Price", "Shapes" if tool.noun == "image" else "Length"]
    names += ["Sound"] if tool.noun == "clip" else []
    names += ["Pictures"] if tool.takes_pictures else []
    head = el("tr", *[el("th", name, scope="col") for name in names], el("th", el("span", "Choose", class_="sr-only"), scope="col"))
    body = el("tbody", *[_line(tool, row) for row in rows])
    # What scrolls sideways on a phone must be reachable by keyboard.
    return el("div", el("table", el("thead", head), body), class_="guide-table", role="region", tabindex="0", aria_label=label)


def _line(tool: Tool, row: Row) -> Markup:
    key, name, family, badge, price, shape, sound, pictures = row
    mark = el("span", Markup(mark_markup(family)), class_="ico")
    badged = el("span", badge, class_="badge") if badge else Markup()
    cells = [el("th", el("span", mark, el("span", name), badged, class_="guide-model"), scope="row"), el("td", family)]
    cells += [el("td", price, class_="mono"), el("td", shape)]
    cells += [el("td", sound)] if tool.noun == "clip" else []
    cells += [el("td", pictures)] if tool.takes_pictures else []
    use = el("a", "Use it", href=f"{tool.path}?{urlencode({'model': key})}", class_="link", aria_label=f"Use {name}")
    return el("tr", *cells, el("td", use))


def _row(spec: ModelSpec, tool: Tool) -> Row:
    price = credits_text(spec.credits or 0)
    if spec.kind == "video":
        price += f" for {spec.default_seconds} s"
    shape = _seconds(spec) if spec.kind == "video" else _ratios(spec)
    return (spec.key, spec.name, spec.family, spec.badge, price, shape, "Yes" if spec.audio else "–", _pictures(spec, tool))


def _seconds(spec: ModelSpec) -> str:
    few = spec.seconds if len(spec.seconds) <= 3 else (f"{min(spec.seconds)} to {max(spec.seconds)}",)
    length = f"{', '.join(map(str, few))} s"
    return (
        f"{length}, {' or '.join(dict.fromkeys((spec.resolutions[0].lower(), spec.resolutions[-1].lower())))}"
        if spec.resolutions
        else length
    )


def _ratios(spec: ModelSpec) -> str:
    ratios = list(shapes(spec))
    more = len(ratios) - _MOST_RATIOS
    return f"{', '.join(ratios[:_MOST_RATIOS])}{f' and {more} more' if more > 0 else ''}" or "The model's own"


def _pictures(spec: ModelSpec, tool: Tool) -> str:
    return ", ".join(place.label if place.most == 1 else f"Up to {place.most}" for place in places(tool, spec)) or "–"


def _steps(tool: Tool) -> tuple[tuple[str, str], ...]:
    start = (
        "Add a picture and write what should happen."
        if tool.takes_pictures
        else "Write what you want to see: subject, place, light, style."
    )
    return (
        ("Choose a model", "Each has its strengths and its price. Mark those you like with a star; what you used last stands on top."),
        ("Describe it", start),
        ("Generate and keep", f"Watch every {tool.noun} arrive. Download it, share it, or go on from its settings."),
    )


def _section(title: str, *content: Markup) -> Markup:
    return el("section", el("h2", title), *content)


def _card(icon_name: str, title: str, text: str) -> Markup:
    return el(
        "div", el("span", Markup(icon_markup(icon_name)), class_="ic"), el("h3", title), el("p", text, class_="muted"), class_="card pad"
    )


def _use(title: str, text: str) -> Markup:
    return el("div", el("h3", title), el("p", text, class_="muted"), class_="card pad")


def _step(title: str, text: str) -> Markup:
    return el("li", el("h3", title), el("p", text, class_="muted"))


def _question(question: str, answer: str) -> Markup:
    asked = el("summary", el("span", question), el("span", Markup(icon_markup("chevron-down")), class_="ic"))
    return el("details", asked, el("p", answer, class_="muted"))


def _closing(tool: Tool) -> Markup:
    call = el("a", "Back to the prompt", href="#main", class_="btn primary big")
    return el("section", el("h2", "Ready when you are"), el("p", tool.description, class_="muted"), call, class_="guide-end")
