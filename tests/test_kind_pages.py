"""The reference of kinds: `make docs` writes it, it is up to date, and it has every key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac import plugins, schemas
from tests.kind_pages import REFERENCES, index, keys_of, page

if TYPE_CHECKING:
    from aac.kinds.base import Kind
    from tests.conftest import Snapshots

DOCS = Path(__file__).parent.parent / "docs"
KINDS = plugins.load(None).kinds


def paths(kind: str) -> dict[str, str]:
    """The keys of a kind, and whether each is required."""
    schema = schemas.of_kind(KINDS[kind])
    return {key.path: key.required for key in keys_of(schema, schema["definitions"])}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_pages(kind: type[Kind], snapshots: Snapshots) -> None:
    snapshots.check(DOCS / "kinds" / f"{kind.kind_name}.md", page(kind))


def test_pages_have_an_index(snapshots: Snapshots) -> None:
    snapshots.check(DOCS / "kinds" / "README.md", index(KINDS))


def test_there_are_no_pages_of_kinds_that_are_gone() -> None:
    assert {path.stem for path in (DOCS / "kinds").iterdir()} == {*KINDS, "README"}


def test_keys_inside_others_have_paths() -> None:
    sla = paths("sla")
    assert (sla["how_measured"], sla["how_measured.where"], sla["escalation[].at"]) == ("yes", "", "yes")
    assert "when.cases[].for" in sla
    assert "evidence.best.by" in paths("icp")
    assert "criteria[].at_most.per" in paths("scoring")
    entity = paths("entity")
    assert (entity["id"], entity["key"], entity["extends"]) == ("yes", "without `extends`", "")
    assert "fields.<name>.ref" in entity


def test_a_checklist_is_told_of_once() -> None:
    assert [key for key in paths("definition") if key.startswith("when")] == ["when"]
    text = page(KINDS["definition"])
    assert text.count("| `all[].rule` |") == 1
    assert "| `all[].all[].rule` |" not in text


def test_references_are_those_that_are_there() -> None:
    assert {path.stem for path in (DOCS / "reference").glob("*.md")} & {*KINDS} == {*REFERENCES}


def test_the_index_of_documentation_names_every_page() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path for room in ("reference", "decisions", "how-to") for path in sorted((DOCS / room).glob("*.md"))]
    rooms = [DOCS / "tutorial.md", DOCS / "why.md", DOCS / "kinds" / "README.md", DOCS / "findings" / "README.md"]
    assert [str(path) for path in (*pages, *rooms) if f"]({path.relative_to(DOCS).as_posix()})" not in text] == []
