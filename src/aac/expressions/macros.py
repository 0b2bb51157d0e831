"""Functions that plugins bring: rules of the language with parameters, so that no engine has to know of them.

A call is read like one of ours; `check` puts what it was given in place of the parameters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.errors import PluginError
from aac.expressions.mistakes import Refused
from aac.expressions.nodes import Aggregate, Call, Macro, Name, walk
from aac.expressions.spelling import Spelling
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.expressions.nodes import Node

EVERYWHERE = frozenset({"param", "list"})
"""First parts of names that mean the same on every record, so that a function may use them."""
PLACE = re.compile(r"\{([^{}]*)\}")


@record
class Function:
    """A function over values of one record.

    ``rule`` is an expression over ``parameters``, in which `param.<name>` and `list.<id>` may stand too; ``means`` says
    to people what it yields. ``says`` is how a call reads, as in `{address} is at a free mailer`; left out, the words
    are made of the name.
    """

    name: str
    parameters: tuple[str, ...]
    rule: str
    means: str
    says: str = ""

    @property
    def spelling(self) -> Spelling:
        """How it is written, with what it takes."""
        number = len(self.parameters)
        return Spelling(f"{self.name}({', '.join(self.parameters)})", number, number)


def macros_of(functions: Mapping[str, Function], parse: Callable[[str], Node]) -> dict[str, Macro]:
    """Functions as nodes. Raises PluginError for one that cannot be called, or whose rule is none of the language."""
    macros: dict[str, Macro] = {}
    for name, function in functions.items():
        _require_callable(function, parse)
        body = _body(function, parse)
        places = {parameter: f"{{{place}}}" for place, parameter in enumerate(function.parameters)}
        if unknown := [part for part in PLACE.findall(function.says) if part not in places]:
            raise _unusable(function, f"it says {{{unknown[0]}}}, which is none of its parameters")
        if {*"{}"} & {*PLACE.sub("", function.says)}:
            raise _unusable(function, "what it says has a brace that does not pair")
        says = PLACE.sub(lambda found, places=places: places[found[1]], function.says)
        macros[name] = Macro(name, function.parameters, body, says)
    _refuse_rings(macros)
    return macros


def _require_callable(function: Function, parse: Callable[[str], Node]) -> None:
    """Refuses names that SQL reads as something else than a function and its values."""
    written = function.spelling.written
    if not function.parameters:
        raise _unusable(function, "it has no parameter, and what is always the same is a definition or a `param`")
    try:
        node: Node | None = parse(written)
    except Refused:
        node = None
    names = tuple(Name((parameter,)) for parameter in function.parameters)
    if node != Call(function.name, names) or len({*function.parameters}) < len(names):
        advice = "names are small letters, digits and `_`, no words of SQL, and each parameter has its own"
        raise _unusable(function, f"`{written}` is no call of a function: {advice}")


def _body(function: Function, parse: Callable[[str], Node]) -> Node:
    """The rule of a function, over its parameters alone."""
    try:
        body = parse(function.rule)
    except Refused as refused:
        problem = refused.problem
        raise _unusable(function, f"{problem.message} in its rule; {problem.instead}") from None
    used: set[str] = set()
    for part in walk(body):
        if isinstance(part, Aggregate):
            raise _unusable(function, f"`{part.function}` is over many records, and a function is about one")
        if isinstance(part, Name):
            first, *rest = part.parts
            used.add(first)
            is_known = first in EVERYWHERE if rest else first in function.parameters
            if not is_known:
                advice = "give it what it looks at; only `param.<name>` and `list.<id>` mean the same on every record"
                raise _unusable(function, f"`{'.'.join(part.parts)}` in its rule is none of its parameters: {advice}")
    if unused := [parameter for parameter in function.parameters if parameter not in used]:
        raise _unusable(function, f"its rule makes no use of `{unused[0]}`")
    return body


def _refuse_rings(macros: Mapping[str, Macro]) -> None:
    """Refuses functions that need each other, or themselves."""
    needs = {
        name: [part.function for part in walk(macro.body) if isinstance(part, Call) and part.function in macros]
        for name, macro in macros.items()
    }
    sound: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            told = " needs ".join((*way[way.index(name) :], name))
            raise PluginError(f"a ring of functions: {told}; write the rule of one of them out")
        if name not in sound:
            for other in needs[name]:
                follow(other, (*way, name))
            sound.add(name)

    for name in needs:
        follow(name, ())


def _unusable(function: Function, why: str) -> PluginError:
    return PluginError(f"the function {function.name} of a plugin cannot be used: {why}")
