"""How often somebody may try to log in or sign up: kept in memory, bounded, and never a lock-out."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

from nyx.clock import Clock
from nyx.errors import TooMany

MAX_KEYS = 20_000
SIGN_UPS, SIGN_UP_EVERY_S = 10, 120.0  # at once per network of the internet, then one more every
HOME_SIGN_UPS, HOME_SIGN_UP_EVERY_S = 600, 1.0  # the same for this machine and private networks: a workshop signs up together


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``tries`` at once per network, then one more every ``refill_s``; per account a pause that doubles after ``free_mistakes``."""

    tries: int = 60
    refill_s: float = 6.0
    free_mistakes: int = 5
    longest_pause_s: float = 30.0
    is_public: bool = False
    """People come from the internet: a private address is then only a proxy's, and gets no larger share."""


class TokenBuckets:
    """One bucket of ``size`` tokens per key; a key that was not seen for long is forgotten first."""

    def __init__(self, *, clock: Clock, size: int, refill_s: float) -> None:
        self._clock = clock
        self._size = size
        self._refill_s = refill_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Take one token and return 0, or take none and return the seconds until there is one."""
        now = self._clock.monotonic()
        tokens, since = self._buckets.pop(key, (float(self._size), now))
        tokens = min(float(self._size), tokens + (now - since) / self._refill_s)
        short = max(0.0, 1.0 - tokens)
        self._buckets[key] = (tokens if short else tokens - 1.0, now)
        while len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return short * self._refill_s


class Pauses:
    """After a few wrong passwords for one address each further try has to wait, twice as long every time up to a bound."""

    def __init__(self, *, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._mistakes: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, email: str) -> float:
        """Seconds until this address may be tried again; 0 when it may be now."""
        mistakes, since = self._mistakes.get(email, (0, 0.0))
        over = mistakes - self._limits.free_mistakes
        if over < 0:
            return 0.0
        pause = min(float(2 ** min(over, 16)), self._limits.longest_pause_s)
        return max(0.0, since + pause - self._clock.monotonic())

    def note_mistake(self, email: str) -> None:
        mistakes, _ = self._mistakes.pop(email, (0, 0.0))
        self._mistakes[email] = (mistakes + 1, self._clock.monotonic())
        while len(self._mistakes) > MAX_KEYS:
            self._mistakes.popitem(last=False)

    def forget(self, email: str) -> None:
        self._mistakes.pop(email, None)


class Door:
    """The two limits together, in the words that a person gets to read."""

    def __init__(self, *, clock: Clock, limits: Limits) -> None:
        self._networks = TokenBuckets(clock=clock, size=limits.tries, refill_s=limits.refill_s)
        self._pauses = Pauses(clock=clock, limits=limits)
        self._is_public = limits.is_public
        self._sign_ups = TokenBuckets(clock=clock, size=SIGN_UPS, refill_s=SIGN_UP_EVERY_S)
        self._sign_ups_at_home = TokenBuckets(clock=clock, size=HOME_SIGN_UPS, refill_s=HOME_SIGN_UP_EVERY_S)

    def sign_up(self, *, ip: str) -> None:
        """Count one new account, which costs the studio its bonus. Raises: TooMany."""
        is_near = is_at_home(ip) and not self._is_public
        buckets = self._sign_ups_at_home if is_near else self._sign_ups
        _refuse_until(buckets.wait_s(network_of(ip)))

    def enter(self, *, ip: str, email: str, is_known_device: bool = False) -> None:
        """Count one try. A device that has logged in to this account before skips the account's own pause. Raises: TooMany."""
        wait_s = self._networks.wait_s(network_of(ip))
        if not is_known_device:
            wait_s = max(wait_s, self._pauses.wait_s(email))
        _refuse_until(wait_s)

    def note_mistake(self, email: str) -> None:
        self._pauses.note_mistake(email)

    def note_success(self, email: str) -> None:
        self._pauses.forget(email)


def network_of(ip: str) -> str:
    """The neighbourhood that shares one limit: /24 for IPv4, /56 for IPv6."""
    address = _address(ip)
    if address is None:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False))


def is_at_home(ip: str) -> bool:
    """True for this machine (also when no address is known, because nothing came over a network) and for private networks."""
    address = _address(ip)
    return not ip or (address is not None and (address.is_private or address.is_loopback))


def _address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _refuse_until(wait_s: float) -> None:
    if wait_s:
        seconds = math.ceil(wait_s)
        raise TooMany(f"Too many tries. Please wait {seconds} second{'s' * (seconds != 1)} and try again.", retry_after_s=seconds)
