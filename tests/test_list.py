"""Lists that have a name: what fields and rules make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.expressions.nodes import Call, Stored, Values
from aac.kinds.list import List
from tests.loading import load_documents
from tests.small import COMPANY, measured, metric, number, write_project

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = """\
kind: list
id: regions
owner: sales
values: {N: North, S: South}
---
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, region: text, checked: {type: text, values: list.regions, from: region}}
---
"""
LEADS = {"lead": "id,region\n1,N\n2,S\n3,X\n4,\n"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["DE", "AT"], {"DE": "DE", "AT": "AT"}),
        ({"DE": "Germany", "AT": "Austria"}, {"DE": "Germany", "AT": "Austria"}),
    ],
)
def test_values_and_what_people_call_them(written: object, read: dict[str, str]) -> None:
    model = List.model_validate({"kind": "list", "id": "x", "values": written})
    assert list(model.values.items()) == list(read.items())


def test_a_rule_names_a_list(tmp_path: Path) -> None:
    word = "kind: definition\nid: near\nof: lead\nowner: sales\nwhen: region in list.regions\n"
    project, findings = load_documents(tmp_path, f"kind: team\nid: sales\nname: Sales\n---\n{REGIONS}{word}")
    assert findings == ()
    checked = project.rules["definition", "near"]["when",]
    assert checked.node == Call("in", (Stored("lead", "region"), Values("list.regions", ("N", "S"))))
    assert project.table("lead").field("checked").type.values == ("N", "S")


def test_records_in_a_list(tmp_path: Path) -> None:
    """X is in no region; of the fourth lead it is not known. In the field that has the list, X is no value."""
    metrics = metric("near", "count_if(region in list.regions)", of="lead")
    metrics += metric("far", "count_if(region not in list.regions)", of="lead")
    metrics += metric("known", "count(checked)", of="lead")
    write_project(tmp_path / "p", COMPANY + REGIONS + metrics, LEADS)
    results = measured(tmp_path / "p", "all")
    told = {id_: number(results, id_, "all") for id_ in ("near", "far", "known")}
    assert {id_: (reading.value, reading.unknown) for id_, reading in told.items()} == {
        "near": (2, 1),
        "far": (1, 1),
        "known": (2, 0),
    }
