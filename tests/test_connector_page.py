"""The page about writing a connector quotes the one it walks through, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aac.testing import CHECKS

ROOT = Path(__file__).parents[1]
PAGE, SUITE = (ROOT / "docs" / "reference" / "connectors.md").read_text().split("## Is it right?")
QUOTES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("quote", QUOTES, ids=range(len(QUOTES)))
def test_code_on_the_page_is_in_the_plugin(quote: str) -> None:
    assert quote in (ROOT / "plugins" / "tryton.py").read_text()


def test_all_checks_of_the_suite_are_told() -> None:
    cells = " ".join(line.split("|")[1] for line in SUITE.splitlines() if line.startswith("| `"))
    assert re.findall("`(.*?)`", cells) == list(CHECKS)


def test_something_is_quoted() -> None:
    assert len(QUOTES) > 5
