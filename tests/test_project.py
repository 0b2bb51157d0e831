"""The graph: what names mean over several documents, what rests on what, and that one mistake is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.expressions.nodes import Named, Reference, Stored, walk
from tests.loading import CONFIG, load_documents, load_files

if TYPE_CHECKING:
    from pathlib import Path

    from aac.project import Project

TEAM = "kind: team\nid: sales\nname: Sales\n---\nkind: team\nid: marketing\nname: Marketing\n"
LEAD = """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  score: integer
  hot: boolean
  created_at: timestamp
"""


def entity(id_: str, *fields: str, key: str = "id") -> str:
    return f"kind: entity\nid: {id_}\nfrom: crm.x\nkey: {key}\nfields:\n  id: text\n" + "".join(
        f"  {field}\n" for field in fields
    )


def definition(id_: str, of: str, *keys: str) -> str:
    return f"kind: definition\nid: {id_}\nof: {of}\nowner: sales\n" + "".join(f"{key}\n" for key in keys)


def metric(id_: str, of: str, formula: str, *keys: str) -> str:
    return (
        f"kind: metric\nid: {id_}\nof: {of}\nformula: {formula}\nunit: count\nbetter: higher\nowner: sales\n"
        "serves: customer_success\n" + "".join(f"{key}\n" for key in keys)
    )


def load(root: Path, *documents: str) -> tuple[Project, list[tuple[str, str]]]:
    """The project of these documents and a team, and code and message of what is wrong, and not only unsettled."""
    project, findings = load_documents(root, "---\n".join([TEAM, *documents]))
    return project, [(finding.code, finding.message) for finding in findings if finding.level == "error"]


def codes(root: Path, *documents: str) -> list[str]:
    return [code for code, _ in load(root, *documents)[1]]


def rests_on(project: Project, kind: str, id_: str) -> tuple[str, ...]:
    return next(entry.rests_on for entry in project.entries() if (entry.kind, entry.id) == (kind, id_))


# Rings


@pytest.mark.parametrize(
    "documents",
    [
        [entity("x", "a: {is: b}", "b: {is: a}")],
        [entity("x", "a: {is: b + 1}", "b: {is: c}", "c: {is: a}", "d: {is: a}", "e: {is: d}")],
        [entity("x", "a: {is: me.a}", "me: {ref: x}")],
        [entity("x", "n: {rollup: sum(parent.n), over: y}"), entity("y", "parent: {ref: x}")],
        [entity("x", "n: {rollup: sum(n), over: y}"), entity("y", "parent: {ref: x}", "n: {is: parent.n}")],
        [entity("x", "a: {rollup: min(s), over: y, after: a}", "s: date"), entity("y", "parent: {ref: x}", "s: date")],
        [LEAD, definition("a", "lead", "when: b"), definition("b", "lead", "when: a")],
        [LEAD, definition("a", "lead", "when: b"), definition("b", "a", "when: hot")],
        [LEAD, definition("a", "b"), definition("b", "c"), definition("c", "a"), metric("m", "a", "count(*)")],
        [LEAD, definition("a", "a"), metric("m", "lead", "count_if(a)")],
        [LEAD + "  f: {is: a}\n", definition("a", "lead", "when: f")],
        [LEAD, definition("a", "lead", "when: hot", "at: b.at"), definition("b", "lead", "at: a.at")],
        [entity("x", "y: {ref: y}", key="y"), entity("y", "x: {ref: x}", key="x"), entity("z", "x: {ref: x}")],
        [entity("x", "me: {ref: x}", "other: {ref: x}", key="me")],
    ],
)
def test_a_ring_is_told_once(tmp_path: Path, documents: list[str]) -> None:
    _, findings = load(tmp_path, *documents)
    assert [code for code, _ in findings] == ["AAC206"]


def test_the_ring_is_shown(tmp_path: Path) -> None:
    _, findings = load(tmp_path, entity("x", "a: {is: b + 1}", "b: {is: c}", "c: {is: a}"))
    assert findings == [("AAC206", "a ring: `x.a` needs `x.b` needs `x.c` needs `x.a`")]


def test_keys_that_refer_are_no_ring(tmp_path: Path) -> None:
    """An account whose key is a lead's, and a lead that refers to its account."""
    project, findings = load(
        tmp_path, LEAD + "  account: {ref: account}\n", entity("account", "lead: {ref: lead}", key="lead")
    )
    assert findings == []
    assert project.table("lead").field("account").type.name == "text"
    assert project.table("account").field("lead").type.entity == "lead"


# One mistake is told once


MQL = definition("mql", "lead", "when: score > 5", "at: created_at")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("score > 5", "scor > 5"),
        ("score > 5", "score"),
        ("score > 5", "score >"),
        ("score > 5", "[score > 5]"),
        ("at: created_at", "at: created"),
        ("at: created_at", "at: score"),
        ("of: lead", "of: led"),
        ("of: lead", "of: mql"),
        ("of: lead", "of:"),
        ("of: lead\n", ""),
        ("owner: sales", "owner: sale"),
        ("owner: sales\n", ""),
        ("owner: sales", "owner: &a sales"),
        ("owner: sales", "owner: sales\ncolour: red"),
        ("id: mql", "id: MQL"),
        ("id: mql", "ID: mql"),
        ("kind: definition", "kind: definitoin"),
        ("kind: definition\n", ""),
    ],
)
def test_a_word_that_is_wrong_is_told_once(tmp_path: Path, right: str, wrong: str) -> None:
    """Others rest on it: a definition, a field, a roll-up, two metrics, a promise and a dimension."""
    others = [
        LEAD + "  known: {is: mql or hot}\n  calls: {rollup: count_if(lead.mql), over: call}\n",
        entity("call", "lead: {ref: lead}", "at: timestamp"),
        definition("big", "mql", "when: score > 50"),
        definition("bigger", "big", "when: mql.at is null"),
        metric("m1", "mql", "count(*)"),
        metric("m2", "lead", "count_if(mql and known)", "by: [{word: mql}, known, calls]"),
        "kind: sla\nid: s\nwhat: x\nwho: {owes: sales, to: marketing}\nwhen: {within: 4 hours}\nescalation: "
        "[{at: late, do: notify, to: sales}]\nhow_measured: {each: mql, starts: mql.at, stops: created_at, "
        "where: bigger, objective: 90%, by: [known]}\n",
    ]
    assert codes(tmp_path, *others, MQL) == []
    assert len(codes(tmp_path, *others, MQL.replace(right, wrong, 1))) == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("  score: integer\n", "  score: intege\n"),
        ("key: id\n", "key: di\n"),
        ("from: crm.leads\n", "from: crn.leads\n"),
        ("id: lead\n", "id: Lead\n"),
        ("kind: entity\n", "kind: enity\n"),
        ("kind: entity\n", "kind: entity\nmeans: [a]\n"),
        ("  hot: boolean\n", "  hot: {is: score > 'x'}\n"),
        ("  created_at: timestamp\n", "  created_at: {type: timestamp, format: '%'}\n"),
    ],
)
def test_an_entity_that_is_wrong_is_told_once(tmp_path: Path, right: str, wrong: str) -> None:
    others = [
        entity("call", "lead: {ref: lead}", "hot: {is: lead.hot}", "n: {is: lead.score + lead.calls}"),
        definition("mql", "lead", "when: hot and calls > 3", "at: created_at"),
        definition("called", "call", "when: lead.mql and hot and mql"),
        metric("m1", "mql", "count(*)", "by: [hot]"),
        metric("m2", "call", "count_if(lead.hot)"),
    ]
    lead = LEAD + "  calls: {rollup: count(*), over: call}\n"
    assert right in lead
    assert codes(tmp_path, lead, *others) == []
    assert len(codes(tmp_path, lead.replace(right, wrong, 1), *others)) == 1


def test_a_team_that_is_wrong_is_told_once(tmp_path: Path) -> None:
    sla = (
        "kind: sla\nid: s\nwhat: x\nwho: {owes: ops, to: sales}\nwhen: {within: 4 business hours}\nescalation: "
        "[{at: late, do: notify, to: night_shift}, {at: off_target, do: agenda, to: ops}]\n"
        "how_measured: {each: lead, starts: created_at, stops: created_at, objective: 90%}\n"
    )
    calendar = 'kind: calendar\nid: desk\ntimezone: UTC\nhours: {mon: "09:00-17:00"}\n'
    team = "kind: team\nid: ops\nname: Ops\ncalendar: desk\nqueues: [{id: night_shift}]\n"
    assert codes(tmp_path, LEAD, sla, calendar, team) == []
    for right, wrong in [("name:", "nam:"), ("name: Ops", "name:"), ("id: ops", "id: Ops"), ("queues:", "queue:")]:
        assert len(codes(tmp_path, LEAD, sla, calendar, team.replace(right, wrong, 1))) == 1
    for right, wrong in [("UTC", "UCT+25"), ("09:00", "9"), ("mon:", "mo:"), ("kind: calendar", "kind: calender")]:
        assert len(codes(tmp_path, LEAD, sla, calendar.replace(right, wrong, 1), team)) == 1


# Two meanings


def test_two_meanings_of_a_name_are_told_at_the_word_though_nobody_uses_it(tmp_path: Path) -> None:
    _, findings = load(tmp_path, LEAD, definition("hot", "lead", "when: score > 5"), definition("big", "hot"))
    assert findings == [("AAC209", "`hot` means something on `lead` already: entity `lead`, in alignment/all.yml:16:3")]


def test_a_word_and_an_entity_of_one_name(tmp_path: Path) -> None:
    _, findings = load(tmp_path, LEAD, entity("call"), definition("call", "lead", "when: hot"), definition("b", "call"))
    assert findings == [("AAC209", "there is an entity `call` too, in alignment/all.yml:20:5")]


def test_one_name_on_two_entities_means_two_things_rightly(tmp_path: Path) -> None:
    others = [entity("call", "hot: boolean", "lead: {ref: lead}"), definition("x", "call", "when: hot and lead.hot")]
    project, findings = load(tmp_path, LEAD, *others)
    assert findings == []
    assert rests_on(project, "definition", "x") == ("entity:call", "entity:lead")


def test_the_first_company_is_the_one(tmp_path: Path) -> None:
    companies = [
        f"kind: company\nid: {id_}\ncurrency: EUR\ntimezone: {zone}\n"
        for id_, zone in [("b", "Europe/Paris"), ("a", "Asia/Tokyo")]
    ]
    project, findings = load(tmp_path, *companies)
    assert [code for code, _ in findings] == ["AAC205"]
    assert project.timezone == "Asia/Tokyo"


def test_a_dimension_has_one_expression_on_an_entity(tmp_path: Path) -> None:
    documents = [
        metric("m1", "lead", "count(*)", "by: [hot, {size: score}]"),
        metric("m2", "lead", "count(*)", "by: [{hot: not hot}, {size: score}]"),
        metric("m3", "call", "count(*)", "by: [{size: id}, {hot: lead.hot}]"),
    ]
    _, findings = load(tmp_path, LEAD, entity("call", "lead: {ref: lead}"), *documents)
    assert findings == [("AAC209", "metric `m1` splits `lead` by another `hot`")]


# Words of other entities


def chain(*steps: str) -> list[str]:
    return [
        LEAD + "".join(f"  {step}\n" for step in steps),
        entity("account", "parent: {ref: account}", "size: integer"),
        entity("user", "employer: {ref: account}"),
        definition("big", "account", "when: size > 5", "at: as_of"),
    ]


def test_a_word_of_another_entity_if_one_way_leads_there(tmp_path: Path) -> None:
    project, findings = load(
        tmp_path, *chain("account: {ref: account}"), definition("x", "lead", "when: big", "at: big.at")
    )
    assert findings == []
    meaning = project.graph.meaning("lead", "x")
    assert meaning is not None
    stored = [node for node in walk(meaning.node) if isinstance(node, Stored)]
    assert stored == [Stored("account", "size", (Reference("account", "account"),))]
    assert rests_on(project, "definition", "x") == ("definition:big", "entity:account", "entity:lead")


def test_a_word_that_two_references_lead_to(tmp_path: Path) -> None:
    x = definition("x", "lead", "when: big")
    _, findings = load(tmp_path, *chain("account: {ref: account}", "user: {ref: user}"), x)
    ways = "`account.big` and `user.employer.big`"
    assert findings == [("AAC209", f"`big` is of `account`, where several ways lead: {ways}")]


def test_a_word_that_no_reference_leads_to(tmp_path: Path) -> None:
    _, findings = load(tmp_path, *chain(), definition("x", "lead", "when: big"))
    assert findings == [("AAC203", "`big` means nothing on `lead`")]


def test_many_ways_are_not_all_walked(tmp_path: Path) -> None:
    names = [f"e{n}" for n in range(25)]
    tangle = [entity(name, *(f"to_{other}: {{ref: {other}}}" for other in names if other != name)) for name in names]
    words = [definition("d", "e0"), definition("x", "e1", "when: d")]
    assert codes(tmp_path, *tangle, *words) == ["AAC209"]


# What rests on what


def test_what_rests_on_what(tmp_path: Path) -> None:
    documents = [
        LEAD + "  owner: {ref: user}\n  known: {is: mql}\n  calls: {rollup: count(*), over: call}\n",
        entity("user", "calendar: text"),
        entity("call", "lead: {ref: lead}"),
        definition("mql", "lead", "when: score > 5", "at: created_at"),
        definition("sql", "mql", "when: owner is not null"),
        metric("m", "sql", "count_if(known)", "by: [calls, owner.calendar]"),
        'kind: calendar\nid: desk\ntimezone: UTC\nhours: {mon: "09:00-17:00"}\n',
        "kind: sla\nid: s\nwhat: x\nwho: {owes: sales, to: marketing}\n"
        "when: {within: 4 business hours, calendar: desk}\n"
        "escalation: [{at: late, do: notify, to: sales}]\n"
        "how_measured: {each: mql, stops: created_at, objective: 90%}\n",
    ]
    project, findings = load(tmp_path, *documents)
    assert findings == []
    assert rests_on(project, "definition", "mql") == ("entity:lead",)
    assert rests_on(project, "definition", "sql") == ("definition:mql", "entity:lead")
    assert rests_on(project, "entity", "lead") == ("definition:mql", "entity:call", "entity:user")
    # what `known` says of a lead, and how many calls it has
    assert rests_on(project, "metric", "m") == (
        "definition:mql", "definition:sql", "entity:call", "entity:lead", "entity:user"
    )  # fmt: skip
    assert rests_on(project, "sla", "s") == ("calendar:desk", "definition:mql", "entity:lead", "team:sales")
    (mql,) = [entry for entry in project.entries() if entry.id == "mql"]
    assert mql.used_by == ("definition:sql", "entity:lead", "metric:m", "sla:s")


def test_a_word_is_named_in_what_rests_on_it(tmp_path: Path) -> None:
    project, _ = load(tmp_path, LEAD, definition("a", "lead", "when: hot"), definition("b", "a", "when: score > 5"))
    meaning = project.graph.meaning("lead", "b")
    assert meaning is not None
    assert [node.label for node in walk(meaning.node) if isinstance(node, Named)] == ["b", "a"]


# Too much


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_chain_of_words_is_a_finding(tmp_path: Path, order: int) -> None:
    fields = [f"f{n}: {{is: f{n + order}}}" for n in range(300)]
    ends = "f-1: {is: 'true'}" if order < 0 else "f300: {is: 'true'}"
    chained = entity("x", *fields, ends)
    chained = chained.replace("f-1", "first") if order < 0 else chained
    assert set(codes(tmp_path, chained)) == {"AAC306"}
    words = [
        definition(f"w{n:03}", f"w{n + order:03}" if 0 <= n + order < 300 else "lead", "when: hot") for n in range(300)
    ]
    assert set(codes(tmp_path, LEAD, *words)) == {"AAC306"}


def test_a_chain_that_a_person_can_follow_is_none(tmp_path: Path) -> None:
    words = [definition(f"w{n:02}", f"w{n - 1:02}" if n else "lead", "when: hot or score > 5") for n in range(40)]
    assert codes(tmp_path, LEAD, *words, metric("m", "w39", "count(*)")) == []


def test_a_word_that_doubles_itself_is_a_finding(tmp_path: Path) -> None:
    fields = [f"f{n}: {{is: 'f{n - 1} + f{n - 1}'}}" for n in range(1, 60)]
    _, findings = load(tmp_path, entity("x", "f0: integer", *fields))
    assert [code for code, _ in findings] == ["AAC306"]


# Places


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("when: score > 5 and hott", "18:21"),
        ("when: 'score > 5 and hott'", "18:22"),
        ('when: "score > 5 \\u0061nd\\x20hott"', "18:30"),
        ("when: 'source = ''x'' and hott'", "18:8"),
        ("when: 'score = 5 or hott'  # a remark", "18:21"),
        ("when: >-\n  score > 5\n  and hott", "20:7"),
        ("when: >-\n  score > 5\n\n  and hott", "21:7"),
        ("when: |\n  score > 5\n    and hott\n", "20:9"),
        ("when: |2-\n    score > 5\n  and hott", "20:7"),
        ("when: score > 5\n  and\n  hott", "20:3"),
        ("when: 'score > 5\n\n  and hott'", "20:7"),
        ("{when: score > 5 and hott}", "18:22"),
    ],
)
def test_the_word_is_found_in_every_way_of_writing(tmp_path: Path, written: str, place: str) -> None:
    if written.startswith("{"):
        text = definition("mql", "lead").replace("kind: definition\nid: mql\nof: lead\nowner: sales\n", "")
        text = "{kind: definition, id: mql, of: lead, owner: sales,\n\n\n\n " + written.strip("{}") + "}\n" + text
        place = "18:22"
    else:
        text = definition("mql", "lead", written)
    _, findings = load_documents(tmp_path, LEAD + "---\n" + text + "---\n" + TEAM)
    word = "source" if "source" in written else "hott"
    assert [finding.message for finding in findings] == [f"`{word}` means nothing on `lead`"]
    assert [str(finding.span) for finding in findings] == [
        f"alignment/all.yml:{int(place.split(':')[0]) - 3}:{place.split(':')[1]}"
    ]
    assert [finding.span and finding.span.length for finding in findings] == [len(word)]


def test_every_document_of_every_file_is_told_of_in_one_pass(tmp_path: Path) -> None:
    files = {
        "aac.toml": CONFIG,
        "alignment/a.yml": LEAD + "---\n" + definition("a", "lead", "when: nothing"),
        "alignment/deep/down/b.yaml": definition("b", "lead", "when: score"),
        "alignment/c.yml": "kind: team\nid: sales\n---\nkind: team\nid: [\n",
        "elsewhere/d.yml": "kind: nothing\n",
    }
    _, findings = load_files(tmp_path, files)
    assert [(finding.code, finding.span and finding.span.file) for finding in findings] == [
        ("AAC203", "alignment/a.yml"),
        ("AAC210", "alignment/c.yml"),
        ("AAC101", "alignment/c.yml"),
        ("AAC302", "alignment/deep/down/b.yaml"),
    ]


# Anything at all

SCALARS = st.sampled_from(
    [
        "", "~", "x", "lead", "mql", "score > 5", "count(*)", "5", "-1", "95%", "1e9", "true", "2026-01-01", "mon-fri",
        "'09:00-17:00'", "crm.leads", "sales", "desk", "4 hours", "late", "none", "text", "money", "EUR", "'('", "'\"'",
        "'{'", "[]", "{}", "[x]", "[[x]]", "{a: b}", "{a: {b: [c]}}", "[~]", "é", "'  '", "'\U0001f600'", "created_at",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "name", "means", "owner", "parties", "tags", "review_by", "currency", "timezone", "fiscal_year_starts", "x",
        "hours", "holidays", "closed", "short", "queues", "external", "from", "key", "occurs", "fields", "of", "when",
        "at", "what", "who", "how_measured", "escalation", "formula", "unit", "better", "serves", "by", "target",
        "min_n", "calendar",
    ]
)  # fmt: skip
KINDS = st.sampled_from(["company", "team", "calendar", "entity", "definition", "sla", "metric", "other", "[]", ""])
NESTED = st.recursive(
    SCALARS,
    lambda part: st.one_of(
        st.dictionaries(
            KEYS | st.sampled_from(["at", "do", "to", "within", "each", "stops", "type", "is"]), part, max_size=4
        ).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"),
        st.lists(part, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    ),
    max_leaves=6,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(KINDS, st.dictionaries(KEYS, NESTED, max_size=7)), min_size=1, max_size=3))
def test_no_document_is_more_than_findings(tmp_path: Path, documents: list[tuple[str, dict[str, str]]]) -> None:
    texts = [
        f"kind: {kind}\nid: d{number}\n" + "".join(f"{key}: {value}\n" for key, value in keys.items())
        for number, (kind, keys) in enumerate(documents)
    ]
    project, findings = load_documents(tmp_path, "---\n".join([TEAM, LEAD, *texts]))
    written = {(kind, f"d{number}") for number, (kind, _) in enumerate(documents)}
    always = {("team", "sales"), ("team", "marketing"), ("entity", "lead")}
    assert always <= project.models.keys() <= always | written
    for finding in findings:
        assert finding.message
        assert finding.instead
        assert finding.span is not None
        assert 1 <= finding.span.col <= len(finding.span.text) + 1
