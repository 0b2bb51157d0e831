"""Stages that records skipped, took backwards, came to twice or must not enter: by `follows` and by lifecycles.

A stage is a definition, entered at its moment. Stages of two entities are compared on the records from which references
lead to the others. A stage whose moment is rolled up from an entity of changes tells also whether it was left and
entered again; of any other only one entry is known.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from aac.evaluation.faults import Fault
from aac.expressions.mistakes import Refused
from aac.expressions.nodes import BROKEN, Aggregate, Call, Literal, Named, Rollup, Stored, everything_in
from aac.kinds.definition import Definition
from aac.kinds.lifecycle import Lifecycle
from aac.planner.pasts import CHANGES
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aac.evaluation.run import Run
    from aac.expressions.nodes import Meaning, Node
    from aac.findings import Span

LOOK = "look into these records"


def out_of_order(run: Run) -> Iterator[Fault]:
    """Records that skipped a stage (AAC521), took stages in an order that is not agreed (AAC522), or came to one again
    after they had left it (AAC525)."""
    roads = [_Road(run, id_, model) for (_, id_), model in run.project.models.items() if isinstance(model, Lifecycle)]
    skippable = {stage.is_ for road in roads for stage in road.model.stages if stage.id in road.model.may_skip}
    yield from _against_follows(run, skippable)
    for road in roads:
        yield from road.faults()
    yield from _repeated(run, chain.from_iterable(road.words.values() for road in roads))


def _follows(run: Run, word: str) -> tuple[str, ...]:
    model = run.project.models.get(("definition", word))
    return model.follows if isinstance(model, Definition) else ()


def _against_follows(run: Run, skippable: set[str]) -> Iterator[Fault]:
    """Records that are a word and never were the one before, or became it earlier.

    What a lifecycle lets records skip is no fault.
    """
    graph = run.project.graph
    for id_ in run.project.ids("definition"):
        entity = graph.entity_of_word(id_)
        for number, word in enumerate(_follows(run, id_) if entity is not None else ()):
            here, before = graph.meaning(str(entity), id_), graph.meaning(str(entity), word)
            if here is None or before is None or here.moment is None or before.moment is None:
                continue
            span, doc = run.project.scope(("definition", id_)).span("follows", number), f"definition:{id_}"
            skipped = Call("and", (here.node, Call("is_null", (before.moment,))))
            message = f"{{records}} of `{entity}` became `{id_}` and never `{word}`, which comes before"
            advice = "fill the moment in the source, or leave the word out of `follows`"
            if word not in skippable:
                yield Fault("AAC521", "warning", str(entity), skipped, message, advice, span, doc)
            if here.moment_type == before.moment_type:
                turned = Call("and", (here.node, Call("lt", (here.moment, before.moment))))
                message = f"{{records}} of `{entity}` became `{id_}` before `{word}`, which comes before"
                advice = "correct the moments in the source, or the order in `follows`"
                yield Fault("AAC522", "warning", str(entity), turned, message, advice, span, doc)


@record
class _View:
    """Stages as the records of ``entity`` tell them: what each word means there and its moment, all of one type."""

    entity: str
    meanings: dict[str, Meaning]
    moments: dict[str, Node]

    def moved(self, begin: str, end: str) -> Node:
        """Whether a record entered one stage after another and no other between."""
        first, last = self.moments[begin], self.moments[end]
        others = [at for word, at in self.moments.items() if word not in (begin, end)]
        between = [Call("and", (Call("lt", (first, at)), Call("lt", (at, last)))) for at in others]
        none_between = [Call("not", (Call("coalesce", (each, Literal(False))),)) for each in between]
        return Call("and", (Call("lt", (first, last)), *none_between))

    def turned(self, word: str, before: str) -> Node:
        """Whether a record is at a stage and entered it before an earlier one."""
        return Call("and", (self.meanings[word].node, Call("lt", (self.moments[word], self.moments[before]))))

    def skipped(self, word: str, before: str) -> Node:
        """Whether a record is at a stage and never was at an earlier one; it must lead to a record that could."""
        never = Call("is_null", (self.moments[before],))
        nodes = everything_in([self.moments[before]])
        path = next((node.path for node in nodes if isinstance(node, Named | Stored | Rollup) and node.path), ())
        if not path:
            return Call("and", (self.meanings[word].node, never))
        *way, step = path
        reference = Stored(way[-1].entity if way else self.entity, step.field, tuple(way))
        return Call("and", (self.meanings[word].node, never, Call("is_not_null", (reference,))))


class _Road:
    """A lifecycle, held against the records. ``words``: the definitions of its stages and side states, by their ids."""

    def __init__(self, run: Run, id_: str, model: Lifecycle) -> None:
        self.model = model
        self.words = {stage.id: stage.is_ for stage in (*model.stages, *model.side)}
        self._run = run
        self._id = id_
        self._views: dict[str, _View] = {}

    def faults(self) -> Iterator[Fault]:
        """What its records did that is not agreed."""
        yield from self._forbidden()
        yield from self._entered_from_elsewhere()
        yield from self._backwards()
        yield from self._skipped()

    def _forbidden(self) -> Iterator[Fault]:
        for number, move in enumerate(self.model.never):
            if view := self._view(move.from_, move.to):
                message = f"moved from `{move.from_}` to `{move.to}`, which `{self._id}` forbids"
                advice = f"{LOOK} ({move.why})" if move.why else LOOK
                rule = view.moved(self.words[move.from_], self.words[move.to])
                yield self._fault("AAC522", view, rule, message, advice, "never", number, "from")

    def _entered_from_elsewhere(self) -> Iterator[Fault]:
        """Side states that were entered from a stage that is not named there."""
        for number, state in enumerate(self.model.side):
            for stage in self.model.stages if state.from_ else ():
                view = self._view(stage.id, state.id)
                if view is None or stage.id in state.from_ or self._is_forbidden(stage.id, state.id):
                    continue
                message = f"moved from `{stage.id}` to `{state.id}`, which `{self._id}` does not allow"
                advice = f"{LOOK}, or add `{stage.id}` to `from` if that is agreed"
                rule = view.moved(self.words[stage.id], self.words[state.id])
                yield self._fault("AAC522", view, rule, message, advice, "side", number, "from")

    def _backwards(self) -> Iterator[Fault]:
        for number, stage in enumerate(self.model.stages):
            for earlier in self._before(number):
                view = self._view(earlier, stage.id)
                if view is None or self._is_told(stage.id, earlier) or self._is_forbidden(stage.id, earlier):
                    continue
                message = f"came to `{stage.id}` before `{earlier}`, an earlier stage of `{self._id}`"
                advice = "correct the moments in the source, or the order of `stages`"
                rule = view.turned(self.words[stage.id], self.words[earlier])
                yield self._fault("AAC522", view, rule, message, advice, "stages", number, "is")

    def _skipped(self) -> Iterator[Fault]:
        for number, stage in enumerate(self.model.stages):
            *_, before = ("", *self._before(number))
            if not before or before in self.model.may_skip or self._is_told(stage.id, before):
                continue
            if view := self._view(before, stage.id):
                message = f"came to `{stage.id}` and never to `{before}`, an earlier stage of `{self._id}`"
                advice = f"fill the moment in the source, or add `{before}` to `may_skip` if that is agreed"
                rule = view.skipped(self.words[stage.id], self.words[before])
                yield self._fault("AAC521", view, rule, message, advice, "stages", number, "is")

    def _before(self, number: int) -> Iterator[str]:
        """The stages before one, the nearest first, up to one that may not be skipped."""
        for stage in reversed(self.model.stages[:number]):
            yield stage.id
            if stage.id not in self.model.may_skip:
                return

    def _is_told(self, stage: str, before: str) -> bool:
        """Whether the definition of a stage says itself what it follows."""
        return self.words[before] in _follows(self._run, self.words[stage])

    def _is_forbidden(self, begin: str, end: str) -> bool:
        return any((move.from_, move.to) == (begin, end) for move in self.model.never)

    def _view(self, *stages: str) -> _View | None:
        """The records that tell of two stages: those of the later one, or of the other if only they lead there."""
        words = [self.words[stage] for stage in stages]
        for entity in dict.fromkeys(self._run.project.graph.entity_of_word(word) for word in reversed(words)):
            if entity is None or entity not in self._run.landed.tables:
                continue
            if entity not in self._views:
                self._views[entity] = _seen(self._run, entity, self.words.values())
            if all(word in self._views[entity].moments for word in words):
                return self._views[entity]
        return None

    def _fault(self, code: str, view: _View, rule: Node, message: str, advice: str, *place: str | int) -> Fault:
        span: Span | None = self._run.project.scope(("lifecycle", self._id)).span(*place)
        told = f"{{records}} of `{view.entity}` {message}"
        return Fault(code, "warning", view.entity, rule, told, advice, span, f"lifecycle:{self._id}")


def _seen(run: Run, entity: str, words: Iterable[str]) -> _View:
    """Stages as the records of an entity tell them; days where some of them are no more than that."""
    meanings: dict[str, Meaning] = {}
    for word in words:
        try:
            meaning = run.project.graph.meaning(entity, word)
        except Refused:  # several ways lead there, and nobody says which is meant
            continue
        if meaning is not None and meaning.type != BROKEN and meaning.moment is not None:
            meanings[word] = meaning
    moments = {word: meaning.moment for word, meaning in meanings.items() if meaning.moment is not None}
    types = {str(meaning.moment_type and meaning.moment_type.name) for meaning in meanings.values()}
    if len(types) > 1:
        zone = Literal(run.landed.zones[entity])
        for word, meaning in meanings.items():
            if meaning.moment_type is not None and meaning.moment_type.name == "timestamp":
                moments[word] = Call("local_day", (moments[word], zone))
    return _View(entity, meanings, moments)


def _repeated(run: Run, stages: Iterable[str]) -> Iterator[Fault]:
    """Words that records came to again after they had left them, where an entity of changes tells."""
    ordered = {word for id_ in run.project.ids("definition") for word in (*_follows(run, id_), *_named(run, id_))}
    for word in sorted({*stages, *ordered}):
        entity = run.project.graph.entity_of_word(word)
        meaning = run.project.graph.meaning(entity, word) if entity is not None else None
        again = _again(run, meaning.moment) if meaning is not None else None
        if entity is not None and again is not None:
            message = f"{{records}} of `{entity}` left `{word}` and came to it again: its moment is one of these"
            advice = "make sure that numbers count the entry that is meant: `min` is the first, `max` the last"
            span = run.project.scope(("definition", word)).span("at")
            yield Fault("AAC525", "info", entity, again, message, advice, span, f"definition:{word}")


def _named(run: Run, id_: str) -> tuple[str, ...]:
    return (id_,) if _follows(run, id_) else ()


def _again(run: Run, moment: Node | None) -> Node | None:
    """Whether a change leads to a stage after another one had led out of it; null where no changes tell of it."""
    while isinstance(moment, Named):
        moment = moment.body
    if not isinstance(moment, Rollup) or not moment.child.endswith(CHANGES):
        return None
    table, where = run.landed.tables.get(moment.child), moment.aggregate.where
    occurs = Stored(moment.child, table.occurs) if table is not None and table.occurs is not None else None
    if where is None or occurs is None or moment.aggregate.arguments != (occurs,):
        return None
    first = replace(moment, aggregate=Aggregate("min", (occurs,), where))
    last = replace(moment, aggregate=Aggregate("max", (occurs,), where))
    out = Rollup(moment.child, moment.via, Aggregate("min", (occurs,), Call("not", (where,))), occurs, first)
    return Call("lt", (out, last))
