"""Calendar files as the package icalendar reads them."""

from __future__ import annotations

from typing import Any, cast

from icalendar import Calendar


def events_in(text: str) -> list[Any]:
    """The events of a file. What their properties hold depends on the property, and is not told by the types."""
    return cast("Any", Calendar.from_ical(text)).walk("VEVENT")
