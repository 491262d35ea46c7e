"""What whoever runs the installation may do, as commands in plain data and answers in plain words; who may ask is decided elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from nyx.errors import InvalidInput
from nyx.models.people import Plan, Role
from nyx.services.accounts import AccountService, People, PersonView
from nyx.services.credits.service import CreditService
from nyx.services.generation.unknowns import UnknownOutput, Unknowns

_SHOWN_PROMPT = 60


class ListPeople(BaseModel):
    action: Literal["list"] = "list"


class Grant(BaseModel):
    """``key`` makes it safe to repeat; credits are whole."""

    action: Literal["grant"] = "grant"
    email: str
    credits: int
    reason: str
    key: str


class Change(BaseModel):
    """What is done to one account."""

    action: Literal["promote", "demote", "suspend", "unsuspend"]
    email: str


class ChangePlan(BaseModel):
    """Moves one account to another plan."""

    action: Literal["plan"] = "plan"
    email: str
    plan: Plan


class ListUnknown(BaseModel):
    action: Literal["unknown"] = "unknown"


class Resolve(BaseModel):
    """``provider_job_id`` when the output was found, None when it is lost."""

    action: Literal["resolve"] = "resolve"
    job_id: str
    provider_job_id: str | None = None


Command = Annotated[ListPeople | Grant | Change | ChangePlan | ListUnknown | Resolve, Field(discriminator="action")]
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


def read_command(line: str | bytes) -> Command:
    """The command in one line of JSON. Raises: InvalidInput."""
    try:
        return _COMMAND.validate_json(line)
    except ValidationError as error:
        raise InvalidInput("The running studio does not know this command. Is it another version?") from error


@dataclass(frozen=True, kw_only=True)
class Administration:
    """Carries commands out on the services of this process, so that they hold at once for its own pages too."""

    people: People
    accounts: AccountService
    credits: CreditService
    unknowns: Unknowns

    async def carry_out(self, command: Command) -> str:
        """Return what to tell the person who asked. Raises: NyxError."""
        match command:
            case ListPeople():
                return await self._list()
            case Grant():
                return await self._grant(command)
            case ListUnknown():
                return "\n".join(map(_output_line, await self.unknowns.list())) or "There is no output whose outcome is unknown."
            case Resolve():
                return await self._resolve(command)
            case Change():
                return await self._change(command)
            case ChangePlan():
                return await self._change_plan(command)

    async def _list(self) -> str:
        lines, after = [], ""
        while page := await self.people.list_people(after=after):
            lines += [_person_line(person) for person in page]
            after = page[-1].email
        return "\n".join(lines) or "Nobody has signed up yet."

    async def _grant(self, command: Grant) -> str:
        person = await self.people.get_by_email(command.email)
        await self.credits.grant_by_admin(owner_id=person.id, amount=command.credits, key=command.key, reason=command.reason)
        has = (await self.people.get_by_email(command.email)).available_credits
        return f"{person.email} has {counted(command.credits, 'credit')} more: {has:,}."

    async def _change(self, command: Change) -> str:
        person = await self.people.get_by_email(command.email)
        changes: dict[str, Callable[[PersonView], Awaitable[str]]] = {
            "promote": self._promote,
            "demote": self._demote,
            "suspend": self._suspend,
            "unsuspend": self._unsuspend,
        }
        return await changes[command.action](person)

    async def _promote(self, person: PersonView) -> str:
        await self._set_role(person, Role.ADMIN)
        return f"{person.email} is an admin."

    async def _demote(self, person: PersonView) -> str:
        await self._set_role(person, Role.CREATOR)
        return f"{person.email} is a creator."

    async def _set_role(self, person: PersonView, role: Role) -> None:
        if person.role is Role.SYSTEM:
            raise InvalidInput(f"{person.email} belongs to the command line and stays what it is.")
        await self.accounts.set_role(person.id, role)

    async def _suspend(self, person: PersonView) -> str:
        await self.accounts.suspend(person.id)
        return f"{person.email} is suspended and logged out everywhere."

    async def _unsuspend(self, person: PersonView) -> str:
        await self.accounts.unsuspend(person.id)
        return f"{person.email} may log in again."

    async def _change_plan(self, command: ChangePlan) -> str:
        person = await self.people.get_by_email(command.email)
        await self.accounts.set_plan(person.id, command.plan)
        return f"{person.email} is on the {command.plan.capitalize()} plan."

    async def _resolve(self, command: Resolve) -> str:
        await self.unknowns.resolve(command.job_id, command.provider_job_id)
        return "It will be fetched when the studio runs." if command.provider_job_id else "It is given up; its credits are free again."


def counted(number: int, noun: str) -> str:
    """``1 credit``, ``1,000 credits``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _person_line(person: PersonView) -> str:
    has = counted(person.available_credits, "credit")
    suspended = "  suspended" if person.is_suspended else ""
    return f"{person.email:40}  {person.role:8}  {person.plan:10}  {has:>17}  since {person.created_at:%Y-%m-%d}{suspended}"


def _output_line(output: UnknownOutput) -> str:
    words = " ".join(output.prompt.split())
    words = words if len(words) <= _SHOWN_PROMPT else words[: _SHOWN_PROMPT - 1] + "…"
    seed = "no seed" if output.seed is None else f"seed {output.seed}"
    return f"{output.job_id}  {output.sent_at:%Y-%m-%d %H:%M} UTC  {output.owner_email}  {output.kind} {output.model_key}  {seed}  {words}"
