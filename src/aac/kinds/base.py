"""What a kind is: a typed model of a document that knows what it compiles to and how it is judged.

One module a kind. Its keys are pydantic fields; a key that names another document carries `Ref`. What stands below a
field in quotes is what people read of the key (`aac schema`, the reference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, Self

from pydantic import Field, model_validator

from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Day, Part, Split, Strict, missing, wrong
from aac.measures import Compiled, Dimension, Moment, Population
from aac.records import record
from aac.results import UNJUDGED, Reading, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aac.expressions.nodes import Meaning, Node, Type
    from aac.findings import Level, Span
    from aac.kinds.written import Checklist

ANYWHERE = "*"
"""The entity of names that mean the same wherever they stand."""
NUMBERS = "#"
"""The entity of names that only formulas over other numbers know: `metric.<id>` and `sla.<id>.attainment`."""


@record
class Ref:
    """Marks a field that holds the id of a document of one of ``kinds``: ``Annotated[str, Ref("team")]``."""

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        object.__setattr__(self, "kinds", kinds)


@record
class Checked:
    """A rule after checking: the node that means it and the type of its value."""

    node: Node
    type: Type


class Scope(Protocol):
    """What a document may ask of the project while it compiles. Paths are steps into the document itself."""

    @property
    def sources(self) -> Collection[str]:
        """The ids of the sources in `aac.toml`."""
        ...

    def report(
        self,
        code: str,
        message: str,
        instead: str,
        *path: Part,
        level: Level = "error",
        offset: int | None = None,
        key: bool = False,
    ) -> None:
        """A finding at a value of this document, or at its ``key``; ``offset``: characters into the value's text."""
        ...

    def span(self, *path: Part) -> Span:
        """Where a key of this document stands."""
        ...

    def model(self, kind: str, id: str) -> Any | None:
        """Another document's model; null when there is none or it is broken."""
        ...

    def models(self, kind: str) -> Sequence[Any]:
        """The models of all documents of a kind that are not broken, by id."""
        ...

    def versions(self) -> Sequence[Any]:
        """The sound versions of this document, itself among them, oldest first."""
        ...

    def rings(self, key: str) -> Sequence[tuple[str, ...]]:
        """The rings of a key that names documents of the same kind, as far as they begin at this document, the first
        of its ids: each is told once. Ids, this one again at the end."""
        ...

    def is_incomplete(self, kind: str) -> bool:
        """Whether a document of a kind is broken: then what is missed may be in it, and was told already."""
        ...

    def ids(self, kind: str) -> Collection[str]:
        """The ids of all documents of a kind, those of broken ones among them."""
        ...

    def entity(self, word: str, *path: Part) -> str | None:
        """The entity that an entity or a definition, by its id, is about; null when it is broken or not there.

        A ring is reported at ``path``.
        """
        ...

    def is_written(self, *path: Part) -> bool:
        """Whether a key stands in this document itself: what a packaged document brings does not."""
        ...

    def read(
        self, text: str, *path: Part, columns: Mapping[str, Type] | None = None, grouped: bool = False
    ) -> Checked | None:
        """An expression over the columns of a stream, which are text unless ``columns`` gives them a type.

        ``grouped``: an aggregate over many rows of the stream.
        """
        ...

    def rule(self, rule: str | Checklist, entity: str, *path: Part, wants: str = "value") -> Checked | None:
        """A rule over one record of ``entity``; the parts of a checklist are nodes with names.

        ``wants``: ``boolean``, ``moment``, ``number``, ``text``, ``calendar`` (the id of one) or ``value`` (any).

        What is wrong is reported at ``path``; then the answer is null. So it is when something it rests on is broken.
        """
        ...

    def named(self, name: str, entity: str, *path: Part) -> Checked | None:
        """What a name that stands as the key at ``path`` means for a record of ``entity``; null when it is no name,
        means nothing or rests on something broken: what is wrong is reported there."""
        ...

    def formula(
        self, text: str, entity: str | None, *path: Part, basis: str = "period", at: Moment | None = None
    ) -> Checked | None:
        """Arithmetic over aggregates of records of ``entity``; over metrics and attainments when that is null.

        With the basis ``retention``, ``opening(x)`` and ``closing(x)`` may stand in the aggregates. ``at`` puts records
        into periods: money is converted at the rate of its day.
        """
        ...

    def values(self, name: str, *path: Part) -> tuple[str, ...] | None:
        """The texts of a list that has a name (``list.regions``); what is wrong is reported at ``path``."""
        ...

    def unmeasured(self, what: str, *path: Part) -> None:
        """Says (AAC404) that something here is checked and not measured by this version."""
        ...

    def aggregate(self, text: str, entity: str, *path: Part) -> Checked | None:
        """A single aggregate over records of ``entity`` (what a roll-up takes)."""
        ...

    def population(self, word: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        """An entity or a definition by its id; with a definition comes what it means (its moment among it)."""
        ...


class Kind(Strict):
    """Keys common to all kinds (LANGUAGE §1). ``required``: common keys that this kind cannot do without.

    ``draft`` is a document of the kind with remarks, as `aac new` writes it and the reference shows it. ``written_by``:
    the command that writes them, where people do not. ``changes_others``: whether a new one alters what another
    document comes to.
    """

    kind_name: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ()
    draft: ClassVar[str] = ""
    written_by: ClassVar[str] = ""
    changes_others: ClassVar[bool] = False

    kind: str
    """What sort of document this is."""
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """The name other documents use: small letters, digits and `_`, unique within its kind."""
    name: Annotated[str | None, PROSE] = None
    """What people call it."""
    means: Annotated[str | None, PROSE] = None
    """What it means, in Markdown."""
    owner: Annotated[Annotated[str, Ref("team")] | None, Change("promise", says="the team that answers for it")] = None
    """The team that answers for it."""
    parties: Annotated[
        tuple[Annotated[str, Ref("team")], ...], Change("promise", says="the teams that agree to it")
    ] = ()
    """The teams that agree to it; the owner is one of them."""
    tags: Annotated[tuple[str, ...], PROSE] = ()
    """Words to select documents by."""
    links: Annotated[tuple[str, ...], PROSE] = ()
    """Where to read more."""
    review_by: Annotated[Day | None, PROSE] = None
    """The day by which the teams look at it again."""
    why: Annotated[str | None, PROSE] = None
    """Why it is so."""
    as_written: Annotated[str | None, PROSE] = None
    """The words of the source it comes from."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        for key in self.required:
            if getattr(self, key) is None:
                raise missing(key)
        return self

    @property
    def title(self) -> str:
        """The name people say, else the id."""
        return self.name or self.id

    @property
    def names(self) -> tuple[str, ...]:
        """The names this document lends to rules: plain ones, or with dots and the kind ahead (`icp.core.score`)."""
        return ()

    @property
    def steps(self) -> Mapping[str, str]:
        """For an entity: the fields that refer to other entities, and which."""
        return {}

    def entity(self, scope: Scope) -> str | None:
        """The entity whose records this document's names are about, `ANYWHERE` or `NUMBERS`; null: none, or broken."""
        del scope
        return None

    def meaning(self, scope: Scope, name: str) -> Meaning | None:
        """What one of ``names`` means on that entity; of type BROKEN when something it rests on is wrong."""
        del scope, name
        return None

    def compile(self, scope: Scope) -> tuple[Compiled, ...]:
        """What the planner measures; everything that is wrong is reported through ``scope``."""
        del scope
        return ()

    def judge(self, reading: Reading) -> Verdict:
        """What a reading of something this document compiled to means."""
        del reading
        return UNJUDGED


class Versioned(Kind):
    """A kind whose documents may have versions: several of one id, whose days do not overlap (LANGUAGE §1)."""

    effective_from: Annotated[Day | None, Change(says="the first day it holds")] = None
    """The first day it holds."""
    effective_until: Annotated[Day | None, Change(says="the first day it no longer holds")] = None
    """The first day it no longer holds."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        begins, ends = self.effective_from, self.effective_until
        if begins is not None and ends is not None and ends <= begins:
            advice = f"write a day after {begins}: the first on which it no longer holds"
            raise wrong("AAC308", f"it would end on {ends}, before it holds for a day", advice, "effective_until")
        return self


def dimensions(scope: Scope, by: tuple[Split, ...], entity: str, *path: Part) -> tuple[Dimension, ...]:
    """The dimensions a document names under ``path``, each checked on ``entity``; what is wrong is reported."""
    made: dict[str, Dimension] = {}
    for split in by:
        checked = scope.rule(split.rule, entity, *path, *split.steps)
        if split.name in made:
            scope.report("AAC209", f"`{split.name}` is told twice", "name each dimension once", *path, *split.steps)
        elif checked is not None:
            made[split.name] = Dimension(split.name, checked.node, checked.type)
    return tuple(made.values())
