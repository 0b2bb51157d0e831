"""The examples of the catalogue of codes, run in the small project of `tests/cases/faults/base`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aac.errors import ConfigError, LeakError
from aac.evaluate import Asked
from aac.findings import has_errors
from aac.operations import build, measure, open_project, pull_sources, with_reviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.codes import Code
    from aac.findings import Finding

BASE = Path(__file__).parent / "cases" / "faults" / "base"
WITH_DATA = ("aac.toml", "alignment/people.yml")
"""What of the base stands beside an example with data: the base itself has none."""
NOW_US = 1_772_600_000_000_000
"""2026-03-04: later than all data of the examples."""


def findings_of(root: Path, code: Code, example: str, data: Mapping[str, str]) -> tuple[Finding, ...]:
    """What is told of an example that is added to the base, which is written to ``root``."""
    files = [path.relative_to(BASE).as_posix() for path in BASE.rglob("*") if path.is_file()]
    for file in WITH_DATA if data else files:
        write(root / file, (BASE / file).read_text(encoding="utf-8"))
    if code.is_shell:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", "-ec", example], cwd=root, check=True, capture_output=True, env=os.environ | {"PATH": path}
        )
    else:
        write(root / code.file, example)
    for name, text in data.items():
        write(root / "data" / name, text)
    try:
        opened = with_reviews(open_project(root), NOW_US)
    except ConfigError as error:
        return error.findings
    if not data or has_errors(opened.findings):
        return opened.findings
    pulled = pull_sources(opened, NOW_US, lambda _: None)
    if has_errors(pulled.findings):
        return pulled.findings
    measured = measure(opened, NOW_US, Asked(), lambda _: None, everything=True)
    if code.code == "AAC541":  # what only what is about to be written tells
        try:
            build(opened, NOW_US, Asked(), lambda _: None)
        except LeakError as error:
            return error.findings
    return tuple(dict.fromkeys([*pulled.findings, *measured.findings]))


def write(path: Path, text: str) -> None:
    """Writes a file as it is, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
