"""Text to nodes. An allow-list by node type, its parts and function name: what is not on it is refused by name.

DuckDB's spelling, one expression each (LANGUAGE §4). sqlglot reads the text; nothing of it leaves this module.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from aac.expressions import spelling
from aac.expressions.mistakes import (
    CURLY,
    NO_RULE,
    SHARE,
    STRAIGHT,
    Problem,
    Refused,
    TooDeep,
    Word,
    never_closed,
    unreadable,
    word_of_sql,
)
from aac.expressions.nodes import Aggregate, Call, Case, Literal, Name, Node
from aac.findings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError
    from sqlglot.expressions import Expr
    from sqlglot.tokenizer_core import Token

    from aac.expressions.spelling import Spelling

__all__ = ["DIGITS", "LONGEST", "Problem", "Refused", "TooDeep", "parse"]

LONGEST = 20_000
"""Characters of a rule; a longer one is no rule that a person agreed to."""
DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
DIGITS = 18
"""Digits of a number, which is what an exact decimal of an engine holds."""

BINARY = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "EQ": "eq", "NEQ": "ne", "LT": "lt",
    "LTE": "le", "GT": "gt", "GTE": "ge", "Like": "like", "ILike": "ilike",
}  # fmt: skip
CONNECTORS = {"And": "and", "Or": "or"}
OWN_SYNTAX = ("CAST", "EXTRACT", "TRY_CAST")
"""Functions with words between their values, which are read so that they can be refused by name."""

PARTS = {
    "Paren": {"this"}, "Literal": {"this", "is_string"}, "Boolean": {"this"}, "Null": set[str](), "Neg": {"this"},
    "Not": {"this"}, "Is": {"this", "expression"}, "In": {"this", "expressions", "field"},
    "Between": {"this", "low", "high"}, "Case": {"this", "ifs", "default"}, "Filter": {"this", "expression"},
    "Anonymous": {"this", "expressions"}, **{kind: {"this", "expression", "negate"} for kind in (*BINARY, *CONNECTORS)},
}  # fmt: skip
"""The parts that are read of a node of sqlglot; one that has others says more than we would hear. Default: `this`."""
OPENING = {
    "Case": "case", "Not": "not", "Cast": "cast", "TryCast": "try_cast", "Extract": "extract", "Exists": "exists",
    "Any": "any", "All": "all", "Interval": "interval", "Select": "select", "Subquery": "select",
}  # fmt: skip
"""The words by which nodes begin that sqlglot keeps no place of."""
ALONE = {
    "Null": "null", "Star": "*", "Parameter": "@", "Placeholder": "?", "CurrentDate": "current_date",
    "CurrentTimestamp": "current_timestamp", "CurrentTime": "current_time", "CurrentUser": "current_user",
}  # fmt: skip
"""The words that are a node of their own, of which sqlglot keeps no place either."""

ALLOWED = "use comparisons, and/or/not, in, between, like, case, or a function of: "
AS_OF = "write `as_of`, the moment that every number is decided at"
INSTEAD = {
    "CurrentDate": AS_OF,
    "CurrentTimestamp": AS_OF,
    "Cast": "write dates and times as text, as in `'2026-02-28'`; a field has the type that its entity says",
    "TryCast": "a field has the type that its entity says",
    "Extract": "write `date_part('hour', moment)`",
    "In": "`in` takes a list of values, as in `source in ('web', 'fair')`",
    "DPipe": "between conditions write `or`; texts are not joined: compare their parts one by one",
    "Mod": SHARE,
    "BitwiseXor": "write `power(number, 2)`",
    "Interval": "compare with `days_between` or `hours_between`, as in `days_between(a, b) <= 3`",
    "Window": "count over all records of the population; a value of other records comes with a roll-up of its entity",
    **dict.fromkeys(("Select", "Subquery", "Exists"), "name a definition, or bring other records up with a roll-up"),
}
"""What to write instead of something that SQL has and the language has not."""
INSTEAD_OF_FUNCTIONS = {
    **dict.fromkeys(("now", "today", "getdate"), AS_OF),
    **dict.fromkeys(("if", "iff", "decode"), "write `case when … then … else … end`"),
    **dict.fromkeys(("year", "quarter", "month", "week", "day", "hour", "minute"), INSTEAD["Extract"]),
    **dict.fromkeys(("datediff", "date_diff"), "write `days_between(a, b)` or `hours_between(a, b)`"),
    **dict.fromkeys(("date", "timestamp", "to_date"), INSTEAD["Cast"]),
    **dict.fromkeys(("ceil", "floor", "trunc"), "write `round(number)`"),
    **dict.fromkeys(("regexp_matches", "contains", "starts_with"), "write `field like '%text%'`"),
    "sqrt": "write `power(number, 0.5)`", "concat": "compare the parts one by one: texts are not joined", "mod": SHARE,
}  # fmt: skip
BRACKETS = {
    "{": "write names and values without braces",
    "[": "write a list in round brackets, as in `source in ('web', 'fair')`",
}


def parse(text: str, more: Mapping[str, Spelling] | None = None) -> Node:
    """The rule's nodes; ``more`` are functions beside ours, those of plugins.

    Raises Refused: AAC303 (not allowed), AAC306 (cannot be read) or AAC302 (other arguments).
    """
    if len(text) > LONGEST:
        raise Refused("AAC306", f"the rule has {len(text):,} characters", "split it into definitions with names")
    from sqlglot.errors import ParseError, TokenError
    from sqlglot.expressions import Condition

    dialect = _dialect()
    try:
        tokens = dialect.tokenize(text)
    except TokenError as error:
        if isinstance(error.__cause__ or error.__context__, RecursionError):
            raise TooDeep from None
        raise never_closed(text) from None
    _refuse_more_than_an_expression(text, tokens)
    try:
        # as a condition, so that no statement of SQL is ever looked for
        (tree,) = dialect.parser().parse_into(Condition, tokens, text) or (None,)
        if tree is None:
            raise word_of_sql(tokens[0].text, tokens[0].start) if tokens else Refused(*NO_RULE)
        begin = next((token.start for token in tokens if token.text != "("), 0)
        return _Reader(tokens, tree, {**spelling.ALL, **more} if more else spelling.ALL).node(tree, begin)
    except ParseError as error:
        raise _explained(text, tokens, error) from None
    except RecursionError:
        raise TooDeep from None


@cache
def _dialect() -> Dialect:
    """SQL in which every function is a name and its values, and without commands, after whose first word a reader
    would take the rest as one text."""
    import sqlglot
    from sqlglot.tokenizer_core import TokenType

    theirs: Any = sqlglot.Parser

    class Rules(sqlglot.Dialect):
        class Tokenizer(sqlglot.Tokenizer):
            COMMANDS: ClassVar = set[TokenType]()

        class Parser(sqlglot.Parser):
            FUNCTIONS: ClassVar = dict[str, Any]()
            FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {word: theirs.FUNCTION_PARSERS[word] for word in OWN_SYNTAX}
            NO_PAREN_FUNCTION_PARSERS: ClassVar = {
                word: theirs.NO_PAREN_FUNCTION_PARSERS[word] for word in ("ANY", "CASE")
            }

    return Rules()


def _refuse_more_than_an_expression(text: str, tokens: list[Token]) -> None:
    """Refuses comments, further statements and other brackets, and round ones that do not pair."""
    opened: list[int] = []
    for token in tokens:
        sign = text[token.start : token.end + 1]
        if token.comments:
            behind = [at for at in (text.find("--", token.end), text.find("/*", token.end)) if at >= 0]
            advice = "leave it out: a document has `why` for remarks"
            raise Refused("AAC303", "a rule holds no remarks", advice, min(behind, default=0))
        if sign == ";":
            raise Refused("AAC303", "a rule is one expression, without `;`", "leave it out", token.start)
        if sign in BRACKETS:
            raise Refused("AAC303", f"`{sign}` is not part of the rule language", BRACKETS[sign], token.start)
        if sign == ")" and not opened:
            raise Refused("AAC306", "this `)` closes nothing", "leave it out, or open it with `(`", token.start)
        if sign == "(":
            opened.append(token.start)
        elif sign == ")":
            opened.pop()
    if opened:
        raise Refused("AAC306", "the `(` that opens here is never closed", "write the missing `)`", opened[-1])


def _explained(text: str, tokens: list[Token], error: ParseError) -> Refused:
    """The problem of a rule that sqlglot cannot read, by the token that its own words are about."""
    details: dict[str, Any] = error.errors[0]
    place = (details["line"], details["col"])
    number = next((i for i, token in enumerate(tokens) if (token.line, token.col) == place), len(tokens) - 1)
    words = [_word(text[token.start : token.end + 1], token) for token in tokens]
    return unreadable(words, number, str(details["description"]))


def _word(text: str, token: Token) -> Word:
    return Word(text, token.start, text.isidentifier() and token.token_type.name not in ("VAR", "STRING"))


class _Reader:
    """A tree of sqlglot as our own nodes. ``near``: the place of what holds a node, for nodes without one."""

    def __init__(self, tokens: list[Token], tree: Expr, functions: Mapping[str, Spelling]) -> None:
        self.words = defaultdict[str, list[int]](list)
        for token in tokens:
            self.words[token.text.lower()].append(token.start)
        self.functions = functions
        self.leftmost = _leftmost(tree)

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
            case "Anonymous":
                return self.function(tree, at)
            case _:
                raise self.unknown(tree, at)

    def place(self, tree: Expr, near: int) -> int:
        """The leftmost offset that sqlglot kept for the node or anything below it."""
        kind = type(tree).__name__
        sign = str(tree.this).lower() if kind == "Boolean" else ALONE.get(kind)
        if sign is not None:
            places = self.words.get(sign, [near])
            return places[min(bisect_left(places, near), len(places) - 1)]
        at = self.leftmost.get(id(tree), near)
        places = self.words.get(OPENING.get(kind, ""), [])
        before = bisect_left(places, at)
        return places[before - 1] if before else at

    def unknown(self, tree: Expr, at: int) -> Refused:
        advice = INSTEAD.get(type(tree).__name__) or f"{ALLOWED}{', '.join(sorted(self.functions))}"
        return Refused("AAC303", f"`{_shown(tree)}` is not part of the rule language", advice, at)

    def values(self, trees: list[Expr], at: int) -> tuple[Node, ...]:
        return tuple(self.node(part, at) for part in trees)

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
            day = DAY_FIRST.fullmatch(_shown(tree))
            said = (
                f"a date in single quotes, the year first: `'{day[3]}-{day[2].zfill(2)}-{day[1].zfill(2)}'`"
                if day
                else None
            )
            raise Refused(
                "AAC303", f"`{_shown(tree)}` is not a name", f"write {said or '`field` or `reference.field`'}", at
            )
        if CURLY.search(parts[0].name):
            raise Refused("AAC306", "curly quotes are letters here", STRAIGHT, at)
        if any(not part.args.get("quoted") and "$" in part.name for part in parts):
            raise Refused("AAC303", f"`{_shown(tree)}` is not a name", "write a field or `param.name`", at)
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
        named = tree.args.get("field")
        if named is not None and type(named).__name__ == "Column" and len(named.parts) > 1:
            return Call("in_list", self.values([tree.this, named], at), at=at)
        if named is not None or not tree.expressions:
            raise self.unknown(tree, at)
        return Call("in", self.values([tree.this, *tree.expressions], at), at=at)

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
        call = Call(function, self.values([tree.this, tree.expression], at), at=at)
        return Call("not", (call,), at=at) if tree.args.get("negate") else call

    def function(self, tree: Expr, at: int) -> Node:
        function = tree.name.lower()
        if function not in self.functions:
            raise _no_function(tree.name, function, self.functions, at)
        signs = [type(part).__name__ for part in tree.expressions]
        if function == "count" and signs == ["Star"]:
            if any(tree.expressions[0].args.values()):  # as in `count(* exclude (a))`
                raise self.unknown(tree.expressions[0], self.place(tree.expressions[0], at))
            return Aggregate("count", (), at=at)
        if function == "count" and signs == ["Distinct"] and len(tree.expressions[0].expressions) == 1:
            return Aggregate("count_distinct", self.values(tree.expressions[0].expressions, at), at=at)
        wanted = self.functions[function]
        if {"Star", "Distinct"} & {*signs} or not wanted.least <= len(signs) <= wanted.most:
            message = f"`{function}` takes {wanted.takes}"
            if not {"Star", "Distinct"} & {*signs}:
                message += f", not {len(signs)}"
            raise Refused("AAC302", message, f"write `{wanted.written}`", at)
        sort = Aggregate if function in spelling.AGGREGATES else Call
        return sort(function, self.values(tree.expressions, at), at=at)


def _no_function(written: str, function: str, functions: Mapping[str, Spelling], at: int) -> Refused:
    """The problem of a function that is not there."""
    known = spelling.OTHER_WORDS.get(function)
    advice = f"write `{spelling.ALL[known].written}`" if known else did_you_mean(function, functions)
    return Refused("AAC303", f"there is no function `{written}`", INSTEAD_OF_FUNCTIONS.get(function) or advice, at)


def _leftmost(tree: Expr) -> dict[int, int]:
    """For each node of a tree, by its identity, the leftmost offset that sqlglot kept for it or anything below it."""
    leftmost: dict[int, int] = {}
    for part in reversed(list(tree.bfs())):
        own: int | None = part.meta_get("start")
        below = leftmost.get(id(part), own)
        if below is None:
            continue
        leftmost[id(part)] = start = below if own is None else min(own, below)
        if part.parent is not None:
            leftmost[id(part.parent)] = min(start, leftmost.get(id(part.parent), start))
    return leftmost


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
