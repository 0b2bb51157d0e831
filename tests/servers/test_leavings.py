"""The server of the tests leaves nothing behind, also if they are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers.postgresql import postgresql

PROGRAM = """
from tests.servers.postgresql import postgresql
with postgresql() as server:
    print(server.folder, flush=True)
    input()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_by_tests_that_are_killed(sent: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM]
    root = Path(__file__).parent.parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert (folder / "cluster").exists()
        process.send_signal(sent)
    for _ in range(600):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not folder.exists()


def test_nothing_is_left_at_the_end() -> None:
    with postgresql() as server:
        assert server.run("SELECT 1") == [(1,)]
        assert server.folder.exists()
    assert not server.folder.exists()
