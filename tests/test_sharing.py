"""What two sides of a comparison have in common is read and checked once, and comes out as if each had been read
alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aac import config
from aac.expressions.parsed import Rules
from aac.loading import load
from aac.packs import Packs
from aac.plugins import load as load_plugins
from aac.sharing import Shared
from tests.change_mutations import mutations

if TYPE_CHECKING:
    from aac.findings import Finding
    from aac.project import Project

ROOT = Path(__file__).parent.parent
REGISTRY = load_plugins(None)
RULES, PACKS = Rules(), Packs(REGISTRY.packs)
FILES = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted((ROOT / "alignment").rglob("*.yml"))}
SETTINGS = config.read((ROOT / "aac.toml").read_bytes(), ROOT)
OTHERS = {
    "a field": ("alignment/entities/lead.yml", "fields:", "fields:\n  more: text"),
    "a name": ("alignment/definitions/mql.yml", "id: mql", "id: mqls"),
    "a key": ("alignment/definitions/mql.yml", "of: lead", "off: lead"),
}


def read(files: dict[str, bytes], shared: Shared | None) -> tuple[Project, tuple[Finding, ...]]:
    return load(SETTINGS, REGISTRY.kinds, RULES, PACKS, list(files.items()), shared)


def said(made: Project, told: tuple[Finding, ...]) -> list[Any]:
    parts = (made.tables, made.measures, made.derived, made.clocks, made.cards, made.of_period)
    rests_on = {id_: others for id_, others in made.graph.rests_on.items() if others}
    rules = {id_: of_id for id_, of_id in made.rules.items() if of_id}
    return [told, parts, rests_on, rules, made.resting(made)]


def edited() -> list[Any]:
    """Each rule of the corpus once, and edits after which other names are there, or errors."""
    found = {made.rule: (made.file, made.text.encode()) for made in mutations(ROOT) if made.file != "aac.toml"}
    for name, (file, was, becomes) in OTHERS.items():
        text = FILES[file].decode()
        assert was in text
        found[name] = (file, text.replace(was, becomes, 1).encode())
    return [pytest.param(*edit, id=name) for name, edit in found.items()]


@pytest.fixture(scope="module")
def base() -> Shared:
    shared = Shared()
    read(FILES, shared)
    return shared


@pytest.mark.parametrize(("file", "data"), edited())
def test_a_side_is_the_same_as_read_alone(base: Shared, file: str, data: bytes) -> None:
    files = {**FILES, file: data}
    before = base.by_day
    made, told = read(files, base)
    assert said(made, told) == said(*read(files, None))
    was = before[made.day]
    fresh = {made.chosen[id_].document.file for id_ in made.chosen if made.chosen[id_] is not was.chosen.get(id_)}
    assert fresh <= {file}
    base.by_day = before
