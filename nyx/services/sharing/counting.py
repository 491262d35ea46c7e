"""Counts views in memory: people and not machines, each once a day, and nothing about them is kept."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, OrderedDict
from datetime import date

from nyx.clock import Clock, Random

MAX_SEEN = 50_000
# Link previews, crawlers, scripts: what calls itself so, and what names nothing at all.
_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|preview|slurp|facebookexternalhit|facebookcatalog|whatsapp|telegram|discord|slack|embedly|mastodon|"
    r"pinterest|skype|curl|wget|python|httpx|go-http|java/|okhttp|node|axios|monitor|lighthouse|headless|scrap|archive",
    re.IGNORECASE,
)


class ViewCounter:
    """``take`` hands over what was counted since the last time. Only hashes under a secret of the day are kept, in memory."""

    def __init__(self, *, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._day: date | None = None
        self._salt = b""
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._counted: Counter[str] = Counter()

    def note(self, token: str, *, ip: str, user_agent: str) -> None:
        """Count one look at a page, unless a machine looked or the same visitor did so today."""
        if not user_agent or _MACHINE.search(user_agent):
            return
        visitor = self._visitor(token, ip, user_agent)
        if visitor in self._seen:
            return
        self._seen[visitor] = None
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        self._counted[token] += 1

    def take(self) -> dict[str, int]:
        """What was counted by token; the counter begins anew."""
        counted, self._counted = self._counted, Counter()
        return dict(counted)

    def give_back(self, counted: dict[str, int]) -> None:
        """What ``take`` handed over could not be stored: count it again later."""
        self._counted.update(counted)

    def _visitor(self, token: str, ip: str, user_agent: str) -> bytes:
        today = self._clock.now().date()
        if today != self._day:
            self._day, self._salt = today, self._random.token().encode()
            self._seen.clear()
        return hashlib.sha256(b"\x00".join([self._salt, token.encode(), ip.encode(), user_agent.encode()])).digest()[:16]
