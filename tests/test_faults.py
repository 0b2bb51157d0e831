"""One fault at a time in a small project (`tests/cases/faults`): what is told, where, and that its advice is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.loading import load_files

if TYPE_CHECKING:
    from aac.findings import Finding

CASES = Path(__file__).parent / "cases" / "faults"
BASE = {
    path.relative_to(CASES / "base").as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((CASES / "base").rglob("*"))
    if path.is_file()
}


def cases_of(pattern: str) -> list[dict[str, Any]]:
    """The cases of all files that are named so."""
    return [case for path in sorted(CASES.glob(pattern)) for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


FAULTS = cases_of("[!v]*.yml")
VALID = cases_of("valid*.yml")
CODE = re.compile(r"AAC[0-9]{3}")


def changed(was: str, becomes: str) -> dict[str, str]:
    """The base with one text of it replaced."""
    (file,) = [name for name, text in BASE.items() if was in text]
    assert BASE[file].count(was) == 1
    return {**BASE, file: BASE[file].replace(was, becomes)}


def marked(files: dict[str, str]) -> str:
    """The place of the mark: file, line and column."""
    (file,) = [name for name, text in files.items() if "«" in text]
    before = files[file].partition("«")[0]
    return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, str, str]]:
    return [(f.code, f.level, str(f.span), f.message, f.instead) for f in findings]


def titled(case: dict[str, Any]) -> str:
    return " ".join(case["becomes"].split())[-60:]


def test_nothing_is_wrong_with_the_base(tmp_path: Path) -> None:
    project, findings = load_files(tmp_path, BASE)
    assert told(findings) == []
    assert len(project.models) == len(project.documents) >= 15


@pytest.mark.parametrize("case", FAULTS, ids=titled)
def test_a_fault_is_told_once_and_where_it_is(tmp_path: Path, case: dict[str, Any]) -> None:
    files = changed(case["was"], case["becomes"])
    place = case.get("at") or marked(files)
    _, findings = load_files(tmp_path, {name: text.replace("«", "") for name, text in files.items()})
    assert told(findings) == [(case["code"], case.get("level", "error"), place, case["says"], case["instead"])]


@pytest.mark.parametrize("case", [case for case in FAULTS if "then" in case], ids=titled)
def test_who_follows_the_advice_has_nothing_wrong(tmp_path: Path, case: dict[str, Any]) -> None:
    _, findings = load_files(tmp_path, changed(case["was"], case["then"]))
    assert told(findings) == []


@pytest.mark.parametrize("case", VALID, ids=lambda case: case["name"])
def test_what_is_odd_but_right(tmp_path: Path, case: dict[str, Any]) -> None:
    files = changed(case["was"], case["becomes"]) if "was" in case else {**BASE, "alignment/more.yml": case["becomes"]}
    _, findings = load_files(tmp_path, files)
    assert told(findings) == []


def test_every_code_is_told_in_a_test() -> None:
    tests = Path(__file__).parent
    source = tests.parent / "src"
    used = {code for path in source.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    texts = [*tests.glob("*.py"), *tests.glob("cases/**/*.yml"), *tests.glob("cases/**/*.py")]
    tested = {code for path in texts for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert used - tested == set()
