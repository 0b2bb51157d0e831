"""A waiver: an exception from a promise that the teams agreed to, with a reason and a last day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator

from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Day, Looks, wrong
from aac.measures import Waiver as Waived
from aac.periods import parse_label

if TYPE_CHECKING:
    from aac.kinds.base import Scope
    from aac.periods import Window

OF = re.compile(r"(sla|metric)/[a-z][a-z0-9_]*")
JANUARY = (1, 1)


def read_of(value: str) -> str:
    """``sla/sales_follow_up``; raises a finding AAC308."""
    if not OF.fullmatch(value):
        advice = "write a kind and an id, as in `sla/sales_follow_up` or `metric/win_rate`"
        raise wrong("AAC308", f"`{value}` names no promise", advice)
    return value


class Waiver(Kind):
    """What is excused beside what the promise excuses itself: what started in a window, or some of its records.

    Results are told with it and without it, and nobody excuses what they owe themselves.
    """

    kind_name: ClassVar[str] = "waiver"
    changes_others: ClassVar[bool] = True
    draft: ClassVar[str] = """\
kind: waiver
id: $id
of: sla/$sla
window: 2026-02                # only what started in it
# records: source = 'import'   # only records of which this is true
reason: Say here in a sentence what happened.
approver: $other_team          # the team that excuses it: not the one that owes it
expires: 2099-12-31            # sooner: the first day on which what starts is excused no longer
"""

    of: Annotated[
        str,
        AfterValidator(read_of),
        Looks({"type": "string", "pattern": f"^{OF.pattern}$"}),
        Change(says="the promise that it is of"),
    ]
    """The promise, or the metric with a target, as in `sla/sales_follow_up`."""
    window: Annotated[str | None, Change(says="the window")] = None
    """The window of what is excused: `2026-02`, `2026-Q1`; left out, all that starts before it expires."""
    records: Annotated[str | None, Change(says="the rule for its records")] = None
    """A rule over the records of a promise in time: only those of which it is true are excused."""
    reason: Annotated[str, PROSE]
    """Why it is excused."""
    approver: Annotated[Annotated[str, Ref("team")], Change("promise", says="the team that approved it")]
    """The team that excuses it: the one to which it is owed, or one that answers for both."""
    expires: Annotated[Day, Change(says="the day on which it expires")]
    """The first day on which what starts is excused no longer."""
    state: Annotated[Literal["open", "closed"], PROSE] = "open"
    """`closed` when the teams have looked at what came of it after it expired; what it excused stays excused."""

    @property
    def subject(self) -> tuple[str, str]:
        """Kind and id of the promise."""
        kind, _, id_ = self.of.partition("/")
        return kind, id_

    def compile(self, scope: Scope) -> tuple[Waived, ...]:
        window, is_right = self._window(scope)
        kind, id_ = self.subject
        if id_ not in scope.ids(kind):
            if not scope.is_incomplete(kind):
                known = [f"{kind}/{other}" for other in scope.ids(kind)]
                advice = did_you_mean(self.of, known) or f"write a document of kind `{kind}` first"
                scope.report("AAC204", f"no {kind} is called `{id_}`", advice, "of")
            return ()
        promise = scope.model(kind, id_)
        if promise is None or not is_right:
            return ()
        owes = promise.who.owes if kind == "sla" else promise.owner
        if owes == self.approver:
            message = f"`{owes}` answers for `{id_}`, and would excuse itself"
            advice = "let the other team approve it, or one that answers for both"
            scope.report("AAC449", message, advice, "approver", level="warning")
        how = getattr(promise, "how_measured", None)
        each = how.each if how is not None else None
        if self.records is None:
            return (Waived(self.id, f"{kind}:{id_}", None, window, self.expires),)
        if each is None:
            message = "only a promise in time has records that can be excused one by one"
            scope.report("AAC308", message, "leave `records` out, and name a `window`", "records")
            return ()
        entity = scope.entity(each, "of")
        rule = scope.rule(self.records, entity, "records", wants="boolean") if entity is not None else None
        return (Waived(self.id, f"{kind}:{id_}", rule.node, window, self.expires),) if rule is not None else ()

    def _window(self, scope: Scope) -> tuple[Window | None, bool]:
        """The window, and whether there can be one that is called so."""
        if self.window is None:
            return None, True
        company = next(iter(scope.models("company")), None)
        try:
            return parse_label(self.window, company.fiscal_year_starts if company is not None else JANUARY), True
        except ValueError as error:
            message, _, advice = str(error).partition("; ")
            scope.report("AAC308", message, advice, "window")
            return None, False


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Waiver]
