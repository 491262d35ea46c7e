"""Where the pictures that something is made from stand: the places that a model offers, and who is put where. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nyx.pages.studio.tools import Tool
from nyx.services.catalog import ModelSpec
from nyx.services.generation.views import InputPicture, InputRole

MOST = 32


@dataclass(frozen=True, kw_only=True)
class Place:
    """Room for up to ``most`` pictures in one role."""

    role: InputRole
    label: str
    hint: str
    most: int


def places(tool: Tool, spec: ModelSpec) -> tuple[Place, ...]:
    """What the model takes, the one to fill first in front; none for a tool that starts from words."""
    if not tool.takes_pictures:
        return ()
    if spec.kind == "image":
        most = max(spec.max_reference_images, 1) if spec.takes("reference_images") else 1
        label, hint = ("Picture", "") if most == 1 else ("Pictures", f"Up to {most}. The first is the one to start from.")
        return (Place(role=InputRole.IMAGE, label=label, hint=hint, most=most),)
    found = []
    if "first" in spec.frames:
        found.append(Place(role=InputRole.FIRST, label="First frame", hint="", most=1))
    if "last" in spec.frames:
        found.append(Place(role=InputRole.LAST, label="Last frame", hint="Optional. The clip ends on it.", most=1))
    most = max(spec.max_reference_images, int(spec.references_only))
    if most:
        either = " In place of frames." if spec.frames_exclude_references else ""
        found.append(Place(role=InputRole.REFERENCE, label="References", hint=f"Up to {most}: people, things, style.{either}", most=most))
    return tuple(found)


def fitted(pictures: Iterable[InputPicture], offered: tuple[Place, ...]) -> tuple[tuple[InputPicture, ...], tuple[InputPicture, ...]]:
    """Those that have a place, each in a role that is offered, and those that have none."""
    kept: list[InputPicture] = []
    left: list[InputPicture] = []
    for picture in pictures:
        if has_room(kept, picture.role, offered):
            kept.append(picture)
        else:
            left.append(picture)
    for picture in tuple(left):
        free = next((place.role for place in offered if has_room(kept, place.role, offered)), None)
        if free is not None and not any(one.media_id == picture.media_id for one in kept):
            kept.append(InputPicture(media_id=picture.media_id, role=free))
            left.remove(picture)
    return tuple(kept), tuple(left)


def has_room(pictures: Iterable[InputPicture], role: InputRole, offered: tuple[Place, ...]) -> bool:
    """True when one more fits into this role."""
    most = next((place.most for place in offered if place.role == role), 0)
    return sum(picture.role == role for picture in pictures) < most


def put(pictures: tuple[InputPicture, ...], media_id: str, role: InputRole, offered: tuple[Place, ...]) -> tuple[InputPicture, ...]:
    """Add one more; where there is room for one alone it takes that one's place. A picture stands in a role only once."""
    most = next((place.most for place in offered if place.role == role), 0)
    others = tuple(one for one in pictures if one.role != role or (most > 1 and one.media_id != media_id))
    if not most or not has_room(others, role, offered):
        return pictures
    return (*others, InputPicture(media_id=media_id, role=role))


def moved(pictures: tuple[InputPicture, ...], media_id: str, role: InputRole, step: int) -> tuple[InputPicture, ...]:
    """The same with one picture before or behind its neighbour of the same role."""
    mine = [one for one in pictures if one.role == role]
    at = next((index for index, one in enumerate(mine) if one.media_id == media_id), -1)
    if at < 0 or not 0 <= at + step < len(mine):
        return pictures
    mine[at], mine[at + step] = mine[at + step], mine[at]
    turn = iter(mine)
    return tuple(next(turn) if one.role == role else one for one in pictures)


def as_asked(pictures: tuple[InputPicture, ...]) -> tuple[InputPicture, ...]:
    """The roles as the service knows them: of several pictures for a picture, those behind the first are references."""
    seen_start = False
    asked = []
    for one in pictures:
        role = InputRole.REFERENCE if one.role == InputRole.IMAGE and seen_start else one.role
        seen_start = seen_start or one.role == InputRole.IMAGE
        asked.append(InputPicture(media_id=one.media_id, role=role))
    return tuple(asked)


def as_shown(pictures: tuple[InputPicture, ...], tool: Tool) -> tuple[InputPicture, ...]:
    """The roles as the controls show them: the opposite of ``as_asked``."""
    if tool.noun == "clip":
        return tuple(InputPicture(media_id=one.media_id, role=_OF_CLIPS.get(one.role, one.role)) for one in pictures)
    return tuple(InputPicture(media_id=one.media_id, role=InputRole.IMAGE) for one in pictures)


_OF_CLIPS = {InputRole.IMAGE: InputRole.FIRST}
