"""`aac diff`: what changed in meaning between two revisions."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("sides", required=False, metavar="[BASE[..HEAD]]")
@running.window_option
@click.option("--format", "form", default="text", metavar="FORMAT", help="text (default) or json.")
def diff(sides: str | None, windows: tuple[str, ...], form: str) -> None:
    """Show what changed in meaning, and what it does to the numbers: BASE (the last commit) against HEAD (the work
    tree).

    A side is a revision, `revision:folder` or a folder. `BASE...HEAD` begins where the two parted.
    """
    from aac.reviewing import diff as run

    click.echo(run(Path.cwd(), sides, form, windows), nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [diff]
