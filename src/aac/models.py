"""What pydantic says about a document, as findings; and which references its model holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import BaseModel

from aac.findings import Finding, did_you_mean
from aac.kinds.base import Kind, Part, Ref

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
}


def invalid(error: ValidationError, model: type[Kind], document: Document) -> Iterator[Finding]:
    """A finding for each mistake pydantic found, where it stands."""
    doc = f"{document.kind}:{document.id}"
    for detail in error.errors(include_url=False):
        path = _path(detail["loc"], document)
        code, message, instead = explained(detail, model)
        is_key = detail["type"] == "extra_forbidden"
        yield Finding(code, "error", message, instead, document.span(*path, key=is_key), doc)


def _path(loc: tuple[Part, ...], document: Document) -> tuple[Part, ...]:
    """The steps that lead somewhere in the document; pydantic adds names of validators between them."""
    path: tuple[Part, ...] = ()
    for part in loc:
        if (*path, part) in document.positions:
            path = (*path, part)
    return path


def explained(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    """Code, message and advice for one mistake that pydantic found."""
    type_, context = detail["type"], detail.get("ctx", {})
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    match type_:
        case "finding":
            return context["code"], context["message"], context["instead"]
        case "missing":
            return "AAC210", f"`{key}` is missing", f"add `{key}: …`"
        case "extra_forbidden":
            known = _keys(model, detail["loc"][:-1])
            return "AAC207", f"there is no key `{key}` here", did_you_mean(key, known) or "leave it out"
        case "greater_than_equal":
            least = context["ge"]
            return "AAC308", f"`{detail['input']}` is less than {least}", f"write a number of at least {least}"
        case "literal_error":
            return "AAC308", f"`{detail['input']}` is not possible here", f"write {context['expected']}"
        case "string_pattern_mismatch":
            return "AAC202", f"`{detail['input']}` cannot be an id", "use small letters, digits and `_`"
        case _:
            what, advice = next((v for k, v in NO_SUCH.items() if type_.startswith(k)), (detail["msg"], "write it so"))
            return "AAC308", f"{_shown(detail['input'])} is not {what}", advice


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"`{value}`"


def _keys(model: type[BaseModel], path: tuple[Part, ...]) -> list[str]:
    """The keys that are possible at a place in a document."""
    for part in path:
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        if isinstance(part, str) and part in fields:
            inner = _model_in(fields[part].annotation)
            if inner is None:
                return []
            model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, inside lists, unions and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


Found = tuple[tuple[Part, ...], tuple[str, ...], str]
"""Where a reference stands, the kinds it may lead to, and the id that was written."""


def references(model: BaseModel, path: tuple[Part, ...] = ()) -> Iterator[Found]:
    """Every reference a model holds, in the order of its keys."""
    for name, info in type(model).model_fields.items():
        yield from _references(getattr(model, name), _refs(info), (*path, info.alias or name))


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


def _refs(info: FieldInfo) -> Ref | None:
    """The mark of a field that refers to documents, also inside a list or an optional."""
    return next((mark for mark in info.metadata if isinstance(mark, Ref)), None) or _ref_in(info.annotation)


def _ref_in(annotation: Any) -> Ref | None:
    marks = getattr(annotation, "__metadata__", ())
    found = next((mark for mark in marks if isinstance(mark, Ref)), None)
    return found or next((r for part in get_args(annotation) if (r := _ref_in(part)) is not None), None)
