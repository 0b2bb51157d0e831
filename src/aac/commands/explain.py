"""`aac explain`: a document in words, or what a code means."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("name", metavar="ID")
@running.clock_options
def explain(name: str, as_of: str | None, now: str | None) -> None:
    """Tell in words what a document says, what it rests on and what it comes to; or what a code such as AAC203 means.

    ID is the id of a document, or its kind and id, as in `metric:win_rate`.
    """
    from aac.explaining import explain_code, is_code
    from aac.operations import explain as run
    from aac.operations import open_project

    if is_code(name):
        click.echo(explain_code(name), nl=False)
        return
    opened = open_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    click.echo(run(opened, at, running.asked(opened, as_of, ()), name, running.tell), nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [explain]
