"""Sound projects, spoilt at random in the trees of their documents: findings with places, and never an exception."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aac import codes
from aac.explaining import sql_of, view_of
from aac.findings import has_errors
from aac.reports.explained import explained_text
from aac.reports.text import findings_text
from tests.loading import load_files
from tests.test_faults import BASE, VALID
from tests.typed_tables import AS_OF_US

Tree = Any
Change = tuple[str, int, Tree]

ODD: list[Tree] = [
    None, "", " ", "~", "no", "x", "0", "-1", "5%", "1e9", "9" * 400, "a.b.c", "owner", "icp.core", "mql.at", "as_of",
    "period.from", "param.x", "list.regions", "param", "scoring", "metric.win_rate", "sla.reply.attainment", "count(*)",
    "'a'", "((", "not", "not " * 300 + "x", "(" * 200, "x = " * 50 + "1", "a and " * 2000 + "a", "ä\u202e“\U0001f600",
    "4 hours", "5 business days", "0000-00-00", "9999-12-31", "0001-01-01", "2026-02-30", "weekly on thu 10:00",
    "FREQ=DAILY;INTERVAL=0", "FREQ=YEARLY;COUNT=999999999", "Europe/Berlin", "../../etc/passwd", "aac", "hubspot",
    [], {}, [[]], [None], [{}], {"": ""}, {"x": None}, [["a", ["b"]]], {"a": {"b": {"c": "d"}}}, ["x", "x"],
    {"all": []}, {"any": [{"id": "a", "rule": "x"}]}, {"cases": []}, {"ref": "lead"}, {"is": "x"}, {"at_least": "1"},
    {"rollup": "count(*)", "over": "lead"}, {"from": "a", "until": "b"}, {"top": "20%", "by": ["x"]},
]  # fmt: skip
"""Values that hardly any key expects."""
KEYS = ["kind", "id", "of", "when", "at", "by", "from", "until", "owner", "all", "ref", "is", "extends", "per", "", "0"]
WAYS = ["put", "drop", "twice", "wrap", "swap", "rename", "graft"]
DOCUMENTS: dict[str, list[Tree]] = {
    name: list(yaml.load_all(text, Loader=yaml.BaseLoader)) for name, text in BASE.items() if name.endswith(".yml")
}
RIGHT = [code.right for code in map(codes.read, codes.all_codes()) if code.file == "alignment/more.yml"]
MORE = ["", *(case["becomes"] for case in VALID if "was" not in case), *(text for text in RIGHT if "kind:" in text)]
"""Sound documents of all sorts that are added, one file at a time."""

changes = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(0, 100_000), st.sampled_from([*ODD, *KEYS])), min_size=1, max_size=6
)
more = st.integers(0, len(MORE) - 1)


def trees(text: str) -> list[Tree]:
    """The documents of a text; none when this loader refuses it, as it does some that are right."""
    try:
        return list(yaml.load_all(text, Loader=yaml.BaseLoader))
    except yaml.YAMLError:
        return []


def places_in(tree: Tree) -> list[tuple[Tree, Any]]:
    """Every list and mapping below a node with each of its places."""
    match tree:
        case dict():
            places = [*cast("dict[Any, Tree]", tree).items()]
        case list():
            places = [*enumerate(cast("list[Tree]", tree))]
        case _:
            return []
    holder = cast("Tree", tree)
    return [(holder, place) for place, _ in places] + [found for _, part in places for found in places_in(part)]


def spoil(documents: dict[str, list[Tree]], change: Change) -> None:
    """Does one thing to one node of the documents."""
    how, number, value = change
    found = [place for several in documents.values() for place in places_in(several)]
    if not found:
        return
    tree, place = found[number % len(found)]
    other, there = found[(number * 7919 + 13) % len(found)]
    match how:
        case "put":
            tree[place] = deepcopy(value)
        case "drop":
            del tree[place]
        case "twice" if isinstance(place, int):
            tree.append(deepcopy(tree[place]))
        case "wrap":
            tree[place] = [tree[place]] if number % 2 else {str(value)[:40]: tree[place]}
        case "swap":
            tree[place], other[there] = deepcopy(other[there]), deepcopy(tree[place])
        case "rename" if isinstance(place, str):
            tree[str(value)[:40]] = tree.pop(place)
        case _:
            tree[place] = deepcopy(other[there])


def check(number: int, spoilt: list[Change]) -> None:
    documents = deepcopy(DOCUMENTS) | {"alignment/more.yml": trees(MORE[number])}
    for change in spoilt:
        spoil(documents, change)
    texts = {name: yaml.safe_dump_all(parts, allow_unicode=True) for name, parts in documents.items()}
    with TemporaryDirectory() as folder:
        project, findings = load_files(Path(folder), {**BASE, **texts})
    assert len(findings_text(findings)) < 1_000_000
    for finding in findings:
        assert finding.span, finding
        assert finding.message, finding
        assert finding.instead, finding
    if not has_errors(findings) or spoilt[0][1] % 4 == 0:
        for id_ in project.places:
            view = view_of(id_, project, date(2026, 3, 2)) | {"sql": sql_of(id_, project, AS_OF_US)}
            assert explained_text(view, "", project.timezone)


@given(more, changes)
@settings(max_examples=60, deadline=None)
@example(0, [("put", 32, "a and " * 2000 + "a")])
@example(44, [("put", 715, None), ("swap", 2340, None)])
def test_spoilt_projects_give_findings(number: int, spoilt: list[Change]) -> None:
    check(number, spoilt)


@pytest.mark.long
@given(more, changes)
@settings(max_examples=5_000, deadline=None)
def test_many_spoilt_projects(number: int, spoilt: list[Change]) -> None:
    check(number, spoilt)
