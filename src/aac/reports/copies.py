"""Texts made on all processors: this process copies itself, and each copy makes a share of them, tells it and ends.

Only time depends on copies. There are none where the system cannot tell that a copy is safe; and when a share does not
come back whole (a copy was killed, a page is wrong), all is made here, so that what is told is the first that is wrong.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aac.errors import AacError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FEWEST = 200
"""Texts that are worth a copy: it takes a tenth of a second of the processor, as much as they do."""
MOST = 8
"""Processes at once: they take memory, too."""
THREADS = Path("/proc/self/task")
"""The threads of this process as Linux tells them: what one of them holds stays held in a copy, which has one alone."""


def all_of(count: int, make: Callable[[int], str]) -> list[str]:
    """What ``make`` makes of 0, 1, … in order; raises what it raises first."""
    is_alone = THREADS.is_dir() and len([*THREADS.iterdir()]) == 1
    shares = min(MOST, count // FEWEST, len(os.sched_getaffinity(0))) if is_alone else 1
    made = _on_all(shares, count, make) if shares > 1 else []
    return made or [make(n) for n in range(count)]


def _on_all(shares: int, count: int, make: Callable[[int], str]) -> list[str]:
    """The same by so many processes; nothing when one of them fails, or cannot be started."""
    copies: list[Copy] = []
    told: list[list[str]] = []
    with suppress(OSError):
        try:
            copies += (Copy.started(range(share, count, shares), make) for share in range(1, shares))
            told = [_share(range(0, count, shares), make), *(copy.answer() for copy in copies)]
        finally:
            for copy in copies:
                copy.end()
    return [told[n % shares][n // shares] for n in range(count)] if told and all(told) else []


def _share(numbers: Iterable[int], make: Callable[[int], str]) -> list[str]:
    """What is made of some numbers; nothing when one of them is wrong."""
    try:
        return [make(n) for n in numbers]
    except AacError:
        return []


@record
class Copy:
    """A copy of this process, and the file by which it answers."""

    process: int
    answers: int

    @classmethod
    def started(cls, numbers: Iterable[int], make: Callable[[int], str]) -> Copy:
        """Starts a copy that makes a share. It ends without tidying up anything, as all of that is ours to do."""
        answers, told = os.pipe()
        process = os.fork()
        if process:
            os.close(told)
            return cls(process, answers)
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(answers)
            with os.fdopen(told, "wb") as file:
                file.write(json.dumps(_share(numbers, make)).encode())
        finally:
            os._exit(0)

    def answer(self) -> list[str]:
        """Its share, once that is made; nothing where it was not."""
        with os.fdopen(self.answers, "rb", closefd=False) as file:
            said = file.read()
        return json.loads(said) if said.endswith(b"]") else []

    def end(self) -> None:
        """Ends the copy if it has not ended, and forgets it."""
        os.close(self.answers)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
