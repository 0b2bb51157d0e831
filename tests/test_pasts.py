"""Which fields have a past, and what a rule comes to at a moment of it."""

from __future__ import annotations

import pytest

from aac.expressions.nodes import Aggregate, Call, Literal, Node, Reference, Rollup, Stored, Type, walk
from aac.measures import StoredField, Table
from aac.planner.pasts import History, Past, as_of_moment, ever, pasts_of

LEAD = Reference("lead", "lead")
OCCURS = Stored("score_change", "changed_at")
SCORE = Stored("lead", "score")


def table(entity: str, occurs: str | None = None, per: tuple[str, ...] = (), **fields: Type) -> Table:
    stored = tuple(StoredField(name, type_, Literal(None)) for name, type_ in fields.items())
    return Table(entity, (), ("id",), occurs, stored, per=per)


def text(entity: str | None = None) -> Type:
    return Type("text", entity=entity)


LEADS = table("lead", id=text(), score=Type("integer", unit="score"), owner=text("user"), stage=text())


def changes(id_: str = "score_change", occurs: str | None = "changed_at", per: tuple[str, ...] = ()) -> Table:
    score, moment = Type("integer", unit="score"), Type("timestamp")
    return table(id_, occurs, per, id=text(), lead=text("lead"), changed_at=moment, score=score)


def test_a_field_has_the_past_that_an_entity_of_changes_tells() -> None:
    assert pasts_of([LEADS, changes()]) == {("lead", "score"): Past("score_change", LEAD, OCCURS, is_date=False)}


def test_keys_and_fields_of_another_sort_have_none() -> None:
    moved = table("stage_change", "on", id=text(), lead=text("lead"), on=Type("date"), stage=Type("integer"))
    assert pasts_of([LEADS, moved]) == {}
    alike = table("stage_change", "on", id=text(), lead=text("lead"), on=Type("date"), stage=text(), owner=text())
    assert set(pasts_of([LEADS, alike])) == {("lead", "stage")}
    assert pasts_of([LEADS, alike])["lead", "stage"].is_date


def test_of_several_entities_of_changes_the_first_tells() -> None:
    for given in ([changes("a_change"), changes(), LEADS], [LEADS, changes(), changes("a_change")]):
        assert pasts_of(given)["lead", "score"].child == "a_change"


@pytest.mark.parametrize(
    "given",
    [
        [LEADS, changes("score_changes")],
        [LEADS, changes(occurs=None)],
        [LEADS, changes(per=("id",))],
        [changes()],
        [LEADS, table("score_change", "at", id=text(), at=Type("timestamp"), lead=text("lead"), old=text("lead"))],
    ],
)
def test_there_is_none_without_all_that_it_takes(given: list[Table]) -> None:
    assert pasts_of(given) == {}


@pytest.mark.parametrize("field", ["score", "lead", "changed_at"])
def test_there_is_none_without_data(field: str) -> None:
    assert pasts_of([LEADS, changes()], {("score_change", field)}) == {}


HISTORY = History(pasts_of([LEADS, changes()]), {"act": (Stored("act", "at"), False)})
NOON = Literal(1_000)


def by_noon(occurs: Stored, is_date: bool, way: object) -> Node:
    del way
    assert not is_date
    return Call("le", (occurs, NOON))


def by_its_end(occurs: Stored, is_date: bool, way: tuple[Reference, ...] | None) -> Node | None:
    """By a moment of the record itself."""
    del is_date
    return None if way is None else Call("le", (occurs, Stored("lead", "ends_at", way)))


def test_a_value_is_that_of_the_last_change_by_then() -> None:
    made = as_of_moment(Call("gt", (SCORE, Literal(50))), by_noon, HISTORY, "lead")
    rolled_up = {part.aggregate for part in walk(made) if isinstance(part, Rollup)}
    happened = Call("le", (OCCURS, NOON))
    assert rolled_up == {
        Aggregate("arg_max", (Stored("score_change", "score"), OCCURS), happened),
        Aggregate("count", (), happened),
        Aggregate("count", (), None),
    }
    assert {(part.child, part.via) for part in walk(made) if isinstance(part, Rollup)} == {(ever("score_change"), LEAD)}
    assert SCORE in set(walk(made))


def test_what_has_no_past_is_what_it_is_today() -> None:
    rule = Call("eq", (Stored("lead", "stage"), Literal("new")))
    assert as_of_moment(rule, by_noon, HISTORY, "lead") == rule


def test_a_record_is_reached_from_its_changes_and_from_what_rolls_up_to_it_only() -> None:
    made = as_of_moment(SCORE, by_its_end, HISTORY, "lead")
    ends = {part for roll in walk(made) if isinstance(roll, Rollup) for part in walk(roll.aggregate)}
    assert Stored("lead", "ends_at", (LEAD,)) in ends
    there = Stored("lead", "score", (Reference("parent", "lead"),))
    assert as_of_moment(there, by_its_end, HISTORY, "lead") == there
    assert as_of_moment(there, by_noon, HISTORY, "lead") != there


def test_a_roll_up_counts_what_had_occurred() -> None:
    acts = Rollup("act", LEAD, Aggregate("count_if", (Stored("act", "is_human"),)))
    made = as_of_moment(acts, by_its_end, HISTORY, "lead")
    assert isinstance(made, Rollup)
    assert made.aggregate.where == Call("le", (Stored("act", "at"), Stored("lead", "ends_at", (LEAD,))))
    far = Rollup("act", LEAD, Aggregate("count", ()), path=(Reference("parent", "lead"),))
    assert as_of_moment(far, by_its_end, HISTORY, "lead") == far
