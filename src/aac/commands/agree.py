"""`aac agree`: a team agrees to documents as they are."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="ID...")
@click.option("--team", required=True, help="The team that agrees: one of the parties.")
@click.option("--by", required=True, metavar="HANDLE", help="The member who signs for it.")
@click.option("--version", metavar="DAY", help="The version that begins on a day, or `first`; without it today's.")
@click.option("--now", metavar="TIME", help="The time that is taken for today.")
def agree(names: tuple[str, ...], team: str, by: str, version: str | None, now: str | None) -> None:
    """Write that a team agrees to documents as they are, a file for each under `alignment/signoffs`.

    ID is the id of a document, or its kind and id, as in `definition:mql`. Commit what is written: a sign-off proves
    what its commit proves.
    """
    from aac.agreeing import agree as run
    from aac.agreeing import written
    from aac.operations import open_sound_project

    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    click.echo(written(run(opened, names, team, by, at, version)), nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [agree]
