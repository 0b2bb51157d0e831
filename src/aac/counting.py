"""How many records a word means, and how those fare that a profile ranks: numbers that nobody wrote a metric for.

They are measures like all others, so that they come out of the same evaluation as what is agreed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from aac.expressions.check import Broken, check_rule
from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    Aggregate,
    Call,
    Case,
    Literal,
    Meaning,
    Reference,
    Rollup,
    Stored,
    everything_in,
)
from aac.expressions.parse import Refused
from aac.kinds.lifecycle import Lifecycle
from aac.measures import Dimension, Measure, Moment, Population, Retention
from aac.saying import lent_by
from aac.scope import RuleNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.project import Project

SCORING = "scoring"
COUNT = Aggregate("count", ())
TIER = "tier"
"""The dimension by which a profile splits records."""


def counted(id_: Id, project: Project) -> list[Measure]:
    """Of an entity how many records there are, of a word of how many of its entity's it is true; else nothing."""
    subject = f"{id_[0]}:{id_[1]}"
    records = Measure(subject, Population(id_[1], None), None, COUNT, "count", 1, (), "month", has_target=False)
    if id_[0] == "entity":
        return [records]
    condition, entity = _condition(id_, project), project.graph.entity_of(id_)
    if condition is None or entity is None:
        return []
    share = Aggregate("share", (condition.node,))
    return [replace(records, population=Population(entity, None), formula=share, unit="percent")]


def told_on_pages(project: Project) -> list[Measure]:
    """What the pages of words, profiles and lifecycles tell: of how many records a word is true, and how many it became
    true of month by month; how many records are in each tier of a profile, and how these fare; how many of those at a
    stage went on to the next."""
    found: list[Measure] = []
    for id_ in sorted(project.models):
        if id_[0] == "definition":
            found += [*counted(id_, project), *entries(id_, project)]
        elif id_[0] == "icp":
            found += [*counted(id_, project), *_by_tier(id_, project)]
        elif id_[0] == "lifecycle":
            found += by_stage(id_, project)
    return found


def handed_over(id_: Id, project: Project) -> tuple[str, ...]:
    """The bands of a scoring in which records are handed over, from the best down; without a handover the best."""
    model = project.models.get(id_)
    bands = tuple(getattr(model, "bands", None) or ())
    handover = getattr(model, "handover", None)
    return bands[: bands.index(handover.at) + 1] if handover is not None and handover.at in bands else bands[:1]


def _condition(id_: Id, project: Project) -> Meaning | None:
    """What is true of the records that a word means; of a scoring, that they are in a band of the handover."""
    if id_[0] == SCORING:
        entity, bands = project.graph.entity_of(id_), handed_over(id_, project)
        text = f"{SCORING}.{id_[1]}.band in ({', '.join(map(quoted, bands))})"
        found = resolved(text, entity, project) if entity is not None and bands else None
        return Meaning(found.value, found.type) if found is not None else None
    return next((meaning for _, meaning in lent_by(id_, project) if meaning.type.name == "boolean"), None)


def meant(id_: Id, project: Project) -> Measure | None:
    """The records that a word means, by the moment of entry if it has one; null for what is no word."""
    condition, entity = _condition(id_, project), project.graph.entity_of(id_)
    if condition is None or entity is None:
        return None
    moment = None
    if condition.moment is not None and condition.moment_type is not None:
        moment = Moment(condition.moment, condition.moment_type.name == "date")
    population = Population(entity, condition.node)
    return Measure(f"{id_[0]}:{id_[1]}", population, moment, COUNT, "count", 1, (), "month", has_target=False)


def entries(id_: Id, project: Project) -> Iterator[Measure]:
    """How many records a word became true of in each month; nothing of a word without a moment."""
    measure = meant(id_, project)
    if measure is not None and measure.anchor is not None:
        yield measure


def _by_tier(id_: Id, project: Project) -> Iterator[Measure]:
    """The records of a profile by tier, and shares and retention of records that lead to one; of all time, since tiers
    are small. What the profile itself decides is left out, and a profile that reads personal fields."""
    entity, name = str(project.graph.entity_of(id_)), f"icp.{id_[1]}.tier"
    tier = resolved(name, entity, project, TIER)
    if tier is None or is_personal(tier, project):
        return
    subject = f"{id_[0]}:{id_[1]}"
    records = Population(entity, None)
    yield Measure(subject, records, None, COUNT, "count", 1, (tier,), "all", has_target=False)
    own = {f"{kind}:{other}" for kind, other in project.graph.rests_on if id_ in project.graph.rests_on[kind, other]}
    for part in project.measures:
        split = led_to(name, entity, part.population.entity, project, TIER)
        if split is not None and part.subject not in own and _is_of_records(part, project):
            yield replace(part, dimensions=(split,), grain="all", is_crossed=False, lookback=0)


def by_stage(id_: Id, project: Project) -> list[Measure]:
    """For each stage but the last the share of its records that went on to the next, as a group of its own, so that it
    is hidden where it is small; where no one reference leads to the next one's records, how many there are."""
    found: list[Measure] = []
    model = project.models[id_]
    for stage, after in pairwise(model.stages) if isinstance(model, Lifecycle) else ():
        here = meant(("definition", stage.is_), project)
        split = resolved(quoted(stage.id), here.population.entity, project) if here is not None else None
        if here is None or split is None:
            continue
        went_on = _went_on(here.population.entity, after.is_, project)
        records = replace(here, subject=f"{id_[0]}:{id_[1]}", anchor=None, dimensions=(split,), grain="all")
        share = (
            replace(records, formula=Aggregate("share", (went_on,)), unit="percent") if went_on is not None else None
        )
        found.append(share or records)
    return found


def _went_on(entity: str, word: str, project: Project) -> Node | None:
    """Whether a record of ``entity`` is what a word means: itself, the record that it leads to, or else any of those
    that refer to it; null where several references could be meant, or none leads there."""
    there, id_ = project.graph.entity_of_word(word), ("definition", word)
    condition = _condition(id_, project)
    if there is None or condition is None or there == entity:
        return condition.node if condition is not None else None
    led = led_to(word, there, entity, project, word)
    if led is not None:
        return led.value
    table = next((table for table in project.tables if table.entity == there), None)
    ways = [stored.name for stored in table.fields if stored.type.entity == entity] if table is not None else []
    if len(ways) != 1:
        return None
    via = Reference(ways[0], entity)
    some, unknown = (
        Call("gt", (Rollup(there, via, Aggregate("count", (), rule)), Literal(0)))
        for rule in (condition.node, Call("is_null", (condition.node,)))
    )
    return Case(((some, TRUE), (unknown, NOTHING)), Literal(False))


def led_to(name: str, entity: str, start: str, project: Project, label: str) -> Dimension | None:
    """A name of ``entity`` on the records of ``start``, as a dimension: by the only reference of theirs that leads
    there, else by the only way; null where there are several."""
    table = next((table for table in project.tables if table.entity == start), None)
    direct = [stored.name for stored in table.fields if stored.type.entity == entity] if table is not None else []
    text = f"{direct[0]}.{name}" if len(direct) == 1 and start != entity else name
    return resolved(text, start, project, label)


def _is_of_records(part: Measure, project: Project) -> bool:
    """Whether a number tells which share of records became something, or how much of them stayed; no input does."""
    kind, _, id_ = part.subject.partition(":")
    is_share = isinstance(part.formula, Aggregate) and part.formula.function == "share"
    is_kept = isinstance(part.basis, Retention) and part.unit == "percent"
    return (is_share or is_kept) and getattr(project.models[kind, id_], "role", None) != "input"


def resolved(text: str, entity: str, project: Project, name: str | None = None) -> Dimension | None:
    """A rule as a dimension of an entity, called like its text; null when it means nothing there."""
    try:
        typed = check_rule(project.parsed.parse(text), entity, RuleNames(project))
    except (Refused, Broken):
        return None
    return Dimension(name or text, typed.node, typed.type)


def quoted(text: str) -> str:
    """A text as rules write it."""
    return f"'{text.replace(chr(39), 2 * chr(39))}'"


def is_personal(dimension: Dimension, project: Project) -> bool:
    """Whether a dimension reads a personal field, or a reference to records whose key is one."""
    tables = {table.entity: table for table in project.tables}
    personal = {(table.entity, stored.name) for table in project.tables for stored in table.fields if stored.pii}
    for node in everything_in([dimension.value]):
        if not isinstance(node, Stored):
            continue
        target = tables[node.entity].field(node.field).type.entity
        keys = {(target, key) for key in tables[target].key} if target in tables else set[tuple[str, str]]()
        if {(node.entity, node.field), *keys} & personal:
            return True
    return False
