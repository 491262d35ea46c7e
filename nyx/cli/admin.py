"""``admin``: what whoever runs the installation may do to its people and to outputs nobody knows about, also while it runs."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from typing import Any

from nyx import control
from nyx.administration import Change, ChangePlan, Command, Grant, ListPeople, ListUnknown, Resolve
from nyx.assembly import build_backend
from nyx.cli._open import quiet_settings
from nyx.clock import SystemRandom
from nyx.errors import InvalidInput
from nyx.models.people import Plan

ToCommand = Callable[[argparse.Namespace], Command]


def add_to(commands: Any) -> None:
    parser = commands.add_parser("admin", help="list people, grant credits, change roles and plans, suspend, resolve", description=__doc__)
    actions = parser.add_subparsers(title="actions", required=True, metavar="action")
    _add(actions, "list", lambda _: ListPeople(), "list every account with its credits")
    grant = _add(actions, "grant", _grant, "give credits", "email")
    grant.add_argument("credits", type=int)
    grant.add_argument("--reason", default="Granted by an administrator", help="shown in the person's history")
    _add(actions, "promote", _change, "make somebody an admin", "email")
    _add(actions, "demote", _change, "make somebody a creator again", "email")
    _add(actions, "suspend", _change, "shut somebody out at once", "email")
    _add(actions, "unsuspend", _change, "let somebody in again", "email")
    plan = _add(actions, "plan", _plan, "move somebody to another plan", "email")
    plan.add_argument("plan", choices=tuple(map(str, Plan)))
    _add(actions, "unknown", lambda _: ListUnknown(), "list the outputs whose outcome is unknown")
    resolve = _add(actions, "resolve", _resolve, "say what became of an output whose outcome is unknown", "job")
    resolve.add_argument("outcome", choices=("found", "lost"))
    resolve.add_argument("provider_job_id", nargs="?", help="needed with 'found': the provider's own id of the job")


def _add(actions: Any, name: str, to_command: ToCommand, explanation: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=explanation, description=explanation)
    for argument in arguments:
        parser.add_argument(argument)
    parser.set_defaults(run=run, action=name, to_command=to_command)
    return parser


def run(options: argparse.Namespace) -> int:
    print(asyncio.run(_carry_out(options.to_command(options))))
    return 0


async def _carry_out(command: Command) -> str:
    """By the running studio, where there is one, so that its open pages know at once; otherwise here."""
    settings = quiet_settings()
    said = await control.ask(settings.data_dir, command.model_dump_json())
    if said is not None:
        return said
    backend = build_backend(settings)
    async with backend.opened():
        return await backend.administration.carry_out(command)


def _grant(options: argparse.Namespace) -> Command:
    return Grant(email=options.email, credits=options.credits, reason=options.reason, key=f"cli:{SystemRandom().id()}")


def _change(options: argparse.Namespace) -> Command:
    return Change(action=options.action, email=options.email)


def _plan(options: argparse.Namespace) -> Command:
    return ChangePlan(email=options.email, plan=Plan(options.plan))


def _resolve(options: argparse.Namespace) -> Command:
    if (options.outcome == "found") != bool(options.provider_job_id):
        raise InvalidInput("Give the provider's job id with 'found', and none with 'lost'.")
    return Resolve(job_id=options.job, provider_job_id=options.provider_job_id)
