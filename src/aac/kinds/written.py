"""Values and parts of documents as people write them: what is read of them, and what is wrong with them.

Every scalar of a document arrives as text (YAML decides no types here), so that ``no`` in a list of countries stays
Norway. A reader gives the value or raises a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag, model_validator
from pydantic_core import PydanticCustomError

from aac.findings import did_you_mean
from aac.kinds.classes import PROSE, Change
from aac.periods import GRAINS, Duration, is_zone, parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER = re.compile(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(%?)")
WRITTEN_NUMBER = re.compile(
    r"[€$£“”\"']?\s*(?P<sign>-?)\+?\s*(?P<digits>[0-9]+(?:[.,'_ ][0-9]+)*)\s*(?P<percent>%|percent|prozent|pct)?"
    r"\s*[€$£“”\"']?\s*(?:[A-Za-z]{2,}(?: [a-z]+)?)?[.“”\"']?",
    re.IGNORECASE,
)
"""A number with what people write around it."""
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]00")
"""`25.000` is 25 to us, and 25,000 to half of Europe."""
DAY_FIRST = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ROLLING = re.compile(r"rolling ([1-9][0-9]{0,3}) days")
COUNT = re.compile(r"[1-9][0-9]{0,8}")
PRINT = re.compile(r"[0-9a-f]{16}")
"""A fingerprint, as `aac.agreements` makes them."""

Part = str | int
"""One step into a document: a key, or the place in a list."""


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
        advice = meant_number(text) if isinstance(value, str) else None
        instead = advice or "write plain digits, as in `95%` or `1500.5`"
        raise wrong("AAC301", f"{shown(value)} is not a number or share", instead)
    if THOUSANDS.fullmatch(match[1]):
        plain = match[1].rstrip("0").rstrip(".")
        instead = f"write `{match[1].replace('.', '')}` if the point parts thousands, and `{plain}` if not"
        raise wrong("AAC301", f"`{text}` can be read in two ways", instead)
    return Percentage(Fraction(match[1]) / 100) if match[2] else Fraction(match[1])


def meant_number(text: str) -> str | None:
    """What to write instead of a number that somebody wrote with a unit, with other signs or as in another country."""
    found = WRITTEN_NUMBER.fullmatch(text.strip().replace("−", "-").replace("–", "-"))
    if found is None:
        return None
    sign, digits, unit = found["sign"], found["digits"], "%" if found["percent"] else ""
    if re.fullmatch(r"[0-9]{1,3},[0-9]{3}", digits):
        parted, decimal = sign + digits.replace(",", ""), sign + digits.replace(",", ".").rstrip("0").rstrip(".")
        return f"write `{parted}{unit}` if the comma parts thousands, and `{decimal}{unit}` if not"
    parts = re.split(r"[.,'_ ]", digits)
    marks = re.findall(r"[.,'_ ]", digits)
    is_whole = not marks or (len(parts[-1]) == 3 and marks[-1] in marks[:-1]) or marks[-1] in "'_ "
    whole, decimals = (parts, "") if is_whole else (parts[:-1], f".{parts[-1]}")
    if any(len(part) != 3 for part in whole[1:]):
        return None
    return f"write `{sign}{''.join(whole)}{decimals}{unit}`"


def read_day(value: object) -> date:
    """``2026-02-28``; raises a finding AAC308."""
    try:
        if DAY.fullmatch(str(value)):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise wrong("AAC308", f"{shown(value)} is not a date", f"write it as `{meant_day(str(value)) or '2026-02-28'}`")


def meant_day(text: str) -> str | None:
    """A day as it is written here that somebody wrote as in `28.02.2026`."""
    found = DAY_FIRST.fullmatch(text.strip())
    try:
        return str(date(int(found[3]), int(found[2]), int(found[1]))) if found else None
    except ValueError:
        return None


def read_count(value: object) -> int:
    """A whole number above 0; raises a finding AAC308."""
    if not COUNT.fullmatch(str(value)):
        advice = meant_number(value) if isinstance(value, str) and "_" in value else None
        instead = advice or "write a number of at least 1, as in `20`"
        raise wrong("AAC308", f"{shown(value)} is no whole number above 0", instead)
    return int(str(value))


def read_zone(value: str) -> str:
    """The name of an IANA time zone; raises a finding AAC308."""
    if not is_zone(value):
        raise wrong("AAC308", f"`{value}` is no time zone", "write an IANA name, as in `Europe/Berlin`")
    return value


def read_duration(value: object) -> Duration:
    """``4 business hours``; raises a finding AAC308."""
    if not isinstance(value, str):
        raise wrong("AAC308", f"{shown(value)} is not a duration", "write one number and its unit, as in `4 hours`")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise wrong("AAC308", *advised(error)) from None


def read_handle(value: str) -> str:
    """The name of an account, as in ``@maria-k``; raises a finding AAC308 for a name or an address of a person."""
    if not re.fullmatch(r"@?[A-Za-z0-9][\w.-]*(/[\w.-]+)?", value):
        advice = "write the account by which your tools know them, as in `@maria-k`: no names, no addresses"
        raise wrong("AAC308", f"`{value}` is no handle", advice)
    return value


def read_print(value: str) -> str:
    """The 16 digits of a fingerprint; raises a finding AAC308."""
    if not PRINT.fullmatch(value):
        raise wrong("AAC308", f"`{value}` is no fingerprint", "let aac write it: it has 16 digits, 0-9 and a-f")
    return value


class Split(NamedTuple):
    """A dimension as written: its name, its expression, and the steps to it in the list."""

    name: str
    rule: str
    steps: tuple[Part, ...]


def read_dimensions(value: object) -> tuple[Split, ...]:
    """``[segment, {region: owner.region}]``; an unnamed dimension is named by its text. Raises a finding AAC308."""
    if not isinstance(value, list):
        told = value if isinstance(value, str) else "segment, {region: owner.region}"
        raise wrong("AAC308", "`by` is a list", f"write `by: [{told}]`")
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


def read_window(value: str) -> str:
    """A grain, or ``rolling 28 days``; raises a finding AAC308."""
    if value not in GRAINS and ROLLING.fullmatch(value) is None:
        advice = did_you_mean(value, [*GRAINS, "rolling 28 days"])
        raise wrong("AAC308", f"`{value}` is no window", advice)
    return value


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Marks a field that is read in a way of its own: what its value looks like, as JSON Schema, for editors."""

    schema: Mapping[str, object]


SCALAR = ("string", "number", "boolean")
"""What an editor takes the text of a scalar for."""

Share = Annotated[
    Fraction, BeforeValidator(read_share), Looks({"type": ["string", "number"], "examples": ["95%", 0.95]})
]
Day = Annotated[
    date,
    BeforeValidator(read_day),
    Looks({"type": "string", "pattern": f"^{DAY.pattern}$", "examples": ["2026-02-28"]}),
]
Count = Annotated[int, BeforeValidator(read_count), Looks({"type": ["integer", "string"], "minimum": 1})]
Windows = Annotated[
    str,
    AfterValidator(read_window),
    Looks({"anyOf": [{"enum": list(GRAINS)}, {"type": "string", "pattern": f"^{ROLLING.pattern}$"}]}),
]
Zone = Annotated[str, AfterValidator(read_zone), Looks({"type": "string", "examples": ["Europe/Berlin"]})]
Handle = Annotated[str, AfterValidator(read_handle)]
Print = Annotated[str, AfterValidator(read_print), Looks({"type": "string", "pattern": f"^{PRINT.pattern}$"})]
Promised = Annotated[
    Duration,
    BeforeValidator(read_duration),
    Looks({"type": "string", "examples": ["30 minutes", "4 business hours", "5 business days", "2 days"]}),
]
By = Annotated[
    tuple[Split, ...],
    BeforeValidator(read_dimensions),
    Looks(
        {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]},
            "examples": [["segment", {"region": "owner.region"}]],
        }
    ),
]


class Strict(BaseModel):
    """A part of a document: unknown keys are errors, and a key without a value is as good as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _no_value_is_no_key(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = {info.alias or name for name, info in cls.model_fields.items()}
        items = cast("dict[str, object]", data).items()
        return {key: value for key, value in items if value is not None or key not in known}


class Row(Strict):
    """A part of a document that may say where it comes from, as any document may."""

    why: Annotated[str | None, PROSE] = None
    """Why it is so."""
    as_written: Annotated[str | None, PROSE] = None
    """The words of the source it comes from."""


# Checklists: rules in named parts


class NamedRule(Row):
    """A part of a checklist: its name, and a rule or a checklist of its own."""

    id: str
    """The name by which results say what was missing."""
    rule: Annotated[str | None, Change(says="the rule")] = None
    """An expression that is true or false."""
    all: Annotated[tuple[NamedRule, ...] | None, Change(says="the parts", each="the part")] = None
    """Parts that must all be true."""
    any: Annotated[tuple[NamedRule, ...] | None, Change(says="the parts", each="the part")] = None
    """Parts of which one must be true."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(part is not None for part in (self.rule, self.all, self.any)) != 1:
            advice = "write `rule: …`, or a list of parts below `all:` or `any:`"
            raise wrong("AAC308", f"the part `{self.id}` needs one rule", advice, "id", key=True)
        refuse_empty(self)
        return self


class Checklist(Strict):
    """Named parts, all of which or any of which must be true."""

    all: Annotated[tuple[NamedRule, ...] | None, Change(says="the parts", each="the part")] = None
    """Parts that must all be true."""
    any: Annotated[tuple[NamedRule, ...] | None, Change(says="the parts", each="the part")] = None
    """Parts of which one must be true."""

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        if (self.all is None) == (self.any is None):
            advice = "write one of them; lists may stand inside lists"
            raise wrong("AAC308", "a checklist is `all` of its parts or `any` of them", advice)
        refuse_empty(self)
        return self

    def __str__(self) -> str:
        joined = " and " if self.all is not None else " or "
        return joined.join(part.id for part in self.all or self.any or ())


def refuse_empty(parts: NamedRule | Checklist) -> None:
    """Raises a finding AAC308 for a list without parts, and AAC209 for two parts of one name."""
    for key in ("all", "any"):
        named = cast("tuple[NamedRule, ...] | None", getattr(parts, key))
        if named == ():
            raise wrong("AAC308", f"`{key}` has no parts", "name them, or leave the key out", key, key=True)
        seen: set[str] = set()
        for number, part in enumerate(named or ()):
            if part.id in seen:
                raise wrong("AAC209", f"`{part.id}` is told twice", "name each part once", key, number, "id")
            seen.add(part.id)


def sort_of_rule(value: object) -> str:
    """Whether a rule is one text or a checklist."""
    return "checklist" if isinstance(value, dict | Checklist) else "rule"


Rule = Annotated[Annotated[str, Tag("rule")] | Annotated[Checklist, Tag("checklist")], Discriminator(sort_of_rule)]
"""A rule that is true or false of a record: one expression, or a checklist of named ones."""
