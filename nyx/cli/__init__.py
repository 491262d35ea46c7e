"""The command line: what there is to say and where it leads. Each command is a module."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from nyx.errors import NyxError

OK, FAILED, CANT_START, UNFINISHED, INTERRUPTED = 0, 1, 2, 3, 130

_EXIT_CODES = """exit codes:
  0  done
  1  it did not work; the reason is on stderr
  2  can't start: unknown option, bad setting, or the studio is already running on this data folder
  3  generate only: the outcome isn't known yet; the next start of the studio goes on with it
  130  interrupted"""
_COMMANDS = ("serve", "generate", "admin", "doctor", "sandbox")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)  # as the studio itself: what we write is nobody else's on this machine
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except NyxError as error:
        print(error, file=sys.stderr)
        return CANT_START if error.code in ("bad_settings", "already_running", "sqlite_too_old") else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except asyncio.CancelledError:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nyx",
        description="Nyx-Net: a self-hosted studio for AI images and video.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for name in _COMMANDS:
        import_module(f"nyx.cli.{name}").add_to(commands)
    return parser
