"""How the functions of the language are written, and what people write who mean them: the list of what is allowed."""

from __future__ import annotations

from typing import NamedTuple

MANY = 1_000


class Spelling(NamedTuple):
    """A function as it is written, with its arguments, and how many of them it takes."""

    written: str
    least: int
    most: int

    @property
    def takes(self) -> str:
        """How many values it takes, in words."""
        if self.most == MANY:
            return "one value or more" if self.least == 1 else f"{self.least} values or more"
        if self.least < self.most:
            return f"{self.least} or {self.most} values"
        return f"{self.most} values" if self.most > 1 else "one value"


FUNCTIONS = {
    "abs": Spelling("abs(number)", 1, 1),
    "business_hours_between": Spelling("business_hours_between(a, b, 'calendar')", 3, 3),
    "closing": Spelling("closing(field)", 1, 1),
    "coalesce": Spelling("coalesce(a, b)", 1, MANY),
    "date_part": Spelling("date_part('hour', moment)", 2, 2),
    "date_trunc": Spelling("date_trunc('week', moment)", 2, 2),
    "days_between": Spelling("days_between(a, b)", 2, 2),
    "greatest": Spelling("greatest(a, b)", 2, MANY),
    "hours_between": Spelling("hours_between(a, b)", 2, 2),
    "in_currency": Spelling("in_currency(money, 'EUR')", 2, 2),
    "least": Spelling("least(a, b)", 2, MANY),
    "length": Spelling("length(field)", 1, 1),
    "lower": Spelling("lower(field)", 1, 1),
    "nullif": Spelling("nullif(a, b)", 2, 2),
    "opening": Spelling("opening(field)", 1, 1),
    "per_year": Spelling("per_year(money)", 1, 1),
    "power": Spelling("power(number, 2)", 2, 2),
    "round": Spelling("round(number, 2)", 1, 2),
    "upper": Spelling("upper(field)", 1, 1),
}
"""Functions over values of one record."""

AGGREGATES = {
    "arg_max": Spelling("arg_max(field, moment)", 2, 2),
    "arg_min": Spelling("arg_min(field, moment)", 2, 2),
    "avg": Spelling("avg(field)", 1, 1),
    "count": Spelling("count(field)", 0, 1),
    "count_if": Spelling("count_if(rule)", 1, 1),
    "max": Spelling("max(field)", 1, 1),
    "median": Spelling("median(field)", 1, 1),
    "min": Spelling("min(field)", 1, 1),
    "quantile_cont": Spelling("quantile_cont(field, 0.9)", 2, 2),
    "share": Spelling("share(rule)", 1, 1),
    "sum": Spelling("sum(field)", 1, 1),
}
"""Functions over many records."""

ALL = {**FUNCTIONS, **AGGREGATES}

OPERATORS = frozenset(
    {
        "add", "and", "divide", "eq", "ge", "gt", "ilike", "in", "in_list", "is_false", "is_not_null", "is_null",
        "is_true", "le", "like", "lt", "multiply", "ne", "not", "or", "subtract",
    }
)  # fmt: skip
"""What operators are called among nodes: names that no function can have."""

OTHER_WORDS = {
    "char_length": "length", "countif": "count_if", "ifnull": "coalesce", "isnull": "coalesce", "lcase": "lower",
    "len": "length", "max_by": "arg_max", "mean": "avg", "min_by": "arg_min", "nvl": "coalesce",
    "percentile_cont": "quantile_cont", "pow": "power", "quantile": "quantile_cont", "ucase": "upper",
}  # fmt: skip
"""What other languages call them: each has one spelling here."""
