"""A pull in a process of its own: ``python -m aac.testing.alone ROOT POINT``.

It is killed at a point: 1 is before the first checkpoint is told, 2 when that was kept, 3 before the second, …; at
none if there is no such point. When it ends by itself it prints the most memory that it ever held, in bytes, and what
was wrong.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aac.connectors.base import Checkpoint
from aac.testing.bench import pulled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.connectors.base import Message, Stream
    from aac.testing.tapping import Tap


def killing(point: int) -> Tap:
    """Kills this process at a point."""
    passed = 0

    def reach() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def tap(stream: Stream, messages: Iterator[Message]) -> Iterator[Message]:
        del stream
        for message in messages:
            if isinstance(message, Checkpoint):
                reach()
            yield message
            if isinstance(message, Checkpoint):
                reach()

    return tap


def most_memory() -> int:
    """The most bytes that this process ever held in memory."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` tells counts the process that started us
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    errors = [
        finding.message for finding in pulled(Path(sys.argv[1]), killing(int(sys.argv[2]))) if finding.level == "error"
    ]
    print(json.dumps({"bytes": most_memory(), "errors": errors}))
