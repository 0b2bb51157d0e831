"""Versions that begin inside a window: told while it is open, by the shortest window that they are measured in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.beginnings import inside_open_windows
from aac.findings import has_errors
from tests.loading import load_documents
from tests.test_agreements import MQL, PEOPLE, PROMISE, SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

NOW_US = 1_772_438_400_000_000
"""2026-03-02."""


def told(root: Path, begins: str, window: str, document: str = "mql") -> list[tuple[str, str, str]]:
    """What is told when a second version of a document begins on a day; the promise is measured in ``window``."""
    promise = PROMISE.replace("objective: 90%", f"objective: 90%, window: {window}")
    changed = MQL if document == "mql" else promise
    others = promise if document == "mql" else MQL
    first = changed.replace(f"id: {document}", f"id: {document}\neffective_until: {begins}")
    second = changed.replace(f"id: {document}", f"id: {document}\neffective_from: {begins}")
    project, findings = load_documents(root, PEOPLE + others + first + second, SETTINGS)
    assert not has_errors(findings), findings
    return [(f.code, f.message, f.instead) for f in inside_open_windows(project, NOW_US)]


@pytest.mark.parametrize("document", ["mql", "reply"])
@pytest.mark.parametrize(
    ("begins", "window", "label", "until"),
    [
        ("2026-03-10", "month", "2026-03", "2026-04-01"),
        ("2026-04-02", "month", "2026-04", "2026-05-01"),
        ("2026-03-01", "quarter", "2026-Q1", "2026-04-01"),
        ("2026-02-10", "quarter", "2026-Q1", "2026-04-01"),
    ],
)
def test_inside(tmp_path: Path, document: str, begins: str, window: str, label: str, until: str) -> None:
    ((code, message, instead),) = told(tmp_path, begins, window, document)
    said = f"this begins on {begins}, inside {label}, all of which is measured with what held before"
    assert (code, message) == ("AAC444", said)
    assert instead.startswith(f"begin on {until}, from when on it counts")


@pytest.mark.parametrize(
    ("begins", "window"),
    [("2026-03-01", "month"), ("2026-04-01", "quarter"), ("2026-02-10", "month"), ("2026-03-10", "rolling 28 days")],
)
def test_not_inside(tmp_path: Path, begins: str, window: str) -> None:
    assert told(tmp_path, begins, window) == []  # no code, such as AAC444, is told
