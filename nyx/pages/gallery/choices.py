"""What a person does to what is chosen, as the browser says it: read here, and only here, before anything believes it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from nyx.services.media.curating import MOST_AT_ONCE

_ID = re.compile(r"[0-9a-f]{32}")


class Act(StrEnum):
    """What can be done to several at once."""

    FAVOUR = "favour"
    UNFAVOUR = "unfavour"
    TRASH = "trash"
    RESTORE = "restore"
    DOWNLOAD = "download"
    COLLECT = "collect"
    COLLECT_NEW = "collect-new"
    UNCOLLECT = "uncollect"
    COVER = "cover"


@dataclass(frozen=True)
class Choice:
    """``target`` is the id of a collection, or the name of a new one."""

    act: Act
    media_ids: tuple[str, ...]
    target: str = ""


def act_of(sent: object) -> Choice | None:
    """None for what no page of ours says."""
    match sent:
        case {"act": str(act), "ids": list(ids), **rest} if act in set(Act):
            target = rest.get("target", "")
            chosen = ids_of(ids)
            return Choice(Act(act), chosen, target if isinstance(target, str) else "") if chosen else None
    return None


def ids_of(sent: object) -> tuple[str, ...]:
    """At most 500; empty when any of it is no id."""
    if not isinstance(sent, list) or len(sent) > MOST_AT_ONCE:
        return ()
    ids = tuple(one for one in sent if isinstance(one, str) and _ID.fullmatch(one))
    return ids if len(ids) == len(sent) else ()
