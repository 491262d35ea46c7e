"""What a shared page says: its title, its facts, and what link previews read. Pure."""

from __future__ import annotations

from nyx.services.sharing.views import SharedMedia
from nyx.theme import Markup, el, meta

_LONGEST_TITLE = 70
_LONGEST_DESCRIPTION = 200


def title_of(shared: SharedMedia, model_name: str) -> str:
    """The prompt's beginning where it may be shown, else what it is."""
    if words := " ".join(shared.prompt.split()):
        return _shortened(words, _LONGEST_TITLE)
    kind = "A clip" if shared.is_clip else "A picture"
    return f"{kind} made with {model_name}" if model_name else kind


def description_of(shared: SharedMedia, model_name: str, site_name: str) -> str:
    """One line for previews."""
    words = " ".join(shared.prompt.split())
    made = f"Made with {model_name} on {site_name}." if model_name else f"Made on {site_name}."
    return _shortened(words, _LONGEST_DESCRIPTION) if words else made


def facts_of(shared: SharedMedia, model_name: str) -> list[tuple[str, Markup]]:
    """Names and values in the order in which they are shown."""
    day = f"{shared.made_at.day} {shared.made_at:%B %Y}"
    facts = [("Model", el("span", model_name))] if model_name else []
    facts.append(("Size", el("span", f"{shared.width_px} × {shared.height_px}")))
    if shared.duration_ms is not None:
        facts.append(("Length", el("span", f"{shared.duration_ms / 1000:.1f} s")))
    return [*facts, ("Made", el("time", day, datetime=shared.made_at.isoformat()))]


def tags_of(shared: SharedMedia, *, address: str, title: str, description: str, site_name: str) -> tuple[Markup, ...]:
    """Everything that search engines and link previews read. ``address`` is the page's own, with scheme and host."""
    named = {"description": description, "robots": "noindex,nofollow,max-image-preview:large"}
    named["twitter:card"] = "player" if shared.is_clip else "summary_large_image"
    named |= {"twitter:title": title, "twitter:description": description, "twitter:image": f"{address}/card.jpg"}
    graph = {
        "og:type": "video.other" if shared.is_clip else "website",
        "og:site_name": site_name,
        "og:title": title,
        "og:description": description,
        "og:url": address,
        "og:image": f"{address}/card.jpg",
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": title,
    }
    if shared.is_clip:
        size = {"width": str(shared.width_px), "height": str(shared.height_px)}
        graph |= _clip_graph(shared, address) | {f"og:video:{side}": length for side, length in size.items()}
        named |= {"twitter:player": f"{address}/player", "twitter:player:stream": f"{address}/original"}
        named |= {"twitter:player:stream:content_type": shared.content_type}
        named |= {f"twitter:player:{side}": length for side, length in size.items()}
    return (*(meta(name, words) for name, words in named.items()), *(meta(name, words, is_property=True) for name, words in graph.items()))


def _clip_graph(shared: SharedMedia, address: str) -> dict[str, str]:
    video = {"og:video": f"{address}/original", "og:video:type": shared.content_type}
    if address.startswith("https://"):
        video["og:video:secure_url"] = f"{address}/original"
    return video


def _shortened(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1].rsplit(" ", 1)[0].rstrip(",.;: ") + "…"
