"""What must never be seen: secrets in logs, messages and recordings, and the words of people in recordings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote

from aac.records import record

HIDDEN = "…"
LOOKS_SECRET = re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/!-]+=*|\bpat-[a-z0-9]+-[\w-]{8,}|\b00D\w{12,15}![\w.]{8,}")
"""Texts that are secrets wherever they stand: authorisation headers, HubSpot's tokens, Salesforce's session ids."""
IS_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
VALUE = "value"
IS_LOGIC = frozenset({"true", "false", ""})


class Redactor:
    """Hides secrets in texts; ``secrets`` grow when tokens are renewed."""

    def __init__(self, *secrets: str) -> None:
        self._secrets: list[str] = []
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Hides these too, also as they stand in addresses and in JSON."""
        for secret in filter(None, secrets):
            self._secrets += {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
        self._secrets.sort(key=len, reverse=True)  # of two where one holds the other, all of the longer is hidden

    def text(self, text: str) -> str:
        """The same without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return LOOKS_SECRET.sub(HIDDEN, text)

    def plain(self, value: Any) -> Any:
        """The same of all texts in plain data."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                held = cast("Mapping[str, Any]", value)
                return {key: self.plain(each) for key, each in held.items()}
            case list() | tuple():
                return [self.plain(each) for each in cast("list[Any]", value)]
            case _:
                return value


@record
class Shown:
    """What of an answer everybody may read: the texts under some ``keys`` and, within the ``records`` that stand under
    some keys, those of some ``fields``. Where one of the texts of ``named`` says of what the values are, as entries of
    a history do, those under ``values`` are shown, too; and ``ids``, a pattern of whole texts, wherever they stand."""

    keys: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    ids: str = ""


def masked(value: Any, shown: Shown, key: str = "") -> Any:
    """Plain data whose texts are unreadable and keep their form: letters are `x`, digits are `0`.

    Kept are moments, days, true and false, and what ``shown`` says; a key `value` is shown where it stands in what is.
    """
    match value:
        case str():
            kept = key in shown.keys or value in IS_LOGIC or IS_MOMENT.fullmatch(value) is not None
            kept = kept or re.fullmatch(shown.ids, value) is not None
            return value if kept else "".join(_mask(letter) for letter in value)
        case Mapping():
            held = cast("Mapping[str, Any]", value)
            within = replace(shown, keys=shown.fields, records=frozenset()) if key in shown.records else shown
            if any(isinstance(each, str) and each in shown.named for each in held.values()):
                within = replace(within, keys=within.keys | shown.values)
            return {name: masked(each, within, key if name == VALUE else name) for name, each in held.items()}
        case list() | tuple():
            return [masked(each, shown, key) for each in cast("list[Any]", value)]
        case _:
            return value


def _mask(letter: str) -> str:
    if letter.isdigit():
        return "0"
    return "x" if letter.isalpha() else letter
