"""The catalogue of codes: complete, true, and shown as it is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac import codes
from aac.documents import read_text
from tests.code_pages import index, page
from tests.examples import findings_of
from tests.test_faults import FAULTS

if TYPE_CHECKING:
    from tests.conftest import Snapshots

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"AAC[0-9]{3}")
PAGES = ROOT / "docs" / "findings"
KEYS = {"title", "level", "means", "file", "shell", "data", "wrong", "right", "right_data"}
ALL = codes.all_codes()


def used(paths: list[Path]) -> Counter[str]:
    """How often each code is named in some files."""
    return Counter(code for path in paths for code in CODE.findall(path.read_text(encoding="utf-8")))


def test_every_code_in_use_has_an_entry_and_the_other_way_round() -> None:
    assert set(ALL) == used(list((ROOT / "src").rglob("*.py"))).keys()
    assert len(ALL) >= 60


@pytest.mark.parametrize("code", ALL)
def test_an_entry_is_a_sound_document(code: str) -> None:
    path = codes.FOLDER / f"{code}.yml"
    (document,), findings = read_text(path.read_bytes(), path.name)
    assert {finding.code for finding in findings} == {"AAC201", "AAC202"}  # it has no kind and no id
    assert document.data.keys() <= KEYS
    entry = codes.read(code)
    assert entry.level in ("error", "warning", "info")
    assert re.fullmatch(r"[A-Z][^.\n]{5,90}", entry.title)
    assert entry.means.endswith(".")
    assert entry.wrong != entry.right or entry.data != entry.right_data


@pytest.mark.parametrize("code", ALL)
def test_the_wrong_example_gives_this_code_and_nothing_else(tmp_path: Path, code: str) -> None:
    entry = codes.read(code)
    findings = findings_of(tmp_path, entry, entry.wrong, entry.data)
    assert {(finding.code, finding.level) for finding in findings} == {(code, entry.level)}, findings


@pytest.mark.parametrize("code", ALL)
def test_nothing_is_wrong_with_the_right_example(tmp_path: Path, code: str) -> None:
    entry = codes.read(code)
    assert findings_of(tmp_path, entry, entry.right, entry.right_data) == ()


def test_every_code_has_two_test_documents() -> None:
    """Cases with a fault each, and what other tests assert; the catalogue's own examples do not count."""
    cases = Counter(case["code"] for case in FAULTS)
    tested = cases + used([path for path in (ROOT / "tests").glob("test_*.py") if path.stem != "test_codes"])
    assert {code: tested[code] for code in ALL if tested[code] < 2} == {}


# -- its pages: `make docs` writes them


@pytest.mark.parametrize("code", ALL)
def test_pages(tmp_path: Path, code: str, snapshots: Snapshots) -> None:
    snapshots.check(PAGES / f"{code}.md", page(codes.read(code), tmp_path))


def test_pages_have_an_index(snapshots: Snapshots) -> None:
    snapshots.check(PAGES / "README.md", index())


def test_there_are_no_pages_of_codes_that_are_gone() -> None:
    assert {path.stem for path in PAGES.iterdir()} == {*ALL, "README"}


def test_a_code_without_an_entry_is_none() -> None:
    with pytest.raises(KeyError):
        codes.read("AAC000")
    with pytest.raises(KeyError):
        codes.read("../AAC101")
