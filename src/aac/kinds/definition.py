"""A definition: which records a word means, and the moment they enter (LANGUAGE §5)."""

from __future__ import annotations

from typing import Annotated, ClassVar, cast

from pydantic import model_validator

from aac.expressions.nodes import BOOLEAN, BROKEN, NOTHING, TRUE, Meaning, Named, conjunction
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope
from aac.kinds.written import wrong


class Definition(Kind):
    """``of`` is an entity, or another definition that this one narrows; without ``when`` every record is one."""

    kind_name: ClassVar[str] = "definition"
    required: ClassVar[tuple[str, ...]] = ("owner",)

    of: Annotated[str, Ref("entity", "definition")]
    when: str | None = None
    at: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_its_rule(cls, data: object) -> object:
        if isinstance(data, dict) and "when" in data and cast("dict[str, object]", data)["when"] is None:
            advice = "write a rule, or leave the key out"
            raise wrong("AAC308", "an empty rule is true of every record", advice, "when", key=True)
        return cast("object", data)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id,)

    def entity(self, scope: Scope) -> str | None:
        return scope.entity(self.of, "of")

    def meaning(self, scope: Scope, name: str) -> Meaning:
        del name
        found = scope.population(self.of, "of")
        if found is None:
            return Meaning(NOTHING, BROKEN)
        population, _ = found
        entity = population.entity
        when = scope.rule(self.when, entity, "when", wants="boolean") if self.when is not None else None
        at = scope.rule(self.at, entity, "at", wants="moment") if self.at is not None else None
        if (when is None) != (self.when is None) or (at is None) != (self.at is None):
            return Meaning(NOTHING, BROKEN)
        body = conjunction([population.rule, when.node if when else None]) or TRUE
        return Meaning(Named(self.id, body), BOOLEAN, at.node if at else None, at.type if at else None)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Definition]
