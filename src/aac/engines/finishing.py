"""What is changed of a SELECT once it is made: how it reads, or how what comes of it is kept."""

from __future__ import annotations

from sqlglot import exp


def number_texts(select: exp.Select) -> None:
    """Lets a table keep texts of which there are few, all of them written here, as their numbers: it is made and
    grouped faster."""
    for column in select.expressions:
        case = column.this
        if isinstance(case, exp.Case):
            texts = [*(branch.args["true"] for branch in case.args["ifs"]), case.args["default"]]
            if all(isinstance(text, exp.Literal) and text.is_string for text in texts):
                kinds = [exp.Literal.string(name) for name in dict.fromkeys(text.name for text in texts)]
                for text in texts:
                    type_ = exp.DataType(this=exp.DType.ENUM, expressions=[kind.copy() for kind in kinds])
                    text.replace(exp.Cast(this=text.copy(), to=type_))


def without_idle_brackets(select: exp.Select) -> exp.Select:
    """The same without brackets that nobody needs: around a comparison in a condition, around all of a condition, and
    around what a longer condition of the same sort begins with."""
    for bracket in reversed(list(select.find_all(exp.Paren))):
        inner, parent = bracket.this, bracket.parent
        is_whole = isinstance(parent, exp.Paren | exp.Where | exp.If | exp.Alias)
        is_part = isinstance(parent, exp.And | exp.Or | exp.Not) and isinstance(inner, exp.Predicate | exp.Column)
        is_beginning = isinstance(parent, exp.And | exp.Or) and type(inner) is type(parent) and parent.this is bracket
        if is_whole or is_part or is_beginning:
            bracket.replace(inner)
    return select
