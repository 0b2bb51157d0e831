"""`docs/sample_company.md` against the root project: what its commands are said to show is what they print."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from shutil import copytree

import pytest

from tests.commands import run_aac

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "sample_company.md").read_text()
ROWS = re.findall(r"^\|[^|]*\| `aac ([^`]+)` \| (`+) ?(.+?) ?\2 \|$", PAGE, flags=re.MULTILINE)
COMMANDS = sorted({command for command, _, _ in ROWS})


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command prints; the messages of findings stand there as they are, without the quoting of JSON."""
    root = tmp_path_factory.mktemp("sample") / "larkspur"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    assert run_aac(root, "pull").returncode == 0
    found = {command: run_aac(root, *shlex.split(command)).stdout for command in COMMANDS}
    return {command: _messages(text) if "--format json" in command else text for command, text in found.items()}


def _messages(text: str) -> str:
    return "\n".join(finding["message"] for finding in json.loads(text)["findings"])


def test_every_row_is_read() -> None:
    assert len(ROWS) == sum(line.startswith("| ") and "`aac " in line for line in PAGE.splitlines()) > 30


@pytest.mark.parametrize(("command", "shown"), [(command, shown) for command, _, shown in ROWS])
def test_row(printed: dict[str, str], command: str, shown: str) -> None:
    assert shown in re.sub(" +", " ", printed[command])  # columns may be wider
