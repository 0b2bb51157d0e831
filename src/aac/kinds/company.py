"""The company: its currency, its time zone, when its fiscal year starts and when it is at work."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref
from aac.kinds.written import Zone, wrong


def read_month_and_day(value: object) -> tuple[int, int]:
    """``02-01`` as (2, 1); raises a finding AAC308. Days after the 28th exist not in every month."""
    match = re.fullmatch(r"(\d\d)-(\d\d)", str(value))
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= 28):
        advice = "write month and day with two digits, the day up to 28, as in `02-01`"
        raise wrong("AAC308", f"`{value}` is no day that every year has", advice)
    return month, day


def read_currency(value: str) -> str:
    """Three capital letters (ISO 4217); raises a finding AAC308."""
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise wrong("AAC308", f"`{value}` is no currency code", "write three capital letters, as in `EUR`")
    return value


class Company(Kind):
    """At most one. Without it: UTC, fiscal years from January, no currency."""

    kind_name: ClassVar[str] = "company"

    currency: Annotated[str, AfterValidator(read_currency)]
    timezone: Zone
    fiscal_year_starts: Annotated[tuple[int, int], BeforeValidator(read_month_and_day)] = (1, 1)
    calendar: Annotated[str, Ref("calendar")] | None = None


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Company]
