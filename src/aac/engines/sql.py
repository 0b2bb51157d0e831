"""Queries of our own nodes -> SQL text. A name or value from outside only ever enters as a tree node.

`_Block` places the joins that expressions ask for, each once: a reference path, a roll-up, a calendar day. What a
function becomes stands in `engines.functions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from aac.engines.base import (
    CALENDARS,
    Constants,
    Entity,
    Files,
    Join,
    Query,
    Relation,
    Select,
    Stack,
    Table,
    business_dates_table,
    business_days_table,
    database_alias,
    group_columns,
    later_table,
)
from aac.engines.calendar_joins import CalendarJoins
from aac.engines.finishing import number_texts, without_idle_brackets
from aac.engines.functions import AGGREGATES, FUNCTIONS, duckdbs, eq, is_not_null, literal, paren
from aac.engines.raw import DELETED, ROW, bits_of
from aac.expressions.nodes import (
    RATES,
    STRICT,
    Aggregate,
    Applied,
    AsOf,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Case,
    Column,
    DaysLater,
    Literal,
    Named,
    Node,
    OpenTime,
    Over,
    Path,
    Rate,
    Rollup,
    Stored,
    Values,
    conjunction,
    under,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlglot.expressions import Expr

    from aac.expressions.nodes import Value

NO_FOLDERS = exp.EQ(this=exp.var("hive_partitioning"), expression=exp.false())
"""Tells a reader that a folder called `x=1` is no column of the files below it."""
ROOT = "r"


def shared_sql(query: Query, name: str, *, readable: bool = False) -> str:
    """The SELECT of a shared block, with the blocks it needs that are not shared themselves."""
    return _chain(query, dict(query.blocks)[name], is_shared=True, readable=readable)


def output_sql(query: Query, output: Select, *, readable: bool = False) -> str:
    """The SELECT of one output; shared blocks are read as tables of their own name. ``readable``: on many lines."""
    return _chain(query, output, readable=readable)


def _chain(query: Query, last: Select, *, is_shared: bool = False, readable: bool = False) -> str:
    """``last`` as SQL text, with a WITH for each block below it that is not shared."""
    needed = query.read_by(last, but=query.shared)
    select = _select(query, last)
    if is_shared and not readable:
        number_texts(select)
    for name, block in query.blocks:  # in their order: each reads earlier ones only
        if name in needed:
            select = select.with_(name, as_=_select(query, block), copy=False)
    return (without_idle_brackets(select) if readable else select).sql(pretty=readable, copy=False)


def _select(query: Query, select: Select) -> exp.Select:
    """One block as a SELECT of its own, without WITH."""
    block = _Block(query, select)
    columns = [exp.alias_(block.lower(node), name, quoted=True, copy=False) for name, node in select.columns]
    where = block.condition(select.where) if select.where is not None else None
    made = exp.select(*_grouped(select), *columns, copy=False).from_(block.source, copy=False)
    for join in block.joins:
        made = made.join(join, copy=False)
    for condition in [where, *block.conditions]:
        if condition is not None:
            made = made.where(condition, copy=False)
    if select.groups:
        made.set("group", _grouping_sets(select.groups))
    if select.order:
        ordered = [exp.Ordered(this=exp.column(name, quoted=True), nulls_first=False) for name in select.order]
        made.set("order", exp.Order(expressions=ordered))
    return made.limit(select.limit, copy=False) if select.limit is not None else made


def _grouped(select: Select) -> list[Expr]:
    columns = [exp.column(name, table=ROOT, quoted=True) for name in group_columns(select.groups)]
    if not columns:
        return []
    mask = exp.alias_(exp.func("GROUPING", *(column.copy() for column in columns)), "grouping", quoted=True)
    return [mask, *(exp.alias_(column, column.name, quoted=True) for column in columns)]


def _grouping_sets(groups: tuple[tuple[str, ...], ...]) -> exp.Group:
    sets = [exp.Tuple(expressions=[exp.column(name, table=ROOT, quoted=True) for name in group]) for group in groups]
    return exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)])


def _column(name: str, table: str) -> exp.Column:
    """A column by its quoted names: what `exp.column` makes, without its looking for what kinds of names they are."""
    of = exp.Identifier(this=table, quoted=True)
    return exp.Column(this=exp.Identifier(this=name, quoted=True), table=of)


class _Block:
    """The FROM of one SELECT: its source and the joins its expressions asked for."""

    def __init__(self, query: Query, select: Select) -> None:
        source = select.source
        self.query = query
        self.entity = source.id if isinstance(source, Entity) else None
        self.joins: list[exp.Join] = []
        self.conditions: list[Expr] = []
        self._paths: dict[Path, str] = {(): ROOT}
        self.calendars = CalendarJoins(self._join_calendar, query.segments, query.pieces)
        self._numbers: dict[Node, str] = {}
        self._rates: dict[Rate, str] = {}
        self._rollups: dict[tuple[object, ...], list[Aggregate]] = {}
        self._rolled: dict[tuple[object, ...], str] = {}
        self._plan_rollups([node for _, node in select.columns] + [select.where])
        self._parents = _about_the_record(select.where)
        match source:
            case Entity():
                relation = query.relations[source.id]
                self.source: Expr = _table(relation.name, ROOT)
                self.conditions += _exists(relation, ROOT)
            case Table():
                self.source = _table(source.name, ROOT)
            case Files(format="rows", paths=(_, *_)):
                self.source = _changed_rows(source)
            case Files(format="rows"):
                self.source = _table(source.table, ROOT)
                self.conditions.append(exp.Is(this=exp.column(DELETED, table=ROOT, quoted=True), expression=exp.Null()))
            case Files():
                self.source = _files(source)
            case Stack():
                self.source = _stacked(source)
            case Constants():
                self.source = _written(source)
            case str():
                self.source = _table((source,), ROOT)
        self.joins += [_joined(join) for join in select.joins]

    def _plan_rollups(self, nodes: list[Node | None]) -> None:
        """Roll-ups of the same children become one join: collect their aggregates before the first is lowered."""
        for node in nodes:
            for part in walk(node) if node is not None else ():
                if isinstance(part, Stored | Rollup | Named):
                    self._plan_rollups([_key(part.path[: end + 1]) for end in range(len(part.path))])
                if isinstance(part, Rollup):
                    found = self._rollups.setdefault(_rollup_key(part), [])
                    if part.aggregate not in found:
                        found.append(part.aggregate)
                    if part.after is not None:
                        self._plan_rollups([under(part.after, part.path)])

    def lower(self, node: Node) -> Expr:
        match node:
            case Literal():
                return literal(node.value)
            case Column():
                return _column(node.name, node.block or ROOT)
            case Over():
                return self.over(node)
            case Stored():
                return _column(node.field, self.alias(node.path))
            case Named():
                return self.named(node)
            case Applied():
                return self.lower(node.body)
            case AsOf():
                return literal(self.query.as_of_us)
            case Call(function="is_open", arguments=(number, moment)):
                return self.calendars.is_open(self.lower(number), self.lower(moment))
            case Call(function="place_in", arguments=(Stored(path=(_, *_)) as leaf, Values(values=values))):
                return self.place(leaf, values)
            case Call(function="in" | "place_in" as function, arguments=(subject, Values(values=values))):
                return FUNCTIONS[function](self.lower(subject), *map(literal, values))
            case Call():
                return FUNCTIONS[node.function](*map(self.lower, node.arguments))
            case Case():
                branches = [exp.If(this=self.lower(when), true=self.lower(then)) for when, then in node.branches]
                return exp.Case(ifs=branches, default=self.lower(node.otherwise))
            case Aggregate():
                return self.aggregate(node)
            case Rollup():
                return self.rollup(node)
            case CalendarNumber():
                return self.calendar_number(node)
            case OpenTime(number=number, moment=moment):
                return self.calendars.open_time(self.lower(number), self.lower(moment))
            case DaysLater(number=number, moment=moment, days=days, months=months):
                return self.calendars.later(later_table(days, months), self.lower(number), self.lower(moment))
            case BusinessDaysLater(number=number, moment=day, days=days, is_date=True):
                return self.calendars.date_later(business_dates_table(days), self.lower(number), self.lower(day))
            case BusinessDaysLater(number=number, moment=moment, days=days):
                return self.calendars.later(business_days_table(days), self.lower(number), self.lower(moment))
            case Rate():
                return self.rate(node)
            case _:
                raise TypeError(f"{type(node).__name__} cannot be lowered: names are resolved before")

    def condition(self, rule: Node) -> Expr:
        """A rule as a condition, which leaves out rows of which it is unknown as well as those of which it is false.

        Of several texts that are asked for, DuckDB makes a filter of the scan, which compares each row with each text;
        with `coalesce` it compares each text of the column's dictionary once (a search among 5 million: 0.73 of it).
        """
        match rule:
            case Named(path=(), body=body) | Applied(body=body):
                return self.condition(body)
            case Call(function="and", arguments=parts):
                return FUNCTIONS["and"](*map(self.condition, parts))
            case Call(function="in", arguments=(Stored() as subject, *listed)) if len(texts := _texts(listed)) > 1:
                held = exp.func("COALESCE", self.lower(subject), literal(""))
                return FUNCTIONS["in"](held, *map(literal, texts))
            case _:
                return self.lower(rule)

    def alias(self, path: Path) -> str:
        """The alias of the records reached over ``path``; joins them on the first use."""
        if path not in self._paths:
            held = self.lower(_key(path))
            name = self._name("j")
            relation = self.query.relations[path[-1].entity]
            key = exp.column(_single_key(relation), table=name, quoted=True)
            self._join(relation.name, name, [eq(key, held)], relation, always=self._always(path))
            self._paths[path] = name
        return self._paths[path]

    def place(self, leaf: Stored, texts: Sequence[Value]) -> Expr:
        """Where the text of a record that is referred to stands in a list: looked for before the join, not behind it,
        where there are more records and a text stands beside each."""
        name, column = self.alias(leaf.path), f"place of {leaf.field}"
        join = next(join for join in self.joins if join.alias_or_name == name)
        if isinstance(join.this, exp.Table):
            everything = exp.select("*").from_(_table(self.query.relations[leaf.path[-1].entity].name, ROOT))
            join.set("this", everything.subquery(name))
        rows = cast("exp.Select", join.this.this)
        if column not in rows.named_selects:
            there = exp.column(leaf.field, table=ROOT, quoted=True)
            found = FUNCTIONS["place_in"](there, *map(literal, texts))
            rows.select(exp.alias_(found, column, quoted=True), copy=False)
        return exp.column(column, table=name, quoted=True)

    def _always(self, path: Path) -> bool:
        """Whether every record refers over ``path`` to one that exists: engines look such a one up faster."""
        owners = (self.entity, *(step.entity for step in path))
        return all(
            owner is not None
            and step.then is None
            and step.field in self.query.relations[owner].filled
            and not _exists(self.query.relations[step.entity], ROOT)
            for owner, step in zip(owners, path, strict=False)
        )

    def named(self, node: Named) -> Expr:
        """The rule a name stands for; said of a record that a reference does not find, it is unknown."""
        body = self.lower(node.body)
        if not node.path or _is_unknown_of_nothing(node.body):
            return body
        key = exp.column(
            _single_key(self.query.relations[node.path[-1].entity]), table=self.alias(node.path), quoted=True
        )
        return exp.Case(ifs=[exp.If(this=is_not_null(key), true=body)], default=exp.Null())

    def aggregate(self, node: Aggregate) -> Expr:
        arguments = list(map(self.lower, node.arguments))
        where = self.lower(node.where) if node.where is not None else None
        return AGGREGATES[node.function](arguments, where)

    def over(self, node: Over) -> Expr:
        """A look at the rows before, at the one behind, or how many come first."""
        order = [exp.Ordered(this=self.lower(part), nulls_first=False) for part in node.order]
        before = exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=literal(1), end_side="PRECEDING"
        )
        match node.function:
            case "place":
                this, spec = exp.RowNumber(), None
            case "next":
                this, spec = exp.Lead(this=self.lower(node.value)), None
            case _:
                this, spec = exp.Max(this=self.lower(node.value)), before
        by = [self.lower(part) for part in node.by]
        return exp.Window(this=this, partition_by=by, order=exp.Order(expressions=order), spec=spec)

    def rollup(self, node: Rollup) -> Expr:
        """The roll-up's column. Without children a count is 0; without a parent, or when its ``after`` is unknown, all
        is unknown."""
        key = _rollup_key(node)
        if key not in self._rolled:
            self._rolled[key] = self._join_rollup(node, self._rollups[key])
        number = self._rollups[key].index(node.aggregate)
        value: Expr = exp.column(f"v{number}", table=self._rolled[key], quoted=True)
        if node.aggregate.function not in {"count", "count_if", "count_distinct"}:
            return value
        value = exp.func("COALESCE", value, literal(0))
        needed = [self._parent_key(node)] if node.path else []
        needed += [self.lower(under(node.after, node.path))] if node.after is not None else []
        for part in needed:
            value = exp.Case(ifs=[exp.If(this=is_not_null(part), true=value)], default=exp.Null())
        return value

    def _join_rollup(self, node: Rollup, aggregates: list[Aggregate]) -> str:
        """Joins the children grouped by their parent; returns the alias."""
        name = self._name("u")
        rules: list[Node | None] = []
        if not node.path:
            # children of parents that are not selected need not be read
            rules += [under(rule, (node.via,)) for rule in self._parents]
        if not rules:  # what asks for the parent leaves out those without one, and faster
            rules.append(Call("is_not_null", (_key((node.via,)),)))
        if len({aggregate.where for aggregate in aggregates}) == 1:
            # those of which it is not true need not be read: without any, a parent has no row, which says the same
            rules.append(aggregates[0].where)
            aggregates = [replace(aggregate, where=None) for aggregate in aggregates]
        if node.after is not None and node.occurs is not None:
            # what two records say together is counted by and not joined by: a join is fastest by its key alone
            late = Call("ge", (node.occurs, under(node.after, (node.via,))))
            aggregates = [replace(each, where=conjunction([late, each.where])) for each in aggregates]
            # before the first moment that a parent of those selected has, nothing is late enough
            rules += _not_before(node.occurs, node.after, self._parents if not node.path else ())
        columns = (("k", _key((node.via,))), *((f"v{i}", a) for i, a in enumerate(aggregates)))
        children = _select(self.query, Select(Entity(node.child), columns, conjunction(rules)))
        children.set("group", exp.Group(expressions=[children.expressions[0].this.copy()]))
        on = eq(exp.column("k", table=name, quoted=True), self._parent_key(node))
        self.joins.append(exp.Join(this=children.subquery(name), on=on, side="LEFT"))
        return name

    def _parent_key(self, node: Rollup) -> Expr:
        """The key of the record that the children belong to."""
        parent = self.alias(node.path)
        entity = node.path[-1].entity if node.path else self.entity
        if entity is None:
            raise TypeError("a roll-up needs an entity to belong to")
        return exp.column(_single_key(self.query.relations[entity]), table=parent, quoted=True)

    def calendar_number(self, node: CalendarNumber) -> Expr:
        if isinstance(node.calendar, Literal):
            return literal(self.query.calendars.get(str(node.calendar.value)))
        if node.calendar not in self._numbers:
            name = self._name("n")
            on = eq(exp.column("id", table=name, quoted=True), self.lower(node.calendar))
            self._join((CALENDARS,), name, [on])
            self._numbers[node.calendar] = name
        return exp.column("number", table=self._numbers[node.calendar], quoted=True)

    def rate(self, node: Rate) -> Expr:
        """The rate of two currencies on a day; joins it on the first use."""
        if node not in self._rates:
            name = self._name("x")
            key = {"from_currency": literal(node.currency), "to_currency": literal(node.into)}
            key["day"] = self.lower(node.day)
            on = [eq(exp.column(field, table=name, quoted=True), value) for field, value in key.items()]
            relation = self.query.relations[RATES]
            self._join(relation.name, name, on, relation)
            self._rates[node] = name
        return exp.column("rate", table=self._rates[node], quoted=True)

    def _join_calendar(self, table: str, letter: str, on: Callable[[str], Expr]) -> str:
        """Joins a calendar table; the alias."""
        name = self._name(letter)
        self._join((table,), name, [on(name)])
        return name

    def _name(self, letter: str) -> str:
        return f"{letter}{len(self.joins) + 1}"

    def _join(
        self,
        table: tuple[str, ...],
        name: str,
        on: list[Expr],
        relation: Relation | None = None,
        *,
        always: bool = False,
    ) -> None:
        """Joins one row or none; where there is ``always`` one, that."""
        conditions = on + (_exists(relation, name) if relation is not None else [])
        side = None if always else "LEFT"
        self.joins.append(exp.Join(this=_table(table, name), on=exp.and_(*conditions), side=side))


def _texts(listed: Sequence[Node]) -> list[str]:
    """The texts of a list of nothing else, none of them empty."""
    values = [value for node in listed for value in (node.values if isinstance(node, Values) else [_value(node)])]
    texts = [value for value in values if isinstance(value, str) and value]
    return texts if len(texts) == len(values) else []


def _value(node: Node) -> Value:
    return node.value if isinstance(node, Literal) else None


def _is_unknown_of_nothing(node: Node) -> bool:
    """Whether a rule is unknown of a record of which no field is known, whatever it says."""
    match node:
        case Stored() | Rollup():
            return True
        case Named() | Applied():
            return _is_unknown_of_nothing(node.body)
        case Call(function="and" | "or"):
            return all(map(_is_unknown_of_nothing, node.arguments))
        case Call(function="in"):
            return _is_unknown_of_nothing(node.arguments[0])
        case Call(function=function):
            return function in STRICT and any(map(_is_unknown_of_nothing, node.arguments))
        case _:
            return False


def _about_the_record(where: Node | None) -> list[Node]:
    """The parts of a condition that only ask for the record's own fields and those it refers to."""
    parts = where.arguments if isinstance(where, Call) and where.function == "and" else (where,)
    far = Rollup | OpenTime | DaysLater | BusinessDaysLater | CalendarNumber | Rate | Column
    return [part for part in parts if part is not None and not any(isinstance(n, far) for n in walk(part))]


def _not_before(occurs: Node, after: Node, rules: Iterable[Node]) -> Iterator[Node]:
    """What rules say of the first moment of ``after``, said of what ``occurs`` no earlier."""
    for rule in rules:
        match rule:
            case Call(function="ge" | "gt", arguments=(moment, Literal() as first)) if moment == after:
                yield replace(rule, arguments=(occurs, first))
            case _:
                pass


def _stacked(stack: Stack) -> Expr:
    first, *others = (exp.select("*").from_(_table((block,), block)) for block in stack.blocks)
    rows: exp.Query = first
    for other in others:
        rows = exp.union(rows, other, distinct=False, copy=False)
    return rows.subquery(ROOT)


def _written(constants: Constants) -> Expr:
    rows = [exp.Tuple(expressions=list(map(literal, row))) for row in constants.rows]
    names = [exp.to_identifier(name, quoted=True) for name in constants.columns]
    alias = exp.TableAlias(this=exp.to_identifier(ROOT, quoted=True), columns=names)
    return exp.Values(expressions=rows, alias=alias)


def _joined(join: Join) -> exp.Join:
    if not join.on:
        return exp.Join(this=_table((join.block,), join.block), kind="CROSS")
    pairs = [
        eq(exp.column(here, table=ROOT, quoted=True), exp.column(there, table=join.block, quoted=True))
        for here, there in join.on
    ]
    return exp.Join(this=_table((join.block,), join.block), on=exp.and_(*pairs), side="LEFT")


def _key(path: Path) -> Node:
    """What the last reference of a path holds."""
    *before, last = path
    held = last.then if last.then is not None else Stored("", last.field)
    return under(held, tuple(before))


def _rollup_key(node: Rollup) -> tuple[object, ...]:
    return (node.child, node.via, node.after, node.path)


def _single_key(relation: Relation) -> str:
    if relation.key is None:
        raise TypeError("only an entity with a single key field can be referred to")
    return relation.key


def _table(name: tuple[str, ...], alias: str) -> exp.Table:
    parts = dict(
        zip(("this", "db", "catalog"), (exp.to_identifier(part, quoted=True) for part in name[::-1]), strict=False)
    )
    return exp.Table(**parts, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


def _exists(relation: Relation, alias: str) -> list[Expr]:
    """What is later than as_of does not exist; what has no moment does (LANGUAGE §3)."""
    if relation.occurs is None or relation.exists_until is None:
        return []
    occurs = exp.column(relation.occurs, table=alias, quoted=True)
    unknown = exp.Is(this=occurs, expression=exp.Null())
    return [
        paren(exp.Or(this=unknown, expression=exp.LTE(this=occurs.copy(), expression=literal(relation.exists_until))))
    ]


def _changed_rows(files: Files) -> Expr:
    """Rows of a file and, in place of those that changed, those of a raw table that are not deleted."""
    path = duckdbs("LIST_VALUE", *map(exp.Literal.string, files.paths))
    numbered = exp.EQ(this=exp.var(ROW), expression=exp.true())
    base = exp.alias_(exp.Table(this=duckdbs("READ_PARQUET", path, numbered, NO_FOLDERS.copy())), "t", table=True)
    bits = exp.cast(duckdbs("GETVARIABLE", exp.Literal.string(bits_of(files.table))), "BIT")
    changed = exp.func("COALESCE", duckdbs("GET_BIT", bits, exp.cast(exp.column(ROW), "INT")), literal(0))
    columns = [exp.column(name, quoted=True) for name in files.columns]
    unchanged = exp.select(*columns).from_(base).where(exp.EQ(this=changed, expression=literal(0)))
    there = exp.Is(this=exp.column(DELETED, quoted=True), expression=exp.Null())
    over = exp.select(*columns).from_(_table(files.table, "o")).where(there)
    return exp.union(unchanged, over, distinct=False).subquery(ROOT)


def _files(files: Files) -> Expr:
    """DuckDB's readers, in the order of the file."""
    return _text_files(files) if files.format in ("csv", "json") else _typed_files(files)


def _typed_files(files: Files) -> Expr:
    """Rows whose columns have types; what is nested is JSON, and what has no type of ours is text."""
    if files.format == "duckdb":
        source: Expr = _table((database_alias(files.paths[0]), *files.table), "t")
    else:
        paths = duckdbs("LIST_VALUE", *map(exp.Literal.string, files.paths))
        by_name = exp.EQ(this=exp.var("union_by_name"), expression=exp.true())
        source = exp.alias_(exp.Table(this=duckdbs("READ_PARQUET", paths, by_name, NO_FOLDERS.copy())), "t", table=True)
    columns = [exp.alias_(_as_read(name, files.types.get(name)), name, quoted=True) for name in files.columns]
    return exp.select(*columns, copy=False).from_(source, copy=False).subquery(ROOT)


def _as_read(name: str, type_: str | None) -> Expr:
    column = exp.column(name, table="t", quoted=True)
    if type_ not in (None, "json"):
        return column
    return exp.cast(duckdbs("TO_JSON", column) if type_ == "json" else column, "VARCHAR")


def _text_files(files: Files) -> Expr:
    """Files of text: every column is text."""
    paths = duckdbs("LIST_VALUE", *map(exp.Literal.string, files.paths))
    names = [exp.to_identifier(name, quoted=True) for name in files.columns]
    types = duckdbs(
        "STRUCT_PACK", *(exp.PropertyEQ(this=name, expression=exp.Literal.string("VARCHAR")) for name in names)
    )
    options: dict[str, Expr] = {"columns": types}
    if files.format == "csv":
        options |= {
            "auto_detect": exp.false(),
            "header": exp.true(),
            "delim": exp.Literal.string(files.delimiter),
            "quote": exp.Literal.string('"'),
            "escape": exp.Literal.string('"'),
        }
    else:
        options["format"] = exp.Literal.string("newline_delimited")
    reader = "READ_CSV" if files.format == "csv" else "READ_JSON"
    given = (exp.EQ(this=exp.var(key), expression=value) for key, value in options.items())
    call = duckdbs(reader, paths, *given, NO_FOLDERS.copy())
    return exp.alias_(exp.Table(this=call), ROOT, table=True)
