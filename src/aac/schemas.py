"""JSON Schemas (draft 7, which editors read best) of the documents, made from the models of their kinds.

A schema is for completion and a first look: what it refuses is wrong, what it lets through `aac validate` may still
refuse. Descriptions are the sentences below the fields of a model.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.functional_validators import BeforeValidator

from aac.documents import read_text
from aac.kinds.base import Kind, Ref
from aac.kinds.written import SCALAR, Looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic.fields import FieldInfo

DRAFT = "http://json-schema.org/draft-07/schema#"
LAID_DOWN = re.compile(r" \(LANGUAGE [^)]*\)")
FOLDER = Path(__file__).parent / "schemas"
OTHERS = ("documents", "settings", "results", "changes")
"""The schemas that are of no single kind."""
EXAMPLE = {
    "id": "example", "name": "Example", "team": "sales", "other_team": "marketing", "entity": "lead", "key": "lead_id",
    "moment": "created_at", "definition": "mql", "metric": "win_rate", "role": "supporting", "sla": "sales_follow_up",
    "calendar": "desk",
}  # fmt: skip
"""What drafts name, where there is no project to choose from."""
Schema = dict[str, Any]


def by_name(name: str, kinds: Mapping[str, type[Kind]], connectors: Mapping[str, type[BaseModel]]) -> Schema | None:
    """A schema: of a kind, or one of `OTHERS`; null when there is none of that name."""
    if name in kinds:
        return of_kind(kinds[name])
    if name == "documents":
        return of_documents(kinds)
    if name == "settings":
        return of_settings(_ours("settings"), connectors)
    return _ours(name) if name in ("results", "changes") else None


def _ours(name: str) -> Schema:
    """A schema that is written by hand."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def of_kind(kind: type[Kind]) -> Schema:
    """The schema of documents of one kind."""
    definitions: dict[str, Schema] = {}
    schema = _of_model(kind, definitions)
    schema["properties"]["kind"] = {"const": kind.kind_name, "description": "What sort of document this is."}
    if "extends" in schema["properties"]:
        # the rest is inherited
        asked = schema.pop("required")
        schema |= {"required": ["kind", "id"], "anyOf": [{"required": ["extends"]}, {"required": asked}]}
    schema |= {"title": kind.kind_name, "description": _first(inspect.getmodule(kind)), "examples": _examples(kind)}
    return {"$schema": DRAFT, **schema, "definitions": definitions}


def of_documents(kinds: Mapping[str, type[Kind]]) -> Schema:
    """The schema of any document: its `kind` decides which schema holds."""
    definitions: dict[str, Schema] = {}
    for name, kind in kinds.items():
        schema = of_kind(kind)
        definitions |= schema.pop("definitions")
        del schema["$schema"]
        definitions[f"kind_{name}"] = schema
    dispatch = [
        {
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": {"$ref": f"#/definitions/kind_{name}"},
        }
        for name in kinds
    ]
    return {
        "$schema": DRAFT,
        "title": "A document of alignment/",
        "type": "object",
        "required": ["kind", "id"],
        "properties": {"kind": {"enum": list(kinds), "description": "What sort of document this is."}},
        "allOf": dispatch,
        "definitions": definitions,
    }


def of_settings(base: Schema, connectors: Mapping[str, type[BaseModel]]) -> Schema:
    """The schema of `aac.toml`: ``base`` with the settings of each connector in its sources."""
    definitions: dict[str, Schema] = {}
    source: Schema = base["definitions"]["source"]
    known: Schema = source["properties"]
    source["properties"]["connector"] = {"enum": list(connectors), "description": known["connector"]["description"]}
    dispatches: list[Schema] = []
    for name, settings in connectors.items():
        own = _of_model(settings, definitions)
        own["properties"] |= dict.fromkeys(known, True)
        dispatch = {"properties": {"connector": {"const": name}}, "required": ["connector"]}
        dispatches.append({"if": dispatch, "then": own})
    source["allOf"] = dispatches
    base["definitions"] |= definitions
    return base


def example(kind: type[Kind]) -> str:
    """The draft of a kind, with names that any project could have."""
    return Template(kind.draft).substitute(EXAMPLE)


def _examples(kind: type[Kind]) -> list[object]:
    documents, _ = read_text(example(kind).encode(), "draft.yml")
    return [document.data for document in documents[:1]]


def _of_model(model: type[BaseModel], definitions: dict[str, Schema]) -> Schema:
    """An object with the keys of a model; models inside it are added to ``definitions``."""
    told = _told(model)
    properties: dict[str, Schema] = {}
    required: set[str] = set(getattr(model, "required", ()))
    for name, info in model.model_fields.items():
        shape = _of_field(info, definitions)
        if not info.is_required():
            shape = _or_nothing(shape)
        else:
            required.add(name)
        description = told.get(name) or _what_it_refers_to(info)
        properties[info.alias or name] = {**shape, "description": description} if description else shape
    keys = {name: info.alias or name for name, info in model.model_fields.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key for name, key in keys.items() if name in required],
        "properties": properties,
    }


def _of_field(info: FieldInfo, definitions: dict[str, Schema]) -> Schema:
    pattern = next((mark.pattern for mark in info.metadata if getattr(mark, "pattern", None)), None)
    if pattern is not None:
        return {"type": "string", "pattern": pattern}
    return _of_type(info.annotation, info.metadata, definitions)


def _of_type(annotation: Any, marks: Iterable[object], definitions: dict[str, Schema]) -> Schema:
    """What a value of a type looks like in YAML."""
    marks = tuple(marks)
    looks = next((mark for mark in marks if isinstance(mark, Looks)), None)
    if looks is not None:
        return dict(looks.schema)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(parts[0], (*parts[1:], *marks), definitions)
    if any(isinstance(mark, BeforeValidator) for mark in marks):
        # read in a way of its own: a short form may stand for it
        return _any_of([{"type": list(SCALAR)}, _loose(annotation, definitions)])
    if origin is Literal:
        # an editor reads the words true and false as something else than text
        meant = {"true": True, "false": False}
        return {"enum": [*parts, *(meant[part] for part in parts if part in meant)]}
    if origin in (Union, type(int | str)):
        shape = _any_of([_of_type(part, (), definitions) for part in parts if part is not type(None)])
        return _or_nothing(shape) if type(None) in parts else shape
    if origin is tuple:
        return {"type": "array", "items": _of_type(parts[0], (), definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _or_nothing(_of_type(parts[1], (), definitions))}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _reference(annotation, definitions)
    if annotation is bool:
        return {"type": ["boolean", "string"]}
    return {"type": list(SCALAR)}


def _loose(annotation: Any, definitions: dict[str, Schema]) -> Schema:
    """The long form of a value that has a reader: exact for models, the outer form for anything else."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _reference(annotation, definitions)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, type(int | str)):
        return _any_of([_loose(part, definitions) for part in parts if part is not type(None)])
    return {"type": {dict: "object", tuple: "array"}.get(cast("Any", origin), list(SCALAR))}


def _reference(model: type[BaseModel], definitions: dict[str, Schema]) -> Schema:
    name = f"{model.__module__.rpartition('.')[2]}_{model.__name__}"
    if name not in definitions:
        definitions[name] = {}  # a model may hold itself
        definitions[name] |= _of_model(model, definitions) | {"description": _first(model)}
    return {"$ref": f"#/definitions/{name}"}


def _any_of(shapes: list[Schema]) -> Schema:
    distinct = [shape for number, shape in enumerate(shapes) if shape not in shapes[:number]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _or_nothing(shape: Schema) -> Schema:
    """A key without a value is as good as left out."""
    if "type" not in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    types = [shape["type"]] if isinstance(shape["type"], str) else shape["type"]
    return {**shape, "type": list(dict.fromkeys([*types, "null"]))}


def _what_it_refers_to(info: FieldInfo) -> str:
    mark = next((mark for mark in info.metadata if isinstance(mark, Ref)), None)
    if mark is None:
        return ""
    article = "an" if mark.kinds[0][0] in "aeio" else "a"
    return f"The id of {article} {' or '.join(mark.kinds)}."


def _first(thing: object) -> str:
    """The first paragraph of a docstring, without where its rules are laid down."""
    text = " ".join((inspect.getdoc(thing) or "").strip().split("\n\n")[0].split())
    return LAID_DOWN.sub("", text)


def _told(model: type[BaseModel]) -> dict[str, str]:
    """The sentence below each field of a model and of those it derives from."""
    told: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, BaseModel) and part.__module__.partition(".")[0] != "pydantic":
            told |= _sentences(part)
    return told


def _sentences(model: type[BaseModel]) -> dict[str, str]:
    """What stands in quotes below the fields in a class's own text."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    lines = body.body if isinstance(body, ast.ClassDef) else []
    sentences: dict[str, str] = {}
    for field, below in pairwise(lines):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                sentences[name] = " ".join(text.split())
            case _:
                pass
    return sentences
