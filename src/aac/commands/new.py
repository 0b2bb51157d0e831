"""`aac new`: a first document of a kind, with remarks, that validates as it is; or a first connector with its test."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("kind")
@click.argument("id_", metavar="ID")
def new(kind: str, id_: str) -> None:
    """Write a first document of KIND, named ID, with remarks on its keys.

    With `connector` for KIND: a plugin that reads a service, and a test that tries it.
    """
    from aac.operations import open_project, write_draft

    written = write_draft(open_project(Path.cwd()), kind, id_)
    click.echo("\n".join(written))
    if kind == "connector":
        running.tell(f"Let its `Api` ask as your service is asked; `pytest {written[-1]}` says whether it is right.")
    else:
        running.tell("Say what your teams agreed in it, then run `aac validate`.")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [new]
