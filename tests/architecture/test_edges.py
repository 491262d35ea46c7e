"""What leaves or enters the process goes through one place each: the network, pictures, time and chance."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import Module, dotted, modules

_NETWORK = ("nyx/net", "nyx/sandbox/")
_CLIENTS = {
    "httpx.AsyncClient",
    "httpx.Client",
    "httpx.get",
    "httpx.post",
    "httpx.request",
    "httpx.stream",
    "AsyncClient",
    "urlopen",
    "urllib.request.urlopen",
    "socket.create_connection",
    "asyncio.open_connection",
    "aiohttp.ClientSession",
}
_NAMES_INCIDENTS = "nyx/pages/_feedback.py"  # an id that only a log and a person see
_TIME_AND_CHANCE = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "uuid.uuid4",
    "uuid4",
    "random.random",
    "random.randint",
    "random.choice",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "secrets.randbelow",
}


def clients(module: Module) -> list[str]:
    """Places that open a connection of their own."""
    return [module.at(call) for call in module.calls() if dotted(call.func) in _CLIENTS]


def open_pictures(module: Module) -> list[str]:
    """Pictures opened without saying which formats are welcome."""
    opened = (call for call in module.calls() if dotted(call.func) in ("Image.open", "PIL.Image.open"))
    return [module.at(call) for call in opened if all(keyword.arg != "formats" for keyword in call.keywords)]


def own_clocks(module: Module) -> list[str]:
    """Places that ask the machine for time or chance themselves."""
    return [module.at(call) for call in module.calls() if dotted(call.func) in _TIME_AND_CHANCE]


class TestNetwork:
    def test_only_nyx_net_opens_connections(self) -> None:
        assert [place for module in modules() if not module.name.startswith(_NETWORK) for place in clients(module)] == []

    def test_the_rule_sees_a_client(self) -> None:
        assert clients(Module("x.py", "import httpx\nclient = httpx.AsyncClient()\n")) == ["x.py:2"]


class TestPictures:
    def test_a_picture_is_opened_only_in_formats_we_chose(self) -> None:
        assert [place for module in modules() for place in open_pictures(module)] == []

    def test_the_rule_sees_a_picture_of_any_format(self) -> None:
        assert open_pictures(Module("x.py", "Image.open(file)\nImage.open(file, formats=['PNG'])\n")) == ["x.py:1"]


class TestTimeAndChance:
    @pytest.mark.parametrize("package", ["nyx/services/", "nyx/pages/", "nyx/api/", "nyx/db/", "nyx/models/"])
    def test_come_from_the_ports(self, package: str) -> None:
        members = (module for module in modules() if module.name.startswith(package) and module.name != _NAMES_INCIDENTS)

        assert [place for module in members for place in own_clocks(module)] == []


class TestTasks:
    def test_every_task_group_or_thread_is_supervised(self) -> None:
        """``loop.create_task`` and ``get_event_loop`` slip past the linter's ban on asyncio.create_task."""
        loose = ("get_event_loop().create_task", "get_running_loop().create_task", "loop.create_task")
        offenders = [
            module.at(call) for module in modules() for call in module.calls() if dotted(call.func).removeprefix("asyncio.") in loose
        ]

        assert [place for place in offenders if "noqa" not in _line(place)] == []


def _line(place: str) -> str:
    name, _, number = place.rpartition(":")
    return next(module.text.splitlines()[int(number) - 1] for module in modules() if module.name == name)


def test_the_syntax_helper_names_what_is_called() -> None:
    call = ast.parse("asyncio.get_running_loop().create_task(work())").body[0]

    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert dotted(call.value.func) == "asyncio.get_running_loop().create_task"
