"""`aac query`: the numbers of metrics, by windows and dimensions."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl

GRAINS = "week, month (default), quarter, fiscal_quarter, year, fiscal_year, all or `rolling 90 days`."


@click.command()
@click.argument("metrics", metavar="METRIC...", nargs=-1, required=True)
@click.option("--by", multiple=True, metavar="DIM", help="Split by a dimension; several are crossed. Repeatable.")
@click.option("--grain", metavar="GRAIN", help=GRAINS)
@click.option("--from", "first", metavar="DAY", help="The first day; without it the last 12 windows and the current.")
@click.option("--until", metavar="DAY", help="The day before which windows begin.")
@click.option("--format", "form", default="text", metavar="FORMAT", help="text (default), csv or json.")
@running.clock_options
def query(
    metrics: tuple[str, ...],
    by: tuple[str, ...],
    grain: str | None,
    first: str | None,
    until: str | None,
    form: str,
    as_of: str | None,
    now: str | None,
) -> None:
    """Show the numbers of metrics over time and by group."""
    from aac.operations import open_sound_project
    from aac.operations import query as run
    from aac.querying import Question, in_own_windows

    opened = open_sound_project(Path.cwd())
    question = in_own_windows(Question(metrics, by, grain, first, until), opened.project)
    at = running.now_us(now, opened.project.timezone)
    text = run(opened, at, question, running.asked(opened, as_of, question.windows), form, running.tell)
    click.echo(text, nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [query]
