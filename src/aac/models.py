"""What pydantic says about a document, as findings; and which references its model holds."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from aac.findings import MOST, Finding, did_you_mean
from aac.kinds.base import Kind, Ref
from aac.kinds.written import Part, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from aac.documents import Document


def read(data: Mapping[str, object], model: type[Kind]) -> Kind | tuple[str, str, str]:
    """The model of plain data; else code, message and advice for the first mistake in it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return explained(error.errors(include_url=False)[0], model)


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
    details = error.errors(include_url=False)[:MOST]
    missing = [detail["loc"] for detail in details if detail["type"] == "missing"]
    too_many = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    unknown = {loc: _meant(loc, too_many, missing, model, document) for loc in too_many}
    told = {meant for meant, _ in unknown.values()}
    for detail in details:
        if detail["type"] == "missing" and detail["loc"] in told:
            continue  # told as the key that is not known
        context = detail.get("ctx", {})
        steps = (*detail["loc"], *context.get("path", ()))
        is_key = context.get("key", False) or steps[-1:] == ("[key]",) or detail["type"] in AT_KEYS
        span = document.span(*_path(steps, document), key=is_key)
        meant = unknown.get(detail["loc"])
        code, message, instead = explained(detail, model, meant and meant[1])
        yield Finding(code, "error", message, instead, span, doc)


AT_KEYS = frozenset({"extra_forbidden", "missing"})
"""Mistakes that are told at a key: the one that is too many, or the one below which another is missing."""


Loc = tuple[Part, ...]


def _meant(
    unknown: Loc, too_many: list[Loc], missing: list[Loc], model: type[BaseModel], document: Document
) -> tuple[Loc | None, str]:
    """The key that an unknown one was meant to be, if there is one, and what to write instead."""
    above, key = unknown[:-1], str(unknown[-1])
    known, place = _keys(model, above), _path(above, document)
    free = [name for name in known if (*place, name) not in document.positions]
    near = did_you_mean(key, free)
    if near.startswith("did you mean"):
        return next((*above, name) for name in free if near == f"did you mean `{name}`?"), near
    if twin := get_close_matches(key, [name for name in known if name not in free], n=1, cutoff=0.7):
        return None, f"`{twin[0]}` stands here already: keep one of the two"
    for depth in range(len(above) - 1, -1, -1):
        outer = _path(unknown[:depth], document)
        if key in _keys(model, unknown[:depth]) and (*outer, key) not in document.positions:
            return (*unknown[:depth], key), f"it belongs beside `{unknown[depth]}`, not inside it"
    absent = [loc for loc in missing if loc[:-1] == above]
    if len(absent) == 1 and [loc for loc in too_many if loc[:-1] == above] == [unknown]:
        return absent[0], f"write `{absent[0][-1]}`, which is missing, or leave it out"
    if " " in key:
        return None, "if it goes on with the text above, indent it as far as that"
    if _names_are_chosen(model, above) and document.positions[place].style == "block":
        return None, f"if it is a name of its own, indent it like `{above[-1]}`; else {near or 'leave it out'}"
    return None, near or "leave it out"


def _names_are_chosen(model: type[BaseModel], path: Loc) -> bool:
    """Whether a place is one of a mapping at the root whose keys are names of the user's own."""
    info = {info.alias or name: info for name, info in model.model_fields.items()}
    return len(path) == 2 and path[0] in info and get_origin(info[str(path[0])].annotation) is dict


def _path(steps: tuple[Part, ...], document: Document) -> tuple[Part, ...]:
    """The steps that lead somewhere in the document; pydantic adds names of validators between them."""
    path: tuple[Part, ...] = ()
    for part in steps:
        if (*path, part) in document.positions:
            path = (*path, part)
    return path


def explained(detail: ErrorDetails, model: type[BaseModel], instead_of_key: str | None = None) -> tuple[str, str, str]:
    """Code, message and advice for one mistake that pydantic found; ``instead_of_key``: what is known to advise for a
    key that is none."""
    type_, context, written = detail["type"], detail.get("ctx", {}), detail["input"]
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    match type_:
        case "finding":
            return context["code"], context["message"], context["instead"]
        case "value_error":  # a rule of the model itself, which says what is wrong; and what to write
            message, _, instead = str(context["error"]).partition("; ")
            return "AAC308", message, instead or "correct it"
        case "missing":
            return "AAC210", f"`{key}` is missing", _example(model, detail["loc"])
        case "extra_forbidden":
            near = instead_of_key or did_you_mean(key, _keys(model, detail["loc"][:-1]))
            return "AAC207", f"there is no key `{key}` here", near or "leave it out"
        case "literal_error":
            choice = re.findall(r"'([^']*)'", context["expected"])
            word = written if isinstance(written, str) else ""
            word = ELSEWHERE.get(word.lower(), word)
            return "AAC308", f"{shown(written)} is not possible here", did_you_mean(word, choice)
        case "string_pattern_mismatch":
            return "AAC202", f"{shown(written)} cannot be an id", "use small letters, digits and `_`"
        case "tuple_type" if isinstance(written, str):
            items = ", ".join(re.split(r"\s*(?:[,;&]|\band\b)\s*", written))
            return "AAC308", f"{shown(written)} is not a list", f"write `[{items}]`"
        case "string_type" if (alone := _alone(written)) is not None:
            return "AAC308", f"{shown(written)} is not text", f"write `{alone}`"
        case _:
            what, advice = next((v for k, v in NO_SUCH.items() if type_.startswith(k)), (detail["msg"], "write it so"))
            return "AAC308", f"{shown(written)} is not {what}", advice


def _alone(written: object) -> str | None:
    """The text that stands alone in brackets, or in a mapping that was meant to be text with a colon."""
    match written:
        case [str() as text]:
            return text
        case dict() if len(cast("dict[str, object]", written)) == 1:
            ((key, value),) = cast("dict[str, object]", written).items()
            return f'"{key}: {value}"' if isinstance(value, str) else None
        case _:
            return None


ELSEWHERE = {
    **dict.fromkeys(("string", "str", "varchar", "char", "picklist", "enum", "id"), "text"),
    **dict.fromkeys(("datetime", "time", "timestamptz"), "timestamp"),
    **dict.fromkeys(("decimal", "numeric", "percent", "percentage"), "number"),
    **dict.fromkeys(("int", "bigint", "long"), "integer"),
    **dict.fromkeys(("more", "up", "increase"), "higher"),
    **dict.fromkeys(("less", "down", "decrease"), "lower"),
    **dict.fromkeys(("email", "slack"), "notify"),
    "bool": "boolean", "checkbox": "boolean", "currency": "money", "double": "float",
}  # fmt: skip
"""Words that others say for what can be chosen here."""


def _example(model: type[BaseModel], path: tuple[Part, ...]) -> str:
    """How to add a key that is missing, with what the draft of the kind writes there."""
    key = path[-1]
    found = re.search(DRAFTED.format(key=key), getattr(model, "draft", ""), re.MULTILINE) if len(path) == 1 else None
    value = re.sub(r"\$(?:\w+|\{\w+\})", "…", found[1] or f"[{found[2]}]") if found else "…"
    if value == "…":
        return f"add `{key}: …`"
    return f"add it, as in `{key}: {value}`"


DRAFTED = r"^{key}:(?: ([^#\n]*\S)| *(?:#.*)?\n  - (\{{.*?\}}))\s*(?:#.*)?$"
"""A key of a draft with its value, or with the first row of its list."""


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
