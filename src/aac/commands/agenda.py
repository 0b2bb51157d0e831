"""`aac agenda`: what a meeting looks at, filled with the numbers of its day; or its days as a calendar file."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("meeting", metavar="[MEETING]", required=False)
@click.option("--on", metavar="DAY", help="The day it takes place, as in 2026-03-05; without it the next time.")
@click.option("--format", "form", default="md", metavar="FORMAT", help="md (default), html or ics.")
@click.option("--output", metavar="FILE", help="Where it goes; without it to standard output.")
@running.clock_options
def agenda(
    meeting: str | None, on: str | None, form: str, output: str | None, as_of: str | None, now: str | None
) -> None:
    """Fill the agenda of a MEETING with numbers; without one, of the meeting that comes next."""
    from aac.agendas import Wanted
    from aac.operations import agenda as run
    from aac.operations import open_sound_project

    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    text = run(opened, at, running.asked(opened, as_of, ()), Wanted(meeting, on, form), running.tell)
    running.put([text], [output] if output is not None else [])


@hookimpl
def aac_commands() -> list[click.Command]:
    return [agenda]
