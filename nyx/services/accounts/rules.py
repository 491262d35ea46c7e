"""What an e-mail address and a password must look like, and what a plan brings; nothing is stored here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from email_validator import EmailNotValidError, validate_email

from nyx.errors import InvalidInput
from nyx.models.people import Plan, Role

MIN_PASSWORD = 8
MAX_PASSWORD = 256
MAX_EMAIL = 254

_COMMON = Path(__file__).with_name("common_passwords.txt")


def carries_mark(role: Role, plan: Plan) -> bool:
    """Whether outputs carry the visible mark: those of the Free plan, but not of whoever runs the studio or its command line."""
    return plan is Plan.FREE and role is Role.CREATOR


def clean_email(email: str) -> str:
    """Return the address in the form that is stored: trimmed, normalised and in lower case. Raises: InvalidInput."""
    typed = email.strip()
    if not typed:
        raise InvalidInput("Enter your e-mail address.", field="email")
    if len(typed) > MAX_EMAIL:
        raise InvalidInput("That e-mail address is too long.", field="email")
    try:
        # An installation in a home network may well use addresses below .local or .test: the name need not exist in the world's DNS.
        return validate_email(typed, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidInput("That doesn't look like an e-mail address, such as name@example.com.", field="email") from error


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is too short, too long or among the first that anybody would try. Raises: InvalidInput."""
    if len(password) < MIN_PASSWORD:
        raise InvalidInput(f"Use at least {MIN_PASSWORD} characters.", field="password")
    if len(password) > MAX_PASSWORD:
        raise InvalidInput(f"Use at most {MAX_PASSWORD} characters.", field="password")
    lowered = password.casefold()
    if lowered in _common_passwords() or lowered in {email, email.partition("@")[0]} or len(set(lowered)) < 3:
        raise InvalidInput("Anyone would guess that password. Choose another; a few unrelated words work well.", field="password")


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))
