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
from pkgutil import walk_packages
from typing import Any

import aac

LIBRARIES = (
    "duckdb", "jinja2", "jinja2.meta", "markdown_it", "holidays", "holidays.countries", "holidays.groups", "sqlglot",
    "pydantic.dataclasses", "yaml", "http.client", "urllib.request",
)  # fmt: skip
"""What modules of ours import inside of functions."""
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
    own = (found.name for found in walk_packages(aac.__path__, "aac.") if not found.name.endswith("__main__"))
    for name in (*own, *LIBRARIES):
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        process = os.fork()
        if not process:
            become(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
