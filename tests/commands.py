"""Runs `aac` as a user does: a process of its own, in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

AAC = Path(sys.executable).with_name("aac")


def run_aac(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `aac` printed and how it ended, run in ``root``."""
    inherited = {k: v for k, v in os.environ.items() if k not in {"SOURCE_DATE_EPOCH", "PYTHONWARNINGS"}}
    return subprocess.run(
        [AAC, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=inherited | environment,
    )
