"""Text to nodes. An allow-list by node type and function name: what is not on it is refused by name.

DuckDB's spelling, one expression each (LANGUAGE §4). sqlglot reads the text; nothing of it leaves this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from aac.expressions.nodes import Aggregate, Call, Case, Literal, Name, Node

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

LONGEST = 20_000
"""Characters of a rule; a longer one is no rule that a person agreed to."""

BINARY = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "EQ": "eq", "NEQ": "ne", "LT": "lt",
    "LTE": "le", "GT": "gt", "GTE": "ge", "And": "and", "Or": "or", "Like": "like", "ILike": "ilike",
    "Nullif": "nullif",
}  # fmt: skip
FUNCTIONS = {"Lower": "lower", "Upper": "upper", "Coalesce": "coalesce"}
AGGREGATES = {
    "Count": "count", "CountIf": "count_if", "Sum": "sum", "Min": "min", "Max": "max", "Avg": "avg",
    "Median": "median",
}  # fmt: skip
OURS = frozenset({"hours_between", "days_between", "business_hours_between"})
OUR_AGGREGATES = frozenset({"share", "count_if"})
FUNCTION_NAMES = tuple(
    sorted({*FUNCTIONS.values(), *AGGREGATES.values(), *OURS, *OUR_AGGREGATES, "nullif"}),
)


SQL_WORDS = frozenset({
    "all", "and", "any", "as", "asc", "between", "by", "case", "cast", "cross", "desc", "distinct", "else", "end",
    "except", "exists", "false", "from", "full", "group", "having", "in", "inner", "intersect", "interval", "into",
    "is", "join", "left", "like", "limit", "natural", "not", "null", "offset", "on", "or", "order", "outer", "right",
    "select", "set", "table", "then", "to", "true", "union", "using", "values", "when", "where", "window", "with",
})  # fmt: skip


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


def parse(text: str) -> Node:
    """The rule's nodes; raises Refused with a problem of AAC303 (not allowed) or AAC306 (cannot be read)."""
    if len(text) > LONGEST:
        raise Refused("AAC306", f"the rule has {len(text):,} characters", "split it into definitions with names")
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        return _node(parse_one(text))
    except SqlglotError as error:
        raise Refused(*_unreadable(text, error)) from None
    except RecursionError:
        raise Refused("AAC306", "the rule is nested too deeply", "split it into definitions with names") from None


def _unreadable(text: str, error: Exception) -> tuple[str, str, str, int]:
    """Code, message, advice and offset for a rule that sqlglot cannot read."""
    from sqlglot.errors import ParseError

    details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    line, col = details.get("line"), details.get("col")
    word = str(details.get("highlight") or "")
    at = 0
    if isinstance(line, int) and isinstance(col, int):
        before = text.split("\n")[: line - 1]
        at = max(0, sum(len(part) + 1 for part in before) + col - max(1, len(word)))
    for opening, closing, name in (("(", ")", "bracket"), ("'", "'", "quote"), ('"', '"', "double quote")):
        if text.count(opening) > text.count(closing) or (opening == closing and text.count(opening) % 2):
            return "AAC306", f"a {name} is not closed", f"write the missing `{closing}`", text.rfind(opening)
    if word.lower() in SQL_WORDS:
        advice = f'if `{word}` is a field, write it in double quotes: "{word}"'
        return "AAC306", f"`{word}` is a word of SQL and cannot stand here", advice, at
    return "AAC306", "the rule cannot be read as an expression", "write one condition, as in `score > 50`", at


def _node(tree: Expr) -> Node:
    kind, at = type(tree).__name__, _position(tree)
    match kind:
        case "Paren":
            return _node(tree.this)
        case "Literal":
            return Literal(tree.this if tree.is_string else _number(tree.this), at=at)
        case "Boolean":
            return Literal(bool(tree.this), at=at)
        case "Null":
            return Literal(None, at=at)
        case "Column" | "Dot":
            return Name(_parts(tree), at=at)
        case "Neg":
            return _negative(_node(tree.this), at)
        case "Not":
            return _negated(_node(tree.this), at)
        case "Is":
            return _is(tree, at)
        case "In":
            return _in(tree, at)
        case "Between":
            return _between(tree, at)
        case "Case":
            return _case(tree, at)
        case "Filter":
            return _filter(tree, at)
        case _ if kind in BINARY:
            return _binary(tree, BINARY[kind], at)
        case _ if kind in AGGREGATES:
            return _aggregate(tree, AGGREGATES[kind], at)
        case _ if kind in FUNCTIONS:
            return Call(FUNCTIONS[kind], tuple(map(_node, [tree.this, *tree.expressions])), at=at)
        case "Anonymous":
            return _ours(tree, at)
        case _:
            raise Refused("AAC303", f"`{_shown(tree)}` is not part of the rule language", _allowed(), at)


def _position(tree: Expr) -> int:
    """The offset at which the node begins: sqlglot keeps it for names and values, so it is that of the leftmost."""
    while "start" not in tree.meta:
        first = next(iter(getattr(tree, "parts", ())), None) or next(tree.iter_expressions(), None)
        if first is None:
            return 0
        tree = first
    return tree.meta["start"]


def _shown(tree: Expr) -> str:
    text = tree.sql()
    return text if len(text) <= 40 else text[:39] + "…"


def _allowed() -> str:
    return f"use comparisons, and/or/not, in, between, like, case, or a function of: {', '.join(FUNCTION_NAMES)}"


def _number(text: str) -> int | Decimal:
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() and "e" not in text.lower() and "." not in text else value


def _parts(tree: Expr) -> tuple[str, ...]:
    """The dotted name, outermost part first; stars and anything but plain parts are refused."""
    parts: list[Expr] = list(getattr(tree, "parts", ()))
    if not parts or any(type(part).__name__ != "Identifier" for part in parts):
        raise Refused("AAC303", f"`{_shown(tree)}` is not a name", "write `field` or `reference.field`")
    return tuple(str(part.this) for part in parts)


def _negative(node: Node, at: int) -> Node:
    if isinstance(node, Literal) and isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return Literal(-node.value, at=at)
    return Call("subtract", (Literal(0, at=at), node), at=at)


def _negated(node: Node, at: int) -> Node:
    if isinstance(node, Call) and node.function == "is_null":
        return Call("is_not_null", node.arguments, at=node.at)
    return Call("not", (node,), at=at)


def _is(tree: Expr, at: int) -> Node:
    subject, other = _node(tree.this), _node(tree.expression)
    if other == Literal(None):
        return Call("is_null", (subject,), at=at)
    if isinstance(other, Literal) and isinstance(other.value, bool):
        return Call("is_true" if other.value else "is_false", (subject,), at=at)
    raise Refused("AAC303", f"`{_shown(tree)}` is not part of the rule language", "write `is null` or `= …`", at)


def _in(tree: Expr, at: int) -> Node:
    if not tree.expressions or tree.args.get("query") or tree.args.get("unnest"):
        raise Refused("AAC303", "`in` takes a list of values here", "write `x in ('a', 'b')`", at)
    return Call("in", tuple(map(_node, [tree.this, *tree.expressions])), at=at)


def _between(tree: Expr, at: int) -> Node:
    subject = _node(tree.this)
    return Call(
        "and",
        (
            Call("ge", (subject, _node(tree.args["low"])), at=at),
            Call("le", (subject, _node(tree.args["high"])), at=at),
        ),
        at=at,
    )


def _case(tree: Expr, at: int) -> Node:
    subject = _node(tree.this) if tree.this is not None else None
    branches: list[tuple[Node, Node]] = []
    for branch in tree.args["ifs"]:
        when = _node(branch.this)
        if subject is not None:
            when = Call("eq", (subject, when), at=at)
        branches.append((when, _node(branch.args["true"])))
    default = tree.args.get("default")
    return Case(tuple(branches), _node(default) if default is not None else Literal(None, at=at), at=at)


def _filter(tree: Expr, at: int) -> Node:
    node = _node(tree.this)
    if not isinstance(node, Aggregate):
        raise Refused("AAC303", "`filter` belongs to an aggregate", "write `count(*) filter (where …)`", at)
    return Aggregate(node.function, node.arguments, _node(tree.expression.this), at=at)


def _binary(tree: Expr, function: str, at: int) -> Node:
    call = Call(function, (_node(tree.this), _node(tree.expression)), at=at)
    if function in {"and", "or"}:
        flat = (a.arguments if isinstance(a, Call) and a.function == function else (a,) for a in call.arguments)
        return Call(function, tuple(part for group in flat for part in group), at=at)
    if tree.args.get("negate"):
        return Call("not", (call,), at=at)
    return call


def _aggregate(tree: Expr, function: str, at: int) -> Node:
    argument = tree.this
    if function == "count" and (argument is None or type(argument).__name__ == "Star"):
        return Aggregate("count", (), at=at)
    if type(argument).__name__ == "Distinct" and function == "count" and len(argument.expressions) == 1:
        return Aggregate("count_distinct", (_node(argument.expressions[0]),), at=at)
    if argument is None or tree.expressions:
        raise Refused("AAC303", f"`{function}` takes one value", f"write `{function}(field)`", at)
    return Aggregate(function, (_node(argument),), at=at)


def _ours(tree: Expr, at: int) -> Node:
    function, arguments = str(tree.this).lower(), tuple(map(_node, tree.expressions))
    if function in OURS:
        return Call(function, arguments, at=at)
    if function in OUR_AGGREGATES:
        return Aggregate(function, arguments, at=at)
    raise Refused("AAC303", f"there is no function `{function}`", _allowed(), at)
