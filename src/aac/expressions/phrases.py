"""The words that rules are said with: of functions and aggregates, and of titles, texts, numbers and units.

`VALUES` has the words of every function that yields a value, `NUMBERS` those of every aggregate; conditions are said
with `COMPARED` and by `words` itself, which knows all of `STATED`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.units import is_money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from aac.expressions.nodes import Value

COMPARED = {
    "eq": ("", ""),
    "lt": ("less than ", "before "),
    "le": ("at most ", "at or before "),
    "gt": ("more than ", "after "),
    "ge": ("at least ", "at or after "),
}
"""What stands between «is» and the other side, of numbers and of moments."""
MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
"""The comparison with its sides exchanged."""
STATED = frozenset(
    {
        "and", "or", "not", "is_true", "is_false", "is_not_false", "eq", "ne", "lt", "le", "gt", "ge", "in", "like",
        "ilike", "is_null", "is_not_null", "is_open",
    }
)  # fmt: skip
"""Functions that say something that is true or false."""
OPEN = frozenset({"and", "or", "coalesce", "is_true", "is_false", "is_not_false"})
"""Functions whose sentences go into brackets inside another."""
VALUES = {
    "add": "{0} plus {1}",
    "subtract": "{0} minus {1}",
    "multiply": "{0} times {1}",
    "divide": "{0} divided by {1}",
    "lower": "{0} in small letters",
    "upper": "{0} in capital letters",
    "length": "the number of characters of {0}",
    "nullif": "{0}, unless it is {1}",
    "coalesce": "{0}, or {1} if that is not known",
    "abs": "{0} without its sign",
    "round": "{0} rounded to {1}",
    "power": "{0} to the power of {1}",
    "least": "the least of {0} and {1}",
    "greatest": "the greatest of {0} and {1}",
    "hours_between": "the hours from {0} to {1}",
    "days_between": "the days from {0} to {1}",
    "business_hours_between": "the business hours from {0} to {1} by {2}",
    "date_trunc": "the beginning of the {0} of {1}",
    "date_part": "the {0} of {1}",
    "per_year": "{0} reckoned for a year",
    "in_currency": "{0} in {1}",
    "opening": "{0} at the beginning",
    "closing": "{0} at the end",
}
"""The words of every function that yields a value; more than two arguments and odd ones have methods of their own."""
NUMBERS = {
    "count": "the number of {0}",
    "count_distinct": "the number of different values of {0}",
    "count_if": "the number of {0}",
    "share": "the share of {0}",
    "sum": "the sum of {0}",
    "avg": "the average of {0}",
    "median": "the median of {0}",
    "min": "the least {0}",
    "max": "the greatest {0}",
    "quantile_cont": "the {1} of {0}",
    "arg_max": "{0} of the record with the greatest {1}",
    "arg_min": "{0} of the record with the least {1}",
}
"""The words of every aggregate, without its filter."""
OF_MOMENTS = {
    "min": "the first {0}",
    "max": "the last {0}",
    "arg_max": "{0} of the record with the last {1}",
    "arg_min": "{0} of the record with the first {1}",
}
"""The words of aggregates of moments, where they differ."""
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide"})
ELAPSED = frozenset({"hours_between", "days_between", "business_hours_between"})
"""Functions whose words are in the plural and tell the unit."""
UNITS_OF = {"hours_between": "hours", "days_between": "days", "business_hours_between": "business_hours"}
PARTS_OF_TIME = {
    "isodow": "weekday (1 is Monday)",
    "dow": "weekday (0 is Sunday)",
    "doy": "day of the year",
    "isoyear": "year of the week",
}
"""What parts of a moment are called whose names are none."""
CONVERSIONS = frozenset({3_600_000_000, 86_400_000_000, 24 * 3_600_000_000, 60_000_000, 1_000_000})
"""Factors that make a length of time comparable; nobody wrote them."""

PLAIN_TEXT = re.compile(r"[^\W\d_][\w-]*")
"""A text that needs no quotes in a sentence."""
GOES_ON = frozenset({"at", "by", "for", "from", "in", "of", "on", "since", "to", "until", "with"})
"""Words with which no noun of a sentence begins or ends, and names of fields do: `created_at`, `from_user`."""
CONFUSING = frozenset({"and", "or", "not", "is", "it", "its", "known", "unknown", "true", "false", "if", "otherwise"})
LETTERS_WITH_AN = "AEFHILMNORSX"
"""Letters whose names begin with a vowel: an SQL, an MQL."""


def spaced(name: str) -> str:
    """A name of the documents as words: `first_human_touch_at` is `first human touch at`."""
    return name.replace("_", " ").strip()


def field_words(name: str) -> str:
    """The name of a field as a noun: `close date`; one that begins or ends with a word which leads to another stands in
    quotes, so that a sentence can go on around it: `“created at”`, `its “to user”`."""
    said = spaced(name)
    first, *others = said.split(" ")
    return f"“{said}”" if others and not GOES_ON.isdisjoint((first, others[-1])) else said


def lowered(title: str) -> str:
    """A title inside a sentence: `stage change`, `SDR call`."""
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in title.split())


def with_article(title: str) -> str:
    """`a Closed Deal`, `an MQL`; of a title in the plural one of them: `one of the Won deals`."""
    if is_plural(title):
        return f"one of the {title}"
    first = title.split()[0] if title.split() else title
    vowel = first[:1] in LETTERS_WITH_AN if first.isupper() and len(first) > 1 else first[:1].lower() in "aeio"
    return f"{'an' if vowel else 'a'} {title}"


def is_plural(title: str) -> bool:
    """Whether a title names several things, as in `Target accounts`."""
    return re.search(r"[^siu]s$", title) is not None


def plural(title: str) -> str:
    """`activities`, `leads`, `stage changes`; what is in the plural stays."""
    if is_plural(title):
        return title
    if re.search(r"[^aeiou]y$", title):
        return f"{title[:-1]}ies"
    return f"{title}es" if re.search(r"(s|x|ch|sh)$", title) else f"{title}s"


def either(values: Sequence[str]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


def both(values: Sequence[str]) -> str:
    return " and ".join(values)


def quoted(text: str) -> str:
    """A text in a sentence: in quotes unless it is a plain word."""
    if not text:
        return "an empty text"
    is_plain = all(PLAIN_TEXT.fullmatch(part) and part.lower() not in CONFUSING for part in text.split(" "))
    return text if is_plain else f"“{text}”"


def amount(value: Value, unit: str | None) -> str:
    """A number in its unit; what was written of a moment; true, false or not known."""
    if value is None:
        return "not known"
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    if unit == "percent":
        return f"{plain(value * 100)}%"
    shown = plain(value)
    if unit is None or unit in {"count", "score", "ratio"}:
        return shown
    if is_money(unit):
        currency, _, period = unit.partition("/")
        return f"{shown} {currency}" + (f" a {period}" if period else "")
    name = spaced(unit)
    return f"{shown} {name.removesuffix('s') if value == 1 else name}"


def plain(value: int | Decimal) -> str:
    whole, _, part = f"{value:,f}".partition(".")
    return f"{whole}.{part.rstrip('0')}".rstrip(".")


def percentile(share: Decimal) -> str:
    """`90th percentile`."""
    number = plain(share * 100)
    ending = "th" if number[-2:] in {"11", "12", "13"} else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return "median" if number == "50" else f"{number}{ending} percentile"


def pattern_words(pattern: str) -> tuple[str, str]:
    """Verb and text of a pattern: of a simple one what it looks for, else the pattern itself."""
    inner = pattern.strip("%")
    if not inner or "%" in inner or "_" in inner:
        return "match", f"the pattern “{pattern}”"
    starts, ends = pattern.endswith("%"), pattern.startswith("%")
    verb = "contain" if starts and ends else "begin" if starts else "end" if ends else "read"
    return verb, f"{'with ' * (verb in {'begin', 'end'})}“{inner}”"
