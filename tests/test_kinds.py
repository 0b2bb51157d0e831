"""Kinds: what each key is read as, what documents compile to, and what is said of values that cannot be."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import pytest
from pydantic import ValidationError

from aac import config, loading
from aac.engines.base import Entity as EntityOf
from aac.engines.base import Select
from aac.expressions.nodes import TRUE, Call, Column, Named, Reference, Rollup, Stored, Type
from aac.expressions.nodes import Literal as Constant
from aac.kinds.base import Kind
from aac.kinds.calendar import CalendarDocument
from aac.kinds.company import Company
from aac.kinds.definition import Definition
from aac.kinds.entity import Entity
from aac.kinds.metric import Metric
from aac.kinds.sla import Sla
from aac.kinds.team import Team
from aac.kinds.written import Percentage, Strict
from aac.models import read
from aac.periods import parse_duration
from tests.loading import CONFIG, load_documents, load_files
from tests.running import run_project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aac.findings import Finding
    from aac.measures import Clock, Measure, Table
    from aac.project import Project

HOUR_US = 3_600_000_000
LEAD = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  day: {type: date, from: '"The day"', format: "%d.%m.%Y"}
  source: {type: text, values: [web, fair], map: {Web: web, "Trade fair": fair}}
  email: {type: text, pii: true, from: lower(mail)}
  owner: {ref: user, from: owner_id, map: {bob: rob}}
  late: boolean
  calls: {rollup: count(*), over: call, where: human}
  first_call: {rollup: min(at) filter (where human), over: call, via: lead, after: created_at}
  spoken: {is: first_call is not null}
---
kind: entity
id: user
from: crm.users
key: number
fields:
  number: integer
  calendar: text
---
kind: entity
id: call
from: crm.calls
key: [lead, at]
occurs: at
fields:
  lead: {ref: lead}
  at: timestamp
  human: boolean
---
kind: team
id: sales
name: Sales
---
kind: team
id: marketing
name: Marketing
calendar: desk
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon: "09:00-17:00"}
---
kind: calendar
id: shop
timezone: UTC
hours: {sat: "10:00-14:00"}
---
kind: definition
id: web_lead
of: lead
owner: sales
when: source = 'web'
at: created_at
---
kind: definition
id: late_web_lead
of: web_lead
owner: sales
when: late
---
"""
SLA = """\
kind: sla
id: s
what: Sales calls.
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: web_lead, stops: first_call, objective: 90%}
escalation: [{at: late, do: notify, to: sales}]
"""
METRIC = """\
kind: metric
id: m
of: lead
formula: count(*)
unit: count
better: higher
owner: sales
serves: customer_success
"""
SHARED: dict[str, Any] = {"kind": "x", "id": "x"}
BY_SOURCE = Call("eq", (Stored("lead", "source"), Constant("web")))


def load(root: Path, text: str) -> Project:
    made, findings = load_documents(root, LEAD + text)
    assert [f"{finding.code} {finding.message}" for finding in mistakes(findings)] == []
    return made


def mistakes(findings: Iterable[Finding]) -> list[Finding]:
    """What is wrong, and not only unsettled or unmeasured."""
    return [finding for finding in findings if finding.level == "error"]


def clock(root: Path, text: str) -> Clock:
    (found,) = load(root, text).clocks
    return found


def measure(root: Path, text: str) -> Measure:
    (found,) = load(root, text).measures
    return found


def wrong(model: type[Kind], data: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    return [(detail["loc"], detail["type"]) for detail in raised.value.errors()]


# Readers


@pytest.mark.parametrize(
    ("text", "share", "with_sign"),
    [("95%", "19/20", True), ("0.95", "19/20", False), ("12.5 %", "1/8", True), ("100%", "1", True), ("0", "0", False),
     ("99.9%", "999/1000", True)],
)  # fmt: skip
def test_shares_are_exact(text: str, share: str, with_sign: bool) -> None:
    sla: dict[str, Any] = {
        **SHARED,
        "what": "x",
        "who": {"owes": "a", "to": "b"},
        "when": {"within": "4 hours"},
        "escalation": [],
    }
    read = Sla.model_validate({**sla, "how_measured": {"each": "x", "stops": "y", "objective": text}})
    assert read.how_measured.objective == Fraction(share)
    assert isinstance(read.how_measured.objective, Percentage) is with_sign


@pytest.mark.parametrize(
    "text", ["", "%", "1e3", "1/2", "1_000", "1,000", "95 percent", "٩٥%", "nan", "inf", "--1", "9" * 99]
)
def test_what_is_no_share(text: str) -> None:
    target = {"kind": "metric", "id": "m", "formula": "x", "of": "x", "unit": "count", "better": "higher", "owner": "a",
              "serves": "customer_success"}  # fmt: skip
    assert wrong(Metric, {**target, "target": {"at_least": text}}) == [(("target", "at_least"), "finding")]


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20260201", "2026-W09-1", "86400", "1.2.2026", "2026-2-1", "2026-02-01 ", ""]
)
def test_what_is_no_day(text: str) -> None:
    assert wrong(Team, {**SHARED, "name": "x", "review_by": text}) == [(("review_by",), "finding")]


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "٣", "1_0", " 1", "", "9999999999"])
def test_what_is_no_count(text: str) -> None:
    metric = {**SHARED, "formula": "x", "of": "x", "unit": "count", "better": "higher", "owner": "a",
              "serves": "customer_success", "min_n": text}  # fmt: skip
    assert wrong(Metric, metric) == [(("min_n",), "finding")]


@pytest.mark.parametrize(("key", "value"), [("min_n", "1_000"), ("target", {"at_least": "1_000"})])
def test_a_number_with_lines_below_is_told_without(key: str, value: object) -> None:
    metric = {**SHARED, "formula": "x", "of": "x", "unit": "count", "better": "higher", "owner": "a",
              "serves": "customer_success", key: value}  # fmt: skip
    assert cast("tuple[str, str, str]", read(metric, Metric))[2] == "write `1000`"


def test_a_key_without_a_value_is_left_out() -> None:
    team = Team.model_validate({**SHARED, "name": "x", "queues": None, "external": None, "tags": None, "means": None})
    assert (team.queues, team.external, team.tags, team.means) == ((), False, (), None)
    assert wrong(Team, {**SHARED, "name": None}) == [((), "finding")]
    assert wrong(Team, {**SHARED, "name": "x", "colour": None}) == [(("colour",), "extra_forbidden")]


@pytest.mark.parametrize(
    "name", ["", "Berlin", "europe/berlin", "localtime", "posix/Europe/Berlin", "right/UTC", "../x", "CET+9"]
)
def test_what_is_no_zone(name: str) -> None:
    """An engine must know it too."""
    assert wrong(Company, {**SHARED, "currency": "EUR", "timezone": name}) == [(("timezone",), "finding")]


@pytest.mark.parametrize(
    ("text", "says"),
    [("%", "`%` means nothing in a format"), ("%d.%m.%", "`%` means nothing in a format"),
     ("%-Y", "`%-Y` means nothing in a format"), ("%e", "`%e` means nothing in a format"),
     ("", "`` has no parts of a date in it")],
)  # fmt: skip
def test_what_is_no_format(tmp_path: Path, text: str, says: str) -> None:
    entity = f"kind: entity\nid: x\nfrom: crm.x\nkey: id\nfields: {{id: text, day: {{type: date, format: '{text}'}}}}\n"
    _, findings = load_documents(tmp_path, entity)
    assert [(finding.code, finding.message) for finding in findings] == [("AAC308", says)]


@pytest.mark.parametrize(("text", "read"), [("02-01", (2, 1)), ("12-28", (12, 28))])
def test_the_first_day_of_a_fiscal_year(text: str, read: tuple[int, int]) -> None:
    company = Company.model_validate({**SHARED, "currency": "EUR", "timezone": "UTC", "fiscal_year_starts": text})
    assert company.fiscal_year_starts == read


@pytest.mark.parametrize("text", ["13-01", "00-01", "02-29", "2-1", "01/02", "February"])
def test_what_is_no_first_day(text: str) -> None:
    company = {**SHARED, "currency": "EUR", "timezone": "UTC", "fiscal_year_starts": text}
    assert wrong(Company, company) == [(("fiscal_year_starts",), "finding")]


def test_a_week() -> None:
    calendar = CalendarDocument.model_validate(
        {**SHARED, "timezone": "UTC", "hours": {"fri-mon": "09:00-12:00, 13:00-17:00", "wed": "22:00-06:00"},
         "closed": ["2026-12-24"], "short": {"2026-12-31": "09:00-12:00"}}
    )  # fmt: skip
    day = ((540, 720), (780, 1020))
    assert calendar.hours == {4: day, 5: day, 6: day, 0: day, 2: ((1320, 1800),)}
    assert calendar.closed == (date(2026, 12, 24),)
    assert calendar.short == {date(2026, 12, 31): ((540, 720),)}


def test_dimensions_as_they_are_written() -> None:
    metric = {**SHARED, "formula": "x", "of": "x", "unit": "count", "better": "higher", "owner": "a",
              "serves": "customer_success", "by": ["segment", {"region": "owner.region", "size": "size"}]}  # fmt: skip
    assert Metric.model_validate(metric).by == (
        ("segment", "segment", (0,)),
        ("region", "owner.region", (1, "region")),
        ("size", "size", (1, "size")),
    )


# Entities


def test_a_table(tmp_path: Path) -> None:
    table: Table = load(tmp_path, METRIC).table("lead")
    assert (list(map(str, table.streams)), table.key, table.occurs) == (["crm.leads"], ("id",), "created_at")
    assert [field.name for field in table.fields] == ["id", "created_at", "day", "source", "email", "owner", "late"]
    assert table.field("day").read == Column("The day")
    assert table.field("day").format == "%d.%m.%Y"
    assert table.field("source").mapping == (("Web", "web"), ("Trade fair", "fair"))
    assert table.field("source").type == Type("text", values=("web", "fair"))
    assert table.field("email").read == Call("lower", (Column("mail"),))
    assert [field.name for field in table.fields if field.pii] == ["email"]
    # a reference has the type of the key it holds
    assert table.field("owner").type == Type("integer", entity="user")
    assert str(table.field("late").span) == "alignment/all.yml:13:9"


def test_roll_ups(tmp_path: Path) -> None:
    made = load(tmp_path, METRIC)
    via = Reference("lead", "lead")
    calls, first = made.graph.meaning("lead", "calls"), made.graph.meaning("lead", "first_call")
    assert calls is not None
    assert first is not None
    assert calls.type == Type("integer", unit="count")
    assert isinstance(calls.node, Rollup)
    assert (calls.node.child, calls.node.via, calls.node.after) == ("call", via, None)
    assert calls.node.aggregate.where == Stored("call", "human")
    assert first.type == Type("timestamp")
    assert isinstance(first.node, Rollup)
    assert first.node.occurs == Stored("call", "at")
    assert first.node.after == Stored("lead", "created_at")
    assert first.node.aggregate.where == Stored("call", "human")


def test_a_key_of_several_fields_is_a_key_and_no_target(tmp_path: Path) -> None:
    made = load(tmp_path, METRIC)
    assert made.table("call").key == ("lead", "at")
    _, findings = load_documents(
        tmp_path,
        LEAD + METRIC + "---\nkind: entity\nid: note\nfrom: crm.notes\nkey: id\n"
        "fields: {id: text, call: {ref: call}, again: {ref: call}, long: {is: call.human}}\n",
    )
    told = [(finding.code, finding.span and finding.span.line) for finding in mistakes(findings)]
    assert told == [("AAC308", 81)] * 2


def test_a_source_in_no_settings(tmp_path: Path) -> None:
    files = {"aac.toml": '[project]\nname = "x"\nspec = 1\n', "alignment/a.yml": LEAD.split("---\n")[1]}
    _, findings = load_files(tmp_path, files)
    assert [(finding.code, finding.instead) for finding in findings] == [("AAC204", "add `[sources.…]` to aac.toml")]


def test_a_format_with_an_offset_says_its_own_instant(tmp_path: Path) -> None:
    """Whatever the zone of the source is: 10:00 at +05:30 is 04:30 in UTC."""
    form = "%d.%m.%Y %H:%M"
    fields = (
        f'at: {{type: timestamp, format: "{form} %z"}}, near: {{type: timestamp, from: at_here, format: "{form}"}}, '
        'share: {type: timestamp, from: percent, format: "%d.%m.%Y %%z"}'
    )
    text = f"kind: entity\nid: thing\nfrom: crm.thing\nkey: id\nfields: {{id: text, {fields}}}\n"
    files = {"aac.toml": CONFIG + 'timezone = "Europe/Berlin"\n', "alignment/a.yml": text}
    files["data/thing.csv"] = (
        "id,at,at_here,percent\n1,1.3.2026 10:00 +0530,1.3.2026 10:00,1.3.2026 %z\n2,1.3.2026 10:00,,\n"
    )
    load_files(tmp_path, files)
    with run_project(tmp_path) as running:
        columns = tuple((name, Stored("thing", name)) for name in ("at", "near", "share"))
        (rows,) = running.engine.run(running.setting.query((), (Select(EntityOf("thing"), columns, order=("at",)),)))
    midnight = 1_772_319_600_000_000  # 2026-03-01T00:00 in Berlin
    at = midnight + 5 * HOUR_US + HOUR_US // 2
    assert list(map(tuple, rows)) == [(at, midnight + 10 * HOUR_US, midnight), (None, None, None)]


# Definitions


def test_a_definition_narrows(tmp_path: Path) -> None:
    made = load(tmp_path, METRIC)
    web, late = made.graph.meaning("lead", "web_lead"), made.graph.meaning("lead", "late_web_lead")
    assert web is not None
    assert late is not None
    assert web.node == Named("web_lead", BY_SOURCE)
    assert web.moment == Stored("lead", "created_at")
    assert late.node == Named("late_web_lead", Call("and", (web.node, Stored("lead", "late"))))
    assert late.moment is None


def test_a_definition_without_a_rule_is_every_record(tmp_path: Path) -> None:
    made = load(tmp_path, "kind: definition\nid: any\nof: lead\nowner: sales\n")
    meaning = made.graph.meaning("lead", "any")
    assert meaning is not None
    assert meaning.node == Named("any", TRUE)


# Promises


def test_a_clock(tmp_path: Path) -> None:
    text = SLA.replace(
        "stops", "where: not late, excused: spoken, by: [source, {who: owner.calendar}], window: week, stops"
    )
    found = clock(tmp_path, text)
    assert found.subject == "sla:s"
    assert found.population.entity == "lead"
    assert found.population.rule == Named("web_lead", BY_SOURCE)
    assert found.where == Call("not", (Stored("lead", "late"),))
    assert isinstance(found.excused, Named)
    assert found.starts.value == Stored("lead", "created_at")
    assert not found.starts.is_date
    assert found.promises[0].within == parse_duration("4 hours")
    assert found.promises[0].calendar is None
    assert [dimension.name for dimension in found.dimensions] == ["source", "who"]
    assert found.dimensions[1].value == Stored("user", "calendar", (Reference("owner", "user"),))
    assert (found.grain, found.remind_at) == ("week", 1)


@pytest.mark.parametrize(
    ("steps", "least"),
    [
        ("[{at: late, do: notify}, {at: 50% of time, do: remind}]", Fraction(1, 2)),
        ("[{at: 12.5% of time, do: remind}]", Fraction(1, 8)),
        ("[{at: off_target, do: agenda, to: sales}, {at: budget_spent, do: decide}]", None),
    ],
)
def test_the_least_time_a_step_is_due_after(tmp_path: Path, steps: str, least: Fraction | None) -> None:
    assert clock(tmp_path, SLA.replace("[{at: late, do: notify, to: sales}]", steps)).remind_at == least


COMPANY = "---\nkind: company\nid: c\ncurrency: EUR\ntimezone: UTC\ncalendar: shop\n"
BUSINESS = SLA.replace("within: 4 hours", "within: 4 business hours")


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        (BUSINESS + COMPANY, Constant("shop")),
        (BUSINESS.replace("owes: sales, to: marketing", "owes: marketing, to: sales") + COMPANY, Constant("desk")),
        (BUSINESS.replace("hours}", "hours, calendar: desk}") + COMPANY, Constant("desk")),
        (
            BUSINESS.replace("hours}", "hours, calendar: owner.calendar}") + COMPANY,
            Stored("user", "calendar", (Reference("owner", "user"),)),
        ),
    ],
)
def test_whose_calendar_it_is(tmp_path: Path, text: str, calendar: object) -> None:
    """The promise's own, else the owing team's, else the company's (LANGUAGE §6)."""
    assert clock(tmp_path, text).promises[0].calendar == calendar


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (BUSINESS, "AAC210", 5),
        (SLA.replace("each: web_lead", "each: lead"), "AAC210", 6),
        (SLA.replace("stops: first_call", "stops: day"), "AAC302", 6),
        (SLA.replace("stops: first_call", "starts: day, stops: day"), "AAC302", 5),
        (SLA.replace("4 hours", "1.5 days").replace("stops: first_call", "starts: day, stops: day"), "AAC302", 5),
        (SLA.replace("4 hours", "2 business days"), "AAC210", 5),
    ],
)
def test_promises_that_cannot_be_measured(tmp_path: Path, text: str, code: str, line: int) -> None:
    made, findings = load_documents(tmp_path, LEAD + text)
    before = LEAD.count("\n")
    told = [(finding.code, finding.span and finding.span.line - before) for finding in mistakes(findings)]
    assert told == [(code, line)]
    assert made.clocks == ()


def test_whole_days_between_dates(tmp_path: Path) -> None:
    found = clock(tmp_path, SLA.replace("4 hours", "5 days").replace("stops: first_call", "starts: day, stops: day"))
    assert found.starts.is_date
    assert found.stops is not None
    assert found.stops.is_date


# Metrics


def test_a_measure(tmp_path: Path) -> None:
    text = METRIC.replace("formula: count(*)", "formula: avg(hours_between(created_at, first_call))")
    found = measure(tmp_path, text.replace("unit: count", "unit: hours\nat: day\nby: [source]\ntarget: {at_least: 24}"))
    assert (found.subject, found.unit, found.scale, found.grain) == ("metric:m", "hours", HOUR_US, "month")
    assert found.anchor is not None
    assert found.anchor.is_date
    assert found.population.rule is None
    assert [dimension.name for dimension in found.dimensions] == ["source"]
    assert found.has_target


def test_a_measure_without_a_moment(tmp_path: Path) -> None:
    assert measure(tmp_path, METRIC).anchor is None
    assert measure(tmp_path, METRIC.replace("of: lead", "of: late_web_lead")).anchor is None


@pytest.mark.parametrize(
    ("target", "limits"),
    [
        ("{at_least: 22%}", (Fraction(22, 100), None)),
        ("{at_least: -1}", (Fraction(-1), None)),
        ("{between: [5%, 0.1]}", (Fraction(1, 20), Fraction(1, 10))),
        ("{open: not agreed}", None),
        ("{at_least: 110%}", (Fraction(11, 10), None)),
    ],
)
def test_targets(tmp_path: Path, target: str, limits: object) -> None:
    text = METRIC.replace("count(*)", "share(late)").replace("unit: count", f"unit: percent\ntarget: {target}")
    model = load(tmp_path, text).models["metric", "m"]
    assert isinstance(model, Metric)
    assert model.target is not None
    assert model.target.limits == limits


@pytest.mark.parametrize(
    ("unit", "target"),
    [("percent", "{at_least: 22}"), ("percent", "{between: [0.1, 22]}"), ("count", "{at_least: 22%}"),
     ("count", "{between: [22%, 5]}")],
)  # fmt: skip
def test_limits_and_signs_that_do_not_fit(tmp_path: Path, unit: str, target: str) -> None:
    formula = "share(late)" if unit == "percent" else "count(*)"
    text = METRIC.replace("count(*)", formula).replace("unit: count", f"unit: {unit}\ntarget: {target}")
    _, findings = load_documents(tmp_path, LEAD + text)
    assert [finding.code for finding in mistakes(findings)] == ["AAC301" if unit == "percent" else "AAC304"]


# Kinds of a team's own


class Part(Strict):
    size: int
    since: date | None = None


class Thing(Kind):
    kind_name: ClassVar[str] = "thing"
    required: ClassVar[tuple[str, ...]] = ("means",)

    parts: dict[str, Part]
    colour: Literal["red", "green"] = "red"
    loud: bool = False
    more: tuple[Part, ...] = ()


@pytest.mark.parametrize(
    ("keys", "code", "says", "instead", "place"),
    [
        ("parts: {a: {size: many}}", "AAC308", "`many` is not a whole number", "write digits, as in `20`", "4:19"),
        ("parts: {a: {siz: 5}}", "AAC207", "there is no key `siz` here", "did you mean `size`?", "4:13"),
        ("parts: {since: {x: 5, size: 1}}", "AAC207", "there is no key `x` here", "one of: `since`", "4:17"),
        ("parts: {a: }", "AAC308", "nothing is not a mapping", "write `key: value` lines below it", "4:12"),
        ("parts: {a: {}}", "AAC210", "`size` is missing", "add `size: …`", "4:9"),
        ("parts: [a]", "AAC308", "a list is not a mapping", "write `key: value` lines below it", "4:8"),
        ("parts: {}\nmore: [{size: 1}, {size: 2, since: now}]", "AAC308", "`now` is not a date",
         "write it as `2026-02-28`", "5:36"),
        ("parts: {}\nmore: [{size: 1}, {syze: 2}]", "AAC207", "there is no key `syze` here", "did you mean `size`?",
         "5:20"),
        ("parts: {}\ncolour: blue", "AAC308", "`blue` is not possible here", "one of: `green`, `red`", "5:9"),
        ("parts: {}\ncolour: [red]", "AAC308", "a list is not possible here", "one of: `green`, `red`", "5:9"),
        ("parts: {}\nloud: loudly", "AAC308", "`loudly` is not yes or no", "write `true` or `false`", "5:7"),
        ("parts: {}\nmeans: {a: b}", "AAC308", "a mapping is not text", 'write `"a: b"`', "5:8"),
    ],
)  # fmt: skip
def test_what_is_said_of_keys(tmp_path: Path, keys: str, code: str, says: str, instead: str, place: str) -> None:
    means = "" if "means" in keys else "means: x\n"
    (tmp_path / "alignment").mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    (tmp_path / "alignment" / "a.yml").write_text(f"kind: thing\nid: t\n{means or chr(10)}{keys}\n", encoding="utf-8")
    _, findings = loading.load(config.load(tmp_path), {"thing": Thing})
    assert [(finding.code, finding.message, finding.instead) for finding in findings] == [(code, says, instead)]
    assert [str(finding.span) for finding in findings] == [f"alignment/a.yml:{place}"]


def test_a_key_that_a_kind_cannot_do_without() -> None:
    assert wrong(Thing, {**SHARED, "parts": {}}) == [((), "finding")]


def test_names_and_moments_of_kinds() -> None:
    definition = Definition.model_validate({**SHARED, "of": "lead", "owner": "sales"})
    assert (definition.names, definition.title) == (("x",), "x")
    entity = Entity.model_validate(
        {**SHARED, "from": "crm.x", "key": "id", "fields": {"id": "text", "up": {"ref": "x"}}}
    )
    assert (entity.names, entity.steps) == (("id", "up"), {"up": "x"})


def test_a_meeting_without_any_team(tmp_path: Path) -> None:
    meeting = (
        "kind: meeting\nid: review\nrepeats: weekly on thu 10:00\nminutes: 30\npurpose: Talk\nattendees: [sales]\n"
    )
    _, findings = load_documents(tmp_path, meeting)
    told = {(finding.message, finding.instead) for finding in findings if finding.code == "AAC204"}
    assert told == {("no team is called `sales`", "write a document of kind `team` with `id: sales`")}
