"""What to do about text that became no value of its type (AAC505): the format or the null that it seems to be."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.measures import StoredField

TYPES = {
    "integer": ("a whole number", "write digits only, or read it as `number`"),
    "number": ("a number", "write digits and a decimal point only, or map the text"),
    "money": ("a number", "write digits and a decimal point only, without a currency sign"),
    "float": ("a number", "write digits and a decimal point only, or map the text"),
    "boolean": ("true or false", "write true/false, yes/no or 1/0, or map the text to one of them"),
    "date": ("a date", "write it as 2026-03-02"),
    "timestamp": ("a moment", "write it as 2026-03-02 05:00"),
}
"""What text was meant to be by the name of its type, and what to do when it is not."""

MOST_DIGITS = {
    "integer": "whole numbers have up to 18 digits",
    "number": "numbers have up to 12 digits before the point",
    "money": "amounts have up to 14 digits before the point",
}
"""How large a number of each type may be, in words."""
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,6})?")

DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m-%d")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMATS = tuple(day + time for day in DAYS for time in TIMES)
"""How dates and moments are often written. Where the month may stand first or second, the day comes first here."""

NULLS = frozenset({"-", "--", "?", "n/a", "na", "#n/a", "none", "null", "nan", "nil", "unknown", "tbd"})
"""What is often written for "no value", in small letters."""

ERRORS = re.compile(r"#(N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
"""What a spreadsheet shows where a formula has no value."""

SEPARATED = re.compile(r"[-+]?(\d{1,3}([.,' ]\d{3})+([.,]\d+)?|\d+,\d+)")
"""A number with a decimal comma or thousands separators."""


LONGEST_TEXT = 40


def quoted(text: str) -> str:
    """A text of the data as it stands in a sentence: in quotes, and not all of a long one."""
    return repr(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…")


def meant(field: StoredField) -> str:
    """What the text of a field should have been: `a whole number`."""
    return TYPES[field.type.name][0]


def is_too_large(field: StoredField, texts: Sequence[str]) -> bool:
    """Whether ``texts``, which became no values, are nothing but numbers larger than the field may hold."""
    if field.type.name not in MOST_DIGITS or not texts or not all(map(NUMBER.fullmatch, texts)):
        return False
    return field.type.name != "integer" or all(map(_is_whole, texts))


def _is_whole(number: str) -> bool:
    return Decimal(number) == Decimal(number).to_integral_value()


def advice(field: StoredField, texts: Sequence[str], *, some_are_read: bool) -> str:
    """What to do about ``texts``; ``some_are_read``: others of the field became values."""
    if texts and all(map(ERRORS.fullmatch, texts)):
        listed = ", ".join(f"`{text}`" for text in texts)
        return f"correct the formulas in the spreadsheet, or add {listed} to `nulls` of the source"
    nulls = sorted((text for text in texts if text.casefold() in NULLS or ERRORS.fullmatch(text)), key=texts.index)
    others = [text for text in texts if text not in nulls]
    what = _moment_advice(field, others, some_are_read) if field.type.is_moment else _number_advice(field, others)
    listed = ", ".join(f"`{text}`" for text in nulls)
    return f"{what}, or add {listed} to `nulls` of the source" if nulls else what


def _number_advice(field: StoredField, texts: Sequence[str]) -> str:
    if is_too_large(field, texts):
        return f"correct it ({MOST_DIGITS[field.type.name]}), or read it as `text` if it names something"
    if field.type.name != "boolean" and any(map(SEPARATED.fullmatch, texts)):
        return "export it with a decimal point and without thousands separators, as in 1234.56"
    return TYPES[field.type.name][1]


def _moment_advice(field: StoredField, texts: Sequence[str], some_are_read: bool) -> str:
    _, plainly = TYPES[field.type.name]
    if some_are_read:
        how = f"write it in the field's format `{field.format}`" if field.format else plainly
        return f"{how}, as in other records"
    fitting = [f'`format: "{format}"`' for format in _formats(texts)]
    if field.format is not None:
        example = fitting[0] if fitting else '`format: "%d.%m.%Y"`'
        return f"the field's format `{field.format}` does not fit: write strptime codes, as in {example}"
    if not fitting:
        return f"{plainly}, or give the field the `format` it is written in"
    first, *second = fitting
    return f"give the field {first}" + "".join(f", or {other} when the month stands first" for other in second)


def _formats(texts: Sequence[str]) -> list[str]:
    """The formats that fit the most of the texts, more than one where day and month cannot be told apart."""
    counts = {format: sum(_fits(text, format) for text in texts) for format in FORMATS}
    most = max(counts.values())
    return [format for format, count in counts.items() if count == most] if most else []


def _fits(text: str, format: str) -> bool:
    try:
        time.strptime(text, format)
    except ValueError:
        return False
    return True
