"""A checklist as a promise's rule (`must`) -> the parts that an item lacked (LANGUAGE §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.expressions.nodes import Call, Named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.nodes import Node


def missing_parts(rule: Node | None) -> tuple[tuple[str, Node], ...]:
    """Each part that is a rule, by its name (`outer.inner` where checklists are nested), and whether it is missing.

    A part of an `any` is missing if none of them is true. Nothing for a rule that is no checklist.
    """
    return tuple((".".join(names), is_missing) for names, is_missing in _parts(rule, (), ()))


def _parts(
    node: Node | None, names: tuple[str, ...], reasons: tuple[Node, ...]
) -> Iterator[tuple[tuple[str, ...], Node]]:
    """``reasons``: what must be so beside the part itself for it to be missing."""
    match node:
        case Named(is_part=True):
            inner = tuple(_parts(node.body, (*names, node.label), reasons))
            is_false = _is_false(node.body)
            yield from inner or (((*names, node.label), Call("and", (*reasons, is_false)) if reasons else is_false),)
        case Call(function="and" | "or" as function, arguments=parts) if all(map(_is_part, parts)):
            for part in parts:
                yield from _parts(part, names, (*reasons, _is_false(node)) if function == "or" else reasons)
        case _:
            return


def _is_part(node: Node) -> bool:
    return isinstance(node, Named) and node.is_part


def _is_false(rule: Node) -> Node:
    return Call("is_false", (rule,))
