"""`aac lock`: the settled numbers of a period are kept as they were reported."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl

SELECT = "ID, kind:id, team:x, tag:x, or any with `+` for all that rests on it; all there is without it. Repeatable."


@click.command()
@click.argument("period", metavar="PERIOD")
@click.option("--select", "chosen", multiple=True, metavar="SEL", help=SELECT)
@running.clock_options
def lock(period: str, chosen: tuple[str, ...], as_of: str | None, now: str | None) -> None:
    """Keep the numbers of PERIOD that are final, and what they were measured with, under `alignment/locks`.

    PERIOD is a window that is over: `2026-Q1`, `2026-02`, `2026-W07`, `FY2026`. What is not final yet is named; lock
    the period again when it is. What is locked stays: from then on `check` tells what would come out differently.
    """
    from aac.locking import lock as run
    from aac.locking import written
    from aac.operations import open_sound_project

    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    asked = running.asked(opened, as_of, ())
    click.echo(written(run(opened, period, at, asked, running.tell, chosen)), nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [lock]
