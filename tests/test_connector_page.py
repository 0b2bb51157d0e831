"""The page about writing a connector quotes the one it walks through, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUOTES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "reference" / "connectors.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("quote", QUOTES, ids=range(len(QUOTES)))
def test_code_on_the_page_is_in_the_plugin(quote: str) -> None:
    assert quote in (ROOT / "plugins" / "tryton.py").read_text()


def test_something_is_quoted() -> None:
    assert len(QUOTES) > 5
