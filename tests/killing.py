"""Runs commands in processes of their own that are killed, or out of room, at a point that is told.

As a program: reads lines of JSON ``{"root", "words", "kill_at", "most_bytes"}`` and answers each with ``{"status",
"points", "stderr"}``. A point is the beginning of a step that changes a file or the store, named after its phase.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aac import evaluate, files, operations, publishing
from aac.cli import main
from aac.engines import rewriting
from aac.engines.duckdb import Store
from aac.landing import copying, pull, pulling
from aac.landing.batches import Batches
from aac.landing.preparing import Preparation
from tests.warm import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

REPLACING = "_replace"
"""The function that puts a new store in the place of the old one."""
PHASES: dict[str, tuple[Any, str]] = {
    "copy of the store": (rewriting, "_copy"),
    "copy of a file": (copying, "_copy"),
    "batch written": (Batches, "_write"),
    "batch named": (Batches, "_place"),
    "rows merged": (pulling, "merge"),
    "table staged": (Preparation, "stage"),
    "tables prepared": (Preparation, "finish"),
    "state written": (pulling, "write_state"),
    "store closed": (Store, "finish"),
    "store replaced": (rewriting, REPLACING),
    "sizes noted": (rewriting, "_note_sizes"),
    "leavings removed": (pull, "_clean"),
}
"""Where a process may die: before the call of each of these, and when it has returned."""
PUTTING = "_put_in_place"
"""The function that puts new pages in the place of the old ones."""
READING: dict[str, tuple[Any, str]] = {
    "documents read": (operations, "load"),
    "store opened": (Store, "attach"),
    "changed table prepared": (Preparation, "finish"),
    "measured": (evaluate, "evaluate"),
    "pages filled": (operations, "_filled"),
    "report written": (files, "write_file"),
    "leaks looked for": (operations, "_refuse_leaks"),
    "page written": (publishing, "_write_or_keep"),
    "others kept": (publishing, "_keep_others"),
    "pages put in place": (publishing, PUTTING),
}
"""The same for `check` and `build`."""
INSIDE = "while names are exchanged: "
"""How the names of points inside those steps begin, which are followed line by line."""


def run(root: Path, words: list[str], kill_at: int, most_bytes: int | None, points: int) -> None:
    """One command in this process, which never returns. The names of points go to the file descriptor ``points``."""
    os.chdir(root)
    passed = 0

    def reach(name: str) -> None:
        nonlocal passed
        passed += 1
        os.write(points, f"{name}\n".encode())
        if passed == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name, (owner, attribute) in (PHASES if words == ["pull"] else READING).items():
        setattr(owner, attribute, _announced(getattr(owner, attribute), name, reach))
    for owner, attribute in ((rewriting, REPLACING), (publishing, PUTTING)):
        setattr(owner, attribute, _announced_inside(getattr(owner, attribute), reach))
    Store.transaction = _announced_transaction(Store.transaction, reach)
    if most_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    sys.argv = ["aac", *words]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(code)


def _announced(call: Callable[..., Any], name: str, reach: Callable[[str], None]) -> Callable[..., Any]:
    def announced(*arguments: Any, **named: Any) -> Any:
        reach(name)
        result = call(*arguments, **named)
        reach(name)
        return result

    return announced


def _announced_inside(call: Callable[..., Any], reach: Callable[[str], None]) -> Callable[..., Any]:
    """Each line that runs inside a call, and in what copies files for it, is a point too, named by its function."""
    files = {rewriting.__file__, publishing.__file__, shutil.__file__}

    def line(frame: FrameType, event: str, argument: object) -> Any:
        del argument
        function = frame.f_code
        if event == "line" and (function.co_filename in files or function.co_name == "write_bytes"):
            reach(f"{INSIDE}{function.co_name}")
        return line

    def announced(*arguments: Any, **named: Any) -> Any:
        sys.settrace(line)
        try:
            return call(*arguments, **named)
        finally:
            sys.settrace(None)

    return announced


def _announced_transaction(transaction: Callable[[Store], Any], reach: Callable[[str], None]) -> Any:
    @contextmanager
    def announced(store: Store) -> Generator[None]:
        with transaction(store):
            yield
            reach("transaction")
        reach("transaction")

    return announced


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Forks a process that pulls, and tells how it ended."""
    log, read_end, write_end = Path(asked["root"]) / "stderr.txt", *os.pipe()
    process = os.fork()
    if not process:
        os.close(read_end)
        with log.open("w") as file:
            os.dup2(file.fileno(), 2)
            os.dup2(file.fileno(), 1)
        run(Path(asked["root"]), asked["words"], asked["kill_at"], asked["most_bytes"], write_end)
    os.close(write_end)
    with os.fdopen(read_end) as points:
        names = points.read().splitlines()
    _, status = os.waitpid(process, 0)
    return {"status": os.waitstatus_to_exitcode(status), "points": names, "stderr": log.read_text()}


if __name__ == "__main__":
    for name in LIBRARIES:  # each process that is forked would import them again
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
