"""Where the keys of a TOML file stand: a small walk over its text, since tomllib tells values only."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from aac.findings import Span
    from aac.texts import Text

Keys: TypeAlias = tuple[str, ...]

SECRETS = ("token", "password", "secret", "api_key", "dsn", "client_secret", "refresh_token", "private_key")
SECRET_VALUE = re.compile(rf"""\b({"|".join(SECRETS)})(["']?\s*=\s*).*""", re.IGNORECASE)
# A comment, a text, a mark, or anything else that stands together.
TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    | (?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<mark>[\[\]{}=,.\n])
    | (?P<bare>[^\s\[\]{}=,."'\#]+)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Places:
    """Where the keys of the file stand."""

    text: Text

    @cached_property
    def keys(self) -> dict[Keys, tuple[int, int]]:
        """From the path of a table or a key to the first and last index of its name, as it first stands."""
        return find_keys(self.text.text)

    def span_of(self, *path: str) -> Span:
        """The place of a key or else of the nearest table it belongs to; what a secret is set to is left out."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.span(*self.keys.get(path, (0, 0)))

    def span(self, start: int, end: int) -> Span:
        """The place between two indices; what a secret is set to is left out."""
        span = self.text.span(start, end)
        return replace(span, text=SECRET_VALUE.sub(r"\1\2…", span.text))


def find_keys(text: str) -> dict[Keys, tuple[int, int]]:
    """The first and last index of the name of each table and key in a text that is TOML.

    Tables in a list share the path of the list.
    """
    keys: dict[Keys, tuple[int, int]] = {}
    table: Keys = ()
    path: Keys = ()  # of the key whose value is being read
    opened: list[tuple[str, Keys]] = []  # brackets in values, and the key each belongs to
    names: list[re.Match[str]] = []  # the parts so far of a table's or a key's name
    in_value = False
    for token in TOKEN.finditer(text):
        word, sort = token[0], token.lastgroup
        if sort == "comment":
            continue
        if word == "\n":
            in_value = in_value and bool(opened)
        elif in_value and word in ("[", "{"):
            opened.append((word, path))
            in_value = word == "["
        elif opened and (word == "}" or (in_value and word == "]")):
            path, in_value = opened.pop()[1], True
        elif in_value:
            in_value = not (word == "," and opened and opened[-1][0] == "{")
        elif sort != "mark":
            names.append(token)
        elif word in ("=", "]") and names:
            owner = () if word == "]" else opened[-1][1] if opened else table
            path = _record(keys, owner, names)
            table, in_value = (path, False) if word == "]" else (table, True)
            names = []
    return keys


def _record(keys: dict[Keys, tuple[int, int]], owner: Keys, names: list[re.Match[str]]) -> Keys:
    """Keeps where a name and each table it begins with stand, unless that is known; the whole path."""
    path = owner
    for name in names:
        word = name[0]
        path = (*path, tomllib.loads(f"name = {word}")["name"] if word[0] in "\"'" else word)
        keys.setdefault(path, (names[0].start(), name.end()))
    return path
