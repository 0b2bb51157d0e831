"""The documents of the package: sound alone, there only when a project names them, and a start for its own."""

from __future__ import annotations

from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac import packs
from aac.kinds.entity import Entity
from aac.operations import open_project, open_sound_project, pull_sources
from aac.packs import Packs
from aac.results import Status
from tests.loading import CONFIG, KINDS, REGISTRY, load_documents, load_files
from tests.small import NOW_US, measured, metric, write_project

if TYPE_CHECKING:
    from aac.documents import Document
    from aac.findings import Finding
    from aac.measures import Table
    from aac.project import Project
    from aac.results import Results

IDS = Packs(REGISTRY.packs).ids("aac")
TEAM = "kind: team\nid: sales\nname: Sales\n---\n"


def counting(entity: str, id_: str = "counted") -> str:
    """A definition that names an entity."""
    return f"kind: definition\nid: {id_}\nof: {entity}\nowner: sales\nmeans: One of them.\n---\n"


def table(project: Project, entity: str) -> Table:
    return {table.entity: table for table in project.tables}[entity]


def test_the_usual_entities_of_a_crm_are_there() -> None:
    assert IDS == (
        "account", "activity", "contact", "demo", "exchange_rate", "handoff", "intent_signal", "lead", "opportunity",
        "quota", "score_change", "spend", "stage_change", "subscription", "survey_response", "ticket", "user",
    )  # fmt: skip


@pytest.mark.parametrize("id_", IDS)
def test_each_is_sound_as_a_document_of_a_project(tmp_path: Path, id_: str) -> None:
    text = (Path(packs.__file__).parent / "packaged" / "aac" / f"{id_}.yml").read_text(encoding="utf-8")
    project, findings = load_documents(tmp_path, TEAM + counting(id_) + text)
    assert [str(finding) for finding in findings] == []
    assert not next(version for version in project.versions if version.id == ("entity", id_)).is_packaged


def test_all_together_are_sound(tmp_path: Path) -> None:
    named = "".join(counting(id_, f"counted_{number}") for number, id_ in enumerate(IDS))
    project, findings = load_documents(tmp_path, TEAM + named)
    assert (findings, tuple(project.ids("entity"))) == ((), IDS)
    assert all(table(project, id_).is_packaged and not table(project, id_).streams for id_ in IDS)
    assert len(project.documents) == len(IDS) + 1


def test_every_field_is_told_what_it_is() -> None:
    folder = Packs(REGISTRY.packs)
    for id_ in IDS:
        document = folder.document("aac", id_)
        assert document is not None
        assert document.data["name"]
        assert document.data["means"]
        model = KINDS["entity"].model_validate(document.data)
        assert isinstance(model, Entity)
        assert {*model.key, *([model.occurs] if model.occurs else [])} <= model.fields.keys()


def test_only_what_is_named_joins_and_what_that_names(tmp_path: Path) -> None:
    assert load_documents(tmp_path, TEAM)[0].ids("entity") == ()
    project, _ = load_documents(tmp_path, TEAM + counting("demo"))
    assert tuple(project.ids("entity")) == ("account", "contact", "demo", "lead", "opportunity", "user")
    assert tuple(load_documents(tmp_path, TEAM + counting("spend"))[0].ids("entity")) == ("spend",)


def test_only_what_joins_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plainly = packs.read_text

    def noting(data: bytes, file: str) -> tuple[list[Document], list[Finding]]:
        read.append(file)
        return plainly(data, file)

    monkeypatch.setattr(packs, "read_text", noting)
    load_documents(tmp_path, TEAM + counting("quota"))
    assert sorted(read) == ["aac/quota.yml", "aac/user.yml"]


def test_a_document_of_the_same_id_replaces_one_whole(tmp_path: Path) -> None:
    user = "kind: entity\nid: user\nfrom: crm.people\nkey: login\nfields: {login: text}\n---\n"
    project, findings = load_documents(tmp_path, TEAM + counting("quota") + user)
    assert findings == ()
    assert [field.name for field in table(project, "user").fields] == ["login"]
    assert tuple(project.ids("entity")) == ("quota", "user")


def test_a_broken_document_of_the_same_id_is_told_and_nothing_joins_in_its_place(tmp_path: Path) -> None:
    user = "kind: entity\nid: user\nfrom: crm.people\nkey: login\nfields: {login: txt}\n---\n"
    project, findings = load_documents(tmp_path, TEAM + counting("quota") + user)
    assert [finding.code for finding in findings] == ["AAC308"]
    assert ("entity", "user") not in project.models


def test_an_id_that_was_meant_to_be_another_is_not_filled_in(tmp_path: Path) -> None:
    user = "kind: entity\nid: User\nfrom: crm.people\nkey: login\nfields: {login: text}\n---\n"
    project, findings = load_documents(tmp_path, TEAM + counting("quota") + user)
    assert [finding.code for finding in findings] == ["AAC202"]
    assert tuple(project.ids("entity")) == ("quota",)


def test_references_without_columns_are_not_told_as_empty(tmp_path: Path) -> None:
    documents = "kind: entity\nid: demo\nextends: aac\nfrom: crm.demos\n---\n"
    documents += "kind: entity\nid: account\nextends: aac\nfrom: crm.accounts\n"
    tables = {
        "demos": "demo_id,requested_at,account_id\nD1,2026-02-01T10:00:00Z,A1\nD2,2026-02-01T10:00:00Z,\n",
        "accounts": "account_id,created_at\nA1,2026-01-01T00:00:00Z\n",
    }
    pulled = pull_sources(open_sound_project(write_project(tmp_path / "p", documents, tables)), NOW_US, lambda _: None)
    assert [finding.message for finding in pulled.findings] == ["`account` is empty in 1 record"]


def test_what_extends_one_starts_from_it(tmp_path: Path) -> None:
    lead = """\
kind: entity
id: lead
extends: aac
from: crm.leads
occurs: ~
fields:
  score: {from: '"Lead Score"'}
  source: {map: {Web: inbound}}
  campaign: {ref: campaign}
  title: ~
  region: text
---
kind: entity
id: campaign
from: crm.campaigns
key: campaign_id
fields: {campaign_id: text}
---
"""
    project, findings = load_documents(tmp_path, TEAM + counting("lead") + lead)
    assert [str(finding) for finding in findings] == []
    made = table(project, "lead")
    fields = {field.name: field for field in made.fields}
    assert [str(name) for name in made.streams] == ["crm.leads"]
    assert (made.key, made.occurs, made.is_packaged) == (("lead_id",), None, False)
    assert (fields["score"].type.unit, fields["score"].may_lack) == ("score", False)
    assert fields["source"].mapping == (("Web", "inbound"),)
    assert "inbound" in (fields["source"].type.values or ())
    assert fields["campaign"].type.entity == "campaign"
    assert "title" not in fields
    assert list(fields)[-1] == "region"
    assert (fields["email"].pii, fields["email"].may_lack) == (True, True)
    assert not fields["lead_id"].may_lack


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("fields", "email"), "3:10"),
        (("fields", "email", "pii"), "3:10"),
        (("key",), "3:10"),
        (("fields", "role"), "6:9"),
        (("fields", "role", "type"), "6:9"),
        (("fields", "nobody"), "5:3"),
        (("of",), "1:1"),
    ],
)
def test_what_is_wrong_with_what_it_takes_is_told_where_it_says_so(
    tmp_path: Path, path: tuple[str, ...], place: str
) -> None:
    text = "kind: entity\nid: user\nextends: aac\nfields:\n  region: text\n  role: {from: job}\n"
    project, _ = load_documents(tmp_path, text)
    assert str(project.places["entity", "user"].span(*path)) == f"alignment/all.yml:{place}"


def test_a_field_of_another_sort_is_another_field(tmp_path: Path) -> None:
    lead = (
        "kind: entity\nid: lead\nextends: aac\nfrom: crm.leads\nfields: {source: {type: text}, score: {unit: ratio}}\n"
    )
    project, findings = load_documents(tmp_path, TEAM + counting("lead") + lead)
    assert findings == ()
    fields = {field.name: field.type for field in table(project, "lead").fields}
    assert (fields["source"].values, fields["score"].name, fields["score"].unit) == (None, "integer", "ratio")


def test_extending_is_enough(tmp_path: Path) -> None:
    project, findings = load_documents(tmp_path, "kind: entity\nid: user\nextends: aac\n")
    assert findings == ()
    assert not table(project, "user").is_packaged


def test_what_is_personal_in_it_stays_personal(tmp_path: Path) -> None:
    project, _ = load_documents(tmp_path, "kind: entity\nid: user\nextends: aac\nfrom: crm.users\n")
    (entry,) = project.entries()
    assert entry.fields["fields"]["email"]["pii"] == "true"  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("extends: aca", ("AAC220", "alignment/all.yml:3:10", "there is no pack `aca`", "did you mean `aac`?")),
        (
            "extends: [aac]\nkey: a\nfields: {a: text}",
            ("AAC308", "alignment/all.yml:3:10", "a list is not text", "write `aac`"),
        ),
        ("extends: aac\nkeys: a", ("AAC207", "alignment/all.yml:4:1", "there is no key `keys` here", None)),
        (
            "extends: aac\nfields: {user_id: {format: x}}",
            ("AAC308", "alignment/all.yml:4:28", "only a date or a time has a format, and this is of type text", None),
        ),
    ],
)
def test_what_is_wrong_with_extending(tmp_path: Path, text: str, told: tuple[str, str, str, str | None]) -> None:
    _, findings = load_documents(tmp_path, f"kind: entity\nid: user\n{text}\n")
    code, place, message, instead = told
    assert [(f.code, str(f.span), f.message) for f in findings] == [(code, place, message)]
    assert instead is None or findings[0].instead == instead


def test_a_pack_has_only_what_it_has(tmp_path: Path) -> None:
    _, findings = load_documents(tmp_path, "kind: entity\nid: ledd\nextends: aac\n")
    (finding,) = findings
    assert (finding.code, finding.message) == ("AAC221", "the pack `aac` has no entity `ledd`")
    assert finding.instead == "did you mean `lead`?; or leave `extends` out"


@pytest.mark.parametrize("target", ["../aac/lead", "{away}", "x" * 5_000, "Lead"])
def test_no_path_is_made_of_what_a_document_names(tmp_path: Path, target: str) -> None:
    other = tmp_path / "other.yml"
    other.write_text("kind: entity\nid: other\nkey: id\nfields: {id: text}\n")
    target = target.format(away=relpath(tmp_path / "other", Path(packs.__file__).parent / "packaged" / "aac"))
    project, findings = load_documents(tmp_path / "p", TEAM + counting(target))
    assert {finding.code for finding in findings} == {"AAC204"}
    assert not any(version.is_packaged for version in project.versions)


def test_a_misspelt_name_of_one_is_recognized(tmp_path: Path) -> None:
    _, findings = load_documents(tmp_path, TEAM + counting("oportunity"))
    assert [(finding.code, finding.instead) for finding in findings] == [("AAC204", "did you mean `opportunity`?")]


PLUGIN = """\
from pathlib import Path

from aac import hookimpl


@hookimpl
def aac_packs():
    return {"bubble": Path(__file__).parent / "bubble"}
"""
BUBBLE = """\
kind: entity
id: user
extends: aac
from: crm.owners
fields:
  user_id: {from: id}
  nickname: {type: text, pii: true}
"""


def test_a_plugin_brings_a_pack_that_starts_from_ours(tmp_path: Path) -> None:
    files = {
        "aac.toml": CONFIG,
        "plugins/bubble.py": PLUGIN,
        "plugins/bubble/user.yml": BUBBLE,
        "alignment/user.yml": "kind: entity\nid: user\nextends: bubble\nfields: {region: ~}\n",
    }
    load_files(tmp_path, files)
    opened = open_project(tmp_path)
    assert opened.findings == ()
    fields = {field.name: field for field in table(opened.project, "user").fields}
    assert "region" not in fields
    assert {name for name, field in fields.items() if field.pii} == {"full_name", "email", "nickname"}
    assert [str(name) for name in table(opened.project, "user").streams] == ["crm.owners"]


# Measured: what there is no data of

PROMISE = """\
kind: sla
id: answer
what: Sales answers tickets
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: ticket, starts: created_at, stops: first_response_at, objective: 90%}
escalation: [{at: late, do: notify, to: sales}]
---
"""
DEALS = "opportunity_id,created_at,state,amount,close_date\nO-1,2026-02-01,won,100,2026-02-20\n"


def status(results: Results, id_: str) -> list[tuple[Status | None, object]]:
    """Status and value of each result."""
    found = [result for result in results.results if result.id == id_]
    return [(result.verdict.status, getattr(result.reading, "value", None)) for result in found]


def test_what_rests_on_an_entity_without_a_source_is_not_measurable(tmp_path: Path) -> None:
    leads = metric("leads", "count(*)", of="lead", at="created_at", target="{at_least: 5}")
    sales = metric("sales", "sum(amount)", of="opportunity", at="close_date", unit="EUR", target="{at_least: 50}")
    by_region = metric("regions", "count(*)", of="opportunity", at="close_date", by="[owner.region]")
    write_project(tmp_path, leads + sales + by_region + PROMISE, {"opportunity": DEALS})
    results = measured(tmp_path, "2026-02")
    assert status(results, "sales") == [(Status.ON_TARGET, 100)]
    assert status(results, "leads") == [(Status.NOT_MEASURABLE, None)]
    assert status(results, "answer") == [(Status.NOT_MEASURABLE, None)]
    assert status(results, "regions") == [(None, None)]
    assert [(f.message, f.instead) for f in results.findings if f.code == "AAC513"] == [
        (
            "metric `leads` cannot be measured: there is no data of `lead`",
            "say where it is in a document of kind `entity` with `id: lead`",
        ),
        (
            "metric `regions` cannot be measured: there is no data of `user` and `owner` of `opportunity`",
            "say where it is in a document of kind `entity` with `id: user`",
        ),
        (
            "sla `answer` cannot be measured: there is no data of `ticket`",
            "say where it is in a document of kind `entity` with `id: ticket`",
        ),
    ]


def test_what_reads_a_field_without_a_column_is_not_measurable(tmp_path: Path) -> None:
    won = metric("won", "count(*)", of="opportunity", at="close_date")
    lost = metric("lost", "count_if(lost_reason = 'price')", of="opportunity", at="close_date")
    write_project(tmp_path, won + lost, {"opportunity": DEALS})
    results = measured(tmp_path, "2026-02")
    assert (status(results, "won"), status(results, "lost")) == ([(None, 1)], [(None, None)])
    assert [f.message for f in results.findings if f.code == "AAC513"] == [
        "metric `lost` cannot be measured: there is no data of `lost_reason` of `opportunity`"
    ]


def test_a_packaged_entity_that_has_a_key_of_another_name_says_so(tmp_path: Path) -> None:
    won = metric("won", "count(*)", of="opportunity", at="close_date")
    write_project(tmp_path, won, {"opportunity": "id,created_at,close_date\n1,2026-02-01,2026-02-20\n"})
    pulled = pull_sources(open_sound_project(tmp_path), NOW_US, lambda _: None)
    assert [(f.code, f.message, str(f.span)) for f in pulled.findings] == [
        ("AAC606", "`crm.opportunity` has no column `opportunity_id`", "aac/opportunity.yml:1:1")
    ]
