"""Runs `aac` in processes that are forked from one which has its libraries imported, as `tests.killing` does.

As a program: reads lines of JSON ``{"root", "arguments", "environment", "stdout", "stderr"}``, runs each command in a
process of its own, whose outputs go to those files, and answers with its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from typing import Any

LIBRARIES = (
    "aac.cli", "aac.operations", "aac.evaluate", "aac.publishing", "aac.reviewing", "aac.landing.pull",
    "aac.engines.sql", "aac.engines.duckdb", "duckdb", "jinja2", "markdown_it", "holidays", "sqlglot",
)  # fmt: skip
LONGEST = 120
"""Seconds until a command is killed."""


def become(asked: dict[str, Any]) -> None:
    """Makes this process the command that is asked for, and ends as it does."""
    os.chdir(asked["root"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    flags = os.O_WRONLY | os.O_APPEND
    for number, path in enumerate((os.devnull, asked["stdout"], asked["stderr"])):
        os.dup2(os.open(path, flags if number else os.O_RDONLY), number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    sys.argv = ["aac", *asked["arguments"]]
    signal.alarm(LONGEST)
    sys.exit(importlib.import_module("aac.cli").main())


def serve() -> None:
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    for line in sys.stdin:
        process = os.fork()
        if not process:
            become(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
