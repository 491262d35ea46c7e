"""``admin``: what whoever runs the installation may do to its people and to outputs nobody knows about."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nyx.backend import Backend
from nyx.cli._open import open_backend
from nyx.errors import InvalidInput
from nyx.models.people import Role
from nyx.services.accounts import PersonView

Action = Callable[[Backend, argparse.Namespace], Awaitable[str]]


def add_to(commands: Any) -> None:
    parser = commands.add_parser("admin", help="list people, grant credits, change roles, suspend, resolve", description=__doc__)
    actions = parser.add_subparsers(title="actions", required=True, metavar="action")
    _add(actions, "list", _list, "list every account with its credits")
    grant = _add(actions, "grant", _grant, "give credits", "email")
    grant.add_argument("credits", type=int)
    grant.add_argument("--reason", default="Granted by an administrator", help="shown in the person's history")
    _add(actions, "promote", _promote, "make somebody an admin", "email")
    _add(actions, "demote", _demote, "make somebody a creator again", "email")
    _add(actions, "suspend", _suspend, "shut somebody out at once", "email")
    _add(actions, "unsuspend", _unsuspend, "let somebody in again", "email")
    resolve = _add(actions, "resolve", _resolve, "say what became of an output whose outcome is unknown", "job")
    resolve.add_argument("outcome", choices=("found", "lost"))
    resolve.add_argument("provider_job_id", nargs="?", help="needed with 'found': the provider's own id of the job")


def _add(actions: Any, name: str, action: Action, explanation: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=explanation, description=explanation)
    for argument in arguments:
        parser.add_argument(argument)
    parser.set_defaults(run=run, action=action)
    return parser


def run(options: argparse.Namespace) -> int:
    print(asyncio.run(_act(options)))
    return 0


async def _act(options: argparse.Namespace) -> str:
    backend = open_backend()
    async with backend.opened():
        said = await options.action(backend, options)
        return str(said)


async def _list(backend: Backend, _: argparse.Namespace) -> str:
    lines, after = [], ""
    while page := await backend.people.list_people(after=after):
        lines += [_line(person) for person in page]
        after = page[-1].email
    return "\n".join(lines) or "Nobody has signed up yet."


def _line(person: PersonView) -> str:
    suspended = "  suspended" if person.is_suspended else ""
    return f"{person.email:40}  {person.role:8}  {person.available_credits:>9,} credits  since {person.created_at:%Y-%m-%d}{suspended}"


async def _grant(backend: Backend, options: argparse.Namespace) -> str:
    person = await backend.people.get_by_email(options.email)
    await backend.credits.grant_by_admin(
        owner_id=person.id, amount=options.credits, key=f"cli:{backend.random.id()}", reason=options.reason
    )
    return f"{person.email} has {options.credits:,} credits more: {person.available_credits + options.credits:,}."


async def _promote(backend: Backend, options: argparse.Namespace) -> str:
    return await _set_role(backend, options.email, Role.ADMIN)


async def _demote(backend: Backend, options: argparse.Namespace) -> str:
    return await _set_role(backend, options.email, Role.CREATOR)


async def _set_role(backend: Backend, email: str, role: Role) -> str:
    person = await backend.people.get_by_email(email)
    if person.role is Role.SYSTEM:
        raise InvalidInput(f"{person.email} belongs to the command line and stays what it is.")
    await backend.accounts.set_role(person.id, role)
    return f"{person.email} is {'an admin' if role is Role.ADMIN else 'a creator'}."


async def _suspend(backend: Backend, options: argparse.Namespace) -> str:
    person = await backend.people.get_by_email(options.email)
    await backend.accounts.suspend(person.id)
    return f"{person.email} is suspended and logged out everywhere."


async def _unsuspend(backend: Backend, options: argparse.Namespace) -> str:
    person = await backend.people.get_by_email(options.email)
    await backend.accounts.unsuspend(person.id)
    return f"{person.email} may log in again."


async def _resolve(backend: Backend, options: argparse.Namespace) -> str:
    from nyx.services.generation import interventions

    if (options.outcome == "found") != bool(options.provider_job_id):
        raise InvalidInput("Give the provider's job id with 'found', and none with 'lost'.")
    now = backend.clock.now()
    await backend.db.write(interventions.resolve_unknown, job_id=options.job, provider_job_id=options.provider_job_id, now=now)
    return "It will be fetched when the studio runs." if options.provider_job_id else "It is given up; its credits are free again."
