"""What a kind is: a typed model of a document that knows what it compiles to and how it is judged.

One module a kind. Its keys are pydantic fields; a key that names another document carries `Ref`. Every scalar of a
document arrives as text (YAML decides no types here), so that ``no`` in a list of countries stays Norway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from aac.expressions.nodes import Meaning, Node, Type
from aac.measures import Clock, Compiled, Measure, Population
from aac.results import Reading, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from aac.calendars import Calendar
    from aac.findings import Level, Span

Part = str | int
"""One step into a document: a key, or the place in a list."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a field that holds the id of a document of one of ``kinds``: ``Annotated[str, Ref("team")]``."""

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        object.__setattr__(self, "kinds", kinds)


@dataclass(frozen=True, slots=True)
class Checked:
    """A rule after checking: the node that means it and the type of its value."""

    node: Node
    type: Type


class Scope(Protocol):
    """What a document may ask of the project while it compiles. Paths are steps into the document itself."""

    timezone: str
    currency: str | None
    fiscal_start: tuple[int, int]
    sources: Collection[str]

    def report(
        self, code: str, message: str, instead: str, *path: Part, level: Level = "error", offset: int | None = None
    ) -> None:
        """A finding at a key of this document; ``offset``: characters into the value's text."""
        ...

    def span(self, *path: Part) -> Span:
        """Where a key of this document stands."""
        ...

    def model(self, kind: str, id: str) -> Any | None:
        """Another document's model; null when there is none or it is broken."""
        ...

    def calendar(self, id: str) -> Calendar | None:
        """The calendar with that id."""
        ...

    def rule(self, text: str, entity: str, *path: Part, wants: str = "value") -> Checked | None:
        """A rule over one record of ``entity``. ``wants``: ``boolean``, ``moment``, ``text`` or ``value`` (any).

        What is wrong is reported at ``path``; then the answer is null. So it is when something it rests on is broken.
        """
        ...

    def formula(self, text: str, entity: str, *path: Part) -> Checked | None:
        """Arithmetic over aggregates of records of ``entity``."""
        ...

    def aggregate(self, text: str, entity: str, *path: Part) -> Checked | None:
        """A single aggregate over records of ``entity`` (what a roll-up takes)."""
        ...

    def population(self, name: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        """An entity or a definition by name; with a definition comes what it means (its moment among it)."""
        ...


class Kind(BaseModel):
    """Keys common to all kinds (LANGUAGE §1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind_name: ClassVar[str]

    kind: str
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str | None = None
    means: str | None = None
    owner: Annotated[str, Ref("team")] | None = None
    parties: tuple[Annotated[str, Ref("team")], ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    review_by: date | None = None
    why: str | None = None
    as_written: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names this document lends to rules."""
        return ()

    def meaning(self, scope: Scope, entity: str, name: str) -> Meaning | None:
        """What one of ``names`` means on ``entity``; null when it means nothing there."""
        del scope, entity, name
        return None

    def compile(self, scope: Scope) -> tuple[Compiled, ...]:
        """What the planner measures; everything that is wrong is reported through ``scope``."""
        del scope
        return ()

    def judge(self, reading: Reading) -> Verdict:
        """What a reading of something this document compiled to means."""
        del reading
        return Verdict(status=None)


class Strict(BaseModel):
    """A part of a document: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def wrong(code: str, message: str, instead: str) -> PydanticCustomError:
    """An error a validator raises: becomes a finding with that code at the key's place."""
    return PydanticCustomError("finding", "{message}", {"code": code, "message": message, "instead": instead})


def read_share(value: object) -> Fraction:
    """``95%`` or ``0.95`` as an exact fraction; raises a finding AAC301."""
    text = str(value).strip()
    try:
        return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise wrong("AAC301", f"`{text}` is not a share", "write a percentage, as in `95%`") from None


Share = Annotated[Fraction, BeforeValidator(read_share)]
Better = Literal["higher", "lower"]

__all__ = [
    "Better", "Checked", "Clock", "Compiled", "Kind", "Meaning", "Measure", "Part", "Reading", "Ref", "Scope", "Share",
    "Strict", "Verdict", "read_share", "wrong",
]  # fmt: skip
