"""What can be wrong with the text of a rule, told in the words of whoever wrote it."""

from __future__ import annotations

import re

from aac.records import record

NO_RULE = ("AAC306", "there is no rule here", "write one, as in `score > 50`, or leave the key out")
STRAIGHT = "write straight ones: single ones around a text, as in `'web'`"
SHARE = "write a share as a number, as in `0.05` for 5 %"
CURLY = re.compile("[“”„‘’‚]")
CLOSED = re.compile(r"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|[^'"]""")
"""A text or a name in its quotes, or a character outside of any."""
UNFINISHED = frozenset({"and", "or", "not", "in", "is", "like", "ilike", "between", "then", "else", "when"})
"""Words after which something must follow."""
STATEMENTS = frozenset({"select", "with", "insert", "update", "delete", "create", "drop", "alter"})
ALONE = "write the condition alone, as in `score > 50`"
BELONGS = "write what belongs there, or leave it out"
JOIN = "join conditions with `and` or `or`; a text stands in single quotes, as in `source = 'web'`"
PLAIN_DIGITS = "write plain digits: a point before decimals and nothing between thousands, as in `1500.5`"
ELSEWHERE = {
    "&&": "and", "||": "or", "&": "and", "≥": ">=", "≤": "<=", "≠": "<>", "=>": ">=", "=<": "<=", "–": "-", "—": "-",
    "−": "-", "×": "*", "÷": "/",
}  # fmt: skip
"""Signs of other languages and of print."""
SAID = frozenset({"than", "greater", "less", "more", "least", "most", "equal", "equals", "above", "below", "over"})
UNITS_OF_TIME = frozenset({"minute", "hour", "day", "week", "month", "year"})
COMPARING = frozenset({"=", "==", "<>", "!=", "<", ">", "<=", ">="})
CONSTANTS = frozenset({"null", "true", "false"})
JOINING = frozenset({"and", "or", "not"})
SIGNS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", ","})


@record
class Problem:
    """What is wrong with a rule: ``at`` is the offset in its text, in characters."""

    code: str
    message: str
    instead: str
    at: int = 0


class Refused(Exception):
    """Raised inside parse and check, caught at their border: carries the problem. What it quotes of a rule of several
    lines stands in one."""

    def __init__(self, code: str, message: str, instead: str, at: int = 0) -> None:
        message, instead = (" ".join(text.split()) if "\n" in text else text for text in (message, instead))
        super().__init__(message)
        self.problem = Problem(code, message, instead, at)


class TooDeep(Refused):
    """A rule with too many parts inside one another."""

    def __init__(self) -> None:
        super().__init__("AAC306", "the rule is nested too deeply", "split it into definitions with names")


@record
class Word:
    """A word or sign of a rule as it stands there, and the offset of its first character.

    ``is_of_sql``: a word that SQL keeps for itself.
    """

    text: str
    at: int
    is_of_sql: bool = False


def never_closed(text: str) -> Refused:
    """The problem of a rule that ends inside quotes."""
    at = 0
    while piece := CLOSED.match(text, at):
        at = piece.end()
    quote = text[at : at + 1]
    if not quote:
        return Refused("AAC306", "a quote is never closed", "write text in single quotes, as in `'web'`")
    advice = f"write the missing `{quote}`; inside, it is written twice"
    return Refused("AAC306", "the quote that opens here is never closed", advice, at)


def unreadable(words: list[Word], place: int, said: str) -> Refused:
    """The problem of a rule that cannot be read further than the word at ``place``; ``said`` is what the reader says.

    ``words`` are all of the rule, at least one.
    """
    word, at = words[place].text, words[place].at
    if CURLY.search(word):
        return Refused("AAC306", "curly quotes are letters here", STRAIGHT, at)
    is_statement = words[0].text.lower() in STATEMENTS and any(other.text.lower() == "from" for other in words)
    if is_statement and words[1].text not in COMPARING:
        return Refused("AAC306", f"`{words[0].text}` begins a statement, and a rule is one expression", ALONE, 0)
    if (field := _field_named_like_sql(words)) is not None:
        return word_of_sql(field.text, field.at)
    if words[0].text.lower() in STATEMENTS and words[0].is_of_sql:
        return Refused("AAC306", f"`{words[0].text}` begins a statement, and a rule is one expression", ALONE, at)
    if "END after CASE" in said:
        case = max((i for i in range(place + 1) if words[i].text.lower() == "case"), default=place)
        advice = "write `case when … then … end`"
        return Refused("AAC306", "the `case` that begins here has no end", advice, words[case].at)
    if word == ")" and "Required" in said:
        return Refused("AAC306", "a value is missing before this `)`", "write it", at)
    if words[place].is_of_sql and word.lower() not in UNFINISHED | CONSTANTS:
        return word_of_sql(word, at)
    if (gap := _gap(words, place)) is not None and ("Required" in said or gap.at == words[-1].at):
        if gap is words[0] and gap.text in COMPARING:
            said_of = " ".join(other.text for other in words)
            return Refused(
                "AAC306", f"nothing is compared before `{gap.text}`", f"name it, as in `field {said_of}`", gap.at
            )
        advice = SHARE if gap.text == "%" else _habit(words, words.index(gap)) or BELONGS
        return Refused("AAC306", f"something is missing beside `{gap.text}`", advice, gap.at)
    return Refused("AAC306", f"`{word}` cannot stand here", _habit(words, place) or JOIN, at)


def _habit(words: list[Word], place: int) -> str | None:
    """What to write instead of a word or sign that belongs to another language, or to the writing of numbers there."""
    word, before, behind = words[place], words[place - 1].text.lower() if place else "", words[place + 1 : place + 2]
    if word.text in ELSEWHERE:
        return f"write `{ELSEWHERE[word.text]}`"
    if word.text == "," and before.replace(".", "").isdigit() and behind and behind[0].text.isdigit():
        is_between = place > 1 and words[place - 2].text.lower() == "between"
        return f"write `between {before} and {behind[0].text}`" if is_between else PLAIN_DIGITS
    if before.isdigit() and re.fullmatch(r"[0-9_]+", word.text):
        return f"write `{before}{word.text.replace('_', '')}`"
    if word.text == "," and place > 1 and words[place - 2].text.lower() == "in":
        return "write a list in round brackets, as in `source in ('web', 'fair')`"
    if word.text.lower().rstrip("s") in UNITS_OF_TIME and before.isdigit():
        return "write the number alone, and count with `days_between` or `hours_between`: `days_between(a, b) > 3`"
    if word.text.lower() in SAID:
        return "write a sign: `=`, `<>`, `>`, `>=`, `<` or `<=`"
    return None


def _gap(words: list[Word], place: int) -> Word | None:
    """The last word up to a place after which something must follow."""
    waits = [w for w in words[: place + 1] if w.text.lower() in UNFINISHED or not re.search(r"\w|['\")]", w.text)]
    return waits[-1] if waits else None


def _field_named_like_sql(words: list[Word]) -> Word | None:
    """A word of SQL that stands where only a value can: between signs, `and`, `or`, `not` and brackets."""
    texts = ["(", *(word.text.lower() for word in words), ")"]
    for word, before, behind in zip(words, texts, texts[2:], strict=False):
        is_free = word.is_of_sql and word.text.lower() not in CONSTANTS | JOINING | {"where"}
        if is_free and before in SIGNS | JOINING | {"("} and behind in SIGNS | UNFINISHED - {"not", "when"} | {")"}:
            return word
    return None


def word_of_sql(word: str, at: int) -> Refused:
    """The problem of a word that SQL keeps for itself where a field is wanted."""
    advice = f'if `{word}` is a field, write it in double quotes: "{word}"'
    return Refused("AAC306", f"`{word}` is a word of SQL and cannot stand here", advice, at)
