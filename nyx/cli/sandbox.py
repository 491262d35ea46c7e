"""``sandbox``: the stand-ins for paid services alone, for any client on this machine."""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn

from nyx.assembly import sandbox_settings
from nyx.config import load_settings
from nyx.logs import set_up_logs
from nyx.sandbox.app import build_sandbox


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "sandbox", help="serve the stand-in for Together.ai alone", description="No key is checked, nothing is stored."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    settings = load_settings()
    set_up_logs(is_json=settings.log_format == "json", level="warning")
    print(f"The sandbox is on http://{options.host}:{options.port} (Together's API below /v1)", flush=True)
    sandbox = build_sandbox(sandbox_settings(settings))
    uvicorn.run(sandbox, host=options.host, port=options.port, log_config=None, log_level="warning", access_log=False)
    return 0
