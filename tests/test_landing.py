"""What landing prepares of real files, and what it finds wrong with them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac.expressions.nodes import Aggregate, Call, Column, Literal, Type
from aac.findings import Span
from aac.folders import ALLOWED
from aac.measures import StoredField, StreamName, Table, TypedColumn
from aac.texts import Text
from aac.toml_places import Places
from tests.landing import NOW_US, Project, codes, column, days, found, ref, table, us


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# What is prepared


def test_every_type_is_stored_as_the_house_says(project: Project) -> None:
    project.put(
        "deal",
        "id,n,score,amount,ratio,won,day,at,owner\n"
        " a ,12,1.5,1054,0.25,yes,2026-03-02,2026-03-02 05:00:00,u1\n"
        '"b, ""c""",5.0,-0.000001,-2360.9125,1e-3,FALSE,2026-03-02,2026-03-02T05:00:00.000001+02:00,u2\n'
        "d,,,,,,,,\n",
    )
    project.put("user", "id\nu1\nu2\n")
    project.tables = [
        table(
            "deal",
            column("id"),
            column("n", "integer"),
            column("score", "number"),
            column("amount", Type("money", unit="EUR")),
            column("ratio", "float"),
            column("won", "boolean"),
            column("day", "date"),
            column("at", "timestamp"),
            column("owner", ref("user")),
        ),
        table("user", column("id")),
    ]
    pulled = project.pull()
    assert codes(pulled.findings) == ["AAC508"]
    assert pulled.rows == {"deal": 3, "user": 2}
    at = us(2026, 3, 2, 5)
    assert project.rows("deal") == [
        (" a ", 12, Decimal("1.5"), Decimal(1054), 0.25, True, days(2026, 3, 2), at, "u1"),
        (
            'b, "c"',
            5,
            Decimal("-0.000001"),
            Decimal("-2360.9125"),
            0.001,
            False,
            days(2026, 3, 2),
            at - 7_199_999_999,
            "u2",
        ),
        ("d", None, None, None, None, None, None, None, None),
    ]
    types = project.ask("SELECT data_type FROM duckdb_columns() WHERE table_name = 'deal' ORDER BY column_index")
    assert [type_ for (type_,) in types] == [
        *("VARCHAR", "BIGINT", "DECIMAL(18,6)", "DECIMAL(18,4)", "DOUBLE", "BOOLEAN", "INTEGER", "BIGINT", "VARCHAR")
    ]


def test_columns_of_any_name_are_read_through_expressions(project: Project) -> None:
    project.put("lead", '\ufeff"Lead ""ID""";"two\nlines";select\nL1; EMEA ;Web\nL2;n/a;\n')
    project.set(nulls=("n/a",))
    region = Call("coalesce", (Call("lower", (Column("two\nlines"),)), Literal("nowhere")))
    source = Type("text", values=("inbound", "outbound"))
    project.tables = [
        table(
            "lead",
            column("id", read='Lead "ID"'),
            StoredField("region", Type("text"), region),
            column("source", source, "select", mapping=(("Web", "inbound"), ("inbound", "outbound"))),
        )
    ]
    assert project.pull().findings == ()
    assert project.rows("lead") == [("L1", " emea ", "inbound"), ("L2", "nowhere", None)]


def test_nulls_replace_the_default_and_blank_is_always_null(project: Project) -> None:
    project.put("lead", 'id,name\n1,?\n2,Select\n3,\n4,"  "\n5,""\n6,select\n')
    project.set(nulls=("?", "Select"))
    project.tables = [table("lead", column("id"), column("name"))]
    project.pull()
    assert project.rows("lead") == [("1", None), ("2", None), ("3", None), ("4", None), ("5", None), ("6", "select")]


def test_times_without_an_offset_are_local_to_the_source(project: Project) -> None:
    project.put(
        "lead",
        "id,at,written\n"
        "winter,2026-01-15 12:00:00,15-1-2026 9:05\n"
        "summer,2026-07-15T12:00:00,15-07-2026 09:05\n"
        "utc,2026-07-15T12:00:00Z,\n"
        "offset,2026-07-15 12:00:00-03:30,\n"
        "day,2026-07-15,\n"
        "twice,2026-10-25 02:30:00,\n",
    )
    project.set(timezone="Europe/Berlin")
    project.tables = [
        table("lead", column("id"), column("at", "timestamp"), column("written", "timestamp", format="%d-%m-%Y %H:%M"))
    ]
    assert project.pull("America/New_York").findings == ()
    with project.landed("America/New_York") as data:
        assert data.zones == {"lead": "Europe/Berlin"}
        assert data.moments == (us(2026, 1, 15, 8, 5), us(2026, 10, 25, 1, 30))
    assert {row[0]: row[1:] for row in project.rows("lead")} == {
        "winter": (us(2026, 1, 15, 11), us(2026, 1, 15, 8, 5)),
        "summer": (us(2026, 7, 15, 10), us(2026, 7, 15, 7, 5)),
        "utc": (us(2026, 7, 15, 12), None),
        "offset": (us(2026, 7, 15, 15, 30), None),
        "day": (us(2026, 7, 14, 22), None),
        "twice": (us(2026, 10, 25, 1, 30), None),  # the second (LANGUAGE §6)
    }


def test_an_offset_counts_wherever_it_stands(project: Project) -> None:
    """Among texts of nineteen characters, which most are, some end in an offset."""
    texts = {
        "2026-07-15 12:00:00": us(2026, 7, 15, 10),
        "2026-07-15T12:00+01": us(2026, 7, 15, 11),
        "2026-07-15 1:00:00Z": us(2026, 7, 15, 1),
        "  2026-07-15T1:2:0Z": us(2026, 7, 15, 1, 2),
        "  2026-07-15T1:2:0z": None,
        "2026-07-15T12:00Z": us(2026, 7, 15, 12),
        "ä026-07-15 12:00:00": None,
    }
    rows = [f"{number},{text}\n" for number, text in enumerate(texts)]
    project.put("lead", "id,at\n" + "".join(rows))
    project.set(timezone="Europe/Berlin")
    project.tables = [table("lead", column("id"), column("at", "timestamp"))]
    project.pull()
    assert dict(zip(texts, (at for _, at in project.rows("lead")), strict=True)) == texts


def test_conditions_are_read_however_they_are_written(project: Project) -> None:
    texts = {"true": True, "1": True, "TRUE": True, " yes ": True, "0": False, "No": False, "f": None, "2": None}
    project.put("lead", "id,won\n" + "".join(f"{number},{text}\n" for number, text in enumerate(texts)))
    project.tables = [table("lead", column("id"), column("won", "boolean"))]
    project.pull()
    assert dict(zip(texts, (won for _, won in project.rows("lead")), strict=True)) == texts


def test_without_a_zone_of_its_own_a_source_has_the_company_s(project: Project) -> None:
    project.put("lead", "id,at\n1,2026-07-15 12:00\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp"))]
    project.pull("America/New_York")
    with project.landed("America/New_York") as data:
        assert (data.notices, data.zones) == ((), {"lead": "America/New_York"})
        assert data.moments == (us(2026, 7, 15, 16), us(2026, 7, 15, 16))
    with project.landed("Europe/Berlin") as data:
        assert len(data.notices) == 1
        assert data.moments == (us(2026, 7, 15, 10), us(2026, 7, 15, 10))


def test_moments_reach_over_the_whole_day_of_a_date(project: Project) -> None:
    project.put("lead", "id,on\n1,2026-07-15\n2,2026-07-16\n3,\n")
    project.set(timezone="Europe/Berlin")
    project.tables = [table("lead", column("id"), column("on", "date"))]
    project.pull()
    with project.landed() as data:
        assert data.moments == (us(2026, 7, 14, 22), us(2026, 7, 16, 22))
        relation = data.relations["lead"]
        assert (relation.name, relation.key, relation.occurs) == (("store", "prepared", "lead"), "id", None)
        assert data.rows == {"lead": 3}


def test_a_file_without_rows_is_an_empty_stream(project: Project) -> None:
    project.put("lead", "id,at\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp"), occurs="at")]
    pulled = project.pull()
    assert (pulled.findings, pulled.rows) == ((), {"lead": 0})
    assert [source.rows for source in pulled.sources] == [{"lead": 0}]
    with project.landed() as data:
        assert data.moments is None


def test_files_of_one_stream_are_all_read_even_when_they_are_equal(project: Project) -> None:
    project.put("lead.1", "id\na\n")
    project.put("lead.2", "id\na\n")
    project.put("lead.3", "id\nb\n")
    project.tables = [table("lead", column("id"))]
    pulled = project.pull()
    assert pulled.sources[0].rows == {"lead": 3}
    assert found(pulled.findings, "AAC502")[0][0] == 1
    assert project.rows("lead") == [("a",), ("b",)]


# What is found


def test_records_without_a_key_are_set_aside(project: Project) -> None:
    project.put("lead", "id,region,name\n1,eu,Ann\n,eu,Bob\n3,,Cem\nx,us,Dan\nx,us,Eve\n")
    project.tables = [table("lead", column("id", "integer"), column("region"), column("name"), key="id region")]
    pulled = project.pull()
    assert codes(pulled.findings) == ["AAC501"]
    assert found(pulled.findings, "AAC501") == [
        (
            4,
            "4 records of `crm.lead` set aside without `id` and `region` (lines 3, 4, 5, 6): 'x'",
            ("eu", "3", "us"),
        )
    ]
    (finding,) = pulled.findings
    assert (finding.level, finding.doc, finding.span) == ("warning", "entity:lead", Span("f.yml", 1, 1, text="lead"))
    assert pulled.rows == {"lead": 1}
    assert pulled.sources[0].rows == {"lead": 5}
    assert project.ask("SELECT entity, code, row, keys, record FROM _aac.set_aside ORDER BY row") == [
        ("lead", "AAC501", 2, [None, "eu"], {"id": None, "region": "eu", "name": "Bob"}),
        ("lead", "AAC501", 3, ["3", None], {"id": "3", "region": None, "name": "Cem"}),
        ("lead", "AAC501", 4, [None, "us"], {"id": "x", "region": "us", "name": "Dan"}),
        ("lead", "AAC501", 5, [None, "us"], {"id": "x", "region": "us", "name": "Eve"}),
    ]


def test_moments_of_keys_are_told_as_moments(project: Project) -> None:
    project.put("step", "deal,at,day,rate\nd1,2026-03-01 10:00,2026-03-02,5.50\n" * 2 + "d2,2026-03-01 10:00:00.5,,7\n")
    fields = (column("deal"), column("at", "timestamp"), column("day", "date"), column("rate", "number"))
    project.tables = [table("step", *fields, key="deal at day rate")]
    project.set(timezone="Europe/Berlin")
    pulled = project.pull()
    # ten o'clock in Berlin is nine in UTC before the end of March; the header stands in line 3 once more
    assert [(code, keys) for code, keys in ((each.code, each.keys) for each in pulled.findings)] == [
        ("AAC501", ("deal", "d2, 2026-03-01T09:00:00.500000Z, 7")),
        ("AAC502", ("d1, 2026-03-01T09:00:00Z, 2026-03-02, 5.5",)),
    ]
    ((record,),) = project.ask("SELECT record FROM _aac.set_aside WHERE code = 'AAC502'")
    assert record == {"deal": "d1", "at": "2026-03-01T09:00:00Z", "day": "2026-03-02", "rate": "5.5"}


def test_of_records_with_one_key_the_latest_stays_else_the_later_row(project: Project) -> None:
    project.put(
        "lead",
        "id,at,name\n"
        "late,2026-01-02,stays\nlate,2026-01-01,goes\n"
        "equal,2026-01-01,goes\nequal,2026-01-01,stays\n"
        "unknown,,goes\nunknown,2026-01-01,stays\nunknown,,goes\n"
        "never,,goes\nnever,,stays\n"
        "future,2999-01-01,goes\nfuture,2026-01-01,stays\n"
        "single,2026-01-01,stays\n",
    )
    project.tables = [table("lead", column("id"), column("at", "date"), column("name"), occurs="at")]
    pulled = project.pull()
    rows = project.rows("lead")
    assert [(row[0], row[2]) for row in rows] == [
        (key, "stays") for key in ("late", "equal", "unknown", "never", "future", "single")
    ]
    assert found(pulled.findings, "AAC502") == [
        (
            6,
            "6 records of `crm.lead` set aside because another has the same `id`: late, equal, unknown, never, future; "
            "the one with the latest `at` stays",
            ("late", "equal", "unknown", "never", "future"),
        )
    ]
    assert codes(pulled.findings) == ["AAC502", "AAC507"]  # what is set aside is told as nothing else
    assert project.ask("SELECT count(*), count(DISTINCT row) FROM _aac.set_aside WHERE code = 'AAC502'") == [(6, 6)]
    project.tables = [table("lead", column("id"), column("name"))]
    assert [row for row in project.rows("lead") if row[0] in ("late", "unknown")] == [
        ("late", "goes"),
        ("unknown", "goes"),
    ]


def test_references_that_find_nothing_are_unknown_and_kept(project: Project) -> None:
    project.put(
        "deal",
        "id,product,user\n" + "".join(f"d{n},GTXPro,{n % 3}\n" for n in range(12)) + "x,GTX Pro,9.0\ny,,z\nz,Other,\n",
    )
    project.put("product", "id\nGTX Pro\n")
    project.put("user", "id\n0\n1\n2\n")
    deal = table("deal", column("id"), column("product", ref("product")), column("user", ref("user", "integer")))
    project.tables = [deal, table("product", column("id")), table("user", column("id", "integer"))]
    pulled = project.pull()
    assert codes(pulled.findings) == ["AAC503", "AAC503", "AAC508", "AAC508"]
    assert found(pulled.findings, "AAC503") == [
        (
            13,
            "`product` finds no product in 13 records: 'GTXPro', 'Other'",
            tuple(f"d{n}" for n in range(10)),
        ),
        (2, "`user` finds no user in 2 records: '9', 'z'", ("x", "y")),
    ]
    assert found(pulled.findings, "AAC508") == [
        (1, "`product` is empty in 1 record", ("y",)),
        (1, "`user` is empty in 1 record", ("z",)),
    ]
    assert [row for row in project.rows("deal") if row[0] in ("d4", "x", "y", "z")] == [
        ("d4", None, 1),
        ("x", "GTX Pro", None),
        ("y", None, None),
        ("z", None, None),
    ]
    kept = "SELECT field, row, keys, text FROM _aac.problems WHERE row > 11 ORDER BY field, row"
    assert project.ask(kept) == [
        ("product", 12, ["d11"], "GTXPro"),
        ("product", 15, ["z"], "Other"),
        ("user", 13, ["x"], "9"),
        ("user", 14, ["y"], "z"),
    ]


def test_what_a_mapped_reference_was_is_told_and_kept(project: Project) -> None:
    project.put("deal", "id,product\n1,GTXPro\n2,GTK\n")
    project.put("product", "id\nGTX Pro\n")
    mapping = (("GTXPro", "GTX Pro"), ("GTK", "GTK 500"))
    project.tables = [
        table("deal", column("id"), column("product", ref("product"), mapping=mapping)),
        table("product", column("id")),
    ]
    assert [message for _, message, _ in found(project.pull().findings, "AAC503")] == [
        "`product` finds no product in 1 record: 'GTK'"
    ]
    assert project.rows("deal") == [("1", "GTX Pro"), ("2", None)]


def test_spellings_that_are_nearly_right_are_offered_as_a_map(project: Project) -> None:
    project.put("deal", 'id,product,stage\n1,GTXPro,Wonn\n2,"MG: Special",Lost\n3,quite another,\n4,#1 Plus,\n')
    project.put("product", "id\nGTX Pro\nMG Special\n1 Plus\n")
    stage = Type("text", values=("Won", "Lost"))
    project.tables = [
        table("deal", column("id"), column("product", ref("product")), column("stage", stage)),
        table("product", column("id")),
    ]
    assert {each.code: each.instead for each in project.pull().findings} == {
        "AAC503": "repair the spelling with "
        '`map: {"#1 Plus": 1 Plus, GTXPro: GTX Pro, "MG: Special": MG Special}`, or add what is missing to `product`',
        "AAC504": "repair the spelling with `map: {Wonn: Won}`, or add what is missing to `values`",
    }


def test_references_go_in_circles_and_to_their_own_table(project: Project) -> None:
    project.put("account", "id,parent,main_contact\na,,p\nb,a,q\nc,gone,gone\n")
    project.put("contact", "id,account\np,a\nq,gone\n")
    project.tables = [
        table("account", column("id"), column("parent", ref("account")), column("main_contact", ref("contact"))),
        table("contact", column("id"), column("account", ref("account"))),
    ]
    pulled = project.pull()
    assert [message for _, message, _ in found(pulled.findings, "AAC503")] == [
        "`account` finds no account in 1 record: 'gone'",
        "`main_contact` finds no contact in 1 record: 'gone'",
        "`parent` finds no account in 1 record: 'gone'",
    ]
    assert project.rows("account") == [("a", None, "p"), ("b", "a", "q"), ("c", None, None)]
    assert project.rows("contact") == [("p", "a"), ("q", None)]


def test_a_record_set_aside_is_found_by_nobody(project: Project) -> None:
    project.put("deal", "id,owner\n1,u\n2,v\n")
    project.put("user", "id,name\nu,x\nu,y\n,v\n")
    project.tables = [
        table("deal", column("id"), column("owner", ref("user"))),
        table("user", column("id"), column("name")),
    ]
    assert [count for count, _, _ in found(project.pull().findings, "AAC503")] == [1]
    assert project.rows("deal") == [("1", "u"), ("2", None)]


def test_a_reference_that_is_the_key_keeps_its_record(project: Project) -> None:
    project.put("quota", "user,amount\nu,1\nv,2\n")
    project.put("user", "id\nu\n")
    project.tables = [
        table("quota", column("user", ref("user")), column("amount", "money"), key="user"),
        table("user", column("id")),
    ]
    assert [message for _, message, _ in found(project.pull().findings, "AAC503")] == [
        "`user` finds no user in 1 record: 'v'"
    ]
    assert project.rows("quota") == [("u", Decimal(1)), ("v", Decimal(2))]


def test_a_reference_to_an_entity_that_is_not_there_stays(project: Project) -> None:
    project.put("deal", "id,owner\n1,u\n")
    project.tables = [table("deal", column("id"), column("owner", ref("user")))]
    assert project.pull().findings == ()
    assert project.rows("deal") == [("1", "u")]


def test_fields_that_every_record_has_are_known(project: Project) -> None:
    """What is lost is no value, and a reference that finds nothing none either, also where the key keeps it."""
    project.put("deal", "id,n,half,lost,owner,other,seat,nowhere\nd1,1,2,3,u1,u1,u9,x\nd2,4,,five,u2,u9,u1,y\n")
    project.put("user", "id\nu1\nu2\n")
    fields = [column(name, "integer") for name in ("n", "half", "lost")]
    references = [column(name, ref("user")) for name in ("owner", "other", "seat")]
    nowhere = column("nowhere", ref("planet"))
    project.tables = [
        table("deal", column("id"), *fields, *references, nowhere, key="id seat"),
        table("user", column("id")),
    ]
    project.pull()
    with project.landed() as data:
        assert data.relations["deal"].filled == {"id", "n", "owner"}
        assert data.relations["user"].filled == {"id"}
    project.put("deal", "id,n,half,lost,owner,other,seat,nowhere\n")
    project.pull()
    with project.landed() as data:
        assert data.relations["deal"].filled == {"id", "n", "half", "lost", "owner", "other", "seat"}, "of no records"


def test_values_outside_a_closed_list_are_unknown(project: Project) -> None:
    project.put("lead", "id,source\n1,inbound\n2,Inbound\n3,Web\n4,fair\n5,fair\n6,\n")
    project.tables = [
        table(
            "lead",
            column("id"),
            column("source", Type("text", values=("inbound", "outbound")), mapping=(("Web", "inbound"),)),
        )
    ]
    pulled = project.pull()
    assert codes(pulled.findings) == ["AAC504"]
    assert found(pulled.findings, "AAC504") == [
        (3, "`source` is not in its list of values in 3 records: 'fair', 'Inbound'", ("2", "4", "5"))
    ]
    assert [row[1] for row in project.rows("lead")] == ["inbound", None, "inbound", None, None, None]


@pytest.mark.parametrize(
    ("type_", "good", "bad", "told"),
    [
        ("integer", {"5": 5, "5.0": 5, "-7": -7, "007": 7}, ["5.5", "five", "1,000"], "a whole number"),
        ("number", {"0.1": Decimal("0.1"), "-12": Decimal(-12)}, ["1,5", "12 %"], "a number"),
        ("money", {"10005534": Decimal(10005534)}, ["$5"], "a number"),
        ("float", {"1.5": 1.5}, ["1.5x"], "a number"),
        ("boolean", {"true": True, "No": False, "1": True, "0": False, "YES": True}, ["y", "2"], "true or false"),
        ("date", {"2026-03-02": days(2026, 3, 2)}, ["02.03.2026", "2026-02-30", "2026-03-02 10:00"], "a date"),
        ("timestamp", {"2026-03-02": us(2026, 3, 2), "2026-03-02 05:00": us(2026, 3, 2, 5)}, ["yesterday"], "a moment"),
    ],
)
def test_text_that_does_not_convert_is_unknown(
    project: Project, type_: str, good: dict[str, object], bad: list[str], told: str
) -> None:
    texts = [*good, *bad]
    project.put("lead", "id,x\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(texts)))
    project.tables = [table("lead", column("id"), column("x", type_))]
    pulled = project.pull()
    assert [row[1] for row in project.rows("lead")] == [*good.values(), *[None] * len(bad)]
    quoted = ", ".join(repr(text) for text in sorted(bad))
    records = f"{len(bad)} record{'s' if len(bad) > 1 else ''}"
    assert found(pulled.findings, "AAC505") == [
        (len(bad), f"`x` is not {told} in {records}: {quoted}", tuple(str(len(good) + n) for n in range(len(bad))))
    ]
    kept = project.ask("SELECT code, field, text FROM _aac.problems ORDER BY row")
    assert kept == [("AAC505", "x", text) for text in bad]


def test_at_most_five_texts_and_ten_keys_are_told_the_most_frequent_first(project: Project) -> None:
    texts = ["b"] * 3 + ["a"] * 2 + ["c", "d", "e", "f", "g", "h" * 50]
    project.put("lead", "id,n\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts)))
    project.tables = [table("lead", column("id"), column("n", "integer"))]
    (finding,) = project.pull().findings
    assert finding.message == "`n` is not a whole number in 11 records: 'b', 'a', 'c', 'd', 'e'"
    assert finding.count == 11
    assert finding.keys == tuple(str(n) for n in range(10))
    assert finding.span == Span("f.yml", 1, 1, text="n")
    assert finding.instead == "write digits only, or read it as `number`"


def test_moments_outside_the_years_are_unknown(project: Project) -> None:
    project.put(
        "lead",
        "id,at,on\n1,1989-12-31 23:59:59.999999,1989-12-31\n2,1990-01-01,1990-01-01\n"
        "3,2100-12-31 23:59:59.999999,2100-12-31\n4,2101-01-01,2101-01-01\n5,9999-12-31,9999-12-31\n",
    )
    project.tables = [table("lead", column("id"), column("at", "timestamp"), column("on", "date"))]
    pulled = project.pull()
    assert codes(pulled.findings) == ["AAC506", "AAC506"]
    assert found(pulled.findings, "AAC506") == [
        (
            3,
            "`at` lies outside 1990 to 2100 in 3 records: '1989-12-31 23:59:59.999999', '2101-01-01', '9999-12-31'",
            ("1", "4", "5"),
        ),
        (3, "`on` lies outside 1990 to 2100 in 3 records: '1989-12-31', '2101-01-01', '9999-12-31'", ("1", "4", "5")),
    ]
    last = us(2101, 1, 1) - 1
    assert project.rows("lead") == [
        ("1", None, None),
        ("2", us(1990, 1, 1), days(1990, 1, 1)),
        ("3", last, days(2100, 12, 31)),
        ("4", None, None),
        ("5", None, None),
    ]


def test_records_without_their_moment_are_counted(project: Project) -> None:
    project.put("lead", "id,at\n1,2026-01-01\n2,\n3,soon\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp"), occurs="at")]
    pulled = project.pull()
    assert found(pulled.findings, "AAC507") == [
        (2, "`at`, when it occurs, is unknown in 2 records: they count as if always there", ("2", "3"))
    ]
    assert [each.level for each in pulled.findings if each.code == "AAC507"] == ["info"]
    assert pulled.rows == {"lead": 3}


def test_personal_data_is_never_told(project: Project) -> None:
    project.put("lead", "id,phone,email,age\n1,x,a@x.org,old\n2,y,a@x.org,7\n,z,b@x.org,\n2,y,,\n")
    project.put("person", "email\nc@x.org\n")
    person = table("person", column("email", pii=True), key="email")
    lead = table(
        "lead",
        column("id"),
        column("phone", "integer", pii=True),
        column("email", ref("person")),
        column("age", "integer"),
    )
    project.tables = [lead, person]
    assert {each.message for each in project.pull().findings} == {
        "`age` is not a whole number in 1 record: 'old'",
        "1 record of `crm.lead` set aside because another has the same `id`: 2; the last one stays",
        "1 record of `crm.lead` set aside without `id` (line 4)",
        "`email` finds no person in 1 record",
        "`email` is empty in 1 record",
        "`phone` is not a whole number in 2 records",
    }
    project.tables = [replace(lead, key=("email",)), person]
    findings = project.pull().findings
    assert {each.code for each in findings} == {"AAC501", "AAC502", "AAC503", "AAC505"}
    assert [each.keys for each in findings] == [()] * len(findings)
    assert not any("@" in each.message for each in findings)


# Against a plain model, and real data

KEYS = st.sampled_from(["", " ", "a", "b", "c"])
ROWS = st.lists(
    st.tuples(KEYS, st.sampled_from(["", "2026-01-01", "2026-01-02", "1850-01-01", "x"]), KEYS), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_random_records_come_out_as_a_plain_loop_says(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    project = Project(tmp_path_factory.mktemp("random"))
    project.put("node", "id,on,parent\n" + "".join(f'{key},{on},"{parent}"\n' for key, on, parent in rows))
    node = table("node", column("id"), column("on", "date"), column("parent", ref("node")), occurs="on")
    project.tables = [node]

    known: dict[str, tuple[int, tuple[str, str, str]]] = {}
    for place, row in enumerate(rows):
        if row[0].strip() and (row[0] not in known or day(row[1]) >= day(known[row[0]][1][1])):
            known[row[0]] = place, row
    kept = [row for _, row in sorted(known.values())]
    counts = {
        "AAC501": sum(not row[0].strip() for row in rows),
        "AAC502": sum(bool(row[0].strip()) for row in rows) - len(kept),
        "AAC503": sum(bool(row[2].strip()) and row[2] not in known for row in kept),
        "AAC505": sum(row[1] == "x" for row in kept),
        "AAC506": sum(row[1] == "1850-01-01" for row in kept),
        "AAC507": sum(day(row[1]) < 0 for row in kept),
        "AAC508": sum(not row[2].strip() for row in kept),
    }
    findings = project.pull().findings
    assert {each.code: each.count for each in findings} == {code: count for code, count in counts.items() if count}
    assert project.rows("node") == [
        (key, day(on) if day(on) > 0 else None, parent if parent in known else None) for key, on, parent in kept
    ]


def day(text: str) -> int:
    """Days since the epoch, and -1 for what is no day that is believed."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days if text.startswith("2026") else -1


MAVEN = Path(os.environ.get("AAC_SHARED", Path(__file__).parent.parent.parent / "shared")) / "data" / "maven_crm"


@pytest.mark.skipif(not MAVEN.is_dir(), reason=f"the real data is absent: {MAVEN}")
def test_real_sales_data_loses_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "crm").symlink_to(MAVEN)
    monkeypatch.setenv(ALLOWED, str(MAVEN))
    project.set(watermark="max(sales_pipeline.close_date)")
    deal = Table(
        "opportunity",
        (StreamName("crm", "sales_pipeline"),),
        ("opportunity_id",),
        "engage_date",
        (
            column("opportunity_id"),
            column("agent", ref("agent"), "sales_agent"),
            column("product", ref("product")),
            column("account", ref("account")),
            column("stage", Type("text", values=("Won", "Lost", "Engaging", "Prospecting")), "deal_stage"),
            column("engage_date", "date"),
            column("close_date", "date"),
            column("close_value", Type("money", unit="USD")),
        ),
    )
    others = [
        ("agent", "sales_teams", "sales_agent"),
        ("product", "products", "product"),
        ("account", "accounts", "account"),
    ]
    project.tables = [
        deal,
        *(Table(entity, (StreamName("crm", stream),), (key,), None, (column(key),)) for entity, stream, key in others),
    ]
    pulled = project.pull()
    assert pulled.rows == {"account": 85, "agent": 35, "opportunity": 8800, "product": 7}
    assert {(each.code, each.count, each.message) for each in pulled.findings} == {
        ("AAC503", 1480, "`product` finds no product in 1,480 records: 'GTXPro'"),
        ("AAC507", 500, "`engage_date`, when it occurs, is unknown in 500 records: they count as if always there"),
        ("AAC508", 1425, "`account` is empty in 1,425 records"),
        ("AAC509", 5, "no record of `opportunity` names 5 records of `agent` as its `agent`"),
        ("AAC509", 1, "no record of `opportunity` names 1 record of `product` as its `product`"),
    }
    assert pulled.sources[0].watermark_us == us(2018, 1, 1)
    won = "count(*) FILTER (stage = 'Won'), sum(close_value) FILTER (stage = 'Won')"
    assert project.ask(f"SELECT count(*), {won}, count(product) FROM prepared.opportunity") == [
        (8800, 4238, Decimal(10005534), 7320)
    ]


# Streams that follow each other, streams that are looked for, columns with types of their own


def streams(*names: str) -> tuple[StreamName, ...]:
    return tuple(StreamName(*name.split(".")) for name in names)


def test_streams_follow_each_other_and_a_column_that_one_has_not_is_null(project: Project) -> None:
    project.put("lead", "id,email\n1,a@x\n2,b@x\n")
    project.put("old_lead", "phone;id\n555;3\n444;2\n")
    lead = replace(
        table("lead", column("id"), column("email"), column("phone")), streams=streams("crm.lead", "crm.old_lead")
    )
    project.tables = [lead]
    pulled = project.pull()
    assert found(pulled.findings, "AAC502") == [
        (
            1,
            "1 record of `crm.lead` and `crm.old_lead` set aside because another has the same `id`: 2; "
            "the last one stays",
            ("2",),
        )
    ]
    assert project.rows("lead") == [("1", "a@x", None), ("3", None, "555"), ("2", None, "444")]
    assert pulled.sources[0].rows == {"lead": 2, "old_lead": 2}
    assert project.pull().findings == pulled.findings


def test_rows_stay_in_the_order_of_their_files(project: Project) -> None:
    """Small files too, and whatever the columns are compared with."""
    sizes, first = (30, 3000, 40, 5000), 0
    for number, size in enumerate(sizes):
        project.put(f"lead.{number}", "id,kind\n" + "".join(f"{n},k{n % 7}\n" for n in range(first, first + size)))
        first += size
    project.put("lead.4", "id,kind\n0,k6\n1,z\n")
    kinds = Type("text", values=tuple(f"k{n}" for n in range(7)))
    project.tables = [table("lead", column("id"), column("kind", kinds))]
    pulled = project.pull()
    ids = [*range(2, first), 0, 1]
    assert project.rows("lead") == [(str(n), None if n == 1 else f"k{n % 7}" if n else "k6") for n in ids]
    assert [f.message.partition("): ")[0] for f in pulled.findings if f.code == "AAC504"] == [
        "`kind` is not in its list of values in 1 record: 'z'"
    ]


def test_streams_of_several_sources_are_read_each_in_its_own_way(project: Project) -> None:
    project.put("lead", "id,at\n1,2026-01-15 12:00\n2,-\n")
    project.put("lead", "id,at\n3,2026-01-15 12:00\n", source="old")
    project.set(nulls=("-",))
    project.set("old", timezone="America/New_York")
    lead = table("lead", column("id"), column("at", "timestamp"))
    project.tables = [replace(lead, streams=streams("crm.lead", "old.lead"))]
    pulled = project.pull()
    assert (pulled.findings, pulled.rows) == ((), {"lead": 3})
    assert project.rows("lead") == [("1", us(2026, 1, 15, 12)), ("2", None), ("3", us(2026, 1, 15, 17))]
    project.put("lead", "id,at\n4,2026-01-15 12:00\n", source="old")
    assert project.pull().rows == {"lead": 3}
    assert [row[0] for row in project.rows("lead")] == ["1", "2", "4"]


def test_a_column_that_no_stream_has_is_told_once(project: Project) -> None:
    project.put("lead", "id,name\n1,a\n")
    project.put("old_lead", "id,nam\n2,b\n")
    lead = table("lead", column("id"), column("mail"))
    project.tables = [replace(lead, streams=streams("crm.lead", "crm.old_lead"))]
    assert [(f.code, f.message) for f in project.pull().findings] == [
        ("AAC606", "`crm.lead` and `crm.old_lead` has no column `mail`")
    ]


def test_a_table_without_streams_is_read_from_the_one_of_its_name(project: Project) -> None:
    project.put("lead", "id\n1\n", source="old")
    project.put("other", "id\n1\n")
    project.set("old")
    project.tables = [replace(table("lead", column("id")), streams=())]
    assert project.pull().rows == {"lead": 1}
    with project.landed() as data:
        assert data.tables["lead"].streams == streams("old.lead")
        assert (data.notices, data.findings) == ((), ())


def test_a_table_that_nowhere_is_is_told_unless_it_is_packaged(project: Project) -> None:
    project.put("leads", "id\n1\n")
    own = replace(table("lead", column("id")), streams=())
    project.tables = [own, replace(table("user", column("id")), streams=(), is_packaged=True)]
    told = [("AAC611", "no source has a stream `lead`", "write `from: crm.leads`: there is `crm.leads`")]
    pulled = project.pull()
    assert [(f.code, f.message, f.instead) for f in pulled.findings] == told
    with project.landed() as data:
        assert [(f.code, f.message, f.instead) for f in data.findings] == told
        assert data.tables == {}
    project.tables = project.tables[1:]
    assert project.pull().findings == ()


def test_a_table_that_is_in_several_sources_is_told(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.put("lead", "id\n1\n", source="old")
    project.set("old")
    own = replace(table("lead", column("id")), streams=())
    for packaged, advice in ((False, "say which: `from: crm.lead`, or both in a list"), (True, None)):
        project.tables = [replace(own, is_packaged=packaged)]
        (finding,) = project.pull().findings
        assert (finding.code, finding.message) == ("AAC612", "`crm` and `old` both have a stream `lead`")
        assert advice is None or finding.instead == advice


def test_streams_of_other_names_are_told_as_far_as_they_help(project: Project) -> None:
    """What has no near name is listed, five at most."""
    project.tables = [replace(table("lead", column("id")), streams=())]
    for name in "fedcba":
        project.put(name, "id\n1\n")
    (finding,) = project.pull().findings
    listed = "`crm.a`, `crm.b`, `crm.c`, `crm.d`, `crm.e` and more"
    assert (finding.doc, finding.instead) == ("entity:lead", f"write `from: source.stream`: there is {listed}")


def test_a_source_that_fails_is_told_once_and_remembered(project: Project) -> None:
    """Nobody knows what streams it has; whoever reads the data later is told that its last pull failed."""
    project.put("lead", "id\n1\n")
    project.set("old")
    project.tables = [replace(table(name, column("id")), streams=()) for name in ("lead", "deal", "owner")]
    assert codes(project.pull().findings) == ["AAC609"]
    with project.landed() as data:
        assert [(f.code, f.message) for f in data.findings] == [("AAC607", "source `old` was not pulled yet")]
        (notice,) = data.notices
        assert notice.startswith("source old: the last pull, at 2026-")
        assert notice.endswith("did not come to its end, and what was pulled before counts: `aac pull` says why")
    project.put("deal", "id\n1\n", source="old")
    project.put("owner", "id\n1\n", source="old")
    assert project.pull().findings == ()
    with project.landed() as data:
        assert (data.notices, data.findings) == ((), ())
    for path in (project.root / "old").iterdir():
        path.unlink()
    assert codes(project.pull().findings) == ["AAC609"]
    with project.landed() as data:
        assert ([notice[:24] for notice in data.notices], data.findings) == (["source old: the last pul"], ())


def test_a_table_in_several_sources_is_told_where_it_is_written(project: Project) -> None:
    """One of ours is written nowhere in the project: it is told at the second source."""
    project.put("lead", "id\n1\n")
    project.put("lead", "id\n1\n", source="old")
    project.set("old", places=Places(Text("aac.toml", '[sources.crm]\nconnector = "csv"\n[sources.old]\n')))
    own = replace(table("lead", column("id")), streams=())
    for packaged, place in ((False, own.span), (True, Span("aac.toml", 3, 2, 11, "[sources.old]"))):
        project.tables = [replace(own, is_packaged=packaged)]
        (finding,) = project.pull().findings
        assert (finding.code, finding.span, finding.doc) == ("AAC612", place, "entity:lead")


def test_a_source_that_fails_offers_what_it_had(project: Project) -> None:
    file = project.put("lead", "id\n1\n")
    project.tables = [replace(table("lead", column("id")), streams=())]
    project.pull()
    file.unlink()
    assert codes(project.pull().findings) == ["AAC609"]
    assert project.rows("lead") == [("1",)]


def test_a_field_that_may_lack_its_column_is_unknown_and_known_to_be(project: Project) -> None:
    project.put("lead", "id\n1\n")
    day = replace(column("day", "date"), may_lack=True)
    project.tables = [table("lead", column("id"), replace(column("mail"), may_lack=True), day)]
    assert project.pull().findings == ()
    assert project.rows("lead") == [("1", None, None)]
    with project.landed() as data:
        assert data.lacking == {("lead", "mail"), ("lead", "day")}
    project.put("lead", "id,mail\n1,a\n")
    project.pull()
    with project.landed() as data:
        assert data.lacking == {("lead", "day")}


def test_columns_have_types_before_fields_read_them(project: Project) -> None:
    project.put(
        "lead", "id,at,n,open,day\n1,15-1-2026 9:05,5.0,yes,2026-01-15\n2,-,x,no,15.1.2026\n3,15-13-2026 9:05,7,,\n"
    )
    project.set(nulls=("-",), timezone="Europe/Berlin")
    at, n, is_open = Type("timestamp"), Type("integer"), Type("boolean")
    typed = (TypedColumn("at", at, "%d-%m-%Y %H:%M"), TypedColumn("n", n), TypedColumn("open", is_open))
    big = Call("gt", (Column("n"), Literal(5)))
    fields = (
        StoredField("at", at, Column("at"), is_text=False),
        StoredField("amount", Type("money", unit="EUR"), Column("n"), is_text=False),
        StoredField("big", Type("boolean"), big, is_text=False),
        StoredField("open", is_open, Column("open"), is_text=False),
    )
    project.tables = [replace(table("lead", column("id"), *fields), columns=typed)]
    pulled = project.pull()
    assert project.rows("lead") == [
        ("1", us(2026, 1, 15, 8, 5), Decimal(5), False, True),
        ("2", None, None, None, False),
        ("3", None, Decimal(7), True, None),
    ]
    assert [(f.code, f.count, f.message) for f in pulled.findings] == [
        ("AAC512", 1, "`at` of `crm.lead` is not a moment in 1 row: '15-13-2026 9:05'"),
        ("AAC512", 1, "`n` of `crm.lead` is not a whole number in 1 row: 'x'"),
    ]


def test_a_watermark_is_read_as_its_column_is(project: Project) -> None:
    project.put("lead", "id,at\n1,15-1-2026 9:05\n2,16-1-2026 9:05\n")
    project.set(watermark="max(lead.at)")
    typed = (TypedColumn("at", Type("timestamp"), "%d-%m-%Y %H:%M"),)
    project.tables = [replace(table("lead", column("id")), columns=typed)]
    pulled = project.pull()
    assert (pulled.findings, pulled.sources[0].watermark_us) == ((), us(2026, 1, 16, 9, 5))


# Several rows that make one record

LOG = """\
number,state,updated_at
N1,New,1-2-2026 9:00
N2,New,1-2-2026 9:30
N1,Open,2-2-2026 8:00
N1,Waiting,3-2-2026 10:00
N1,Closed,3-2-2026 10:00
N2,Open,-
N3,Odd,soon
,Lost,1-2-2026 9:00
"""
AT = Column("updated_at")
CASE = (
    StoredField("number", Type("text"), Column("number")),
    StoredField("opened_at", Type("timestamp"), Aggregate("min", (AT,)), is_text=False),
    StoredField(
        "answered_at",
        Type("timestamp"),
        Aggregate("min", (AT,), Call("ne", (Column("state"), Literal("New")))),
        is_text=False,
    ),
    StoredField(
        "state",
        Type("text", values=("new", "open", "waiting", "closed")),
        Aggregate("arg_max", (Column("state"), AT)),
        (("New", "new"), ("Open", "open"), ("Waiting", "waiting"), ("Closed", "closed")),
    ),
    StoredField("began_as", Type("text"), Aggregate("arg_min", (Column("state"), AT))),
    StoredField("rows", Type("integer"), Aggregate("count", ()), is_text=False),
)


def log_of_cases() -> Table:
    typed = (TypedColumn("updated_at", Type("timestamp"), "%d-%m-%Y %H:%M"),)
    made = replace(table("case", *CASE, key="number", occurs="updated_at"), per=("number",), columns=typed)
    return replace(made, streams=streams("crm.log"))


def test_several_rows_make_one_record(project: Project) -> None:
    project.put("log", LOG)
    project.set(nulls=("-",))
    project.tables = [log_of_cases()]
    pulled = project.pull()
    first, last = us(2026, 2, 1, 9), us(2026, 2, 2, 8)
    assert project.rows("case") == [
        ("N1", first, us(2026, 2, 2, 8), "closed", "New", 4),
        ("N2", us(2026, 2, 1, 9, 30), None, "new", "New", 2),
        ("N3", None, None, None, None, 1),
    ]
    assert (pulled.rows, pulled.sources[0].rows) == ({"case": 3}, {"log": 8})
    assert [(f.code, f.count, f.message) for f in pulled.findings] == [
        ("AAC501", 1, "1 record of `crm.log` set aside without `number`"),
        ("AAC507", 2, "`updated_at`, when it occurs, is unknown in 2 rows: they count as if always there"),
        ("AAC512", 1, "`updated_at` of `crm.log` is not a moment in 1 row: 'soon'"),
    ]
    with project.landed() as data:
        assert data.relations["case"].occurs is None
        assert data.moments == (first, last)
        assert (data.notices, data.known_until) == ((), {"case": NOW_US})


@pytest.mark.parametrize(
    ("as_of", "record"),
    [
        (us(2026, 2, 3, 10), ("N1", us(2026, 2, 1, 9), us(2026, 2, 2, 8), "closed", "New", 4)),
        (us(2026, 2, 3, 10) - 1, ("N1", us(2026, 2, 1, 9), us(2026, 2, 2, 8), "open", "New", 2)),
        (us(2026, 2, 1, 9), ("N1", us(2026, 2, 1, 9), None, "new", "New", 1)),
    ],
)
def test_rows_later_than_as_of_make_no_record(project: Project, as_of: int, record: tuple[object, ...]) -> None:
    project.put("log", LOG)
    project.set(nulls=("-",))
    project.tables = [log_of_cases()]
    project.pull()
    assert project.rows("case", as_of_us=as_of)[0] == record
    assert project.rows("case")[0][-1] == 4


def test_with_an_earlier_watermark_fewer_rows_count(project: Project) -> None:
    project.put("log", LOG)
    project.set(nulls=("-",), watermark="2026-02-02T08:00:00Z")
    project.tables = [log_of_cases()]
    project.pull()
    assert project.rows("case")[0] == ("N1", us(2026, 2, 1, 9), us(2026, 2, 2, 8), "open", "New", 2)
    project.set(watermark="2026-02-01T09:00:00Z")
    with project.landed() as data:
        assert len(data.notices) == 1
    assert project.rows("case")[0][-1] == 1
    project.pull()
    assert project.rows("case")[0][-1] == 1


def test_days_of_rows_and_rows_without_any_moment(project: Project) -> None:
    project.put("log", "number,part,day\nN1,a,2026-02-01\nN1,a,2026-02-02\nN1,b,2026-02-03\n")
    project.set(watermark="2026-02-01")  # its last day has ended: the next one's midnight has come
    fields = (
        column("number"),
        column("part"),
        StoredField("rows", Type("integer"), Aggregate("count", ()), is_text=False),
    )
    typed = (TypedColumn("day", Type("date")),)
    parts = replace(table("log", *fields, key="number part", occurs="day"), per=("number", "part"), columns=typed)
    project.tables = [parts]
    project.pull()
    assert project.rows("log") == [("N1", "a", 2)]
    project.tables = [replace(parts, occurs=None)]
    project.pull()
    assert project.rows("log") == [("N1", "a", 2), ("N1", "b", 1)]
    with project.landed() as data:
        assert data.known_until == {}


def test_rows_of_several_streams_make_one_record(project: Project) -> None:
    project.put("log", LOG)
    project.put("older", "updated_at;number\n31-1-2026 9:00;N1\n")
    project.set(nulls=("-",))
    project.tables = [replace(log_of_cases(), streams=streams("crm.log", "crm.older"))]
    project.pull()
    assert project.rows("case")[0] == ("N1", us(2026, 1, 31, 9), us(2026, 2, 2, 8), "closed", None, 5)
