"""What each function and aggregate becomes in SQL: one entry of `FUNCTIONS` or `AGGREGATES` is one lowering.

Arguments are already lowered. Only constructs that mean the same on every engine are made; what is DuckDB's own
(reading text, the middle values of a median) is said where it stands.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from sys import float_info
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot.expressions import Expr

MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?(Z|[+]00(:?00)?)?\s*$"
"""What stands behind a date in a text that has no other time."""
OFFSET = re.compile("(?<!%)(?:%%)*%[zZ]")
"""What stands in a format of texts that carry their offset or zone."""


def literal(value: object) -> Expr:
    """A constant as SQL: null, true, a number in full, or quoted text."""
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case int() | Decimal():
            number = exp.Literal.number(format(abs(value), "f") if isinstance(value, Decimal) else str(abs(value)))
            return paren(exp.Neg(this=number)) if value < 0 else number
        case _:
            return exp.Literal.string(str(value))


def paren(tree: Expr) -> Expr:
    """The tree in parentheses where a reader could misread it: sqlglot prints what it is given and adds none."""
    # sqlglot counts AND and OR among its functions
    is_one_word = isinstance(tree, exp.Column | exp.Literal | exp.Paren | exp.Func) and not isinstance(tree, exp.Binary)
    return tree if is_one_word else exp.Paren(this=tree)


def duckdbs(name: str, *arguments: Expr) -> Expr:
    """A call of a function that DuckDB has and others may not; sqlglot prints it as it is."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def eq(a: Expr, b: Expr) -> Expr:
    """``a = b``."""
    return exp.EQ(this=a, expression=b)


# Lowerings: one per function


def _binary(kind: type[exp.Binary]) -> Callable[..., Expr]:
    def lowering(a: Expr, b: Expr) -> Expr:
        return paren(kind(this=paren(a), expression=paren(b)))

    return lowering


def _multiply(a: Expr, b: Expr) -> Expr:
    """A product in as many digits as there are: DuckDB multiplies decimals of 18 digits in 18 digits, and then fails
    on large ones. A zero of 38 digits widens whatever number it is added to and changes none."""
    widest = _cast(literal(0), "DECIMAL(38, 0)")
    return _binary(exp.Mul)(exp.Add(this=paren(a), expression=widest), b)


def _all(kind: type[exp.Binary]) -> Callable[..., Expr]:
    def lowering(*arguments: Expr) -> Expr:
        total = paren(arguments[0])
        for argument in arguments[1:]:
            total = kind(this=total, expression=paren(argument))
        return paren(total)

    return lowering


def _elapsed(a: Expr, b: Expr) -> Expr:
    """The stored integers from a to b, whose scale is that of the span."""
    return _binary(exp.Sub)(b, a)


def _not(a: Expr) -> Expr:
    return paren(exp.Not(this=paren(a)))


def _is_null(a: Expr) -> Expr:
    return paren(exp.Is(this=paren(a), expression=exp.Null()))


def _in(a: Expr, *values: Expr) -> Expr:
    return paren(exp.In(this=paren(a), expressions=list(values)))


def _place_in(a: Expr, *values: Expr) -> Expr:
    """From 1, in a byte. DuckDB looks each text of a column up once, and groups by bytes faster than by texts."""
    found = duckdbs("LIST_POSITION", duckdbs("LIST_VALUE", *values), a)
    return exp.Cast(this=found, to=exp.DataType(this=exp.DType.UTINYINT))


def _bit(first: Expr, *places: Expr) -> Expr:
    """The bit ``first``, or as many behind it as places come to, each times the number that stands behind it."""
    number = first
    for place, step in zip(places[::2], places[1::2], strict=True):
        number = exp.Add(this=number, expression=_product(_coalesce(place, literal(0)), step))
    return exp.BitwiseLeftShift(this=_cast(literal(1), "BIGINT"), expression=_cast(number, "BIGINT"))


def _coalesce(*arguments: Expr) -> Expr:
    return exp.Coalesce(this=arguments[0], expressions=list(arguments[1:]))


def _is_true(a: Expr) -> Expr:
    return _coalesce(a, exp.false())


def _is_false(a: Expr) -> Expr:
    return _coalesce(_not(a), exp.false())


def _is_not_false(a: Expr) -> Expr:
    return _coalesce(a, exp.true())


def is_not_null(a: Expr) -> Expr:
    """``not a is null``."""
    return _not(_is_null(a))


def _lower(a: Expr) -> Expr:
    return exp.Lower(this=a)


def _upper(a: Expr) -> Expr:
    return exp.Upper(this=a)


def _nullif(a: Expr, b: Expr) -> Expr:
    return exp.Nullif(this=a, expression=b)


def _abs(a: Expr) -> Expr:
    return exp.Abs(this=a)


def _round(a: Expr, digits: Expr) -> Expr:
    """A half goes away from zero."""
    return exp.Round(this=a, decimals=digits)


def _round_span(a: Expr, step: Expr) -> Expr:
    """Whole microseconds or days to the nearest multiple of ``step``, a half away from zero."""
    whole = _cast(a, "HUGEINT")
    twice = exp.Add(this=exp.Mul(this=literal(2), expression=exp.Abs(this=whole)), expression=step.copy())
    steps = duckdbs("DIVIDE", twice, exp.Mul(this=literal(2), expression=step.copy()))
    return _cast(_product(exp.Sign(this=whole.copy()), steps, step), "BIGINT")


def _with_places(a: Expr, places: Expr) -> Expr:
    """An exact number with so many digits behind the point, and room for as many before it as there can be."""
    return _cast(a, f"DECIMAL(38, {places.name})")


def _power(a: Expr, b: Expr) -> Expr:
    """Unknown where the result is no number of finite size."""
    return _finite(exp.Pow(this=_cast(a, "DOUBLE"), expression=_cast(b, "DOUBLE")))


def _finite(value: Expr) -> Expr:
    """A float, or null where it is none of finite size: neither `nan` nor `inf`."""
    is_finite = exp.LTE(this=exp.Abs(this=value), expression=exp.Literal.number(repr(float_info.max)))
    return _if(is_finite, value.copy())


def _divide(a: Expr, b: Expr, *places: Expr) -> Expr:
    """``places``: the digits behind the point of the quotient, of ``a`` and of ``b``; without them all are floats."""
    if not places:
        zero = eq(b, literal(0))
        return _if(exp.Not(this=paren(zero)), _finite(exp.Div(this=paren(_cast(a, "DOUBLE")), expression=paren(b))))
    digits, above, below = (int(place.name) for place in places)
    shift = digits - above + below
    return _half_even(_whole(a, above + max(shift, 0), above), _whole(b, below + max(-shift, 0), below), digits)


def _whole(a: Expr, digits: int, places: int) -> Expr:
    """An exact number of so many ``places`` times ten to the ``digits``, as a whole number."""
    exact = _cast(_product(a, literal(10**places)) if places else a, "HUGEINT")
    return _product(exact, literal(10 ** (digits - places))) if digits > places else exact


def _half_even(above: Expr, below: Expr, places: int) -> Expr:
    """The quotient of two whole numbers over ten to the ``places``: a half goes to the even neighbour, null by zero.

    Engines divide decimals as floats, so this adds one half, cuts off, and takes one off again where that made an odd
    number of an exact half.
    """
    twice_below = _product(literal(2), exp.Abs(this=below))
    raised = paren(exp.Add(this=_product(literal(2), exp.Abs(this=above)), expression=exp.Abs(this=below.copy())))
    cut = duckdbs("DIVIDE", raised, twice_below)
    was_half = eq(exp.Mod(this=raised.copy(), expression=twice_below.copy()), literal(0))
    odd = _if(was_half, exp.Mod(this=cut.copy(), expression=literal(2)), literal(0))
    size = paren(exp.Sub(this=cut, expression=odd))
    signed = _product(exp.Sign(this=above.copy()), exp.Sign(this=below.copy()), size)
    unit = exp.Literal.number(format(Decimal(1).scaleb(-places), "f"))
    value = _product(signed, unit) if places else _cast(signed, "BIGINT")
    return _if(exp.Not(this=paren(eq(below.copy(), literal(0)))), value)


def _product(*factors: Expr) -> Expr:
    total = paren(factors[0])
    for factor in factors[1:]:
        total = exp.Mul(this=total, expression=paren(factor))
    return paren(total)


def _extreme(kind: type[exp.Least | exp.Greatest]) -> Callable[..., Expr]:
    """Unknown if one value is: engines pass over null here, or do not."""

    def lowering(*arguments: Expr) -> Expr:
        known = [is_not_null(argument.copy()) for argument in arguments if not isinstance(argument, exp.Literal)]
        chosen = kind(this=arguments[0], expressions=list(arguments[1:]))
        return _if(exp.and_(*known), chosen) if known else chosen

    return lowering


def _length(a: Expr) -> Expr:
    return exp.Length(this=a)


def _date_trunc(part: Expr, moment: Expr, zone: Expr) -> Expr:
    """The first moment of the part of the calendar that a moment lies in; without a zone, of days since the epoch."""
    if isinstance(zone, exp.Null):
        return _days(_cast(duckdbs("DATE_TRUNC", part, _day(moment)), "DATE"))
    if part.name in CLOCK_US:
        # an hour is told twice where clocks are set back: so its beginning is counted, not looked up
        shown = _epoch_us(_local(moment, zone))
        since = exp.Mod(this=shown, expression=literal(CLOCK_US[part.name]))
        return paren(exp.Sub(this=paren(moment.copy()), expression=since))
    shown = duckdbs("DATE_TRUNC", part, _local(moment, zone))
    first = _epoch_us(_at_zone(zone, shown))
    if zone.name == "UTC":
        return first
    # a midnight that is told twice is the second for the engine; what ends a microsecond before it is told once
    before = duckdbs("MAKE_TIMESTAMP", exp.Sub(this=_epoch_us(shown.copy()), expression=literal(1)))
    behind = exp.Add(this=_epoch_us(_at_zone(zone, before)), expression=literal(1))
    return exp.Least(this=first, expressions=[behind])


def _date_part(part: Expr, moment: Expr, zone: Expr) -> Expr:
    value = duckdbs("DATE_PART", part, _day(moment) if isinstance(zone, exp.Null) else _local(moment, zone))
    return _cast(value, "BIGINT")  # DuckDB makes a float of what is always null


def _local_day(moment: Expr, zone: Expr) -> Expr:
    """The day that clocks in a zone show at a moment, in days since the epoch."""
    return _days(_cast(_local(moment, zone), "DATE"))


def _in_currency(amount: Expr, currency: Expr, rate: Expr) -> Expr:
    del currency
    return _multiply(amount, rate)


CLOCK_US = {"hour": 3_600_000_000, "minute": 60_000_000}


def _day(days: Expr) -> Expr:
    """Days since the epoch as a date."""
    return duckdbs("MAKE_DATE", _cast(days, "INTEGER"))


def _days(date: Expr) -> Expr:
    return _cast(paren(exp.Sub(this=date, expression=_day(literal(0)))), "INTEGER")


def _local(moment: Expr, zone: Expr) -> Expr:
    """Microseconds since the epoch as clocks in a zone show them."""
    if zone.name == "UTC":
        return duckdbs("MAKE_TIMESTAMP", _cast(moment, "BIGINT"))
    return duckdbs("TIMEZONE", zone, duckdbs("MAKE_TIMESTAMPTZ", _cast(moment, "BIGINT")))


def _cast_to(type_: str) -> Callable[..., Expr]:
    def lowering(text: Expr) -> Expr:
        return _try_cast(text, type_)

    return lowering


def _if(condition: Expr, value: Expr, otherwise: Expr | None = None) -> Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise or exp.Null())


def _cast(a: Expr, type_: str) -> Expr:
    return exp.Cast(this=a, to=exp.DataType.build(type_))


def _try_cast(a: Expr, type_: str) -> Expr:
    return exp.TryCast(this=a, to=exp.DataType.build(type_))


def _clean(text: Expr, *nulls: Expr) -> Expr:
    """Text, or null when it is blank or one of the source's nulls."""
    empty_text = exp.Literal.string("")
    # trimming every value would cost a quarter of reading it
    spaces = exp.and_(
        duckdbs("STARTS_WITH", text.copy(), exp.Literal.string(" ")), eq(exp.Trim(this=text.copy()), empty_text)
    )
    blank = exp.or_(eq(text.copy(), empty_text), spaces)
    others = [null for null in nulls if null.name != ""]
    empty = exp.or_(blank, exp.In(this=text.copy(), expressions=others)) if others else blank
    return _if(exp.Not(this=paren(empty)), text)


def _to_integer(text: Expr) -> Expr:
    """``5``, ``5.0`` and ``50e-1`` are integers; ``5.5`` and ``0x5`` are none, whatever a cast makes of them."""
    exact = _try_cast(text.copy(), "DECIMAL(38, 12)")
    rounded = _try_cast(exact.copy(), "BIGINT")
    whole = _if(eq(exact, rounded), rounded.copy())
    is_plain = duckdbs("REGEXP_MATCHES", text.copy(), exp.Literal.string(r"^[0-9+\s-]*$"))
    return _if(is_plain, _try_cast(text, "BIGINT"), whole)


def _is_rounded(text: Expr, value: Expr, places: Expr) -> Expr:
    """Whether text holds more decimals than ``value``, its number; only what is written with many is compared."""
    point = duckdbs("INSTR", text.copy(), exp.Literal.string("."))
    decimals = exp.Sub(this=duckdbs("STRLEN", text.copy()), expression=point.copy())
    is_long = exp.and_(exp.GT(this=point, expression=literal(0)), exp.GT(this=decimals, expression=places))
    powers = [duckdbs("CONTAINS", text.copy(), exp.Literal.string(letter)) for letter in "eE"]
    return exp.and_(paren(exp.or_(is_long, *powers)), _differs(text, value))


def _is_less_exact(number: Expr, value: Expr) -> Expr:
    """Whether a decimal is not all of a number; doubles are compared first, which is quick and right but for the
    longest."""
    doubles = exp.NEQ(this=_cast(number.copy(), "DOUBLE"), expression=_cast(value.copy(), "DOUBLE"))
    return exp.and_(doubles, _differs(_cast(number, "VARCHAR"), value))


def _is_skipped(text: Expr, value: Expr, format_: Expr, zone: Expr, *hours: Expr) -> Expr:
    """Whether text is a local time that clocks in ``zone`` never showed, and ``value`` the moment that it was read as.

    Only moments in those ``hours`` of UTC are looked at: for all, it would take as long as reading them.
    """
    if not isinstance(format_, exp.Null) and OFFSET.search(format_.name):
        return exp.false()
    hour = exp.Mod(this=paren(duckdbs("DIVIDE", value.copy(), literal(3_600_000_000))), expression=literal(24))
    is_known = isinstance(format_, exp.Null)
    read = _try_cast(text.copy(), "TIMESTAMP") if is_known else duckdbs("TRY_STRPTIME", text.copy(), format_)
    is_local = [_not(_has_offset(text))] if is_known else []
    differs = exp.NEQ(this=_local(value, zone), expression=read)
    return exp.and_(exp.In(this=paren(hour), expressions=list(hours)), *is_local, differs)


def _has_offset(text: Expr) -> Expr:
    """Whether a text of ISO 8601 says what it is behind UTC."""
    time_of_day = exp.Substring(this=text.copy(), start=literal(11))
    return duckdbs("REGEXP_MATCHES", time_of_day, exp.Literal.string("[Zz+-]"))


def _differs(text: Expr, value: Expr) -> Expr:
    return exp.NEQ(this=_try_cast(text, "DECIMAL(38, 18)"), expression=value)


def _to_float(text: Expr) -> Expr:
    """A number of finite size: texts such as `nan` and `inf`, which casts read, are none."""
    return _finite(_try_cast(text, "DOUBLE"))


PLAINLY = (("true", "1"), ("false", "0"))


def _to_boolean(text: Expr) -> Expr:
    plainly = [exp.In(this=text.copy(), expressions=[exp.Literal.string(w) for w in ws]) for ws in PLAINLY]
    word = exp.Lower(this=exp.Trim(this=text))
    true = exp.In(this=word, expressions=[exp.Literal.string(w) for w in ("true", "yes", "1")])
    false = exp.In(this=word.copy(), expressions=[exp.Literal.string(w) for w in ("false", "no", "0")])
    # most texts are written plainly, and need not be cleaned before they are compared
    ways = zip((*plainly, true, false), (exp.true(), exp.false()) * 2, strict=True)
    return exp.Case(ifs=[exp.If(this=condition, true=value) for condition, value in ways], default=exp.Null())


def _to_date(text: Expr, format_: Expr) -> Expr:
    """Days since the epoch. DuckDB's cast takes any time behind the date; only midnight says no more than the date."""
    if isinstance(format_, exp.Null):
        short = exp.LTE(this=exp.Length(this=exp.Trim(this=text.copy())), expression=literal(10))
        midnight = duckdbs("REGEXP_MATCHES", text.copy(), exp.Literal.string(MIDNIGHT))
        day = _if(short, _try_cast(text.copy(), "DATE"), _if(midnight, _try_cast(text, "DATE")))
    else:
        day = _try_cast(duckdbs("TRY_STRPTIME", text, format_), "DATE")
    return _days_of(day)


def _to_timestamp(text: Expr, format_: Expr, zone: Expr) -> Expr:
    """Microseconds since the epoch. Text with an offset says its own instant; other text is local to ``zone``."""
    if not isinstance(format_, exp.Null):
        read = duckdbs("TRY_STRPTIME", text, format_)
        return _epoch_us(read if OFFSET.search(format_.name) else _at_zone(zone, read))
    local = _epoch_us(_at_zone(zone, _try_cast(text.copy(), "TIMESTAMP")))
    offset = _has_offset(text)
    # nineteen characters that end in seconds leave no room for an offset but `Z`, and that is quicker to see
    seconds = eq(duckdbs("SUBSTRING_GRAPHEME", text.copy(), literal(17), literal(1)), exp.Literal.string(":"))
    ends = [duckdbs("SUFFIX", text.copy(), exp.Literal.string(letter)) for letter in "Zz"]
    is_local = exp.and_(eq(duckdbs("STRLEN", text.copy()), literal(19)), seconds, *map(_not, ends))
    return _if(is_local, local, _if(offset, _epoch_us(_try_cast(text, "TIMESTAMPTZ")), local.copy()))


def _days_of(day: Expr) -> Expr:
    """A date as days since the epoch; null for one without an end."""
    first = _try_cast(exp.Literal.string("1970-01-01"), "DATE")
    return _try_cast(paren(exp.Sub(this=day, expression=first)), "INTEGER")


def _us_of(moment: Expr) -> Expr:
    """An instant as microseconds since the epoch."""
    return _epoch_us(_try_cast(moment, "TIMESTAMPTZ"))


def _us_of_local(shown: Expr, zone: Expr) -> Expr:
    """What a clock in a zone shows, as microseconds since the epoch."""
    return _epoch_us(_at_zone(zone, _try_cast(shown, "TIMESTAMP")))


def _at_zone(zone: Expr, local: Expr) -> Expr:
    return local if zone.name == "UTC" else duckdbs("TIMEZONE", zone, local)


def _epoch_us(moment: Expr) -> Expr:
    return duckdbs("EPOCH_US", moment)


def _in_order(a: Expr, b: Expr) -> Expr:
    """Both values as one, ordered by the first and by the second where that is the same; null without a first."""
    return _if(is_not_null(a.copy()), duckdbs("ROW", a, b))


FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "and": _all(exp.And),
    "or": _all(exp.Or),
    "not": _not,
    "is_true": _is_true,
    "is_false": _is_false,
    "is_not_false": _is_not_false,
    "is_null": _is_null,
    "is_not_null": is_not_null,
    "eq": _binary(exp.EQ),
    "ne": _binary(exp.NEQ),
    "lt": _binary(exp.LT),
    "le": _binary(exp.LTE),
    "gt": _binary(exp.GT),
    "ge": _binary(exp.GTE),
    "in": _in,
    "place_in": _place_in,
    "bit": _bit,
    "bits": _all(exp.BitwiseOr),
    "like": _binary(exp.Like),
    "ilike": _binary(exp.ILike),
    "lower": _lower,
    "upper": _upper,
    "coalesce": _coalesce,
    "nullif": _nullif,
    "add": _binary(exp.Add),
    "subtract": _binary(exp.Sub),
    "multiply": _multiply,
    "divide": _divide,
    "abs": _abs,
    "round": _round,
    "round_span": _round_span,
    "with_places": _with_places,
    "power": _power,
    "least": _extreme(exp.Least),
    "greatest": _extreme(exp.Greatest),
    "length": _length,
    "date_trunc": _date_trunc,
    "date_part": _date_part,
    "local_day": _local_day,
    "in_currency": _in_currency,
    "hours_between": _elapsed,
    "days_between": _elapsed,
    # what landing reads text with
    "clean": _clean,
    "to_text": _cast_to("VARCHAR"),
    "to_integer": _to_integer,
    "as_integer": _cast_to("BIGINT"),
    "in_order": _in_order,
    "to_number": _cast_to("DECIMAL(18, 6)"),
    "to_money": _cast_to("DECIMAL(18, 4)"),
    "is_rounded": _is_rounded,
    "is_less_exact": _is_less_exact,
    "is_skipped": _is_skipped,
    "to_float": _to_float,
    "to_boolean": _to_boolean,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "days_of": _days_of,
    "us_of": _us_of,
    "us_of_local": _us_of_local,
}


def _filtered(aggregate: Expr, where: Expr | None) -> Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=where)) if where is not None else aggregate


def _count(arguments: list[Expr], where: Expr | None) -> Expr:
    return _filtered(exp.Count(this=arguments[0]), where) if arguments else _counted(where)


def _count_if(arguments: list[Expr], where: Expr | None) -> Expr:
    rule = paren(arguments[0])
    return _counted(exp.and_(where, rule) if where is not None else rule)


def _counted(where: Expr | None) -> Expr:
    """How many records there are, or of how many a rule is true. To filter them first takes DuckDB twice as long. Where
    a rule is unknown of all it counts nothing, and else a HUGEINT, which cannot be reckoned with like other counts."""
    if where is None:
        return exp.Count(this=exp.Star())
    return exp.Cast(this=_coalesce(exp.CountIf(this=where), literal(0)), to=exp.DataType(this=exp.DType.BIGINT))


def _count_distinct(arguments: list[Expr], where: Expr | None) -> Expr:
    return _filtered(exp.Count(this=exp.Distinct(expressions=arguments)), where)


def _bit_or(arguments: list[Expr], where: Expr | None) -> Expr:
    return _filtered(duckdbs("BIT_OR", *arguments), where)


def _median_neighbours(arguments: list[Expr], where: Expr | None) -> Expr:
    """The two middle values, both the middle one of an odd number. DuckDB: the least value that at least that share
    of all is at or below; a trifle over one half is the upper middle for any number of rows below ten billion."""
    shares = duckdbs("LIST_VALUE", exp.Literal.number("0.5"), exp.Literal.number("0.50000000001"))
    return _filtered(duckdbs("QUANTILE_DISC", *arguments, shares), where)


def _quantile_neighbours(arguments: list[Expr], where: Expr | None) -> Expr:
    """The values on both sides of place p * (n - 1) of all in order, or the one that stands there."""
    value, share = arguments[0], Fraction(arguments[1].name)
    known = is_not_null(value.copy())
    here = exp.and_(where, known) if where is not None else known
    gaps = paren(exp.Sub(this=_filtered(exp.Count(this=exp.Star()), here.copy()), expression=literal(1)))
    place = _product(gaps, literal(share.numerator))
    past = exp.Add(this=place.copy(), expression=literal(share.denominator - 1))
    ends = [
        exp.Add(this=duckdbs("DIVIDE", end, literal(share.denominator)), expression=literal(1)) for end in (place, past)
    ]
    return duckdbs("LIST_SLICE", duckdbs("LIST_SORT", _filtered(duckdbs("LIST", value), here)), *ends)


def _choice(kind: type[exp.Max | exp.Min]) -> Callable[[list[Expr], Expr | None], Expr]:
    """The value of the record whose other value is the greatest or least. Of several the greatest or least value; one
    that is unknown comes behind all or before all, so that it is not passed over."""

    def lowering(arguments: list[Expr], where: Expr | None) -> Expr:
        value, order = arguments
        is_unknown = _is_null(value.copy()) if kind is exp.Max else is_not_null(value.copy())
        known = is_not_null(order.copy())
        pairs = duckdbs("ROW", order, is_unknown, value)
        chosen = _filtered(kind(this=pairs), exp.and_(where, known) if where is not None else known)
        return duckdbs("STRUCT_EXTRACT", chosen, literal(3))

    return lowering


def _plain(kind: type[exp.AggFunc]) -> Callable[[list[Expr], Expr | None], Expr]:
    return lambda arguments, where: _filtered(kind(this=arguments[0] if arguments else exp.Star()), where)


AGGREGATES: dict[str, Callable[[list[Expr], Expr | None], Expr]] = {
    "count": _count,
    "count_distinct": _count_distinct,
    "count_if": _count_if,
    "bit_or": _bit_or,
    "sum": _plain(exp.Sum),
    "min": _plain(exp.Min),
    "max": _plain(exp.Max),
    "median": _median_neighbours,
    "quantile_cont": _quantile_neighbours,
    "arg_max": _choice(exp.Max),
    "arg_min": _choice(exp.Min),
}
