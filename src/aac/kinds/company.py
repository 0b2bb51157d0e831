"""The company: its currency, its time zone, when its fiscal year starts and when it is at work."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Zone, wrong


def read_month_and_day(value: object) -> tuple[int, int]:
    """``02-01`` as (2, 1); raises a finding AAC308. Days after the 28th exist not in every month."""
    match = re.fullmatch(r"(\d\d)-(\d\d)", str(value))
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= 28):
        advice = "write month and day with two digits, the day up to 28, as in `02-01`"
        raise wrong("AAC308", f"`{value}` is no day that every year has", advice)
    return month, day


def read_locale(value: str) -> str:
    """A language, and a country if need be (BCP 47): ``de``, ``de-DE``; raises a finding AAC308."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", value):
        raise wrong("AAC308", f"`{value}` is no locale", "write a language, or a language and a country, as in `de-DE`")
    return value


def read_currency(value: str) -> str:
    """Three capital letters (ISO 4217); raises a finding AAC308."""
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise wrong("AAC308", f"`{value}` is no currency code", "write three capital letters, as in `EUR`")
    return value


class Company(Kind):
    """At most one. Without it: UTC, fiscal years from January, no currency."""

    kind_name: ClassVar[str] = "company"
    draft: ClassVar[str] = """\
kind: company
id: $id
name: $name
currency: EUR                # in which money is told
timezone: Europe/Berlin      # days, weeks and months begin at its midnight
fiscal_year_starts: 01-01    # month and day; 02-01 makes FY2026 begin on 1 February 2025
# calendar: desk             # when the company is at work, for teams without a calendar of their own
locale: en                   # how numbers and dates are written
stage: growth                # seed, growth or scale
org_model: assembly_line     # assembly_line: one team hands over to the next; pods: small teams of all roles
"""

    currency: Annotated[str, AfterValidator(read_currency), Change(says="the currency")]
    """The currency in which money is told: three capital letters, as in `EUR`."""
    timezone: Annotated[Zone, Change(says="the time zone")]
    """The time zone in which days, weeks and months begin: an IANA name, as in `Europe/Berlin`."""
    fiscal_year_starts: Annotated[
        tuple[int, int],
        BeforeValidator(read_month_and_day),
        Change(says="the first day of the fiscal year", ordered=True),
    ] = (1, 1)
    """Month and day on which the fiscal year starts, as in `02-01`; FY2026 is the one that ends in 2026."""
    calendar: Annotated[Annotated[str, Ref("calendar")] | None, Change(says="the calendar")] = None
    """When the company is at work: the calendar of teams and SLAs that have none of their own."""
    locale: Annotated[Annotated[str, AfterValidator(read_locale)] | None, PROSE] = None
    """How numbers and dates are written: a language, or a language and a country, as in `de-DE`."""
    stage: Annotated[Literal["seed", "growth", "scale"] | None, PROSE] = None
    """How far the company has come: `seed`, `growth` or `scale`."""
    org_model: Annotated[Literal["assembly_line", "pods"] | None, PROSE] = None
    """How its revenue teams work: one hands over to the next (`assembly_line`), or in small mixed teams (`pods`)."""


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Company]
