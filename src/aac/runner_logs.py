"""What a run in a continuous integration prints: its runner obeys lines of the log, so no text of others may be one.

GitHub takes a line that begins with ``::`` for a command, blanks before it or not, and `##[` anywhere in a line; Azure
Pipelines takes `##vso[`, TeamCity `##teamcity[`. Those of `--format github` annotate lines of files and pass.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

RUNNERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Environment variables by which runners are known."""
COMMAND = re.compile(r"^([^\S\n]*)(?=::)(?!::(?:error|warning|notice) file=)", re.MULTILINE)
BRACKET = re.compile(r"##(?=[A-Za-z]*\[)")


class RunnerLog:
    """A stream whose lines are commands of no runner; it passes them on when they are whole, or when it is flushed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rest = ""

    def write(self, text: str) -> int:
        whole, line_break, rest = (self._rest + text).rpartition("\n")
        if line_break:
            self._stream.write(obeyed_by_nobody(whole + line_break))
        self._rest = rest
        return len(text)

    def flush(self) -> None:
        self._stream.write(obeyed_by_nobody(self._rest))
        self._rest = ""
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def obeyed_by_nobody(text: str) -> str:
    """A text without commands: a backslash stands before them, a blank inside `##`."""
    return BRACKET.sub("# #", COMMAND.sub(r"\1\\", text))


def guard() -> None:
    """Lets this process print no commands of a runner, if there is one."""
    if any(name in os.environ for name in RUNNERS):
        streams: Any = sys
        streams.stdout, streams.stderr = RunnerLog(sys.stdout), RunnerLog(sys.stderr)
