"""Any text and any bytes at all: findings with a place, in bounded time; real documents, spoilt at random."""

from __future__ import annotations

import re
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aac.documents import read_text
from aac.folders import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.findings import Finding
from tests.test_documents import FILE, TEAM, assert_every_character_is_found, read

pieces = st.lists(
    st.sampled_from(
        [
            *"aä:-[]{}(),'\"|>#%@`~\\\t\r\n\0\xa0\u2028\ufeff“\U0001f600",
            *(
                "key",
                "kind: team\n",
                "id: x\n",
                ": ",
                "\n  ",
                "- ",
                "? ",
                "<<: ",
                " # c",
                "---\n",
                "...\n",
                "\r\n",
                "null",
            ),
            *("&a ", "*a", "!t ", ">\n  ", ">5", "|2-", "\\x41", "\\\n", "''", "  "),
        ]
    )
).map("".join)


def plain_values(text: str) -> Iterator[object]:
    """What the library's own loader makes of a text, with no value told as empty text."""
    for data in yaml.load_all(text, Loader=yaml.CBaseLoader):
        if data != "":
            yield without_nulls(data)


def without_nulls(data: object) -> object:
    match data:
        case dict():
            return {key: without_nulls(value) for key, value in data.items()}  # pyright: ignore
        case list():
            return [without_nulls(value) for value in data]  # pyright: ignore
        case _:
            return "" if data in (None, "~", "null") else data


@given(pieces)
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_as_the_library_reads_it_or_refused(text: str) -> None:
    documents, findings = read(text)
    for finding in findings:
        assert finding.span
        assert not finding.message.startswith("YAML cannot read this")
    for document in documents:
        assert_every_character_is_found(document)
    if {finding.code for finding in findings} <= {"AAC201", "AAC202"}:
        assert [without_nulls(document.data) for document in documents] == list(plain_values(text))


def check_bytes(data: bytes) -> None:
    documents, findings = read_text(data, FILE)
    assert all(document.positions for document in documents)
    assert all(finding.span for finding in findings)


@given(st.binary())
@settings(deadline=2000)
def test_any_bytes_give_documents_and_findings(data: bytes) -> None:
    check_bytes(data)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "{" * 100_000, "- " * 100_000, "? " * 100_000, "[?" * 50_000, "a: " * 100_000, "!" * 100_000,
        "'" * 100_000, '"' * 99_999, "\t" * 100_000, "[*a, " * 20_000, "x: [" + "*a, " * 20_000 + "]",
        "x: {" + "a, " * 20_000 + "}", "x: {" + "[a]: b, " * 20_000 + "}", "a: b\n" * 20_000, "--- a\n" * 20_000,
        "x: " + " " * 100_000 + "a: b: c",
    ],
    ids=range(17),
)  # fmt: skip
def test_masses_end_in_findings(text: str) -> None:
    assert read(text)[1]


@pytest.mark.parametrize(
    ("line", "place"), [("- *a\n", "4:3"), ("- &a b\n", "4:3"), ("- [f(a, b)]\n", "4:4"), ("a:\n", "5:1")]
)
def test_a_file_in_which_everything_is_wrong_is_left_soon(line: str, place: str) -> None:
    documents, findings = read(f"{TEAM}x:\n{line * 500}")
    assert [(document.id, document.broken) for document in documents] == [("sales", True)]
    assert [(finding.code, str(finding.span)) for finding in findings] == [("AAC117", f"{FILE}:{place}")]
    assert "; 199 more findings end in line 20" in findings[0].message


@pytest.mark.long
@pytest.mark.parametrize("unit", [f"{TEAM}---\n", "- a\n", "a:\n", "'", "*a ", "{a, ", "x: &a !b [\n", "? ", "\t", "é"])
def test_the_longest_file_is_read_in_bounded_time(unit: str) -> None:
    text = f"{TEAM}x:\n" + unit * ((MAX_BYTES - 40) // len(unit.encode()))
    began = monotonic()
    documents, findings = read(text)
    assert documents or findings
    assert monotonic() - began < 30
    for finding in findings:
        assert_inside(text, finding)


REAL = tuple(
    path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent.parent / "alignment").rglob("*.yml"))
)


def assert_inside(text: str, finding: Finding) -> None:
    """A finding's place lies in the text, and shows the line that is there."""
    assert finding.span
    lines = re.split(r"\r\n?|\n", text)
    line = lines[finding.span.line - 1]
    assert finding.span.text == line
    assert 1 <= finding.span.col <= len(line) + 1


cuts = st.tuples(st.sampled_from(["cut", "put", "twice"]), st.integers(0, 5000), st.integers(1, 40), pieces)


def spoilt(text: str, changes: list[tuple[str, int, int, str]]) -> str:
    """A text with parts taken out, put in and doubled."""
    for how, at, length, piece in changes:
        at %= len(text) + 1
        part = text[at : at + length]
        between = {"cut": "", "put": piece + part, "twice": part + part}[how]
        text = text[:at] + between + text[at + length :]
    return text


def check_spoilt(text: str) -> None:
    documents, findings = read(text)
    shown = text.removeprefix("\ufeff")
    whole = not any(finding.code == "AAC107" for finding in findings)
    for finding in findings:
        assert finding.message
        assert finding.instead
        assert not finding.message.startswith("YAML cannot read this"), finding
        if whole:
            assert_inside(shown, finding)
    for document in documents:
        assert_every_character_is_found(document)


@given(st.sampled_from(REAL), st.lists(cuts, min_size=1, max_size=4))
@settings(deadline=2000)
def test_spoilt_documents_give_findings_with_places_in_them(
    text: str, changes: list[tuple[str, int, int, str]]
) -> None:
    check_spoilt(spoilt(text, changes))


@pytest.mark.long
@given(st.sampled_from(REAL), st.lists(cuts, min_size=1, max_size=12))
@settings(deadline=2000, max_examples=10_000)
def test_many_spoilt_documents(text: str, changes: list[tuple[str, int, int, str]]) -> None:
    check_spoilt(spoilt(text, changes))


@pytest.mark.long
@given(st.binary(max_size=400) | pieces.map(str.encode))
@settings(deadline=2000, max_examples=10_000)
def test_many_bytes(data: bytes) -> None:
    check_bytes(data)
