"""What to say of an `aac.toml` that is no TOML: tomllib's words, and what is usually behind them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aac.texts import Text

WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
TEXTS = 'write `key = value` below a `[table]`; texts stand in quotes, as in `name = "Larkspur"`'
INSTEAD = (
    ("Cannot overwrite|Cannot declare|twice", "it stands in the file already: keep one of the two"),
    ("Unescaped '\\\\'|escape", "write `/` between folders, or single quotes, in which `\\` is an ordinary character"),
    ("Expected '\\]'", "close the name of the table with `]`"),
    ("Expected newline", "one line holds one value: a number alone, without a unit or `%`, or a text in quotes"),
)
"""What to write instead, by tomllib's words."""


def explain(error: str, text: Text) -> tuple[str, str, int]:
    """What is wrong, what to write instead, and the index where it is."""
    found = WHERE.fullmatch(error)
    if found is None:
        return f"this is no TOML: {error}", TEXTS, 0
    at = text.starts[int(found[2]) - 1] + int(found[3]) - 1 if found[2] else len(text.text.rstrip())
    if found[1].startswith("Cannot overwrite"):
        at = text.start(at)  # tomllib has read the line by then
    return f"this is no TOML: {found[1]}", _instead(found[1], text, at), at


def _instead(words: str, text: Text, at: int) -> str:
    key = text.rest(text.start(at)).partition("=")[0].strip()
    value = text.rest(at).partition("#")[0].strip().strip("“”„‘’'\"")
    if words == "Invalid value" and key and value and value[0].isalpha():
        return f'put the text in straight quotes: `{key} = "…"`'  # which may be a secret
    if words.startswith("Expected '='") and text.rest(at).startswith(":"):
        return "write `=` instead of the `:`"
    return next((instead for known, instead in INSTEAD if re.search(known, words)), TEXTS)
