"""Which pictures a model takes for which capability, and into which field of a request each goes; no database and no file here."""

from __future__ import annotations

from dataclasses import dataclass

from nyx.errors import InvalidInput
from nyx.models import InputRole
from nyx.services.catalog import ModelSpec
from nyx.services.generation.views import Draft

MOST_INPUTS = 32
NO_PICTURE = "Add a picture to start from."
_MEDIA = "media:"


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where the pictures of a draft go, each as ``media:`` and its id: an address for a provider is made right before the call."""

    image_url: str | None = None
    first: str | None = None
    last: str | None = None
    references: tuple[str, ...] = ()


def check_pictures(spec: ModelSpec, draft: Draft) -> None:
    """Raises: InvalidInput with the field ``inputs``, in a sentence about this model."""
    if draft.capability.startswith("text-to"):
        if draft.inputs:
            words = draft.capability.replace("-", " ")
            raise _wrong(f"{words.capitalize()} takes no pictures. Remove them, or use {words.replace('text', 'image')}.")
        return
    if not draft.inputs:
        raise _wrong(NO_PICTURE)
    for role in (InputRole.IMAGE, InputRole.FIRST, InputRole.LAST):
        if _count(draft, role) > 1:
            raise _wrong(f"There can be one {_NAMES[role]}. Remove the other.")
    if spec.kind == "image":
        _check_for_picture(spec, draft)
    else:
        _check_for_clip(spec, draft)


def place_pictures(spec: ModelSpec, draft: Draft) -> Placed:
    """Sort the pictures of a checked draft into the fields that this model takes."""
    starts = _addresses(draft, InputRole.IMAGE)
    references = _addresses(draft, InputRole.REFERENCE)
    if spec.kind == "image":
        return _placed_for_picture(spec, starts, references)
    firsts, lasts = _addresses(draft, InputRole.FIRST), _addresses(draft, InputRole.LAST)
    if "first" not in spec.frames:
        return Placed(last=_one(lasts), references=(*starts, *references))
    return Placed(first=_one((*firsts, *starts)), last=_one(lasts), references=references)


def media_id_in(address: str) -> str | None:
    """The id in an address that ``place_pictures`` made; None for any other."""
    return address.removeprefix(_MEDIA) if address.startswith(_MEDIA) else None


def needs_a_picture(spec: ModelSpec, capability: str) -> bool:
    """True when the model makes what was asked for, but from pictures only."""
    return capability.startswith("text-to") and capability.replace("text", "image", 1) in spec.capabilities


def _check_for_picture(spec: ModelSpec, draft: Draft) -> None:
    if _count(draft, InputRole.FIRST) or _count(draft, InputRole.LAST):
        raise _wrong(f"{spec.name} makes pictures, which have no first or last frame. Choose a model for clips.")
    _check_number(spec, len(draft.inputs), most=max(spec.max_reference_images, 1), of="picture")
    if len(draft.inputs) > 1 and not spec.takes("reference_images"):
        raise _wrong(f"{spec.name} takes one picture. Remove the others, or choose another model.")


def _check_for_clip(spec: ModelSpec, draft: Draft) -> None:
    frames = [role for role in (InputRole.FIRST, InputRole.LAST) if _count(draft, role)]
    references = _count(draft, InputRole.REFERENCE)
    if _count(draft, InputRole.IMAGE):
        if InputRole.FIRST in frames:
            raise _wrong("The picture to start from is the first frame. Remove one of the two.")
        if InputRole.FIRST in spec.frames:
            frames.append(InputRole.FIRST)
        else:
            references += 1
    for role in frames:
        if role not in spec.frames:
            raise _wrong(f"{spec.name} takes no {_NAMES[role]}. Remove it, or choose another model.")
    _check_number(spec, references, most=max(spec.max_reference_images, int(spec.references_only)), of="reference picture")
    if spec.frames_exclude_references and frames and references:
        raise _wrong(f"{spec.name} takes either frames or reference pictures, not both. Remove one kind.")


def _check_number(spec: ModelSpec, given: int, *, most: int, of: str) -> None:
    if given > most:
        offered = f"up to {most} {of}s" if most > 1 else f"one {of}" if most else f"no {of}s"
        raise _wrong(f"{spec.name} takes {offered}. Remove {'some' if most else 'them'}, or choose another model.")


def _placed_for_picture(spec: ModelSpec, starts: tuple[str, ...], references: tuple[str, ...]) -> Placed:
    """One picture goes alone into ``image_url`` where that is taken; several are references where it is not."""
    everything = (*starts, *references)
    if not spec.takes("image_url"):
        return Placed(references=everything)
    if len(everything) == 1:
        return Placed(image_url=everything[0])
    return Placed(image_url=_one(starts), references=references)


def _addresses(draft: Draft, role: InputRole) -> tuple[str, ...]:
    return tuple(_MEDIA + picture.media_id for picture in draft.inputs if picture.role == role)


def _one(addresses: tuple[str, ...]) -> str | None:
    return addresses[0] if addresses else None


def _count(draft: Draft, role: InputRole) -> int:
    return sum(picture.role == role for picture in draft.inputs)


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, field="inputs")


_NAMES = {InputRole.IMAGE: "picture to start from", InputRole.FIRST: "first frame", InputRole.LAST: "last frame"}
