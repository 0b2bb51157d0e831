"""A definition: which records a word means, the moment they enter, and why they leave again (LANGUAGE §5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, cast

from pydantic import AfterValidator, Field, model_validator

from aac.expressions.nodes import BOOLEAN, BROKEN, NOTHING, TRUE, Meaning, Named, conjunction
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope, Versioned
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Row, Rule, wrong

if TYPE_CHECKING:
    from aac.kinds.written import Part


def read_saying(value: str) -> str:
    """Words that people say; raises a finding AAC308 for a text without a letter."""
    if not re.search(r"[^\W\d_]", value):
        raise wrong("AAC308", f"`{value}` has no word in it", "write what people say, as in `hot lead`")
    return value


Saying = Annotated[str, AfterValidator(read_saying)]


class Reasons(Row):
    """Why records leave: the field that says it, and the reasons that were agreed."""

    in_: Annotated[str, Change(says="the field of the reasons")] = Field(alias="in")
    """The text field that holds the reason."""
    one_of: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], str], Change(says="the reasons", each="the reason")
    ]
    """Each reason: its code, and how the CRM spells it."""
    required: Annotated[bool, Change(says="whether a reason must be told")] = False
    """Whether a record may not leave without one."""

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        if not self.one_of:
            advice = "write `{no_need: No Need}`: its code, and how the CRM spells it"
            raise wrong("AAC308", "the list of reasons is empty", advice, "one_of")
        seen: dict[str, str] = {}
        for code, spelling in self.one_of.items():
            if seen.setdefault(spelling, code) != code:
                message = f"`{spelling}` is told twice: as `{seen[spelling]}` already"
                raise wrong("AAC209", message, "give each reason a spelling of its own", "one_of", code)
        return self


class Example(Row):
    """A worked example: what is given of a record, and whether it is one."""

    given: dict[str, str | None]
    """Names of the rule and their values; what is not given is unknown."""
    is_: Literal["true", "false", "unknown"] = Field(alias="is")
    """What the rule has to come to: `true`, `false` or `unknown`."""
    because: str | None = None
    """Why it is so."""


class Definition(Versioned):
    """``of`` is an entity, or another definition that this one narrows; without ``when`` every record is one."""

    kind_name: ClassVar[str] = "definition"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: definition
id: $id
name: $name
means: Which records this word means, so that a newcomer can tell.
owner: $team
parties: [$team, $other_team]
# aka: [other word]            # what people say as well
# never_say: [worse word]      # what must not be said for it: prose is searched
of: $entity                    # an entity, or another definition that this one narrows
when: $key is not null         # true, false or unknown of each record; left out: all of them
at: $moment                    # the moment of entry; without it the word has none
# follows: [$definition]       # what must have come before
# reasons: {in: <field>, one_of: {no_need: No Need}, required: true}   # why records leave it
examples:                      # worked examples, run by `aac validate`
  - {given: {$key: ~}, is: false, because: what has no key is no record}
"""

    aka: Annotated[tuple[Saying, ...], PROSE] = ()
    """Other words that people say for it."""
    never_say: Annotated[tuple[Saying, ...], PROSE] = ()
    """Words that must not be said for it; the prose of all documents is searched for them."""
    of: Annotated[str, Ref("entity", "definition"), Change(says="what it is a word for")]
    """What it is a word for: an entity, or another definition that it narrows."""
    when: Annotated[Rule | None, Change(says="the rule")] = None
    """The rule that is true of what the word means, or a checklist; left out: all records."""
    at: Annotated[str | None, Change(says="the moment of entry")] = None
    """The moment of entry; without it the word has none."""
    follows: Annotated[tuple[Annotated[str, Ref("definition")], ...], Change(says="what must come before")] = ()
    """The definitions that must have come before."""
    reasons: Annotated[Reasons | None, Change(says="the reasons")] = None
    """Why records leave it."""
    examples: Annotated[tuple[Example, ...], PROSE] = ()
    """Worked examples, which are run when validating."""

    @model_validator(mode="before")
    @classmethod
    def _says_its_rule(cls, data: object) -> object:
        if isinstance(data, dict) and "when" in data and cast("dict[str, object]", data)["when"] is None:
            advice = "write a rule, or leave the key out"
            raise wrong("AAC308", "an empty rule is true of every record", advice, "when", key=True)
        return cast("object", data)

    @model_validator(mode="after")
    def _lists_hold_each_once(self) -> Self:
        for key in ("aka", "never_say", "follows"):
            seen = set[str]()
            for number, word in enumerate(cast("tuple[str, ...]", getattr(self, key))):
                if word in seen:
                    raise wrong("AAC209", f"`{word}` is told twice", "write each once", key, number)
                seen.add(word)
        return self

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

    def compile(self, scope: Scope) -> tuple[()]:
        entity = scope.entity(self.of, "of")
        if entity is not None:
            self._check_reasons(scope, entity)
            self._check_order(scope, entity)
        return ()

    # Why records leave

    def _check_reasons(self, scope: Scope, entity: str) -> None:
        """The field of the reasons is a text, and its closed list knows each of them."""
        if self.reasons is None:
            return
        field = scope.rule(self.reasons.in_, entity, "reasons", "in", wants="text")
        if field is None:
            return
        if field.type.entity is not None:
            message = f"`{self.reasons.in_}` is a reference to `{field.type.entity}`, and reasons are texts"
            scope.report("AAC302", message, "name a text field, as in `rejection_reason`", "reasons", "in")
            return
        values = field.type.values
        for code, spelling in self.reasons.one_of.items():
            # a field that maps spellings to codes holds the codes
            if values is not None and spelling not in values and code not in values:
                message = f"`{spelling}` is not in the list of values of `{self.reasons.in_}`"
                scope.report("AAC305", message, did_you_mean(spelling, values), "reasons", "one_of", code)

    # What came before

    def _check_order(self, scope: Scope, entity: str) -> None:
        """What comes before is a word for the same records, and does not come after as well."""
        is_fine, rings = True, {ring[1]: ring for ring in scope.rings("follows")}
        for number, word in enumerate(self.follows):
            place: tuple[Part, ...] = ("follows", number)
            other = scope.entity(word, *place)
            if word == self.id:
                scope.report("AAC206", f"`{word}` cannot come before itself", "leave it out", *place)
            elif other is not None and other != entity:
                message = f"`{word}` is a word for `{other}`, and this one is for `{entity}`"
                advice = "name a definition of the same entity; a `lifecycle` orders stages over several"
                scope.report("AAC217", message, advice, *place)
            elif word in rings:
                told = " follows ".join(f"`{step}`" for step in rings[word])
                scope.report("AAC206", f"a ring: {told}", "break it at one place", *place)
            elif other is not None:
                continue
            is_fine = False
        if self.follows and is_fine:
            self._are_dated(scope)

    def _are_dated(self, scope: Scope) -> None:
        """A warning (AAC425) where this word or one that comes before has no moment."""
        undated = [(("follows",), self.id)] if self.at is None else []
        for number, word in enumerate(self.follows):
            model = cast("Definition | None", scope.model("definition", word))
            undated += [(("follows", number), word)] if model is not None and model.at is None else []
        for place, word in undated:
            message = f"`{word}` has no moment, so nobody can tell what came first"
            advice = f"give the definition `{word}` an `at: <field>`"
            scope.report("AAC425", message, advice, *place, level="warning")


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Definition]
