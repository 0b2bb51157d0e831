"""Values as HubSpot sends them, all of them texts, as values of our types."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

TYPES = {"number": "number", "date": "date", "datetime": "timestamp", "bool": "boolean"}
"""HubSpot's types of properties that are not text to us."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = re.compile(r"-?\d{9,15}")


def type_of(property_type: str) -> str:
    """Our type of a property."""
    return TYPES.get(property_type, "text")


def value_of(text: str | None, type: str) -> str | None:
    """A value; text that is none of its type stays as it is, so that it is told. Empty text is no value.

    Days are midnight in UTC where a moment is sent for one, and older interfaces send milliseconds for both.
    """
    if text is None or text == "":
        return None
    if type in ("date", "timestamp") and text[-1] != "Z" and MILLISECONDS.fullmatch(text):
        text = (EPOCH + timedelta(milliseconds=int(text))).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if type == "date" and len(text) > 10 and text[10] == "T":
        return text[:10]
    return text


def moment_of(text: str) -> datetime:
    """A moment that HubSpot sends."""
    return datetime.fromisoformat(value_of(text, "timestamp") or text)
