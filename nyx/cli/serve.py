"""``serve``: the studio, as ``main.py`` runs it."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    commands.add_parser("serve", help="run the studio").set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    from nyx.server import build_or_exit, serve  # the web is heavy, and no other command needs it

    serve(build_or_exit())
    return 0
