"""What pydantic says about a document, as findings; and which references its model holds."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

from pydantic import BaseModel

from aac.findings import Finding, did_you_mean
from aac.kinds.base import Kind, Ref
from aac.kinds.written import Part, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from aac.documents import Document

NO_SUCH = {
    "date": ("a date", "write it as `2026-02-28`"),
    "int": ("a whole number", "write digits, as in `20`"),
    "bool": ("yes or no", "write `true` or `false`"),
    "string": ("text", "write one word or sentence"),
    "tuple": ("a list", "write `[a, b]`, or one line a value beginning with `- `"),
    "dict": ("a mapping", "write `key: value` lines below it"),
    "model": ("a mapping", "write `key: value` lines below it"),
    "too_short": ("long enough", "write at least one"),
}


def invalid(error: ValidationError, model: type[Kind], document: Document) -> Iterator[Finding]:
    """A finding for each mistake pydantic found, where it stands."""
    doc = f"{document.kind}:{document.id}"
    details = error.errors(include_url=False)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    for detail in details:
        if detail["type"] == "missing" and any(_is_misspelt(detail["loc"], loc) for loc in unknown):
            continue  # told as the key that is not known
        context = detail.get("ctx", {})
        steps = (*detail["loc"], *context.get("path", ()))
        is_key = context.get("key", False) or steps[-1:] == ("[key]",) or detail["type"] in AT_KEYS
        span = document.span(*_path(steps, document), key=is_key)
        code, message, instead = explained(detail, model)
        yield Finding(code, "error", message, instead, span, doc)


AT_KEYS = frozenset({"extra_forbidden", "missing"})
"""Mistakes that are told at a key: the one that is too many, or the one below which another is missing."""


def _is_misspelt(missing: tuple[Part, ...], unknown: tuple[Part, ...]) -> bool:
    """Whether an unknown key is a missing one, misspelt."""
    return missing[:-1] == unknown[:-1] and bool(get_close_matches(str(unknown[-1]), [str(missing[-1])]))


def _path(steps: tuple[Part, ...], document: Document) -> tuple[Part, ...]:
    """The steps that lead somewhere in the document; pydantic adds names of validators between them."""
    path: tuple[Part, ...] = ()
    for part in steps:
        if (*path, part) in document.positions:
            path = (*path, part)
    return path


def explained(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    """Code, message and advice for one mistake that pydantic found."""
    type_, context, written = detail["type"], detail.get("ctx", {}), detail["input"]
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    match type_:
        case "finding":
            return context["code"], context["message"], context["instead"]
        case "missing":
            return "AAC210", f"`{key}` is missing", f"add `{key}: …`"
        case "extra_forbidden":
            known = _keys(model, detail["loc"][:-1])
            return "AAC207", f"there is no key `{key}` here", did_you_mean(key, known) or "leave it out"
        case "literal_error":
            choice = re.findall(r"'([^']*)'", context["expected"])
            word = written if isinstance(written, str) else ""
            return "AAC308", f"{shown(written)} is not possible here", did_you_mean(word, choice)
        case "string_pattern_mismatch":
            return "AAC202", f"{shown(written)} cannot be an id", "use small letters, digits and `_`"
        case "tuple_type" if isinstance(written, str):
            return "AAC308", f"{shown(written)} is not a list", f"write `[{written}]`"
        case _:
            what, advice = next((v for k, v in NO_SUCH.items() if type_.startswith(k)), (detail["msg"], "write it so"))
            return "AAC308", f"{shown(written)} is not {what}", advice


def _keys(model: type[BaseModel], path: tuple[Part, ...]) -> list[str]:
    """The keys that are possible at a place in a document."""
    steps = list(path)
    while steps:
        info = {info.alias or name: info for name, info in model.model_fields.items()}.get(str(steps.pop(0)))
        inner = _model_in(info.annotation) if info is not None else None
        if inner is not None:
            model = inner
            # the place in a list, or a name that the user chose
            steps = steps[1:] if info is not None and get_origin(info.annotation) in (tuple, dict) else steps
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, inside lists, unions and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


Found = tuple[tuple[Part, ...], tuple[str, ...], str]
"""Where a reference stands, the kinds it may lead to, and the id that was written."""


def references(model: BaseModel, path: tuple[Part, ...] = ()) -> Iterator[Found]:
    """Every reference that was written into a model, in the order of its keys."""
    for name, key, ref in _referring(type(model)):
        if name in model.model_fields_set:
            yield from _references(getattr(model, name), ref, (*path, key))


def _references(value: object, ref: Ref | None, path: tuple[Part, ...]) -> Iterator[Found]:
    match value:
        case BaseModel():
            yield from references(value, path)
        case str() if ref is not None:
            yield path, ref.kinds, value
        case tuple():
            for number, item in enumerate(cast("tuple[object, ...]", value)):
                yield from _references(item, ref, (*path, number))
        case dict():
            for key, item in cast("dict[str, object]", value).items():
                yield from _references(item, ref, (*path, key))
        case _:
            pass


@cache
def _referring(model: type[BaseModel]) -> tuple[tuple[str, str, Ref | None], ...]:
    """The fields of a model that may hold references: name, key and the mark; those of models inside have none."""
    fields = ((name, info.alias or name, _refs(info), info) for name, info in model.model_fields.items())
    return tuple((name, key, ref) for name, key, ref, info in fields if ref or _model_in(info.annotation))


def _refs(info: FieldInfo) -> Ref | None:
    """The mark of a field that refers to documents, also inside a list or an optional."""
    return next((mark for mark in info.metadata if isinstance(mark, Ref)), None) or _ref_in(info.annotation)


def _ref_in(annotation: Any) -> Ref | None:
    marks = getattr(annotation, "__metadata__", ())
    found = next((mark for mark in marks if isinstance(mark, Ref)), None)
    return found or next((r for part in get_args(annotation) if (r := _ref_in(part)) is not None), None)
