"""What Salesforce's documentation asks of a call: whatever it does not allow is refused, as Salesforce refuses it.

Read in the REST API Developer Guide, «SOQL and SOSL Reference» and «Bulk API 2.0» of version 67 (Summer '26), as they
are told of in public; the shape of answers is also that of the answers in `tests/recorded/salesforce`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Test = Callable[[dict[str, Any]], bool]


class Refused(Exception):
    """An answer that is no good news."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Any = [{"message": message, "errorCode": code}]


def need(fulfilled: bool, code: str, message: str, status: int = 400) -> None:
    if not fulfilled:
        raise Refused(status, code, message)


PARAMETERS = {
    "query": {"q"}, "more": set[str](), "sobjects": set[str](), "describe": set[str](), "composite": set[str](),
    "deleted": {"start", "end"}, "job": set[str](), "results": {"maxRecords", "locator"},
}  # fmt: skip
NEEDED = {"query": {"q"}, "deleted": {"start", "end"}}
TOKENS = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\['"\\nrtbf_%])*')
    |(?P<moment>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))
    |(?P<day>\d{4}-\d{2}-\d{2})(?!T)|(?P<number>-?\d+(?:\.\d+)?)
    |(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)|(?P<word>[A-Za-z_][\w.]*(?:\(\))?))""",
    re.VERBOSE,
)
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
UNFILTERABLE = ("anyType", "textarea", "address", "base64")
LONGEST = 100_000


def parameters(route: str, given: Mapping[str, list[str]]) -> dict[str, str]:
    """The parameters of a call: each known and given once."""
    for name, values in given.items():
        need(name in PARAMETERS[route], "UNKNOWN_PARAMETER", f"unknown parameter {name}")
        need(len(values) == 1, "UNKNOWN_PARAMETER", f"{name} is given twice")
    missing = NEEDED.get(route, set()) - given.keys()
    need(not missing, "MISSING_ARGUMENT", f"missing {', '.join(sorted(missing))}")
    return {name: values[0] for name, values in given.items()}


@dataclass
class Question:
    """What a question asks for. ``order``: fields and whether they descend."""

    fields: list[str]
    object: str
    test: Test
    order: list[tuple[str, bool]]
    limit: int | None


class Parser:
    """Reads SOQL. ``types``: of the fields of each object that may be seen."""

    def __init__(self, text: str, types: Mapping[str, Mapping[str, str]]) -> None:
        need(len(text) <= LONGEST, "QUERY_TOO_COMPLICATED", "the query is too long")
        self._types = types
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            match = TOKENS.match(text, place)
            need(match is not None, "MALFORMED_QUERY", f"unexpected token: {text[place : place + 20]}")
            assert match is not None
            self._tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
            place = match.end()
        self._place = 0
        self._fields: Mapping[str, str] = {}

    def read(self) -> Question:
        self._word("SELECT")
        fields = [self._name()]
        while self._is(","):
            fields.append(self._name())
        self._word("FROM")
        object = self._name()
        need(object in self._types, "INVALID_TYPE", f"sObject type '{object}' is not supported.")
        self._fields = {**self._types[object], **self._of_parents(object)}
        for name in fields:
            need(name in self._fields, "INVALID_FIELD", f"No such column '{name}' on entity '{object}'.")
        need(len({name.lower() for name in fields}) == len(fields), "MALFORMED_QUERY", "duplicate field selected")
        if object == "FieldDefinition":
            filtered = any(text == "EntityDefinition.QualifiedApiName" for _, text in self._tokens)
            need(filtered, "MALFORMED_QUERY", "FieldDefinition: a filter on a reified column is required")
            need(not any(text == "OR" for _, text in self._tokens), "MALFORMED_QUERY", "Disjunctions not supported.")
        test: Test = self._any() if self._is("WHERE") else lambda _: True
        order: list[tuple[str, bool]] = []
        if self._is("ORDER"):
            self._word("BY")
            order.append(self._ordered())
            while self._is(","):
                order.append(self._ordered())
        limit = int(self._next("number")) if self._is("LIMIT") else None
        need(self._place == len(self._tokens), "MALFORMED_QUERY", f"unexpected token: {self._tokens[-1][1]}")
        return Question(fields, object, test, order, limit)

    def _of_parents(self, object: str) -> dict[str, str]:
        """The fields of the records that a record points to, as far as those are called like the fields that do."""
        parents = [name.removesuffix("Id") for name, type in self._types[object].items() if type == "reference"]
        return {
            f"{parent}.{name}": type for parent in parents if parent in self._types
            for name, type in self._types[parent].items()
        }  # fmt: skip

    def _any(self) -> Test:
        """Terms with AND between them, or with OR; who mixes them has to write parentheses."""
        tests, joint = [self._term()], ""
        while (told := self._peek().upper()) in ("AND", "OR"):
            need(joint in ("", told), "MALFORMED_QUERY", f"unexpected token: {told}")
            joint = told
            self._place += 1
            tests.append(self._term())
        return lambda record: (any if joint == "OR" else all)(test(record) for test in tests)

    def _term(self) -> Test:
        if self._is("("):
            test = self._any()
            need(self._is(")"), "MALFORMED_QUERY", "expecting a right parentheses")
            return test
        name = self._filtered()
        if self._is("IN"):
            need(self._is("("), "MALFORMED_QUERY", "expecting a left parentheses")
            values = {self._value(name)}
            while self._is(","):
                values.add(self._value(name))
            need(self._is(")"), "MALFORMED_QUERY", "expecting a right parentheses")
            return lambda record: record[name] in values
        sign = self._next("sign")
        need(sign in SIGNS, "MALFORMED_QUERY", f"unexpected token: {sign}")
        value, compare = self._value(name), SIGNS[sign]
        return lambda record: record[name] is not None and compare(record[name], value)

    def _value(self, name: str) -> Any:
        kind, text = self._take()
        type = self._fields[name]
        if type == "datetime":
            need(kind == "moment", "INVALID_FIELD", f"value of filter criterion for field '{name}' must be of type "
                 "dateTime and should not be enclosed in quotes")  # fmt: skip
            need(text.endswith("Z"), "MALFORMED_QUERY", "this server knows no other zones than Z")
            whole = text.removesuffix("Z").partition(".")
            return f"{whole[0]}.{whole[2]:0<3}+0000"
        if type == "boolean":
            need(text in ("true", "false"), "INVALID_FIELD", f"value of filter criterion for field '{name}' must be "
                 "of type boolean")  # fmt: skip
            return text == "true"
        need(kind == "text", "INVALID_FIELD", f"value of filter criterion for field '{name}' must be of type string "
             "and should be enclosed in quotes")  # fmt: skip
        plain = re.sub(r"\\(.)", r"\1", text[1:-1])
        if type in ("id", "reference"):
            need(re.fullmatch(r"\w{15}(?:\w{3})?", plain) is not None, "INVALID_QUERY_FILTER_OPERATOR",
                 f"invalid ID field: {plain}")  # fmt: skip
        return plain

    def _filtered(self) -> str:
        name = self._name()
        need(name in self._fields, "INVALID_FIELD", f"No such column '{name}'.")
        need(self._fields[name] not in UNFILTERABLE, "INVALID_FIELD", f"field '{name}' can not be filtered in a query")
        return name

    def _ordered(self) -> tuple[str, bool]:
        name = self._filtered()
        back = self._is("DESC")
        return name, back or (self._is("ASC") and False)

    def _take(self) -> tuple[str, str]:
        need(self._place < len(self._tokens), "MALFORMED_QUERY", "unexpected token: <EOF>")
        self._place += 1
        return self._tokens[self._place - 1]

    def _next(self, kind: str) -> str:
        found, text = self._take()
        need(found == kind, "MALFORMED_QUERY", f"unexpected token: {text}")
        return text

    def _name(self) -> str:
        return self._next("word")

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _is(self, text: str) -> bool:
        found = self._peek().upper() == text
        self._place += found
        return found

    def _word(self, text: str) -> None:
        need(self._is(text), "MALFORMED_QUERY", f"expecting {text}, and not {self._peek()}")
