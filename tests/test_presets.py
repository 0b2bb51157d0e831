"""Presets: tables that Fivetran and Airbyte land, whole and in part, from files and from databases."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from aac.engines.duckdb import Store
from aac.operations import open_project, open_sound_project, pull_sources
from aac.packs import PRESETS, Packs
from tests.commands import run_aac
from tests.loading import REGISTRY, load_documents
from tests.small import NOW_US

if TYPE_CHECKING:
    from aac.findings import Finding
    from aac.landing.pull import Pulled

PROJECTS = Path(__file__).parent / "projects"
FIVETRAN = ("fivetran_hubspot", "fivetran_salesforce")
OF_FILES = 'connector = "csv"\npath = "data"\n'
SETTINGS = '[project]\nname = "P"\nspec = 1\n\n[sources.warehouse]\n'


def seeds(preset: str, table: str) -> list[dict[str, str]]:
    """A table as it lies there, read by nobody of ours."""
    with (PROJECTS / preset / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pulled(root: Path) -> Pulled:
    return pull_sources(open_sound_project(root), NOW_US, lambda _: None)


def rows(root: Path, entity: str, *columns: str) -> list[tuple[Any, ...]]:
    with Store(root / ".aac" / "store.duckdb", read_only=True) as store:
        return list(store.execute(f"SELECT {', '.join(columns)} FROM prepared.{entity} ORDER BY ALL"))


def told(findings: tuple[Finding, ...], code: str, entity: str) -> list[tuple[str, int]]:
    return [(f.level, f.count) for f in findings if f.code == code and f.doc == f"entity:{entity}"]


def project(
    root: Path, documents: str, tables: dict[str, str], settings: str = 'connector = "csv"\npath = "data"\n'
) -> Path:
    files = {"aac.toml": SETTINGS + settings, "alignment/all.yml": documents}
    for name, text in {**files, **{f"data/{name}.csv": text for name, text in tables.items()}}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def all_of(preset: str) -> str:
    ids = Packs(REGISTRY.packs).ids(preset)
    return "---\n".join(f"kind: entity\nid: {id_}\nextends: {preset}\n" for id_ in ids)


@pytest.mark.parametrize("preset", PRESETS)
def test_each_document_is_sound(tmp_path: Path, preset: str) -> None:
    project, findings = load_documents(tmp_path, all_of(preset))
    assert findings == ()
    assert {table.entity for table in project.tables} >= set(Packs(REGISTRY.packs).ids(preset))


@pytest.mark.parametrize("preset", FIVETRAN)
def test_what_is_in_the_seeds_arrives(tmp_path: Path, preset: str) -> None:
    """Every row that is not deleted is a record; the seeds of dbt_hubspot and dbt_salesforce are Fivetran's own."""
    root = tmp_path / "p"
    copytree(PROJECTS / preset, root)
    found = pulled(root)
    tables = {
        "fivetran_hubspot": {
            "opportunity": "deal", "contact": "contact", "account": "company", "ticket": "ticket", "user": "owner",
        },
        "fivetran_salesforce": {entity: entity for entity in ("opportunity", "contact", "account", "lead", "user")},
    }[preset]  # fmt: skip
    for entity, table in tables.items():
        there = seeds(preset, table)
        marks = ("is_deleted", "_fivetran_deleted") if entity != "user" else ()  # who has left still owns records
        gone = [row for row in there if "true" in [row.get(mark, "").lower() for mark in marks]]
        assert found.rows[entity] == len(there) - len(gone), entity
        level = "info" if len(there) > len(gone) else "warning"
        assert told(found.findings, "AAC516", entity) == ([(level, len(gone))] if gone else [])
    assert not [f for f in found.findings if f.code in ("AAC501", "AAC502", "AAC504", "AAC505", "AAC506")]


def test_every_opportunity_of_the_salesforce_seeds_is_deleted_and_that_is_told(tmp_path: Path) -> None:
    root = tmp_path / "p"
    copytree(PROJECTS / "fivetran_salesforce", root)
    (finding,) = [f for f in pulled(root).findings if f.code == "AAC516" and f.doc == "entity:opportunity"]
    assert (finding.level, finding.count, len(finding.keys)) == ("warning", 10, 10)
    assert finding.message == (
        "10 records of `warehouse.opportunity` left out because they are deleted there, which leaves no opportunity"
    )


@pytest.mark.parametrize(("preset", "table"), [(FIVETRAN[0], "deal_stage"), (FIVETRAN[1], "opportunity_history")])
def test_ends_that_never_come_are_none(tmp_path: Path, preset: str, table: str) -> None:
    root = tmp_path / "p"
    copytree(PROJECTS / preset, root)
    found = pulled(root)
    there = seeds(preset, table)
    ended = [row["_fivetran_end"] for row in there if row["_fivetran_end"] < "2050"]
    assert {row["_fivetran_end"][:4] for row in there} >= {"2050" if preset == FIVETRAN[0] else "9999"}
    counted = rows(root, "stage_change", "count(*)", "count(changed_at)", "count(left_at)")
    assert counted == [(len(there), len(there), len(ended))]
    assert told(found.findings, "AAC506", "stage_change") == []


def test_columns_that_are_missing_are_one_finding(tmp_path: Path) -> None:
    deals = "deal_id,owner_id,deal_pipeline_stage_id,property_createdate,_fivetran_deleted\n1,7,s,2026-01-05,false\n"
    stages = "stage_id,label,pipeline_id,is_closed,closed_won,probability\ns,Won,p,TRUE,TRUE,1.0\n"
    document = "kind: entity\nid: opportunity\nextends: fivetran_hubspot\n"
    root = project(tmp_path, document, {"deal": deals, "deal_pipeline_stage": stages})
    finding, deletions = [f for f in pulled(root).findings if f.code == "AAC641"]
    assert (deletions.doc, deletions.keys) == ("entity:deal_stage", ("_fivetran_deleted",))
    assert finding.doc == "entity:opportunity"
    assert finding.keys[:3] == ("deal_pipeline_id", "property_amount", "property_closed_lost_reason")
    assert "`pipeline`, `type`, `close_date`, `amount`" in finding.message
    assert rows(root, "opportunity", "opportunity_id", "owner", "deal_stage", "amount") == [("1", "7", "s", None)]


def test_where_nothing_says_what_was_deleted_that_is_told(tmp_path: Path) -> None:
    document = "kind: entity\nid: opportunity\nextends: fivetran_salesforce\n"
    columns = "id,stage_name,_fivetran_active,_fivetran_start\n1,Won,true,2026-01-05\n"
    for name, table, said in (("without", columns, True), ("with", columns.replace("stage_name", "Is_Deleted"), False)):
        found = pulled(project(tmp_path / name, document, {"opportunity": table})).findings
        told_it = [f for f in found if f.code == "AAC641" and f.level == "warning"]
        assert bool(told_it) is said
    (finding,) = [f for f in pulled(tmp_path / "without").findings if f.level == "warning" and f.code == "AAC641"]
    assert finding.message == (
        "`warehouse.opportunity` has no column `is_deleted`: which records of `opportunity` were deleted is not told "
        "there, and all of them count"
    )


APPENDED = """\
ID,CREATEDAT,UPDATEDAT,ARCHIVED,PROPERTIES_DEALNAME,PROPERTIES_AMOUNT,PROPERTIES_CLOSEDATE,_AIRBYTE_EXTRACTED_AT
1,2026-01-05T10:00:00Z,2026-01-05T10:00:00Z,false,One,100,2026-03-01T23:30:00Z,2026-01-06T00:00:00Z
1,2026-01-05T10:00:00Z,2026-01-07T10:00:00Z,false,One,150,2026-03-02T00:00:00Z,2026-01-08T00:00:00Z
1,2026-01-05T10:00:00Z,2026-01-06T10:00:00Z,false,One,120,2026-03-01T00:00:00Z,2026-01-09T00:00:00Z
2,2026-01-05T10:00:00Z,2026-01-05T10:00:00Z,false,Two,200,,2026-01-06T00:00:00Z
3,2026-01-05T10:00:00Z,,false,Three,300,,2026-01-06T00:00:00Z
3,2026-01-05T10:00:00Z,,false,Three,350,,2026-01-07T00:00:00Z
"""
ARCHIVED = """ID,CREATEDAT,UPDATEDAT,ARCHIVED,PROPERTIES_AMOUNT,_AIRBYTE_EXTRACTED_AT
2,2026-01-05T10:00:00Z,2026-01-06T10:00:00Z,true,200,2026-01-07T00:00:00Z
"""


def test_of_appended_rows_the_newest_is_the_record_and_the_archived_are_gone(tmp_path: Path) -> None:
    root = project(tmp_path, "kind: entity\nid: opportunity\nextends: airbyte_hubspot\n",
                   {"DEALS": APPENDED, "DEALS_ARCHIVED": ARCHIVED})  # fmt: skip
    found = pulled(root)
    assert rows(root, "opportunity", "opportunity_id", "amount::INTEGER", "close_date") == [
        ("1", 150, 20514),
        ("3", 350, None),
    ]
    assert told(found.findings, "AAC517", "opportunity") == [("info", 4)]
    assert told(found.findings, "AAC516", "opportunity") == [("info", 1)]
    assert told(found.findings, "AAC502", "opportunity") == []


HISTORY = """\
id,name,is_deleted,created_date,owner_id,_fivetran_active,_fivetran_start,_fivetran_end
1,Then,false,2026-01-01 08:00,7,false,2026-01-01 08:00,2026-01-02 08:00
1,Now,false,2026-01-01 08:00,8,true,2026-01-02 08:00,9999-12-31 23:59:59
2,Gone,false,2026-01-01 08:00,7,false,2026-01-01 08:00,2026-01-02 08:00
2,Gone,false,2026-01-01 08:00,7,false,2026-01-02 08:00,2026-01-03 08:00
3,Alone,false,2026-01-01 08:00,7,true,2026-01-01 08:00,9999-12-31 23:59:59
"""
LEAVERS = """\
id,name,is_active,_fivetran_deleted,_fivetran_active,_fivetran_start
7,Ann,true,false,false,2026-01-01 08:00
7,Ann Lee,false,true,false,2026-01-02 08:00
8,Ben,true,false,true,2026-01-01 08:00
"""


def test_in_history_mode_older_versions_are_no_deletions_and_people_who_left_stay(tmp_path: Path) -> None:
    documents = "---\n".join(f"kind: entity\nid: {id_}\nextends: fivetran_salesforce\n" for id_ in ("account", "user"))
    root = project(tmp_path, documents, {"account": HISTORY, "user": LEAVERS})
    found = pulled(root).findings
    assert rows(root, "account", "account_id", "name", "owner") == [("1", "Now", "8"), ("3", "Alone", "7")]
    assert rows(root, "user", "user_id", "full_name", "active") == [("7", "Ann Lee", False), ("8", "Ben", True)]
    assert [told(found, code, "account") for code in ("AAC516", "AAC517")] == [[("info", 1)], [("info", 2)]]
    assert told(found, "AAC503", "account") == []
    assert [told(found, code, "user") for code in ("AAC516", "AAC517")] == [[], [("info", 1)]]


def test_without_the_column_of_a_version_doubled_keys_are_doubled(tmp_path: Path) -> None:
    root = project(tmp_path, "kind: entity\nid: user\nextends: fivetran_salesforce\n", {"user": "id,name\n7,A\n7,B\n"})
    found = pulled(root).findings
    assert [told(found, code, "user") for code in ("AAC502", "AAC517")] == [[("warning", 1)], []]


META = """\
Id,IsDeleted,SystemModstamp,Name,_airbyte_extracted_at,_airbyte_meta
1,false,2026-01-05T10:00:00Z,Later,2026-01-07T00:00:00Z,"{""changes"":[],""sync_id"":2}"
1,false,2026-01-05T10:00:00Z,Sooner,2026-01-06T00:00:00Z,"{""changes"":[{""field"":""Name"",""change"":""NULLED""}]}"
2,false,2026-01-05T10:00:00Z,,2026-01-06T00:00:00Z,"{""changes"": [{""field"": ""Name"", ""change"": ""NULLED"", \
""reason"": ""SOURCE_FIELD_SIZE_LIMITATION""}], ""sync_id"": 1}"
3,false,2026-01-05T10:00:00Z,C,2026-01-06T00:00:00Z,"{""errors"": [""Problem with `Website`""]}"
4,true,2026-01-05T10:00:00Z,D,2026-01-06T00:00:00Z,"{""changes"":[{""field"":""Type"",""change"":""NULLED""}]}"
5,false,2026-01-05T10:00:00Z,E,2026-01-06T00:00:00Z,
"""


def test_ties_go_to_what_was_extracted_last_and_values_that_airbyte_left_out_are_told(tmp_path: Path) -> None:
    root = project(tmp_path, "kind: entity\nid: account\nextends: airbyte_salesforce\n", {"Account": META})
    found = pulled(root).findings
    assert [name for _, name in rows(root, "account", "account_id", "name")] == ["Later", None, "C", "E"]
    (finding,) = [f for f in found if f.code == "AAC526"]
    assert (finding.level, finding.count, finding.keys) == ("warning", 2, ("2", "3"))
    assert finding.message == "2 records of `warehouse.Account` came without some of their values: `Name`"


def test_nothing_is_told_where_airbyte_left_out_nothing(tmp_path: Path) -> None:
    whole = "".join(line for line in META.splitlines(keepends=True) if line[:2] in ("Id", "4,", "5,"))
    root = project(tmp_path, "kind: entity\nid: account\nextends: airbyte_salesforce\n", {"Account": whole})
    assert told(pulled(root).findings, "AAC526", "account") == []


@pytest.mark.parametrize("mark", ["deleted: gon", "version: gon", "version: [at, gon]", "incomplete: gon"])
def test_a_mark_over_a_column_that_is_not_there_is_told(tmp_path: Path, mark: str) -> None:
    document = f"kind: entity\nid: deal\nkey: id\n{mark}\nfields: {{id: text}}\n"
    root = project(tmp_path, document, {"deal": "id,gone,at\n"})
    (finding,) = [f for f in pulled(root).findings if f.level == "error"]
    assert (finding.code, finding.message, finding.instead) == (
        "AAC606", "`warehouse.deal` has no column `gon`", "did you mean `gone`?"
    )  # fmt: skip


def test_tables_of_a_database_are_the_same(tmp_path: Path) -> None:
    """The seeds with the types that DuckDB finds in them, against the text of the files."""
    of_files, of_database = tmp_path / "files", tmp_path / "database"
    copytree(PROJECTS / "fivetran_hubspot", of_files)
    copytree(PROJECTS / "fivetran_hubspot", of_database)
    with duckdb.connect(str(of_database / "warehouse.duckdb")) as connection:
        for path in sorted((of_files / "data").glob("*.csv")):
            connection.execute(f"CREATE TABLE {path.stem.upper()} AS FROM read_csv('{path}')")
    (of_database / "aac.toml").write_text(SETTINGS + 'connector = "duckdb"\npath = "warehouse.duckdb"\n')
    one, other = pulled(of_files), pulled(of_database)
    assert one.rows == other.rows
    for entity in one.rows:
        assert rows(of_files, entity, "*") == rows(of_database, entity, "*"), entity
    plain = [[(f.code, f.doc, f.count, f.keys) for f in found.findings if f.code != "AAC641"] for found in (one, other)]
    assert plain[0] == plain[1]


def test_a_document_says_where_a_field_or_a_stream_is(tmp_path: Path) -> None:
    documents = """\
kind: entity
id: user
extends: fivetran_hubspot
from: warehouse.people
fields:
  region: {from: office}
  started_on:
"""
    root = project(tmp_path, documents, {"people": "owner_id,office\n7,Berlin\n", "owner": "owner_id\n1\n"})
    pulled(root)
    assert rows(root, "user", "user_id", "region") == [("7", "Berlin")]


def test_streams_in_two_sources_have_to_be_named(tmp_path: Path) -> None:
    settings = 'connector = "csv"\npath = "data"\n\n[sources.other]\nconnector = "csv"\npath = "data"\n'
    root = project(
        tmp_path, "kind: entity\nid: user\nextends: fivetran_hubspot\n", {"owner": "owner_id\n7\n"}, settings
    )
    (finding,) = [f for f in pulled(root).findings if f.level == "error"]
    assert (finding.code, "both have a stream `owner`" in finding.message) == ("AAC612", True)
    (root / "aac.toml").write_text(SETTINGS + 'connector = "csv"\npath = "data"\nfiles = { people = "owner.csv" }\n')
    (finding,) = [f for f in pulled(root).findings if f.level == "error"]
    assert (finding.code, finding.message) == ("AAC611", "no source has a stream `owner`")


@pytest.mark.parametrize(
    ("keys", "code", "message"),
    [
        ("deleted: amount + 1", "AAC302", "`deleted` is a condition, and this is a number"),
        ("version: amount", "AAC302", "`version` is a timestamp, and this is a number"),
        ("version: [at, amount]", "AAC302", "`version` is a timestamp, and this is a number"),
        ("incomplete: amount > 1", "AAC302", "`incomplete` is text, and this is a condition"),
        ("deleted: amount = 0\nper: id", "AAC308", "`deleted` is said of rows that are records, and `per` has many"),
    ],
)
def test_marks_that_cannot_be(tmp_path: Path, keys: str, code: str, message: str) -> None:
    documents = f"kind: entity\nid: deal\nkey: id\ncolumns: {{amount: number}}\n{keys}\nfields: {{id: text}}\n"
    root = project(tmp_path, documents, {"deal": "id,amount\n"})
    found = [(f.code, f.message) for f in open_project(root).findings if f.level == "error"]
    assert found == [(code, message)]


def test_a_deleted_row_makes_way_for_a_living_one(tmp_path: Path) -> None:
    documents = "kind: entity\nid: deal\nkey: id\ndeleted: gone\nfields: {id: text, n: integer}\n"
    root = project(tmp_path, documents, {"deal": "id,n,gone\na,1,false\na,2,yes\nb,1,\nc,1,TRUE\nd,1,perhaps\n"})
    found = pulled(root)
    assert rows(root, "deal", "id", "n") == [("a", 1), ("b", 1), ("d", 1)]
    assert told(found.findings, "AAC516", "deal") == [("info", 2)]
    with Store(root / ".aac" / "store.duckdb", read_only=True) as store:
        assert store.execute("SELECT keys FROM _aac.set_aside ORDER BY ALL") == [(["a"],), (["c"],)]


def test_a_version_that_is_unknown_is_the_oldest(tmp_path: Path) -> None:
    documents = "kind: entity\nid: deal\nkey: id\nversion: at\nfields: {id: text, n: integer}\n"
    root = project(tmp_path, documents, {"deal": "id,n,at\na,1,2026-01-05\na,2,\na,3,soon\nb,1,\nb,2,\n"})
    assert told(pulled(root).findings, "AAC517", "deal") == [("info", 3)]
    assert rows(root, "deal", "id", "n") == [("a", 1), ("b", 2)]


def test_an_id_that_is_like_another_is_not_taken_for_it(tmp_path: Path) -> None:
    root = tmp_path / "p"
    copytree(PROJECTS / "fivetran_salesforce", root)
    lost = [f for f in pulled(root).findings if f.code == "AAC503"]
    assert any("0051G000005MreQAC" in f.message for f in lost)
    assert not [f.instead for f in lost if "map" in f.instead]


def test_a_reference_that_says_itself_when_it_is_empty_is_not_told(tmp_path: Path) -> None:
    documents = """\
kind: entity
id: deal
key: id
fields: {id: text}
---
kind: entity
id: move
key: id
fields:
  id: text
  deal: {ref: deal, from: "case when id like 'deal%' then of end"}
  other: {ref: deal, from: of}
"""
    tables = {"deal": "id\n1\n", "move": "id,of\ndeal-1,1\nticket-1,\n"}
    found = pulled(project(tmp_path, documents, tables)).findings
    assert [(each.code, each.message) for each in found] == [("AAC508", "`other` is empty in 1 record")]


ENGAGEMENTS = {
    "contact": (
        "id,property_createdate,property_hs_first_outreach_date,is_deleted\n"
        "1,2026-01-05 09:00,2026-01-05 10:00,false\n2,2026-01-05 09:00,2026-01-05 20:00,false\n"
        "3,2026-01-05 09:00,,false\n"
    ),
    "engagement_call": (
        "engagement_id,_fivetran_deleted,property_hs_timestamp,property_hs_call_direction,property_hs_object_source\n"
        "c1,false,2026-01-05 20:00,OUTBOUND,CRM_UI\nc2,true,2026-01-05 09:30,OUTBOUND,CRM_UI\n"
    ),
    "engagement_email": (
        "engagement_id,_fivetran_deleted,property_hs_timestamp,property_hs_email_direction,property_hs_object_source\n"
        "e1,false,2026-01-05 10:00,EMAIL,CRM_UI\ne2,false,2026-01-05 09:01,EMAIL,WORKFLOWS\n"
    ),
    "engagement_meeting": "engagement_id,start_time\nm1,2026-01-06 09:00\n",
    "engagement_note": "engagement_id,_fivetran_deleted,property_hs_timestamp\n",
    "engagement_task": "engagement_id,_fivetran_deleted,property_hs_timestamp\n",
    "engagement_contact": (
        "contact_id,engagement_id,engagement_type\n1,e1,EMAIL\n2,c1,CALL\n3,c2,CALL\n1,e2,EMAIL\n2,e2,EMAIL\n1,m1,MEETING\n"
    ),
}
FIRST_TOUCH = "fields: {first_touch_at: {rollup: min(occurred_at), over: activity, where: is_human}}\n"
FIRST_CONTACT = """\
kind: company
id: small
currency: EUR
timezone: UTC
---
kind: team
id: sales
name: Sales
---
kind: team
id: marketing
name: Marketing
---
kind: entity
id: lead
extends: PRESET
FIRST_TOUCH---
kind: sla
id: first_contact
what: Sales contacts a lead
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: lead, starts: created_at, stops: STOPS, objective: 90%, window: month}
escalation: [{at: late, do: notify, to: sales}]
""".replace("FIRST_TOUCH", FIRST_TOUCH)


@pytest.mark.parametrize("stops", ["first_touch_at", "first_outreach_at"])
def test_first_contact_is_measured_from_what_fivetran_lands_of_hubspot(tmp_path: Path, stops: str) -> None:
    """Lead 1 was written to within an hour by a person, 2 after eleven; of 3 there is only a call that was deleted."""
    activity = "---\nkind: entity\nid: activity\nextends: fivetran_hubspot\n"
    documents = FIRST_CONTACT.replace("PRESET", "fivetran_hubspot").replace("STOPS", stops) + activity
    root = project(tmp_path, documents, ENGAGEMENTS)
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stderr
    checked = run_aac(root, "check", "--window", "2026-01", "--format", "json", "--fail-on", "never")
    (mine,) = [each for each in json.loads(checked.stdout)["results"] if each["kind"] == "sla"]
    assert (mine["met"], mine["late"]) == (1, 2)
    assert ("e1", "1", "email") in rows(root, "activity", "engagement", "lead", "type")


def test_first_contact_is_measured_from_what_airbyte_lands_of_hubspot(tmp_path: Path) -> None:
    columns = "id,createdAt,archived,properties_hs_timestamp"
    tables = {
        "contacts": "id,createdAt,archived,properties_hs_first_outreach_date\n"
        "1,2026-01-05T09:00:00Z,false,2026-01-05T10:00:00Z\n2,2026-01-05T09:00:00Z,false,\n",
        "contacts_archived": "id,createdAt,archived\n",
        "engagements_calls": f"{columns},properties_hs_call_status,properties_hs_call_duration\n"
        "7,2026-01-05T09:00:00Z,false,2026-01-05T10:00:00Z,COMPLETED,90000\n"
        "8,2026-01-05T09:00:00Z,true,2026-01-05T10:00:00Z,COMPLETED,90000\n",
        "engagements_emails": f"{columns},properties_hs_email_direction\n"
        "9,2026-01-05T09:00:00Z,false,,INCOMING_EMAIL\n",
        **{f"engagements_{name}": f"{columns}\n" for name in ("meetings", "notes", "tasks")},
    }
    activity = "---\nkind: entity\nid: activity\nextends: airbyte_hubspot\n"
    documents = FIRST_CONTACT.replace("PRESET", "airbyte_hubspot").replace("STOPS", "first_outreach_at") + activity
    root = project(tmp_path, documents.replace(FIRST_TOUCH, ""), tables)
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stderr
    checked = run_aac(root, "check", "--window", "2026-01", "--format", "json", "--fail-on", "never")
    (mine,) = [each for each in json.loads(checked.stdout)["results"] if each["kind"] == "sla"]
    assert (mine["met"], mine["late"]) == (1, 1)
    found = rows(root, "activity", "activity_id", "type", "direction", "duration::DOUBLE")
    assert found == [("7", "call", None, 1.5), ("9", "email", "inbound", None)]


def test_columns_in_the_other_way_of_writing_are_the_same(tmp_path: Path) -> None:
    """Fivetran writes some schemas of Salesforce as Salesforce does, and Airbyte some in snake_case."""
    documents = "kind: entity\nid: opportunity\nextends: fivetran_salesforce\n"
    camel = "Id,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed,IsDeleted,_FivetranActive,OwnerId\n"
    rows_there = (
        "1,A,Won,10.5,2026-02-01,2026-01-01,true,true,false,true,7\n2,B,Open,5,,2026-01-01,false,false,true,true,7\n"
    )
    found = pulled(project(tmp_path / "f", documents, {"Opportunity": camel + rows_there})).findings
    got = rows(
        tmp_path / "f", "opportunity", "opportunity_id", "stage", "state", "amount::DOUBLE", "close_date", "owner"
    )
    assert got == [("1", "Won", "won", 10.5, 20485, "7")]
    assert told(found, "AAC516", "opportunity") == [("info", 1)]
    (missing,) = [f for f in found if f.code == "AAC641"]
    assert (missing.level, "stage_name" in missing.keys, "probability" in missing.keys) == ("info", False, True)

    snake = "id,is_deleted,system_modstamp,name,number_of_employees,number_ofemployees\n1,false,2026-01-05,One,5,6\n"
    found = pulled(project(tmp_path / "a", documents.replace("fivetran", "airbyte").replace("opportunity", "account"),
                           {"Account": snake})).findings  # fmt: skip
    assert rows(tmp_path / "a", "account", "account_id", "name", "employees") == [("1", "One", None)]
    (missing,) = [f for f in found if f.code == "AAC641"]
    assert {"IsDeleted", "Name", "NumberOfEmployees"} & {*missing.keys} == {"NumberOfEmployees"}  # which of the two?


def test_a_reference_to_what_is_deleted_says_so(tmp_path: Path) -> None:
    documents = (
        "kind: entity\nid: deal\nkey: id\nfields: {id: text, account: {ref: account}}\n"
        "---\nkind: entity\nid: account\nkey: id\ndeleted: gone\nfields: {id: text}\n"
    )
    accounts = "id,gone\na,false\nb,true\n"
    root = project(tmp_path, documents, {"deal": "id,account\n1,a\n2,b\n3,c\n4,b\n", "account": accounts})
    message = "`account` finds no account in 3 records, 2 of which name one that is deleted there: 'b', 'c'"
    assert [each.message for each in pulled(root).findings if each.code == "AAC503"] == [message]
    (root / "data" / "deal.csv").write_text("id,account\n1,a\n2,b\n")
    (finding,) = [each for each in pulled(root).findings if each.code == "AAC503"]
    assert finding.message.startswith("`account` finds no account in 1 record, 1 of which names one")
    assert finding.instead == "leave it, if that was meant to be deleted: what it was is unknown here"
