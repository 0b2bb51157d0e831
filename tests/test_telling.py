"""What a pull says of text it cannot use: what to write instead, and where the record stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aac.operations import open_sound_project, pull_sources
from tests.landing import Project, codes, column, found, ref, table, us
from tests.small import NOW_US, write_project

if TYPE_CHECKING:
    from pathlib import Path

PLAIN_NUMBER = "write digits and a decimal point only"
UNSEPARATED = "export it with a decimal point and without thousands separators, as in 1234.56"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("type_", "format", "texts", "instead"),
    [
        ("date", None, ["31.12.2025", "1.2.2026"], 'give the field `format: "%d.%m.%Y"`'),
        ("date", None, ["12/31/2025", "01/02/2025"], 'give the field `format: "%m/%d/%Y"`'),
        ("date", None, ["31/12/2025", "01/02/2025"], 'give the field `format: "%d/%m/%Y"`'),
        (
            "date",
            None,
            ["01/02/2025"],
            'give the field `format: "%d/%m/%Y"`, or `format: "%m/%d/%Y"` when the month stands first',
        ),
        ("date", None, ["2025/12/31 10:00"], 'give the field `format: "%Y/%m/%d %H:%M"`'),
        ("date", None, ["2025-12-31 10:00"], 'give the field `format: "%Y-%m-%d %H:%M"`'),
        ("timestamp", None, ["31.12.2025 23:59"], 'give the field `format: "%d.%m.%Y %H:%M"`'),
        ("timestamp", None, ["12/31/2025 11:59:00 PM"], 'give the field `format: "%m/%d/%Y %I:%M:%S %p"`'),
        ("timestamp", None, ["31.12.2025 23:59:01"], 'give the field `format: "%d.%m.%Y %H:%M:%S"`'),
        (
            "timestamp",
            None,
            ["31.12.2025 23:59", "n/a"],
            'give the field `format: "%d.%m.%Y %H:%M"`, or add `n/a` to `nulls` of the source',
        ),
        ("timestamp", None, ["2025-12-31 10:00", "31.12.2025"], "write it as 2026-03-02 05:00, as in other records"),
        (
            "date",
            "DD.MM.YYYY",
            ["31.12.2025"],
            'the field\'s format `DD.MM.YYYY` does not fit: write strptime codes, as in `format: "%d.%m.%Y"`',
        ),
        (
            "date",
            "%m/%d/%Y",
            ["31.12.2025"],
            'the field\'s format `%m/%d/%Y` does not fit: write strptime codes, as in `format: "%d.%m.%Y"`',
        ),
        (
            "date",
            "%d.%m.%Y",
            ["31.12.2025", "2025-12-31"],
            "write it in the field's format `%d.%m.%Y`, as in other records",
        ),
        ("date", None, ["soon"], "write it as 2026-03-02, or give the field the `format` it is written in"),
        ("number", None, ["5", "n/a"], f"{PLAIN_NUMBER}, or map the text, or add `n/a` to `nulls` of the source"),
        (
            "integer",
            None,
            ["5", "-", "None", "?"],
            "write digits only, or read it as `number`, or add `-`, `?`, `None` to `nulls` of the source",
        ),
        ("money", None, ["1.234,56"], UNSEPARATED),
        ("money", None, ["1,234.56"], UNSEPARATED),
        ("float", None, ["1,5", "-"], f"{UNSEPARATED}, or add `-` to `nulls` of the source"),
        ("money", None, ["5", "$5"], f"{PLAIN_NUMBER}, without a currency sign"),
    ],
)
def test_what_to_do_about_text_that_does_not_convert(
    project: Project, type_: str, format: str | None, texts: list[str], instead: str
) -> None:
    project.put("lead", "id,x\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(texts)))
    project.tables = [table("lead", column("id"), column("x", type_, format=format))]
    (finding,) = project.pull().findings
    assert finding.instead == instead


def test_a_format_that_is_offered_is_the_right_one(project: Project) -> None:
    project.put("lead", "id,x\n1,31.12.2025 23:59\n2,1.1.2026 0:05\n")
    project.tables = [table("lead", column("id"), column("x", "timestamp"))]
    (finding,) = project.pull().findings
    (offered,) = re.findall('"(.+)"', finding.instead)
    project.tables = [table("lead", column("id"), column("x", "timestamp", format=offered))]
    assert project.pull().findings == ()
    assert project.rows("lead") == [("1", us(2025, 12, 31, 23, 59)), ("2", us(2026, 1, 1, 0, 5))]


@pytest.mark.parametrize(
    ("written", "known", "proposed"),
    [
        ("GTXPro", "GTX Pro", True),
        ("GTX-500", "GTX 500", True),
        ("lead_003", "lead 003", True),
        ("Müller GmbH", "Mueller GmbH", True),
        # ids, however alike, are of two records
        ("0051G000005MreQAC", "0051G000005Mx8dQAC", False),
        ("L-000123", "L-000124", False),
        ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", False),
        ("tqs6UXPA/Lm7W+0dX0+syw==", "tqs6UXPA/Lm7W+0dX0+syx==", False),
        ("3954699413", "3954699414", False),
        ("ann.lee@example.com", "anne.lee@example.com", False),
        # a name with another number is another thing
        ("Region 12", "Region 13", False),
    ],
)
def test_likeness_is_looked_for_among_names_and_not_among_ids(
    project: Project, written: str, known: str, proposed: bool
) -> None:
    project.put("product", f"id\n{known}\n")
    project.put("deal", f"id,product\n1,{written}\n")
    fields = (column("id"), column("product", ref("product")))
    project.tables = [table("product", column("id")), table("deal", *fields)]
    (told,) = [f for f in project.pull().findings if f.code == "AAC503"]
    assert (known in told.instead) == proposed
    assert told.instead.endswith("add what is missing to `product`") or (
        told.instead == "add what is missing to `product`, or read another column, which holds its key"
    )


def test_places_of_records_are_lines_of_the_file(project: Project) -> None:
    project.put("lead", "id\n1\n2\n,\n".replace(",\n", '""\n'))
    project.tables = [table("lead", column("id"))]
    assert [message for _, message, _ in found(project.pull().findings, "AAC501")] == [
        "1 record of `crm.lead` set aside without `id` (line 4)"
    ]
    project.put("lead.more", 'id\n""\n')  # of several files together there are no lines, only records
    assert [message for _, message, _ in found(project.pull().findings, "AAC501")] == [
        "2 records of `crm.lead` set aside without `id` (records 3, 4 of its files together)"
    ]


def test_a_first_line_that_names_no_column_is_told_once(project: Project) -> None:
    project.put("deal", "1,Ann,2026-01-01\n2,Bob,2026-01-02\n")
    fields = (column("id", read="Deal ID"), column("owner"), column("at", "date", "Created"))
    project.tables = [table("deal", *fields)]
    (finding,) = project.pull().findings
    assert (finding.code, finding.level, finding.doc) == ("AAC606", "error", "entity:deal")
    assert finding.message == "the first line of `crm.deal` does not name the columns that `deal` reads"
    assert (
        finding.instead
        == "put a line before it with the names `Deal ID`, `owner`, `Created`, or correct the fields' `from`"
    )
    project.put("deal", "deal_id,ownr,crated\n1,Ann,2026-01-01\n")
    assert codes(project.pull().findings) == ["AAC606"] * 3  # these are names, only not quite the right ones


def test_what_no_record_names_is_told_of_lists_alone(project: Project) -> None:
    """Of agents; not of leads, which come and go, nor of a deal that no other deal names."""
    more = "".join(f"{number},Dora,L2,\n" for number in range(4, 52))
    project.put("agent", "id\nAnna\nBen\nCarl\nDora\nEve\n")
    project.put("lead", "id,at\nL1,2026-01-05\nL2,2026-01-05\n")
    project.put("deal", "id,agent,lead,deal\n1,Anna,L1,\n2,Eve,,1\n3,Nobody,,\n" + more)
    project.tables = [
        table("agent", column("id")),
        table("lead", column("id"), column("at", "date"), occurs="at"),
        table("deal", column("id"), *(column(name, ref(name)) for name in ("agent", "lead", "deal"))),
    ]
    told = "no record of `deal` names 2 records of `agent` as its `agent`"
    assert found(project.pull().findings, "AAC509") == [(2, told, ("Ben", "Carl"))]
    project.put("deal", "id,agent,lead,deal\n1,Anna,,\n2,Eve,,\n")  # so few that it is nothing odd
    assert found(project.pull().findings, "AAC509") == []


@pytest.mark.parametrize(
    ("read", "lost"),
    [
        ("case when ended < '2050' then ended end", ["9999-12-31"]),
        ("nullif(ended, '9999-12-31')", ["9999-12-31"]),
        # another column decides: it is a rule, and not an end that never comes
        ("case when id <> '1' then ended end", []),
        ("coalesce(ended, '2026-01-01')", []),
    ],
)
def test_ends_that_never_come_are_told(tmp_path: Path, read: str, lost: list[str]) -> None:
    fields = f'id: text\n  ended: {{type: date, from: "{read}"}}\n'
    document = f"kind: entity\nid: stay\nfrom: crm.stays\nkey: id\nfields:\n  {fields}"
    root = write_project(tmp_path / "p", document, {"stays": "id,ended\n1,2026-01-05\n2,9999-12-31\n3,\n"})
    findings = pull_sources(open_sound_project(root), NOW_US, lambda _: None).findings
    message = "`ended` is left empty in 1 record, where its `from` takes `ended` for none: '9999-12-31'"
    assert found(findings, "AAC524") == [(1, message, ("2",)) for _ in lost]
