"""Runs `aac` as a user does: a process of its own, in a folder."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

AAC = Path(sys.executable).with_name("aac")
BUSY = threading.Lock()


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what the run of the tests says to their own process."""
    return {name: value for name, value in environment.items() if name not in {"SOURCE_DATE_EPOCH", "PYTHONWARNINGS"}}


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a process reads before it is ours."""
    beginnings = ("PYTHON", "LC_", "LANG", "TZ")
    return {name: value for name, value in clean(environment).items() if name.startswith(beginnings)}


AT_START = read_at_start(os.environ)


def run_aac(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `aac` printed and how it ended, run in ``root``.

    The process is forked from one that has the libraries imported, which saves most of the time of a small project,
    unless another one is running or a process would begin in another way.
    """
    given = clean(os.environ) | environment
    if read_at_start(given) != AT_START or not BUSY.acquire(blocking=False):
        return subprocess.run(
            [AAC, *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=given,
        )
    try:
        return _forked(root, arguments, given)
    finally:
        BUSY.release()


def _forked(root: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        for path in outputs:
            path.touch()
        asked = {"root": str(root), "arguments": arguments, "environment": environment}
        told = json.dumps({**asked, **{path.name: str(path) for path in outputs}})
        server = _warm()
        cast("IO[str]", server.stdin).write(f"{told}\n")
        cast("IO[str]", server.stdin).flush()
        code = int(cast("IO[str]", server.stdout).readline())
        return subprocess.CompletedProcess(["aac", *arguments], code, *(path.read_text() for path in outputs))


@cache
def _warm() -> subprocess.Popen[str]:
    """The process that others are forked from, which ends with this one."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm"],
        cwd=Path(__file__).parent.parent,
        env=clean(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)
    return server
