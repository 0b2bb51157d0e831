"""Lifecycles and what follows what: moves that are agreed, entities that connect, and what is not counted yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aac.kinds.lifecycle import Lifecycle
from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding

DOCUMENTS = """\
kind: team
id: sales
name: Sales
---
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, at: date, parent: {ref: account}}
---
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text, at: timestamp, account: {ref: account}}
---
kind: entity
id: deal
from: crm.deals
key: id
fields: {id: text, at: timestamp, lead: {ref: lead}}
---
kind: entity
id: island
from: crm.islands
key: id
fields: {id: text, at: timestamp}
---
"""
WORDS = {"a": "account", "b": "lead", "c": "deal", "d": "island", "e": "lead", "f": "lead", "g": "lead"}


def word(id_: str, *, follows: str = "", at: str = "at: at\n") -> str:
    """A definition of the entity of `WORDS`, with a moment."""
    before = f"follows: [{follows}]\n" if follows else ""
    return f"kind: definition\nid: {id_}\nof: {WORDS[id_]}\nowner: sales\n{at}{before}---\n"


def told(root: Path, text: str) -> list[tuple[str, str]]:
    findings: tuple[Finding, ...]
    _, findings = load_documents(root, DOCUMENTS + text)
    return [(finding.code, finding.message) for finding in findings]


def road(*words: str, more: str = "") -> str:
    stages = "".join(f"  - {{id: s_{word}, is: {word}}}\n" for word in words)
    return f"kind: lifecycle\nid: road\nowner: sales\nstages:\n{stages}{more}"


def lifecycle(**keys: Any) -> Lifecycle:
    stages = [{"id": id_, "is": id_} for id_ in ("first", "second", "third", "fourth")]
    return Lifecycle.model_validate({"kind": "lifecycle", "id": "road", "stages": stages, **keys})


def test_moves_that_are_agreed() -> None:
    order = {("first", "second"), ("second", "third"), ("third", "fourth")}
    assert lifecycle().allowed == order
    assert lifecycle(may_skip=("second",)).allowed == order | {("first", "third")}
    skipped = lifecycle(may_skip=("second", "third")).allowed
    assert skipped == order | {("first", "third"), ("first", "fourth"), ("second", "fourth")}
    assert lifecycle(may_skip=("first", "fourth")).allowed == order


def test_side_states_are_entered_from_stages() -> None:
    anywhere = {"id": "lost", "is": "lost"}
    assert {begin for begin, end in lifecycle(side=[anywhere]).allowed if end == "lost"} == {
        "first", "second", "third", "fourth",
    }  # fmt: skip
    some = {**anywhere, "from": ("second", "third")}
    assert {begin for begin, end in lifecycle(side=[some]).allowed if end == "lost"} == {"second", "third"}


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        ("a", None),
        ("be", None),
        ("ab", None),
        ("ba", None),
        ("ac", None),
        ("bca", None),
        ("bd", "`island` to `lead`"),
        ("dc", "`deal` to `island`"),
    ],
)
def test_entities_that_follow_each_other_connect(tmp_path: Path, words: str, lost: str | None) -> None:
    found = told(tmp_path, "".join(map(word, words)) + road(*words))
    why = "so nothing says which records are the same case"
    assert found == ([("AAC426", f"no reference leads from {lost}, {why}")] if lost else [])


def test_an_entity_that_is_broken_may_connect(tmp_path: Path) -> None:
    broken = DOCUMENTS.replace("lead: {ref: lead}", "lead: {reff: lead}")
    _, findings = load_documents(tmp_path, broken + word("b") + word("c") + road("b", "c"))
    assert {finding.code for finding in findings} == {"AAC207"}


def test_what_follows_is_measured(tmp_path: Path) -> None:
    assert told(tmp_path, word("b") + word("e", follows="b") + word("f", follows="b, e")) == []


def test_stages_and_what_comes_before_can_be_dated(tmp_path: Path) -> None:
    found = told(tmp_path, word("b") + word("e", at="") + road("b", "e"))
    assert found == [("AAC425", "`e` has no moment, so nobody can tell when this stage begins")]
    found = told(tmp_path, word("b", at="") + word("e", at="", follows="b"))
    assert found == [("AAC425", f"`{id_}` has no moment, so nobody can tell what came first") for id_ in ("e", "b")]


def test_a_ring_of_what_comes_before_is_told_once(tmp_path: Path) -> None:
    ring = word("b", follows="e") + word("e", follows="f") + word("f", follows="g, b") + word("g")
    assert [(code, message) for code, message in told(tmp_path, ring) if code != "AAC404"] == [
        ("AAC206", "a ring: `b` follows `e` follows `f` follows `b`")
    ]
