"""A lifecycle: the stages that a customer passes through, over several entities, and the moves between them.

A stage is a definition: its moment is when a record enters. From each stage a record moves to the next; stages in
`may_skip` may be left out; a `side` state is entered from stages and is none itself; all other moves are reported,
those in `never` as forbidden.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Row, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.kinds.written import Part

StageId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Stage(Row):
    """A stage: the definition whose records are in it, from its moment on."""

    id: StageId
    """The name by which moves and results call it."""
    is_: Annotated[str, Ref("definition"), Change(says="the definition")] = Field(alias="is")
    """The definition that says when a record enters."""
    evidence: Annotated[str | None, PROSE] = None
    """What shows that a record belongs here, in words."""


class Side(Stage):
    """A state beside the stages, such as disqualified or recycled."""

    from_: Annotated[tuple[str, ...], Change(says="the stages it is entered from")] = Field((), alias="from")
    """The stages that it may be entered from; left out: any."""


class Move(Row):
    """A move that must not happen."""

    from_: Annotated[str, Change(says="where the move begins")] = Field(alias="from")
    """The stage or side state that a record is in."""
    to: Annotated[str, Change(says="where the move leads")]
    """The one that it must not enter from there."""


class Lifecycle(Kind):
    """Ordered stages over several entities, what may be skipped, what must not happen, and side states."""

    kind_name: ClassVar[str] = "lifecycle"
    draft: ClassVar[str] = """\
kind: lifecycle
id: $id
name: $name
means: How somebody becomes a customer, and who sees it first.
owner: $team
parties: [$team, $other_team]
stages:                          # in order; each is a definition, entered at its moment
  - {id: first, is: $definition, evidence: what shows that a record belongs here}
# may_skip: [second]             # stages that may be left out
# never: [{from: third, to: first, why: what was agreed}]         # moves that must not happen
# side: [{id: disqualified, is: <definition>, from: [first]}]     # states beside the stages
"""

    stages: Annotated[tuple[Stage, ...], Change(says="the stages", each="the stage", ordered=True)]
    """The stages in order."""
    may_skip: Annotated[tuple[str, ...], Change(says="the stages that may be skipped")] = ()
    """Stages that a record may leave out on its way."""
    never: Annotated[tuple[Move, ...], Change(says="the forbidden moves", each="the forbidden move")] = ()
    """Moves that must not happen."""
    side: Annotated[tuple[Side, ...], Change(says="the side states", each="the side state")] = ()
    """States beside the stages."""

    @model_validator(mode="after")
    def _has_stages_once(self) -> Self:
        if not self.stages:
            raise wrong("AAC308", "a lifecycle without stages", "name at least one", "stages")
        ids: set[str] = set()
        words: set[str] = set()
        for key, stages in (("stages", self.stages), ("side", self.side)):
            for number, stage in enumerate(stages):
                if stage.id in ids:
                    raise wrong("AAC209", f"`{stage.id}` is told twice", "name each stage once", key, number, "id")
                if stage.is_ in words:
                    message = f"`{stage.is_}` is a stage already"
                    raise wrong("AAC209", message, "name each definition once", key, number, "is")
                ids.add(stage.id)
                words.add(stage.is_)
        return self

    def compile(self, scope: Scope) -> tuple[()]:
        self._names_are_known(scope)
        self._moves_are_possible(scope)
        self._stages_connect(scope)
        self._can_be_dated(scope)
        return ()

    def _names_are_known(self, scope: Scope) -> bool:
        """Whether skips and moves name stages of this lifecycle; reported where not, and where one is told twice."""
        stages = [stage.id for stage in self.stages]
        states = [*stages, *(state.id for state in self.side)]
        is_fine = True
        for place, name, known in self._named(stages, states):
            if name not in known:
                advice = did_you_mean(name, known)
                scope.report("AAC204", f"no stage is called `{name}` here", advice, *place)
                is_fine = False
        for number, name in enumerate(self.may_skip):
            if name in self.may_skip[:number]:
                scope.report("AAC209", f"`{name}` is told twice", "name each stage once", "may_skip", number)
                is_fine = False
        return is_fine

    def _named(self, stages: list[str], states: list[str]) -> Iterator[tuple[tuple[Part, ...], str, list[str]]]:
        """Every stage that a skip, a move or a side state names: where, which, and what it may be."""
        for number, name in enumerate(self.may_skip):
            yield ("may_skip", number), name, stages
        for number, move in enumerate(self.never):
            yield ("never", number, "from"), move.from_, states
            yield ("never", number, "to"), move.to, states
        for number, state in enumerate(self.side):
            for place, name in enumerate(state.from_):
                yield ("side", number, "from", place), name, stages

    @property
    def allowed(self) -> frozenset[tuple[str, str]]:
        """The moves that are agreed: to the next stage, over stages that may be skipped, and into side states."""
        stages = [stage.id for stage in self.stages]
        moves: set[tuple[str, str]] = set()
        for number, begin in enumerate(stages):
            for end in stages[number + 1 :]:
                moves.add((begin, end))
                if end not in self.may_skip:
                    break
        for state in self.side:
            moves |= {(begin, state.id) for begin in state.from_ or stages}
        return frozenset(moves)

    def _moves_are_possible(self, scope: Scope) -> bool:
        """Whether no move is forbidden and allowed at once (AAC424), and each leads somewhere else."""
        is_fine = True
        seen: set[tuple[str, str]] = set()
        for number, move in enumerate(self.never):
            pair = (move.from_, move.to)
            shown = f"from `{move.from_}` to `{move.to}`"
            if move.from_ == move.to:
                scope.report("AAC308", f"{shown} is no move", "name another stage", "never", number, "to")
            elif pair in seen:
                scope.report("AAC209", f"the move {shown} is told twice", "leave it out", "never", number, "from")
            elif pair in self.allowed:
                message = f"the move {shown} is forbidden here, and allowed by {self._allowed_by(*pair)}"
                scope.report("AAC424", message, "decide which of the two holds", "never", number, "from")
            else:
                seen.add(pair)
                continue
            is_fine = False
        return is_fine

    def _allowed_by(self, begin: str, end: str) -> str:
        stages = [stage.id for stage in self.stages]
        if end not in stages:
            return "`side`"
        return "the order of the stages" if stages.index(end) - stages.index(begin) == 1 else "`may_skip`"

    def _stages_connect(self, scope: Scope) -> bool:
        """Whether stages that follow each other on different entities are connected by references (AAC426)."""
        entities = [scope.entity(stage.is_, "stages", number, "is") for number, stage in enumerate(self.stages)]
        is_fine = True
        for number, (one, other) in enumerate(pairwise(entities), 1):
            if one is None or other is None or one == other:
                continue
            if not (_leads(scope, one, other) or _leads(scope, other, one)):
                message = (
                    f"no reference leads from `{other}` to `{one}`, so nothing says which records are the same case"
                )
                advice = f"give `{other}` a field with `ref: {one}`"
                scope.report("AAC426", message, advice, "stages", number, "is")
                is_fine = False
        return is_fine

    def _can_be_dated(self, scope: Scope) -> None:
        """A warning (AAC425) for a stage that nobody can tell the beginning of."""
        for key, stages in (("stages", self.stages), ("side", self.side)):
            for number, stage in enumerate(stages):
                found = scope.population(stage.is_, key, number, "is")
                meaning = found[1] if found is not None else None
                if meaning is not None and meaning.moment is None:
                    message = f"`{stage.is_}` has no moment, so nobody can tell when this stage begins"
                    advice = f"give the definition `{stage.is_}` an `at: <field>`"
                    scope.report("AAC425", message, advice, key, number, "is", level="warning")


def _leads(scope: Scope, begin: str, end: str) -> bool:
    """Whether references lead from one entity to another, maybe over others; or may, over one that is broken."""
    reached = {begin}
    steps = [begin]
    while steps:
        model = scope.model("entity", steps.pop())
        if model is None:
            return True
        fresh = set(model.steps.values()) - reached
        reached |= fresh
        steps += fresh
    return end in reached


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Lifecycle]
