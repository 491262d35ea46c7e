"""What the sandbox remembers: results by link, clips by id, tries by request, and a log of everything it accepted. Bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from nyx.clock import Clock, Random, to_micros
from nyx.sandbox.darkroom import Order
from nyx.sandbox.faults import Fault, Faults

T = TypeVar("T")


class Shelf(Generic[T]):
    """A dictionary that forgets its oldest entries."""

    def __init__(self, limit: int) -> None:
        self._items: OrderedDict[str, T] = OrderedDict()
        self._limit = limit

    def put(self, key: str, item: T) -> None:
        """Keep ``item``, dropping the oldest when full."""
        self._items[key] = item
        while len(self._items) > self._limit:
            self._items.popitem(last=False)

    def find(self, key: str) -> T | None:
        """Return the item or None."""
        return self._items.get(key)


@dataclass
class Result:
    """A file behind a link: until when, and how many downloads are still to be cut off. Times are monotonic seconds."""

    order: Order
    expires_s: float
    cuts_left: int


@dataclass(kw_only=True)
class ClipJob:
    """A clip in the making. ``takes_s`` is how long it pretends to need; None for ever."""

    id: str
    model: str
    order: Order
    faults: Faults
    started_s: float
    created_at_s: float
    takes_s: float | None
    failure: dict[str, object] | None
    size: str
    seconds: str
    terminal_polls: int = 0
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One line of the log: a request that a provider would have billed."""

    id: str
    at_micros: int
    kind: str
    model: str
    prompt: str
    seed: int | None


class Memory:
    """All that the sandbox knows about the past."""

    def __init__(self, *, clock: Clock, random: Random, limit: int) -> None:
        self._clock = clock
        self._random = random
        self._tries: Shelf[int] = Shelf(limit)
        self.results: Shelf[Result] = Shelf(limit)
        self.clips: Shelf[ClipJob] = Shelf(limit)
        self.accepted: list[Accepted] = []
        self._limit = limit

    def accept(self, *, kind: str, model: str, prompt: str, seed: int | None) -> str:
        """Log a request as accepted and return its id."""
        accepted = Accepted(id=self.uuid7(), at_micros=to_micros(self._clock.now()), kind=kind, model=model, prompt=prompt, seed=seed)
        self.accepted.append(accepted)
        # Ten times what is kept of results: a test that counts submits must not lose lines to a long run.
        del self.accepted[: -self._limit * 10]
        return accepted.id

    def count_try(self, key: str) -> int:
        """Return how often this request came before, and count it."""
        seen = self._tries.find(key) or 0
        self._tries.put(key, seen + 1)
        return seen

    def link(self, order: Order, faults: Faults, ttl_s: float) -> str:
        """Make a link to a file and return the last part of it."""
        name = self._random.id()[:20]
        lives_s = 0.0 if Fault.EXPIRE in faults else ttl_s
        self.results.put(name, Result(order, self._clock.monotonic() + lives_s, faults.number(Fault.TRUNCATE)))
        return name

    def uuid7(self) -> str:
        """Make an id that begins with the time, as the provider's do."""
        millis = to_micros(self._clock.now()) // 1000
        chance = self._random.id()
        digits = f"{millis:012x}7{chance[:3]}{'89ab'[int(chance[3], 16) % 4]}{chance[4:19]}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
