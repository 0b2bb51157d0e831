"""What a kind is: a typed model of a document that knows what it compiles to and how it is judged.

One module a kind. Its keys are pydantic fields; a key that names another document carries `Ref`. Every scalar of a
document arrives as text (YAML decides no types here), so that ``no`` in a list of countries stays Norway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Protocol, Self, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from aac.measures import Compiled, Dimension, Population
from aac.periods import Duration, is_zone, parse_duration
from aac.results import Reading, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from aac.expressions.nodes import Meaning, Node, Type
    from aac.findings import Level, Span

NUMBER = re.compile(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(%?)")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNT = re.compile(r"[1-9][0-9]{0,8}")

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
        """The models of all documents of a kind that are not broken."""
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

    def read(self, text: str, *path: Part) -> Node | None:
        """An expression over the columns of a stream, which are all text; its value is text too."""
        ...

    def rule(self, text: str, entity: str, *path: Part, wants: str = "value") -> Checked | None:
        """A rule over one record of ``entity``.

        ``wants``: ``boolean``, ``moment``, ``text``, ``calendar`` (the id of one) or ``value`` (any).

        What is wrong is reported at ``path``; then the answer is null. So it is when something it rests on is broken.
        """
        ...

    def formula(self, text: str, entity: str, *path: Part) -> Checked | None:
        """Arithmetic over aggregates of records of ``entity``."""
        ...

    def aggregate(self, text: str, entity: str, *path: Part) -> Checked | None:
        """A single aggregate over records of ``entity`` (what a roll-up takes)."""
        ...

    def population(self, word: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        """An entity or a definition by its id; with a definition comes what it means (its moment among it)."""
        ...


def wrong(code: str, message: str, instead: str, *path: Part, key: bool = False) -> PydanticCustomError:
    """An error a validator raises: becomes a finding with that code, as near as there is to ``path`` in its value.

    ``key``: at the key there, not at its value.
    """
    context = {"code": code, "message": message, "instead": instead, "path": path, "key": key}
    return PydanticCustomError("finding", "{message}", context)


def missing(key: str) -> PydanticCustomError:
    """The error for a key that has to be there."""
    return wrong("AAC210", f"`{key}` is missing", f"add `{key}: …`", key, key=True)


def advised(error: ValueError) -> tuple[str, str]:
    """What is wrong and what to write instead, from a sentence whose last semicolon parts the two."""
    message, _, advice = str(error).rpartition("; ")
    return (message, advice) if message else (advice, "see the language reference")


# Values as people write them


class Percentage(Fraction):
    """A share that was written with `%`."""


def read_share(value: object) -> Fraction:
    """``95%`` or ``0.95`` as an exact fraction; raises a finding AAC301."""
    text = str(value).strip()
    match = NUMBER.fullmatch(text)
    if match is None:
        raise wrong("AAC301", f"`{_cut(text)}` is not a number or share", "write plain digits, as in `95%` or `1500.5`")
    return Percentage(Fraction(match[1]) / 100) if match[2] else Fraction(match[1])


def read_day(value: object) -> date:
    """``2026-02-28``; raises a finding AAC308."""
    try:
        if DAY.fullmatch(str(value)):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise wrong("AAC308", f"{shown(value)} is not a date", "write it as `2026-02-28`")


def read_count(value: object) -> int:
    """A whole number above 0; raises a finding AAC308."""
    if not COUNT.fullmatch(str(value)):
        raise wrong("AAC308", f"{shown(value)} is no whole number above 0", "write a number of at least 1, as in `20`")
    return int(str(value))


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


class Split(NamedTuple):
    """A dimension as written: its name, its expression, and the steps to it in the list."""

    name: str
    rule: str
    steps: tuple[Part, ...]


def read_dimensions(value: object) -> tuple[Split, ...]:
    """``[segment, {region: owner.region}]``; an unnamed dimension is named by its text. Raises a finding AAC308."""
    if not isinstance(value, list):
        raise wrong("AAC308", "`by` is a list", "write `by: [segment, {region: owner.region}]`")
    splits: list[Split] = []
    for number, item in enumerate(cast("list[object]", value)):
        named = cast("dict[str, object]", item) if isinstance(item, dict) else {str(item): item}
        for name, rule in named.items():
            steps: tuple[Part, ...] = (number, name) if isinstance(item, dict) else (number,)
            if not isinstance(rule, str):
                advice = "write a field, or a name and an expression, as in `{region: owner.region}`"
                raise wrong("AAC308", f"{shown(rule)} is no dimension", advice, *steps)
            splits.append(Split(name, rule, steps))
    return tuple(splits)


def shown(value: object) -> str:
    """A value in a sentence."""
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"`{_cut(str(value))}`"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


Share = Annotated[Fraction, BeforeValidator(read_share)]
Day = Annotated[date, BeforeValidator(read_day)]
Count = Annotated[int, BeforeValidator(read_count)]
Zone = Annotated[str, AfterValidator(read_zone)]
Promised = Annotated[Duration, BeforeValidator(read_duration)]
By = Annotated[tuple[Split, ...], BeforeValidator(read_dimensions)]


class Strict(BaseModel):
    """A part of a document: unknown keys are errors, and a key without a value is as good as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _no_value_is_no_key(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = {info.alias or name for name, info in cls.model_fields.items()}
        items = cast("dict[str, object]", data).items()
        return {key: value for key, value in items if value is not None or key not in known}


class Kind(Strict):
    """Keys common to all kinds (LANGUAGE §1). ``required``: common keys that this kind cannot do without."""

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
    review_by: Day | None = None
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

    @property
    def steps(self) -> Mapping[str, str]:
        """For an entity: the fields that refer to other entities, and which."""
        return {}

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
