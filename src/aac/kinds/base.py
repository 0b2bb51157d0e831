"""What a kind is: a typed model of a document that knows what it compiles to and how it is judged.

One module a kind. Its keys are pydantic fields; a key that names another document carries `Ref`. Every scalar of a
document arrives as text (YAML decides no types here), so that ``no`` in a list of countries stays Norway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, Self, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from aac.measures import Compiled, Dimension, Population
from aac.periods import Duration, is_zone, parse_duration
from aac.results import Reading, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aac.expressions.nodes import Meaning, Node, Type
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

    @property
    def sources(self) -> Collection[str]:
        """The ids of the sources in `aac.toml`."""
        ...

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

    def models(self, kind: str) -> Iterable[Any]:
        """The models of all documents of a kind."""
        ...

    def read(self, text: str, *path: Part) -> Node | None:
        """An expression over the columns of a stream, which are all text; its value is text too."""
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

    def ids(self, kind: str) -> Collection[str]:
        """The ids of all documents of a kind, those of broken ones among them."""
        ...

    def entity(self, name: str, *path: Part) -> str | None:
        """The entity that a population is about; null when it is broken, a ring (reported at ``path``) or not there."""
        ...

    def population(self, name: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        """An entity or a definition by name; with a definition comes what it means (its moment among it)."""
        ...


class Kind(BaseModel):
    """Keys common to all kinds (LANGUAGE §1). ``required``: common keys that this kind cannot do without."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind_name: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ()

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
        """The names this document lends to rules."""
        return ()

    def entity(self, scope: Scope) -> str | None:
        """The entity whose records this document's names are about; null when it lends none or is broken."""
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
        return Verdict(status=None)


class Strict(BaseModel):
    """A part of a document: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


def wrong(code: str, message: str, instead: str) -> PydanticCustomError:
    """An error a validator raises: becomes a finding with that code at the key's place."""
    return PydanticCustomError("finding", "{message}", {"code": code, "message": message, "instead": instead})


def missing(key: str) -> PydanticCustomError:
    """The error for a key that has to be there."""
    return wrong("AAC210", f"`{key}` is missing", f"add `{key}: …`")


def advised(error: ValueError) -> tuple[str, str]:
    """What is wrong and what to write instead, from a sentence whose last semicolon parts the two."""
    message, _, advice = str(error).rpartition("; ")
    return (message, advice) if message else (advice, "see the language reference")


# Values as people write them


def read_share(value: object) -> Fraction:
    """``95%`` or ``0.95`` as an exact fraction; raises a finding AAC301."""
    text = str(value).strip()
    try:
        return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise wrong("AAC301", f"`{text}` is not a number or share", "write `95%` or a number") from None


def read_zone(value: str) -> str:
    """The name of an IANA time zone; raises a finding AAC308."""
    if not is_zone(value):
        raise wrong("AAC308", f"`{value}` is no time zone", "write an IANA name, as in `Europe/Berlin`")
    return value


def read_duration(value: object) -> Duration:
    """``4 business hours``; raises a finding AAC308."""
    try:
        return parse_duration(str(value))
    except ValueError as error:
        raise wrong("AAC308", *advised(error)) from None


def read_dimensions(value: object) -> tuple[tuple[str, str], ...]:
    """``[segment, {region: owner.region}]`` as (name, expression); an unnamed one is named by its text."""
    if not isinstance(value, list):
        raise wrong("AAC308", "`by` is a list", "write `by: [segment, {region: owner.region}]`")
    pairs: list[tuple[str, str]] = []
    for item in cast("list[object]", value):
        if isinstance(item, dict):
            pairs += [(str(name), str(rule)) for name, rule in cast("dict[str, object]", item).items()]
        else:
            pairs.append((str(item), str(item)))
    return tuple(pairs)


Share = Annotated[Fraction, BeforeValidator(read_share)]
Zone = Annotated[str, AfterValidator(read_zone)]
Promised = Annotated[Duration, BeforeValidator(read_duration)]
By = Annotated[tuple[tuple[str, str], ...], BeforeValidator(read_dimensions)]


def dimensions(scope: Scope, by: tuple[tuple[str, str], ...], entity: str, *path: Part) -> tuple[Dimension, ...]:
    """The dimensions a document names under ``path``, each checked on ``entity``; what is wrong is reported."""
    made: list[Dimension] = []
    for number, (name, rule) in enumerate(by):
        place = (*path, number, name) if name != rule else (*path, number)
        checked = scope.rule(rule, entity, *place)
        if checked is not None:
            made.append(Dimension(name, checked.node))
    return tuple(made)
