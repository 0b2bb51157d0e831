"""Windows of LANGUAGE §6, by hand: months, fiscal quarters and `all`, as seen from one moment in one time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.exact import EPOCH, MICROSECOND, to_us

ALL = "all"
ROLLING = "rolling 90 days"


@dataclass(frozen=True, slots=True)
class Frame:
    """Whence everything is seen: ``as_of`` in microseconds, the company's zone, the month its fiscal year starts in."""

    as_of: int
    zone: str
    fiscal_month: int = 1

    def reading(self, us: int) -> datetime:
        """The local clock at a moment."""
        return (EPOCH + us * MICROSECOND).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def day(self, us: int) -> date:
        """The local date of a moment."""
        return self.reading(us).date()

    def midnight(self, day: date) -> int:
        """The first moment of a local date."""
        return to_us(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)))

    def label(self, grain: str, day: date) -> str:
        """The window a date lies in: ``2026-02``, ``FY2027-Q1``, ``all``."""
        months = day.year * 12 + day.month - 1
        if grain == "month":
            return _month(months)
        if grain == "fiscal_quarter":
            year, month = divmod(months - (self.fiscal_month - 1), 12)
            return f"FY{year + (self.fiscal_month > 1)}-Q{month // 3 + 1}"
        assert grain == ALL
        return ALL

    def window_of(self, grain: str, us: int) -> str | None:
        """The window a moment lies in. The rolling one begins at the same local time ninety days before as_of."""
        if grain != ROLLING:
            return self.label(grain, self.day(us))
        begins = self.reading(self.as_of) - timedelta(days=90)
        is_in = to_us(begins.replace(tzinfo=ZoneInfo(self.zone))) <= us < self.as_of
        return self.current(ROLLING) if is_in else None

    def range(self, label: str) -> tuple[date, date] | None:
        """A window's first day and the first day after it; of `all` nothing."""
        if label == ALL:
            return None
        if label.startswith("rolling"):
            last = self.day(self.as_of)
            return last - timedelta(days=90), last + timedelta(days=1)
        if label.startswith("FY"):
            year, quarter = int(label[2:6]) - (self.fiscal_month > 1), int(label[8])
            first = year * 12 + (self.fiscal_month - 1) + 3 * (quarter - 1)
            return _first_day(first), _first_day(first + 3)
        first = int(label[:4]) * 12 + int(label[5:]) - 1
        return _first_day(first), _first_day(first + 1)

    def starts(self, label: str) -> int:
        """A window's first moment."""
        days = self.range(label)
        return self.midnight(days[0]) if days else 0

    def is_over(self, label: str) -> bool:
        """Whether a window ended by as_of, as a rolling one does."""
        if label.startswith("rolling"):
            return True
        days = self.range(label)
        return days is not None and self.midnight(days[1]) <= self.as_of

    def current(self, grain: str) -> str:
        """The window that as_of lies in."""
        if grain == ROLLING:
            return f"rolling to {self.day(self.as_of)}"
        return self.label(grain, self.day(self.as_of))

    def last(self, grain: str) -> str:
        """The newest window that ended by as_of."""
        if grain == ROLLING:
            return self.current(grain)
        return ALL if grain == ALL else self.label(grain, self.day(self.starts(self.current(grain)) - 1))


def _month(months: int) -> str:
    return f"{months // 12}-{months % 12 + 1:02}"


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
