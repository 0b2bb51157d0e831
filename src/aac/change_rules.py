"""Every rule by which a change is classed: made from the fields of the kinds, and from what `aac.toml` may say.

A rule is called by its kind, the keys that lead to the value and what became of it, as in
`sla.how_measured.objective.lowered`.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from decimal import Decimal
from fractions import Fraction
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from aac.comparing import NAMES, SKIPPED, fields_of, level_of, rule_id
from aac.findings import Finding, did_you_mean
from aac.inheriting import LEADING
from aac.kinds.base import Kind
from aac.kinds.classes import MEANING, Change
from aac.kinds.signoff import Signoff
from aac.kinds.written import Split, Strict
from aac.periods import Duration
from aac.records import record
from aac.setting_changes import PLUGIN, SETTING_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.comparing import Level, Verb
    from aac.config import Config


NUMBERS: tuple[Any, ...] = (int, Fraction, Decimal)
"""Types of which one value is more than another."""


@record
class Rule:
    """A rule: its id, its class, and what people call the value it is about."""

    id: str
    level: Level
    says: str


def rules_of(kinds: Mapping[str, type[Kind]]) -> dict[str, Rule]:
    """Every rule by its id: those of the kinds in their order, then those of settings and plugins."""
    rules: dict[str, Rule] = {}
    for name, kind in kinds.items():
        made = (*_of_documents(name, kind), *_of_model(name, kind, (), MEANING, ()))
        rules |= {rule.id: rule for rule in made}
    of_files = (Rule(id_, level, says) for id_, (level, says) in (SETTING_RULES | PLUGIN).items())
    return rules | {rule.id: rule for rule in of_files}


def unknown_rules(config: Config, kinds: Mapping[str, type[Kind]]) -> Iterator[Finding]:
    """An error (AAC602) for every rule in `[review.severity]` that there is not."""
    known = rules_of(kinds)
    for rule in config.review.severity:
        if rule not in known:
            advice = did_you_mean(rule, known) if any(rule.split(".")[0] == r.split(".")[0] for r in known) else ""
            span = config.places.span_of("review", "severity", rule)
            message = f"there is no rule of changes `{rule}`"
            yield Finding("AAC602", "error", message, advice or "write one that `aac diff` shows", span)


def _of_documents(name: str, kind: type[Kind]) -> Iterator[Rule]:
    own = (mark or MEANING for key, (_, mark) in fields_of(kind).items() if key not in Kind.model_fields)
    gone: Level = "editorial" if all(mark.sort == "prose" for mark in own) else "breaking"
    yield Rule(f"{name}.added", "breaking" if kind.changes_others else "compatible", "the document")
    yield Rule(f"{name}.removed", gone, "the document")
    if kind is Signoff:
        yield Rule(f"{name}.taken_back", "breaking", "the word of a team")
    yield Rule(f"{name}.renamed", "breaking", "the id")
    if name not in LEADING:
        yield Rule(f"{name}.rests_on.changed", "breaking", "what it rests on")
    if "effective_from" in kind.model_fields:
        yield Rule(f"{name}.version_removed", "breaking", "a version")


def _of_model(
    kind: str, model: type[Strict], keys: tuple[str, ...], mark: Change, above: tuple[type[Strict], ...]
) -> Iterator[Rule]:
    for key, (name, own) in fields_of(model).items():
        if keys or key not in SKIPPED:
            info = model.model_fields[name]
            there = own or Change(mark.sort)
            types = tuple(_types(info.annotation))
            is_optional = NoneType in types or (not info.is_required() and not _is_container(types))
            yield from _of_field(kind, types, (*keys, key), there, (*above, model), is_optional=is_optional)


def _of_field(
    kind: str, types: tuple[Any, ...], keys: tuple[str, ...], mark: Change, above: tuple[type[Strict], ...],
    *, is_optional: bool, is_entry: bool = False,
) -> Iterator[Rule]:  # fmt: skip
    """The rules of a value of some types; of what lists and mappings hold, too."""
    verbs: set[Verb] = {"added", "removed"} if is_optional and NoneType in types else set()
    for type_ in types:
        inner = get_args(type_)
        if _is_container((type_,)):
            is_text = mark.shows is not None and get_origin(type_) is tuple
            held = tuple(_types(inner[-1] if get_origin(type_) is dict else inner[0])) if not is_text else ()
            verbs |= _of_container(held, mark, is_text=is_text)
            if any(_is_model(part) or get_origin(type_) is dict for part in held):
                entry = Change("prose") if mark.labels else mark
                yield from _of_field(kind, held, keys, entry, above, is_optional=False, is_entry=True)
        elif _is_model(type_):
            verbs |= {"changed"} if _can_be_another(type_) else set()
            yield from _of_model(kind, type_, keys, mark, above) if type_ not in above else ()
        elif type_ is not NoneType:
            verbs |= _of_scalar(type_)
    for verb in sorted(verbs):
        is_whole = is_entry or _is_container(types)
        yield Rule(rule_id(kind, keys, verb), level_of(mark, verb, is_entry=is_whole), mark.says or f"`{keys[-1]}`")


def _of_container(held: tuple[Any, ...], mark: Change, *, is_text: bool) -> set[Verb]:
    """What becomes of a list or a mapping as a whole, and of its entries."""
    made: set[Verb] = {"added", "removed"}
    if is_text:
        return {"changed"}
    if mark.ordered and held and not mark.each and not any(_is_model(part) or part is Split for part in held):
        return {"changed"}
    if mark.ordered:
        made.add("reordered")
    if Split in held:
        made.add("changed")
    return made


def _of_scalar(type_: Any) -> set[Verb]:
    if get_origin(type_) is Literal and len(get_args(type_)) == 1:
        return set()
    if type_ is Duration:
        return {"changed", "raised", "lowered"}
    return {"raised", "lowered"} if type_ in NUMBERS else {"changed"}


def _is_container(types: tuple[Any, ...]) -> bool:
    return any(get_origin(type_) in (tuple, dict, AnyMapping) for type_ in types)


def _can_be_another(model: type[Strict]) -> bool:
    """Whether two parts may have nothing in common: then none of what they say is always there."""
    said = [name for name, mark in fields_of(model).values() if mark is None or mark.sort != "prose"]
    own = [name for name in said if name not in NAMES]
    return len(own) > 1 and not any(model.model_fields[name].is_required() for name in own)


def _is_model(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Strict)


def _types(annotation: object) -> Iterator[Any]:
    """The types that a value may have, without what is said of them."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _types(parts[0])
    elif origin in (Union, UnionType):
        for part in parts:
            yield from _types(part)
    else:
        yield cast("Any", annotation)
