"""The reference of kinds in `docs/kinds`: a page a kind, made of its JSON Schema and its draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aac import schemas
from aac.kinds.base import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.schemas import Schema

MADE = "<!-- Made by `make docs` from the models in `src/aac/kinds`: edit them there. -->\n"
CHECKLIST = "#/definitions/written_Checklist"
COMMON = [*Kind.model_fields]
LAST = ("why", "as_written")
REFERENCES = ("lifecycle", "metric", "scorecard", "scoring", "sla")
"""The kinds that `docs/reference` tells more of."""


@dataclass(frozen=True)
class Key:
    """A key of a document: its path, what it says, and whether it has to be there."""

    path: str
    says: str
    required: str


def index(kinds: Mapping[str, type[Kind]]) -> str:
    """The page that lists all kinds."""
    rows = [f"| [{name}]({name}.md) | {schemas.of_kind(kind)['description']} |" for name, kind in kinds.items()]
    lines = [
        MADE,
        "# Kinds",
        "",
        "Every document says what it is (`kind`) and what others call it (`id`). `aac new KIND ID` writes a first one",
        "with remarks; `aac schema KIND` prints what an editor completes with.",
        "",
        "| kind | what it is |",
        "|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def page(kind: type[Kind]) -> str:
    """The page of a kind: what it is, an example, and all its keys."""
    schema, name = schemas.of_kind(kind), kind.kind_name
    keys = [*keys_of(schema, schema["definitions"])]
    more = f"[More about it](../reference/{name}.md): how it is measured, and what this version does not measure yet.\n"
    parts = [
        f"{MADE}\n# {name}\n",
        f"{schema['description']}\n",
        *([more] if name in REFERENCES else []),
        f"```yaml\n{schemas.example(kind).rstrip()}\n```\n",
        "## Its own keys\n",
        "A dot leads to a key inside, `[]` to each row of a list, and `<name>` stands for a name of your own. What is",
        "required inside is so where the key around it is written.\n",
        _table(key for key in keys if key.path not in COMMON),
        "## Keys of every kind\n",
        _table(key for key in keys if key.path in COMMON),
    ]
    if "written_Checklist" in schema["definitions"]:
        parts += [
            "## Keys of a checklist\n",
            "A rule in named parts, which may be checklists themselves: results say by their names what was missing.\n",
            _table(keys_of(schema["definitions"]["written_Checklist"], schema["definitions"])),
        ]
    return "\n".join(parts)


def keys_of(
    model: Schema, definitions: Mapping[str, Schema], around: tuple[str, ...] = (), seen: tuple[str, ...] = (CHECKLIST,)
) -> Iterator[Key]:
    """The keys of a model, below the path ``around``, and of the models inside it but those already ``seen``.

    A checklist is told of once a page, not wherever it may be.
    """
    properties: dict[str, Schema] = model.get("properties", {})
    of_its_own = {key for choice in model.get("anyOf", []) for key in choice["required"] if key != "extends"}
    for key in sorted(properties, key=lambda key: key in LAST and bool(around)):
        shape = properties[key]
        required = "yes" if key in model["required"] else "without `extends`" if key in of_its_own else ""
        path = (*around, key)
        yield Key(".".join(path).replace(".[]", "[]"), _says(shape), required)
        for steps, inner in _inside(shape):
            if inner not in seen:
                held = definitions[inner.rpartition("/")[2]]
                yield from keys_of(held, definitions, (*path, *steps), (*seen, inner))


def _inside(shape: Schema) -> Iterator[tuple[tuple[str, ...], str]]:
    """The models that a value may be or hold: the steps to each, and the reference to it."""
    if "$ref" in shape:
        yield (), shape["$ref"]
    for choice in shape.get("anyOf", []):
        yield from _inside(choice)
    for key, step in (("items", "[]"), ("additionalProperties", "<name>")):
        if isinstance(shape.get(key), dict):
            yield from (((step, *steps), inner) for steps, inner in _inside(shape[key]))


def _says(shape: Schema) -> str:
    """What is said of a key, and which words it knows if that does not name them."""
    says: str = shape["description"]
    words = [word for word in _words(shape) if isinstance(word, str)]
    if any(f"`{word}`" not in says for word in words):
        says += f" {'One of' if len(words) > 1 else 'Only'} {', '.join(f'`{word}`' for word in words)}."
    return says.replace("|", "\\|")


def _words(shape: Schema) -> list[Any]:
    return [*shape.get("enum", []), *(word for choice in shape.get("anyOf", []) for word in _words(choice))]


def _table(keys: Iterable[Key]) -> str:
    rows = [f"| `{key.path}` | {key.required} | {key.says} |" for key in keys]
    return "\n".join(["| key | required | what it says |", "|---|---|---|", *rows]) + "\n"
