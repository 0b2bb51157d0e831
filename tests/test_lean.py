"""Rules that are said more plainly come to the same, with three values; and what nobody reads is gone."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from aac.engines.base import Entity, Join, Query, Relation, Select, Stack
from aac.expressions.interpret import Record, evaluate
from aac.expressions.nodes import NOTHING, TRUE, Aggregate, Call, Case, Column, Literal, Node, Reference, Stored
from aac.planner.lean import Rows, lean

FULL, MAYBE, MOMENT = (Stored("deal", name) for name in ("full", "maybe", "moment"))
WON, LOST = Stored("deal", "won"), Stored("deal", "lost")
"""Conditions: the first is known of every deal."""
GREATEST = {("deal", "moment"): 2}
VALUES = {FULL: (0, 2), MAYBE: (None, 0, 2), MOMENT: (None, 0, 2), WON: (False, True), LOST: (None, False, True)}
RECORDS = [Record(dict(zip(VALUES, values, strict=True))) for values in product(*VALUES.values())]
"""Every deal that there can be."""
DEAL = Relation(("deal",), "id", filled=frozenset({"full", "won"}))


def call(function: str, *arguments: Node) -> Node:
    return Call(function, arguments)


def joined(function: str, parts: list[Node]) -> Node:
    return Call(function, tuple(parts))


def case(when: Node, then: Node, otherwise: Node) -> Node:
    return Case(((when, then),), otherwise)


def one_of(inner: st.SearchStrategy[Node], *functions: str, arguments: int = 1) -> st.SearchStrategy[Node]:
    return st.builds(call, st.sampled_from(functions), *[inner] * arguments)


def longer(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=1, max_size=3)
    cases = st.builds(case, inner, inner, inner)
    told = one_of(inner, "not", "is_true", "is_not_false", "is_null", "is_not_null")
    return st.builds(joined, st.sampled_from(["and", "or", "coalesce"]), parts) | cases | told


def of_these(*nodes: Node) -> st.SearchStrategy[Node]:
    return st.sampled_from(nodes)


numbers = st.recursive(
    of_these(FULL, MAYBE, MOMENT, NOTHING, *map(Literal, (0, 1, 2, 3))),
    lambda inner: one_of(inner, "add", "subtract", "coalesce", arguments=2),
    max_leaves=3,
)
rules = st.recursive(
    of_these(WON, LOST, TRUE, Literal(False), NOTHING)
    | one_of(numbers, "eq", "lt", "le", "gt", "ge", arguments=2)
    | one_of(numbers, "is_null", "is_not_null")
    | st.builds(call, st.just("in"), numbers, of_these(Literal(0)), of_these(Literal(2), NOTHING)),
    longer,
    max_leaves=8,
)


@settings(max_examples=600, deadline=None)
@given(rules, rules, numbers)
def test_what_is_said_more_plainly_comes_to_the_same(where: Node, rule: Node, number: Node) -> None:
    """The condition is true of the same deals, and everything else comes to the same for those."""
    rows = Rows({"deal": DEAL}, GREATEST, "deal")
    asked = rows.asked(where)
    there = [record for record in RECORDS if evaluate(where, record) is True]
    assert [record for record in RECORDS if evaluate(asked, record) is True] == there
    known = rows.where(asked)
    for node in (rule, number, Case(((Call("le", (MOMENT, Literal(2))), MOMENT),), NOTHING)):
        plain = known.plain(node)
        assert [evaluate(plain, record) for record in there] == [evaluate(node, record) for record in there]
        assert not known.is_full(node) or all(evaluate(node, record) is not None for record in there)
        greatest = known.greatest_of(node)
        values = [evaluate(node, record) for record in there]
        assert greatest is None or all(value <= greatest for value in values if isinstance(value, int))


def test_what_is_known_of_every_record_is_no_question() -> None:
    rows = Rows({"deal": DEAL}, GREATEST, "deal")
    unknown = Call("is_null", (Call("and", (WON, Call("gt", (FULL, Literal(1))))),))
    assert rows.plain(unknown) == Literal(False)
    assert rows.plain(Call("is_null", (Call("eq", (MAYBE, Literal("x"))),))) == Call("is_null", (MAYBE,))
    assert rows.plain(Case(((Call("le", (MOMENT, Literal(2))), MOMENT),), NOTHING)) == MOMENT
    member = rows.where(Call("is_not_null", (MAYBE,)))
    assert member.plain(Call("is_null", (Call("subtract", (FULL, MAYBE)),))) == Literal(False)
    assert member.plain(Aggregate("count", (MAYBE,), Call("is_not_null", (MAYBE,)))) == Aggregate("count", ())
    assert member.plain(Aggregate("sum", (FULL,), Call("is_null", (MAYBE,)))) == NOTHING


def test_a_field_of_another_record_is_known_if_that_is() -> None:
    path = (Reference("owner", "user"),)
    name = Stored("user", "name", path)
    unknown = Call("is_null", (name,))
    deal = Relation(("deal",), "id", filled=frozenset({"owner"}))
    user = Relation(("user",), "id", "born", filled=frozenset({"name"}))
    later = Relation(("user",), "id", "born", 5, frozenset({"name"}))
    assert Rows({"deal": deal, "user": user}, {}, "deal").plain(unknown) == Literal(False)
    assert Rows({"deal": deal, "user": later}, {}, "deal").plain(unknown) == unknown, "some may be still to come"
    assert Rows({"deal": DEAL, "user": user}, {}, "deal").plain(unknown) == unknown, "some refer to nobody"


def test_what_nobody_reads_is_gone() -> None:
    """Constants go where they are asked for; a block behind knows what the one before makes sure of."""
    first = Select(
        Entity("deal"),
        (("id", MAYBE), ("excused", Literal(False)), ("idle", MOMENT), ("n", FULL)),
        Call("is_not_null", (MAYBE,)),
    )
    doubt = Call("or", (Call("is_null", (Column("id"),)), Column("excused"), Call("is_null", (Column("n"),))))
    second = Select("first", (("id", Column("id")), ("doubt", doubt), ("n", Column("n"))))
    output = Select("second", (("doubts", Aggregate("count", (), Column("doubt"))),), groups=(("n",),))
    made = lean(Query((("first", first), ("second", second)), (output,), {"deal": DEAL}), {})
    blocks = dict(made.blocks)
    assert blocks["first"].columns == (("n", FULL),)
    assert blocks["second"].columns == (("n", Column("n")),)
    assert made.outputs[0].columns == (("doubts", Literal(0)),)


def test_what_two_columns_hold_is_told_once() -> None:
    first = Select(Entity("deal"), (("id", MAYBE), ("rule", LOST), ("again", LOST), ("other", WON)))
    counts = tuple((name, Aggregate("count", (), Column(name))) for name in ("rule", "again", "other"))
    made = lean(Query((("first", first),), (Select("first", counts, groups=(("id",),)),), {"deal": DEAL}), {})
    assert [name for name, _ in dict(made.blocks)["first"].columns] == ["id", "rule", "other"]
    asked = [node.where for _, node in made.outputs[0].columns if isinstance(node, Aggregate)]
    assert asked == [Column("rule"), Column("rule"), Column("other")]


def test_a_condition_asks_nothing_twice() -> None:
    """What one part makes sure of is no question in another."""
    reach = Call("or", (Call("is_null", (MAYBE,)), Call("ge", (MAYBE, Literal(1)))))
    asked = Rows().asked(Call("and", (Call("is_not_null", (MAYBE,)), reach)))
    assert asked == Call("ge", (MAYBE, Literal(1)))


def test_what_others_join_stays() -> None:
    first = Select(Entity("deal"), (("id", FULL), ("key", MAYBE), ("idle", MOMENT)))
    other = Select(Entity("deal"), (("key", MAYBE), ("n", FULL), ("idle", MOMENT)))
    joined = Select("first", (("n", Column("n", block="other")),), joins=(Join("other", (("key", "key"),)),))
    blocks = (("first", first), ("other", other))
    made = dict(lean(Query(blocks, (joined,), {"deal": DEAL}), {}).blocks)
    assert [name for name, _ in made["first"].columns] == ["key"]
    assert [name for name, _ in made["other"].columns] == ["key", "n"]


def test_of_a_stack_is_known_what_is_known_of_all_of_it() -> None:
    first = Select(Entity("deal"), (("full", FULL), ("some", FULL), ("top", Literal(1)), ("on", Literal(7))))
    other = Select(Entity("deal"), (("full", FULL), ("some", MAYBE), ("top", Literal(3)), ("on", Literal(7))))
    asks = tuple((name, Call("is_null", (Column(name),))) for name in ("full", "some"))
    top = ("top", Call("gt", (Column("top"), Literal(3))))
    stacked = Select(Stack(("first", "other")), (*asks, top, ("on", Column("on"))))
    (made,) = lean(Query((("first", first), ("other", other)), (stacked,), {"deal": DEAL}), {}).outputs
    assert dict(made.columns) == {
        "full": Literal(False), "some": asks[1][1], "top": Literal(False), "on": Literal(7)
    }  # fmt: skip


def test_blocks_of_a_stack_keep_the_same_columns() -> None:
    """Also one that stands in two stacks, or is read by others besides."""
    columns = (("id", FULL), ("key", MAYBE), ("n", MOMENT), ("idle", LOST))
    blocks = tuple((name, Select(Entity("deal"), columns)) for name in ("first", "other", "third"))
    outputs = (
        Select(Stack(("first", "other")), (("key", Column("key")),)),
        Select(Stack(("other", "third")), (("id", Column("id")),)),
        Select("third", (("n", Column("n")),)),
    )
    made = lean(Query(blocks, outputs, {"deal": DEAL}), {}).blocks
    assert [[name for name, _ in block.columns] for _, block in made] == [["id", "key", "n"]] * 3
