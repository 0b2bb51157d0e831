"""What to say of a text that is no YAML: libyaml's words, and what is usually behind them, in the user's terms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aac.texts import Text

TOO_DEEP = "exceeded maximum nesting depth"  # libyaml's words, for its own limit and for ours
NO_ALIASES = "write out what it stands for: anchors, aliases and merge keys are not part of the language"
NO_TAGS = "leave it out; a text that begins with `!` stands in quotes"
NEGATED = re.compile(r"!([a-z_]\w*)")
"""A condition that a programmer negates."""
NOT_CUT = "put the whole rule in quotes, or on a line of its own"
QUOTE = "put the value in quotes: `{quoted}`"
NO_LIST = "put the whole value in quotes: `{quoted}`; a list stands in `[ ]`"
PLAIN_DIGITS = "write plain digits: a point before decimals and nothing between thousands, as in `1500.5`"
COMPARED = re.compile(r">=?\s*[\d.,]+\s*%?")
"""A comparison that does not say of what."""
KIND_OR_ID = re.compile(r"^(kind|id)[: \u00a0]+(\w+)[ \t]*(?:#.*)?\r?$", re.MULTILINE)
KEY_ALONE = re.compile(r"\s*(?:- )*([\w.-]+):\s*(?:#.*)?")
KEY_AND_VALUE = re.compile(r"([\w.-]+)\s+(\S.*)")
END_OF_PART = re.compile(r"\s*(?:,\s*[\w.-]+:(?=\s|$)|[}\]]|$)")
KEY_WITHOUT_SPACE = re.compile(r"(?:- )*([\w.-]+):([^\s:/].*)")
CURLY = "“”„‘’‚«»"
CURLY_QUOTES = re.compile("[“”„‘’‚]")
IN_CURLY_QUOTES = re.compile(f"[{CURLY}]([^{CURLY}]*)[{CURLY}]")
LOOKS_BLANK = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u3000"
"""Characters that look like a space, or like nothing, and are letters to YAML."""
OPENING_QUOTE = re.compile(r"(?<![\w)'])'(?=\S)")
QUOTED = re.compile(r"'[^']*'")


class Stop(NamedTuple):
    """libyaml stopped at an index: its own words, and where what it was reading began.

    Then the scalar it read last, with the quote it stands in, and the innermost bracket that is open.
    """

    words: str
    at: int
    since: int
    scalar_start: int = 0
    scalar_end: int = 0
    style: str = ""
    bracket: int | None = None


class Mistake(NamedTuple):
    """What is wrong at an index, and what to write instead."""

    code: str
    at: int
    message: str
    instead: str


class Cause(NamedTuple):
    """What libyaml's words mean; with ``begins`` the place is where what it read began, else where it stopped."""

    words: str
    code: str
    begins: bool
    message: str
    instead: str


CAUSES = (
    Cause(TOO_DEEP, "AAC106", False, "more than 100 levels stand inside one another", "write it flatter"),
    Cause("a block scalar", "AAC101", True, "`{char}` at the start of a value begins a block of text", QUOTE),
    Cause(
        "end of stream|document indicator", "AAC101", True, "the quote that opens here is never closed",
        "close it with `{char}` where the text ends",
    ),
    Cause(
        "escape|hexdecimal", "AAC101", False, "`{pair}` means nothing inside double quotes",
        "write single quotes, in which `\\` is an ordinary character, or double the `\\`",
    ),
    Cause("an anchor|an alias", "AAC101", True, "a value cannot begin with `{char}`", QUOTE),
    Cause("a tag|tag handle", "AAC104", True, "`{char}` at the start of a value is a tag of YAML", NO_TAGS),
    Cause("start any token|mapping keys", "AAC101", False, "a value cannot begin with `{char}`", QUOTE),
    Cause(
        "sequence entries", "AAC101", False, "a list cannot begin in the line of its key",
        "write each `- ` on a line of its own below the key, or the list in `[ ]`",
    ),
    Cause(
        "document start", "AAC101", False, "the document has ended before this",
        "write `---` on a line of its own between two documents",
    ),
    Cause(
        "directive|%YAML|incompatible", "AAC101", True, "a line that begins with `%` is a directive of YAML",
        "leave it out",
    ),
)  # fmt: skip


def quoted(text: str) -> str:
    """A text in quotes that YAML reads back as it is."""
    if "'" not in text or '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def kind_and_id(text: str) -> dict[str, str]:
    """What a document that YAML cannot read seems to be, by its lines at the left edge."""
    return dict(reversed(KIND_OR_ID.findall(text)))


def is_open(text: str) -> bool:
    """Whether a text opens a parenthesis or a quote and does not close it: something has cut it."""
    left = QUOTED.sub("", text)
    return left.count("(") > left.count(")") or OPENING_QUOTE.search(left) is not None


def not_cut(rest: str) -> str:
    """What to write instead of a rule in brackets that YAML cut; ``rest`` is its line from where it begins."""
    depth, quote = 0, ""
    for at, char in enumerate(rest):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif depth == 0 and char in ",)]}":
            return f"put the whole rule in quotes: `{quoted(rest[:at].rstrip())}`"
        elif char in ")]}":
            depth -= 1
    return NOT_CUT


def cut_by_comment(source: Text, value: str, end: int) -> Mistake | None:
    """The mistake in a text without quotes that YAML ends before ` #` if what follows seems to belong to it."""
    whole = value + source.rest(end).rstrip()
    message = "the value ends here: what stands behind ` #` is a comment to YAML"
    instead = QUOTE.format(quoted=quoted(whole))
    if is_open(value):
        return Mistake("AAC115", end + 1, message, instead)
    if " " in value and re.match(r" #\w", source.rest(end)):
        return Mistake("AAC115", end + 1, message, f"{instead}; if it is a comment, write a space behind `#`")
    return None


def no_value_in_braces(source: Text, start: int, end: int, before: tuple[int, int] | None) -> Mistake:
    """The mistake in a part of ``{ }`` that has no colon; ``before``: where the plain text stands that it follows."""
    part = source.text[start:end]
    message = f"`{part}` has no value: in `{{ }}` every part is `key: value`"
    key = KEY_AND_VALUE.fullmatch(part)
    if before is None:
        instead = f"write `{key[1]}: {key[2]}`" if key else "write `key: value`"
    elif source.text[before[1] - 1].isdigit() and re.fullmatch(r"\d[\d.,]*\s*%?", part):
        instead = PLAIN_DIGITS
    else:
        rest = source.rest(before[0])
        end_of_part = END_OF_PART.search(rest)
        whole = rest[: end_of_part.start()] if end_of_part else rest
        straight = f"curly quotes are letters to YAML: write straight ones, as in `{quoted(whole.strip(CURLY))}`"
        instead = straight if CURLY_QUOTES.match(whole) else NO_LIST.format(quoted=quoted(whole))
    return Mistake("AAC110", start, message, instead)


def instead_of(value: str) -> str:
    """What to write instead of a value that YAML does not take for text: most often a comparison, or text in quotes."""
    if COMPARED.fullmatch(value):
        return f"say what is compared, as in `score {value}`; where a number is asked for, write the number alone"
    return QUOTE.format(quoted=quoted(value))


def no_space_after_colon(at: int, text: str) -> Mistake | None:
    """The mistake in a text, which begins at an index, such as `id:sales`."""
    glued = KEY_WITHOUT_SPACE.match(text)
    if glued is None:
        return None
    instead = f"write `{glued[1]}: {glued[2].strip()}`"
    return Mistake("AAC101", at, "there is no space after the colon, so this is no key", instead)


def explain(source: Text, stop: Stop) -> Mistake:
    """The mistake behind a stop."""
    mistake = _mistake(source, stop)
    line = source.rest(source.start(mistake.at))
    if mistake.code == "AAC101" and CURLY_QUOTES.search(line):
        return mistake._replace(instead="curly quotes are letters to YAML: write straight ones, `\"` or `'`")
    if mistake.code == "AAC101" and "\xa0" in line:
        return mistake._replace(instead="the line holds a no-break space, which only looks like one: type a space")
    return mistake


def _mistake(source: Text, stop: Stop) -> Mistake:
    text, words = source.text, stop.words
    if text[stop.at : stop.at + 1] == "\t" and re.search("any token|tab character", words):
        return Mistake("AAC105", stop.at, "a tab stands where YAML counts spaces", "indent with spaces")
    if re.search("quoted scalar", words) and text[stop.since - 1 : stop.since] in ("]", "}"):
        return _cut_by_bracket(source, stop, stop.since - 1)
    for cause in CAUSES:
        if re.search(cause.words, words):
            at = stop.since if cause.begins else stop.at
            if cause.instead == QUOTE and _is_cut_by_comma(text, stop, at):
                return _cut_by_comma(source, stop, at)
            value = re.split(r"\s+#" if stop.bracket is None else r"\s+#|[],}]", source.rest(at))[0].rstrip()
            parts = {"char": text[at : at + 1], "pair": text[at : at + 2]}
            instead = instead_of(value) if cause.instead == QUOTE else cause.instead.format_map(parts)
            return Mistake(cause.code, at, cause.message.format_map(parts), instead)
    if "expected ':'" in words:
        return _no_colon(source, stop)
    if "mapping values" in words:
        return _second_colon(source, stop)
    if "expected key" in words or "expected '-'" in words or "expected ','" in words:
        if stop.style in ("'", '"') and not text[stop.scalar_end : stop.at].strip(" \t"):
            return _after_quote(source, stop)
        return _in_brackets(source, stop) if "expected ','" in words else _out_of_place(source, stop)
    if "node content" in words:
        return _no_value(source, stop)
    return Mistake("AAC101", stop.at, f"YAML cannot read this ({words})", "put the text in quotes")


def _no_colon(source: Text, stop: Stop) -> Mistake:
    """A line that should be a key and has no colon."""
    glued = no_space_after_colon(stop.since, source.rest(stop.since))
    if glued:
        return glued
    instead = "write `key: value`, or indent the line further to go on with the text above"
    return Mistake("AAC101", stop.since, "this line has no `key:` and belongs to no value above", instead)


def _second_colon(source: Text, stop: Stop) -> Mistake:
    """A colon after what is already a value: that of an unquoted text, or of a line that is indented too far."""
    value = source.rest(stop.scalar_start)
    if source.line(stop.scalar_start) == source.line(stop.at):
        first = _first(source, stop.at)
        if re.match(r"-[^\s-]", source.rest(first)):
            message = "there is no space after the `-`, so this is no item of a list"
            return Mistake("AAC101", first, message, f"write `- {source.rest(first)[1:].rstrip()}`")
        instead = QUOTE.format(quoted=quoted(value.rstrip()))
        return Mistake("AAC101", stop.at, "a second `:` stands in one line, so the value is no plain text", instead)
    glued = no_space_after_colon(stop.scalar_start, value)
    if glued:
        return glued
    at, above = _first(source, stop.at), _first(source, stop.scalar_start)
    if above == stop.scalar_start and above - source.start(above) == at - source.start(at):
        key = KEY_AND_VALUE.fullmatch(value.rstrip())
        message = "every line here is `key: value`, and this one is not"
        return Mistake("AAC101", above, message, f"write `{key[1]}: {key[2]}`" if key else "write `key: value`")
    empty = KEY_ALONE.fullmatch(source.rest(source.starts[max(0, source.line(above) - 2)]))
    if empty and empty.end(1) - len(empty[1]) == above - source.start(above) and source.line(above) > 1:
        message = f"`{empty[1]}:` above holds nothing, as this line is not indented below it"
        return Mistake("AAC101", above, message, f"indent it like line {source.line(at)}")
    message = f"this line is indented below line {source.line(stop.scalar_start)}, which has its value already"
    return Mistake("AAC101", at, message, "indent it like that line, or leave the value of that line out")


def _first(source: Text, at: int) -> int:
    """The first character of a line that is no space."""
    start = source.start(at)
    return start + len(source.rest(start)) - len(source.rest(start).lstrip(" "))


def _after_quote(source: Text, stop: Stop) -> Mistake:
    """Text after a closing quote: a rule that begins with a quoted name, or a quote that was closed too late."""
    opened, closed = source.line(stop.scalar_start), source.line(stop.scalar_end)
    if opened != closed:
        message = f"the quote that opens here is closed only in line {closed}, where more text follows"
        return Mistake("AAC101", stop.scalar_start, message, f"close it in line {opened}")
    message = "the value ends at its closing quote, and more text follows"
    if "expected ','" in stop.words:
        return Mistake("AAC110", stop.scalar_start, message, not_cut(source.rest(stop.scalar_start)))
    value = re.sub(r"\s+#.*", "", source.rest(stop.scalar_start)).rstrip()
    instead = f"put all of it in quotes: `{quoted(value)}`"
    return Mistake("AAC101", stop.scalar_start, message, instead)


def _in_brackets(source: Text, stop: Stop) -> Mistake:
    """A list or mapping in brackets that is cut short, or misses a comma."""
    text = source.text
    closes = "]" if text[stop.since] == "[" else "}"
    if closes not in text[stop.at :]:
        return _never_closed(source, stop.since)
    if stop.style == "" and stop.scalar_end <= stop.at and not text[stop.scalar_end : stop.at].strip(" "):
        if text[stop.at] in "[]{}":
            return _cut_by_bracket(source, stop, stop.at)
        if is_open(text[stop.scalar_start : stop.scalar_end]):
            said = f"`{text[stop.scalar_start : stop.scalar_end]}` is only a part: YAML cuts unquoted text at `: `"
            return Mistake("AAC110", stop.scalar_start, said, not_cut(source.rest(stop.scalar_start)))
    instead = "write a comma between two parts; a text with `: ` or any of `{}[],` in it stands in quotes"
    return Mistake("AAC101", stop.at, f"a comma or `{closes}` is missing before this", instead)


def _cut_by_bracket(source: Text, stop: Stop, at: int) -> Mistake:
    is_in_line = source.line(stop.scalar_start) == source.line(at)
    instead = not_cut(source.rest(stop.scalar_start)) if is_in_line else NOT_CUT
    return Mistake("AAC110", at, f"YAML ends unquoted text at this `{source.text[at]}`", instead)


def _is_cut_by_comma(text: str, stop: Stop, at: int) -> bool:
    """Whether plain text in braces stands before a comma and an index: then that goes on with it."""
    is_in_braces = stop.bracket is not None and text[stop.bracket] == "{" and stop.bracket < stop.scalar_start
    return is_in_braces and stop.style == "" and text[stop.scalar_end : at].strip() == ","


def _cut_by_comma(source: Text, stop: Stop, at: int) -> Mistake:
    rest = source.rest(stop.scalar_start)
    end_of_part = END_OF_PART.search(rest)
    whole = rest[: end_of_part.start()] if end_of_part else rest
    message = "YAML ends unquoted text in `{ }` at a comma, and this is no key"
    return Mistake("AAC110", at, message, NO_LIST.format(quoted=quoted(whole.rstrip())))


def _never_closed(source: Text, at: int) -> Mistake:
    closes = "]" if source.text[at] == "[" else "}"
    comment = re.search(f"[ \\t]#.*{re.escape(closes)}", source.rest(at))
    if comment:
        message = (
            f"the rest of the line is a comment to YAML, with the `{closes}` that belongs to line {source.line(at)}"
        )
        return Mistake("AAC101", at + comment.start() + 1, message, "put the text that holds the `#` in quotes")
    message = f"the `{source.text[at]}` that opens here is never closed"
    return Mistake("AAC101", at, message, f"close it with `{closes}`")


def _no_value(source: Text, stop: Stop) -> Mistake:
    """A place where a value should begin."""
    rest = source.text[stop.at :]
    if not rest.strip() and stop.bracket is not None:
        return _never_closed(source, stop.bracket)
    if rest[:1] in ("]", "}") and stop.bracket is None:
        return Mistake("AAC101", stop.at, f"`{rest[0]}` closes nothing here", "leave it out, or put the text in quotes")
    return Mistake("AAC101", stop.at, "a value is missing before this", "write it, or leave out the comma before it")


def _out_of_place(source: Text, stop: Stop) -> Mistake:
    """A line that fits none of the keys or items above it."""
    char, first = source.text[stop.at : stop.at + 1], source.start(stop.at)
    if char == ":":
        return Mistake("AAC109", stop.at, "a key is missing before the colon", "write a key")
    if char in ("]", "}"):
        return Mistake("AAC101", stop.at, f"`{char}` closes nothing here", "leave it out, or put the text in quotes")
    if source.text[first : stop.at].strip():
        return Mistake("AAC101", stop.at, "the value has ended before this", "put the whole value in quotes")
    here, there = stop.at - first, stop.since - source.start(stop.since)
    line = source.line(stop.since)
    if here != there:
        message = f"this line is indented by {here} and fits nothing above; what began in line {line} has {there}"
        return Mistake("AAC101", stop.at, message, "indent it exactly as the lines it belongs to")
    if char == "-":
        message = f"a list item stands among the keys that began in line {line}"
        return Mistake("AAC101", stop.at, message, "give the list a key and indent its items below it")
    message = f"this is no item of the list that began in line {line}"
    return Mistake("AAC101", stop.at, message, "begin it with `- `, or indent it as a part of the item above")
