"""Text to nodes. An allow-list by node type, its parts and function name: what is not on it is refused by name.

DuckDB's spelling, one expression each (LANGUAGE §4). sqlglot reads the text; nothing of it leaves this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from aac.expressions.nodes import Aggregate, Call, Case, Literal, Name, Node
from aac.findings import did_you_mean

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError
    from sqlglot.expressions import Expr
    from sqlglot.tokenizer_core import Token

LONGEST = 20_000
"""Characters of a rule; a longer one is no rule that a person agreed to."""
DIGITS = 18
"""Digits of a number, which is what an exact decimal of an engine holds."""

BINARY = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "EQ": "eq", "NEQ": "ne", "LT": "lt",
    "LTE": "le", "GT": "gt", "GTE": "ge", "Like": "like", "ILike": "ilike",
}  # fmt: skip
CONNECTORS = {"And": "and", "Or": "or"}
FUNCTIONS = {"Lower": "lower", "Upper": "upper", "Coalesce": "coalesce", "Nullif": "nullif"}
AGGREGATES = {
    "Count": "count", "CountIf": "count_if", "Sum": "sum", "Min": "min", "Max": "max", "Avg": "avg",
    "Median": "median",
}  # fmt: skip
OURS = frozenset({"hours_between", "days_between", "business_hours_between"})
OUR_AGGREGATES = frozenset({"share"})
ARGUMENTS = {
    "coalesce": "a, b", "nullif": "a, b", "hours_between": "a, b", "days_between": "a, b",
    "business_hours_between": "a, b, 'calendar'",
}  # fmt: skip
FUNCTION_NAMES = tuple(sorted({*FUNCTIONS.values(), *AGGREGATES.values(), *OURS, *OUR_AGGREGATES}))

PARTS = {
    "Paren": {"this"}, "Literal": {"this", "is_string"}, "Boolean": {"this"}, "Null": set[str](), "Neg": {"this"},
    "Not": {"this"}, "Is": {"this", "expression"}, "In": {"this", "expressions"}, "Between": {"this", "low", "high"},
    "Case": {"this", "ifs", "default"}, "Filter": {"this", "expression"}, "Count": {"this", "big_int"},
    "Coalesce": {"this", "expressions"}, "Nullif": {"this", "expression"}, "Lower": {"this"}, "Upper": {"this"},
    "Anonymous": {"this", "expressions"}, **{kind: {"this", "expression", "negate"} for kind in (*BINARY, *CONNECTORS)},
}  # fmt: skip
"""The parts that are read of a node of sqlglot; one that has others says more than we would hear. Default: `this`."""
OPENING = {"Case": "case", "Not": "not", "Min": "min", "Max": "max"}
"""The words by which nodes begin that sqlglot keeps no place of."""
UNFINISHED = frozenset({"and", "or", "not", "in", "is", "like", "ilike", "between", "then", "else", "when"})
"""Words after which something must follow."""
CONSTANTS = frozenset({"null", "true", "false"})

CURLY = re.compile("[“”„‘’‚]")
CLOSED = re.compile(r"""'(?:[^']|'')*+'|"(?:[^"]|"")*+"|[^'"]""")
"""A text or a name in its quotes, or a character outside of any."""
NO_RULE = ("AAC306", "there is no rule here", "write one, as in `score > 50`, or leave the key out")
STRAIGHT = "write straight ones: single ones around a text, as in `'web'`"
ALLOWED = f"use comparisons, and/or/not, in, between, like, case, or a function of: {', '.join(FUNCTION_NAMES)}"
AS_OF = "write `as_of`, the moment that every number is decided at"
INSTEAD = {
    "CurrentDate": AS_OF,
    "CurrentTimestamp": AS_OF,
    "Cast": "write dates and times as text, as in `'2026-02-28'`; a field has the type that its entity says",
    "In": "`in` takes a list of values, as in `source in ('web', 'fair')`",
    "DPipe": "compare the parts one by one: texts are not joined",
    "Mod": "write a share as a number, as in `0.05` for 5 %",
}
"""What to write instead of something that SQL has and the language has not."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule: ``at`` is the offset in its text, in characters."""

    code: str
    message: str
    instead: str
    at: int = 0


class Refused(Exception):
    """Raised inside parse and check, caught at their border: carries the problem."""

    def __init__(self, code: str, message: str, instead: str, at: int = 0) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, instead, at)


class TooDeep(Refused):
    """A rule with too many parts inside one another."""

    def __init__(self) -> None:
        super().__init__("AAC306", "the rule is nested too deeply", "split it into definitions with names")


def parse(text: str) -> Node:
    """The rule's nodes; raises Refused with a problem of AAC303 (not allowed) or AAC306 (cannot be read)."""
    if len(text) > LONGEST:
        raise Refused("AAC306", f"the rule has {len(text):,} characters", "split it into definitions with names")
    from sqlglot.errors import ParseError, TokenError
    from sqlglot.expressions import Condition

    dialect = _dialect()
    try:
        tokens = dialect.tokenize(text)
    except TokenError:
        raise _never_closed(text) from None
    _refuse_more_than_an_expression(text, tokens)
    try:
        # as a condition, so that no statement of SQL is ever looked for
        (tree,) = dialect.parser().parse_into(Condition, tokens, text) or (None,)
        if tree is None:
            raise _word_of_sql(tokens[0].text, tokens[0].start) if tokens else Refused(*NO_RULE)
        return _Reader(text, tokens).node(tree, 0)
    except ParseError as error:
        raise _unreadable(text, tokens, error) from None
    except RecursionError:
        raise TooDeep from None


@cache
def _dialect() -> Dialect:
    """SQL without commands, after whose first word a reader would take the rest as one text."""
    import sqlglot
    from sqlglot.tokenizer_core import TokenType

    class Rules(sqlglot.Dialect):
        class Tokenizer(sqlglot.Tokenizer):
            COMMANDS: ClassVar = set[TokenType]()

    return Rules()


def _refuse_more_than_an_expression(text: str, tokens: list[Token]) -> None:
    """Refuses comments and further statements, and brackets that do not pair."""
    opened: list[int] = []
    for token in tokens:
        sign = text[token.start : token.end + 1]
        if token.comments:
            behind = [at for at in (text.find("--", token.end), text.find("/*", token.end)) if at >= 0]
            advice = "leave it out: a document has `why` for remarks"
            raise Refused("AAC303", "a rule holds no remarks", advice, min(behind, default=0))
        if sign == ";":
            raise Refused("AAC303", "a rule is one expression, without `;`", "leave it out", token.start)
        if sign == ")" and not opened:
            raise Refused("AAC306", "this `)` closes nothing", "leave it out, or open it with `(`", token.start)
        if sign == "(":
            opened.append(token.start)
        elif sign == ")":
            opened.pop()
    if opened:
        raise Refused("AAC306", "the `(` that opens here is never closed", "write the missing `)`", opened[-1])


def _never_closed(text: str) -> Refused:
    """The problem of a rule that ends inside quotes."""
    at = 0
    while piece := CLOSED.match(text, at):
        at = piece.end()
    quote = text[at : at + 1]
    if not quote:
        return Refused("AAC306", "a quote is never closed", "write text in single quotes, as in `'web'`")
    advice = f"write the missing `{quote}`; inside, it is written twice"
    return Refused("AAC306", "the quote that opens here is never closed", advice, at)


def _unreadable(text: str, tokens: list[Token], error: ParseError) -> Refused:
    """The problem of a rule that sqlglot cannot read: its words about a token, in the user's terms."""
    details: dict[str, Any] = error.errors[0]
    said, place = str(details["description"]), (details["line"], details["col"])
    number = next((i for i, token in enumerate(tokens) if (token.line, token.col) == place), len(tokens) - 1)
    words = [text[token.start : token.end + 1] for token in tokens]
    word, at = words[number], tokens[number].start
    if CURLY.search(word):
        return Refused("AAC306", "curly quotes are letters here", STRAIGHT, at)
    if "END after CASE" in said:
        case = max((i for i in range(number + 1) if words[i].lower() == "case"), default=number)
        advice = "write `case when … then … end`"
        return Refused("AAC306", "the `case` that begins here has no end", advice, tokens[case].start)
    if word == ")" and ("arguments" in said or "Required" in said):
        return _other_arguments(words, tokens, number)
    is_keyword = word.isidentifier() and tokens[number].token_type.name not in ("VAR", "STRING")
    if is_keyword and word.lower() not in UNFINISHED | CONSTANTS:
        return _word_of_sql(word, at)
    waits = [i for i in range(number + 1) if words[i].lower() in UNFINISHED or not re.search(r"\w|['\")]", words[i])]
    if waits and ("Required" in said or waits[-1] == len(words) - 1):
        advice = INSTEAD["Mod"] if words[waits[-1]] == "%" else "write what belongs there, or leave it out"
        message = f"something is missing beside `{words[waits[-1]]}`"
        return Refused("AAC306", message, advice, tokens[waits[-1]].start)
    advice = "join conditions with `and` or `or`; a text stands in single quotes, as in `source = 'web'`"
    return Refused("AAC306", f"`{word}` cannot stand here", advice, at)


def _word_of_sql(word: str, at: int) -> Refused:
    advice = f'if `{word}` is a field, write it in double quotes: "{word}"'
    return Refused("AAC306", f"`{word}` is a word of SQL and cannot stand here", advice, at)


def _other_arguments(words: list[str], tokens: list[Token], closing: int) -> Refused:
    """The problem of a function with too few or too many values, which ends at a token."""
    depth, opening = 0, closing
    while depth or opening == closing:
        depth += {")": 1, "(": -1}.get(words[opening], 0)
        opening -= 1
    name = words[max(opening, 0)].lower()
    at = tokens[max(opening, 0)].start
    if name not in FUNCTION_NAMES:
        return Refused("AAC306", "a value is missing before this `)`", "write it", tokens[closing].start)
    return Refused("AAC302", f"`{name}` takes other values", f"write `{signature(name)}`", at)


def signature(function: str) -> str:
    """How a function is written."""
    return f"{function}({ARGUMENTS.get(function, 'field')})"


class _Reader:
    """A tree of sqlglot as our own nodes. ``near``: the place of what holds a node, for nodes without one."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens

    def node(self, tree: Expr, near: int) -> Node:
        kind, at = type(tree).__name__, self.place(tree, near)
        if kind in ("Column", "Dot"):
            return self.name(tree, at)
        if any(value for part, value in tree.args.items() if part not in PARTS.get(kind, {"this"})):
            raise self.unknown(tree, at)
        match kind:
            case "Paren":
                return self.node(tree.this, at)
            case "Literal":
                return Literal(tree.this if tree.is_string else self.number(tree.this, at), at=at)
            case "Boolean":
                return Literal(bool(tree.this), at=at)
            case "Null":
                return Literal(None, at=at)
            case "Neg":
                return _negative(self.node(tree.this, at), at)
            case "Not":
                return _negated(self.node(tree.this, at), at)
            case "Is":
                return self.is_(tree, at)
            case "In":
                return self.in_(tree, at)
            case "Between":
                return self.between(tree, at)
            case "Case":
                return self.case(tree, at)
            case "Filter":
                return self.filter(tree, at)
            case _ if kind in CONNECTORS:
                return self.connected(tree, CONNECTORS[kind], at)
            case _ if kind in BINARY:
                return self.binary(tree, BINARY[kind], at)
            case _ if kind in AGGREGATES:
                return self.aggregate(tree, AGGREGATES[kind], at)
            case _ if kind in FUNCTIONS:
                self.require_our_word(FUNCTIONS[kind], at)
                return Call(FUNCTIONS[kind], self.values(tree, at), at=at)
            case "Anonymous":
                return self.ours(tree, at)
            case _:
                raise self.unknown(tree, at)

    def place(self, tree: Expr, near: int) -> int:
        """The leftmost offset that sqlglot kept for the node or anything below it."""
        if type(tree).__name__ in ("Null", "Boolean"):
            sign = str(tree.args.get("this")).lower() if tree.args else "null"
            places = [token.start for token in self.tokens if token.text.lower() == sign]
            return next((place for place in places if place >= near), places[-1] if places else near)
        at = min((part.meta["start"] for part in tree.walk() if "start" in part.meta), default=near)
        word = OPENING.get(type(tree).__name__)
        begins = [token.start for token in self.tokens if token.start < at and token.text.lower() == word]
        return begins[-1] if begins else at

    def unknown(self, tree: Expr, at: int) -> Refused:
        kind = type(tree).__name__
        if kind in AGGREGATES:
            function = AGGREGATES[kind]
            return Refused("AAC302", f"`{function}` takes one value", f"write `{signature(function)}`", at)
        advice = INSTEAD.get(kind, ALLOWED)
        return Refused("AAC303", f"`{_shown(tree)}` is not part of the rule language", advice, at)

    def values(self, tree: Expr, at: int) -> tuple[Node, ...]:
        """The arguments of a function."""
        trees = [tree.this, tree.args.get("expression"), *tree.expressions]
        return tuple(self.node(part, at) for part in trees if part is not None)

    def number(self, text: str, at: int) -> int | Decimal:
        digits = text.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit()):
            raise Refused("AAC303", f"`{_cut(text)}` is no number here", "write plain digits, as in `1500.5`", at)
        if len(digits) > DIGITS:
            raise Refused("AAC303", f"`{_cut(text)}` is too long", f"write at most {DIGITS} digits", at)
        return Decimal(text) if "." in text else int(text)

    def name(self, tree: Expr, at: int) -> Name:
        """A dotted name, outermost part first; stars and anything but plain parts are refused."""
        parts: list[Expr] = list(getattr(tree, "parts", ()))
        if not parts or any(type(part).__name__ != "Identifier" for part in parts):
            raise Refused("AAC303", f"`{_shown(tree)}` is not a name", "write `field` or `reference.field`", at)
        if CURLY.search(parts[0].name):
            raise Refused("AAC306", "curly quotes are letters here", STRAIGHT, at)
        places = tuple(int(part.meta.get("start", at)) for part in parts)
        return Name(tuple(part.name for part in parts), at, places, quoted=bool(parts[-1].args.get("quoted")))

    def is_(self, tree: Expr, at: int) -> Node:
        subject, other = self.node(tree.this, at), self.node(tree.expression, at)
        if other == Literal(None):
            return Call("is_null", (subject,), at=at)
        if isinstance(other, Literal) and isinstance(other.value, bool):
            return Call("is_true" if other.value else "is_false", (subject,), at=at)
        advice = "write `=`, or `is null`, `is true`, `is false`"
        raise Refused("AAC303", f"`{_shown(tree)}` is not part of the rule language", advice, at)

    def in_(self, tree: Expr, at: int) -> Node:
        if not tree.expressions:
            raise self.unknown(tree, at)
        return Call("in", self.values(tree, at), at=at)

    def between(self, tree: Expr, at: int) -> Node:
        subject, low, high = (self.node(part, at) for part in (tree.this, tree.args["low"], tree.args["high"]))
        return Call("and", (Call("ge", (subject, low), at=at), Call("le", (subject, high), at=at)), at=at)

    def case(self, tree: Expr, at: int) -> Node:
        subject = self.node(tree.this, at) if tree.this is not None else None
        branches: list[tuple[Node, Node]] = []
        for branch in tree.args["ifs"]:
            place = self.place(branch, at)
            when = self.node(branch.this, place)
            if subject is not None:
                when = Call("eq", (subject, when), at=place)
            branches.append((when, self.node(branch.args["true"], place)))
        default = tree.args.get("default")
        otherwise = self.node(default, at) if default is not None else Literal(None, at=at)
        return Case(tuple(branches), otherwise, at=at)

    def filter(self, tree: Expr, at: int) -> Node:
        node = self.node(tree.this, at)
        if not isinstance(node, Aggregate):
            raise Refused("AAC303", "`filter` belongs to an aggregate", "write `count(*) filter (where …)`", at)
        return Aggregate(node.function, node.arguments, self.node(tree.expression.this, at), at=at)

    def connected(self, tree: Expr, function: str, at: int) -> Node:
        """``a and b and c`` as one call: a long list of conditions is not a deep one."""
        parts: list[Expr] = []
        first = tree
        while type(first) is type(tree):
            parts.append(first.expression)
            first = first.this
        return Call(function, tuple(self.node(part, at) for part in (first, *reversed(parts))), at=at)

    def binary(self, tree: Expr, function: str, at: int) -> Node:
        call = Call(function, self.values(tree, at), at=at)
        return Call("not", (call,), at=at) if tree.args.get("negate") else call

    def aggregate(self, tree: Expr, function: str, at: int) -> Node:
        self.require_our_word(function, at)
        argument = type(tree.this).__name__
        if function == "count" and (tree.this is None or argument == "Star"):
            return Aggregate("count", (), at=at)
        if function == "count" and argument == "Distinct" and len(tree.this.expressions) == 1:
            return Aggregate("count_distinct", (self.node(tree.this.expressions[0], at),), at=at)
        if argument in ("Distinct", "Star"):
            raise self.unknown(tree, at)
        return Aggregate(function, (self.node(tree.this, at),), at=at)

    def ours(self, tree: Expr, at: int) -> Node:
        function = tree.name.lower()
        if function in OURS:
            return Call(function, self.arguments(tree, at), at=at)
        if function in OUR_AGGREGATES:
            return Aggregate(function, self.arguments(tree, at), at=at)
        advice = AS_OF if function == "now" else did_you_mean(function, FUNCTION_NAMES)
        raise Refused("AAC303", f"there is no function `{tree.name}`", advice, at)

    def arguments(self, tree: Expr, at: int) -> tuple[Node, ...]:
        """The arguments of a function that sqlglot does not know."""
        return tuple(self.node(part, at) for part in tree.expressions)

    def require_our_word(self, function: str, at: int) -> None:
        """Refuses the other words that SQL has for our functions: each has one spelling."""
        written = re.compile(r"\w*").match(self.text, at)
        if written is not None and written[0].lower() != function:
            raise Refused("AAC303", f"there is no function `{written[0]}`", f"write `{signature(function)}`", at)


def _shown(tree: Expr) -> str:
    return _cut(tree.sql())


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _negative(node: Node, at: int) -> Node:
    if isinstance(node, Literal) and isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return Literal(-node.value, at=at)
    return Call("subtract", (Literal(0, at=at), node), at=at)


def _negated(node: Node, at: int) -> Node:
    if isinstance(node, Call) and node.function == "is_null":
        return Call("is_not_null", node.arguments, at=node.at)
    return Call("not", (node,), at=at)
