"""The agendas of the sample company on paper: each on two sheets of A4 at most, and nothing wider than a phone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from shutil import copytree

import pytest

from tests.browser.chromium import chromium
from tests.commands import run_aac

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parent.parent.parent
PHONE = 360


def test_agendas_have_two_sheets(tmp_path: Path) -> None:
    root = tmp_path / "larkspur"
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    assert run_aac(root, "pull").returncode == 0
    assert run_aac(root, "build", "--now", "2026-03-02T09:00").returncode == 0
    binary = shutil.which("chromium")
    assert binary, "there is no chromium: `make test-all` installs it"
    pages = [*(root / "site/agendas").glob("*.html"), *(root / "site/scorecards").glob("*.html")]
    assert len(pages) == 5
    with chromium(binary, tmp_path / "profile") as tab:
        for page in pages:
            tab.requests.clear()
            tab.open(page.as_uri())
            assert tab.requests == [page.as_uri()]
            sheets = len(re.findall(rb"/Type\s*/Page\b", tab.pdf()))
            assert 1 <= sheets <= (2 if page.parent.name == "agendas" else 1), page.name
        tab.look(PHONE)  # for good: what is printed after it is as narrow
        for page in pages:
            tab.open(page.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE, page.name
