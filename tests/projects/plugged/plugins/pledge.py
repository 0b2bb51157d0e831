"""A kind of a team's own: at least so many records a month."""

from __future__ import annotations

from typing import Annotated, ClassVar

from aac import Kind, Measure, Moment, NumberReading, Population, Reading, Ref, Scope, Status, Verdict, hookimpl


class Pledge(Kind):
    kind_name: ClassVar[str] = "pledge"
    required: ClassVar[tuple[str, ...]] = ("owner",)

    of: Annotated[str, Ref("entity")]
    where: str
    at: str
    at_least: int

    def compile(self, scope: Scope) -> tuple[Measure, ...]:
        where = scope.rule(self.where, self.of, "where", wants="boolean")
        at = scope.rule(self.at, self.of, "at", wants="moment")
        count = scope.formula("count(*)", self.of, "at_least")
        if where is None or at is None or count is None:
            return ()
        return (
            Measure(
                subject=f"pledge:{self.id}",
                population=Population(self.of, where.node),
                anchor=Moment(at.node, at.type.name == "date"),
                formula=count.node,
                unit="count",
                scale=1,
                dimensions=(),
                grain="month",
                has_target=True,
            ),
        )

    def judge(self, reading: Reading) -> Verdict:
        if not isinstance(reading, NumberReading) or reading.value is None:
            return Verdict(Status.NOT_ENOUGH_DATA)
        kept = reading.value >= self.at_least
        return Verdict(Status.ON_TARGET if kept else Status.OFF_TARGET, target={"at_least": self.at_least})


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Pledge]
