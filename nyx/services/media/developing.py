"""Develops a large picture in a process of its own: what decoding takes, memory above all, ends with it. Blocks: call it in a thread."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nyx
from nyx.errors import InvalidInput
from nyx.services.media.intake import BadUpload, Box, Developed, damaged, develop, pixels_of

_SMALL_PIXELS = 2_000_000  # at 4 bytes each; below that a process costs more than its picture
_MEMORY_BYTES = 2 * 1024**3
_CPU_S = 20
_TIMEOUT_S = 90.0
_ROOT = Path(nyx.__file__).parents[1]


def develop_apart(source: Path, content_type: str, *, into: Path, box: Box | None = None) -> Developed:
    """As ``develop``, and a large picture costs this process nothing. Raises: BadUpload, InvalidInput, OSError."""
    if pixels_of(source, content_type) <= _SMALL_PIXELS:
        return develop(source, content_type, into=into, box=box)
    task = {"source": str(source), "content_type": content_type, "into": str(into), "box": asdict(box) if box else None}
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(task).encode(),
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise damaged() from error
    if done.returncode != 0:  # it ran against a limit, or a decoder brought it down
        raise damaged()
    return _read(json.loads(done.stdout))


def _read(answer: dict[str, Any]) -> Developed:
    match answer:
        case {"made": made}:
            return Developed(**made | {"path": Path(made["path"])})
        case {"bad": bad}:
            raise BadUpload(bad["message"], code=bad["code"], http_status=bad["http_status"])
        case {"invalid": message}:
            raise InvalidInput(message, field="crop")
        case _:
            raise OSError(answer["errno"], "the picture could not be read or written")


def _work(task: dict[str, Any]) -> dict[str, Any]:
    box = Box(**task["box"]) if task["box"] else None
    try:
        made = develop(Path(task["source"]), task["content_type"], into=Path(task["into"]), box=box)
    except BadUpload as error:
        return {"bad": {"message": str(error), "code": error.code, "http_status": error.http_status}}
    except InvalidInput as error:
        return {"invalid": str(error)}
    except OSError as error:
        return {"errno": error.errno}
    return {"made": asdict(made) | {"path": str(made.path)}}


def _limit() -> None:
    """Bound what this process may take, and let the others go first."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        os.nice(5)


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(_work(json.load(sys.stdin))))
