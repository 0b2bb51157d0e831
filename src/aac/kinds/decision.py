"""A decision: what was decided when, who answers for it, and until when it is done (LANGUAGE §9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref
from aac.kinds.classes import PROSE
from aac.kinds.written import Day

if TYPE_CHECKING:
    from aac.kinds.base import Scope


class Decision(Kind):
    """What the teams decided; what there is to do stays on the agendas of its meeting until it is done or dropped."""

    kind_name: ClassVar[str] = "decision"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: decision
id: $id
owner: $team
decided_on: 2026-03-05
what: Say here in a sentence what was decided.
why: What spoke for it, and what against.
state: done                    # `open` while there is something to do, `dropped` when it no longer holds
# due: 2026-03-19              # the day by which it is done
# meeting: weekly_review       # whose agendas show it while it is open
# about: ["metric:$metric"]    # the documents that it is about
"""

    decided_on: Annotated[Day, PROSE]
    """The day on which it was decided."""
    what: Annotated[str, PROSE]
    """What was decided, in a sentence."""
    meeting: Annotated[Annotated[str, Ref("meeting")] | None, PROSE] = None
    """The meeting that decided it: its agendas show what there is to do."""
    due: Annotated[Day | None, PROSE] = None
    """The day by which it is done."""
    state: Annotated[Literal["open", "done", "dropped"], PROSE] = "open"
    """`open` while there is something to do, then `done`; `dropped` when it no longer holds."""
    about: Annotated[tuple[str, ...], PROSE] = ()
    """The documents that it is about, as in `sla:sales_follow_up`."""

    @property
    def title(self) -> str:
        return self.name or self.what

    def compile(self, scope: Scope) -> tuple[()]:
        """Nothing; the documents that it is about are looked up."""
        for place, item in enumerate(self.about):
            kind, _, id_ = item.partition(":")
            if id_ in scope.ids(kind):
                scope.model(kind, id_)
            elif not scope.is_incomplete(kind):
                known = [f"{kind}:{other}" for other in scope.ids(kind)]
                advice = did_you_mean(item, known) or "write its kind and its id, as in `sla:sales_follow_up`"
                scope.report("AAC204", f"there is no document `{item}`", advice, "about", place)
        return ()


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Decision]
