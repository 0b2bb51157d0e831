"""What teams agree to: the content of a document that is more than prose, and its fingerprint.

The fingerprint is of what was read, key by key, and not of how it was written: it stays the same when keys are put in
another order, a rule is spelt differently or a sentence is mended, and becomes another when a number can.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aac.comparing import SKIPPED, fields_of
from aac.expressions.mistakes import Refused
from aac.expressions.parsed import as_json
from aac.kinds.classes import MEANING, Change
from aac.kinds.written import Split, Strict

if TYPE_CHECKING:
    from collections.abc import Callable

    from aac.expressions.nodes import Node
    from aac.kinds.base import Kind

    Parse = Callable[[str], Node]

DIGITS = 16
"""Of a fingerprint: enough that no two documents of a project ever share one by chance."""


def fingerprint(model: Kind, parse: Parse) -> str:
    """Of the meaning and the promise of a document, as hexadecimal digits; its id is no part of it."""
    content = content_of(model, parse)
    return digest([model.kind, {key: value for key, value in content.items() if key not in SKIPPED}])


def digest(content: object) -> str:
    """The hexadecimal digits of plain data."""
    return hashlib.sha256(_sorted(content).encode()).hexdigest()[:DIGITS]


def content_of(model: Strict, parse: Parse, mark: Change = MEANING) -> dict[str, Any]:
    """What a document, or a part of one, says that is more than prose. What is as it is when left out is left out, so
    that a key which a later version brings changes nothing."""
    content: dict[str, Any] = {}
    for key, (name, own) in fields_of(type(model)).items():
        value, there = getattr(model, name), own or mark
        info = type(model).model_fields[name]
        if there.sort != "prose" and (info.is_required() or value != info.get_default(call_default_factory=True)):
            content[key] = value_of(value, parse, there)
    return content


def value_of(value: object, parse: Parse, mark: Change = MEANING) -> Any:
    """A value of a document as plain data: of lists whose order says nothing, in one order."""
    match value:
        case Strict():
            return content_of(value, parse, mark)
        case Split():
            return [value.name, _text(value.rule, parse)]
        case tuple():
            items = [value_of(item, parse, mark) for item in cast("tuple[object, ...]", value)]
            return items if mark.ordered else sorted(items, key=_sorted)
        case Mapping():
            entries = cast("Mapping[object, object]", value).items()
            named = [[str(key), value_of(item, parse, mark)] for key, item in entries]
            return named if mark.ordered else dict(named)
        case str():
            return _text(value, parse)
        case None:
            return None
        case _:
            return str(value)


def _text(text: str, parse: Parse) -> Any:
    """A text; of a rule what it says."""
    try:
        return json.loads(json.dumps(parse(text), default=as_json))
    except Refused:
        return " ".join(text.split())


def _sorted(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
