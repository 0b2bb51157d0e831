"""`aac schema`: JSON Schemas for editors and for whoever reads our results."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("name", default="documents")
@click.option("--write", is_flag=True, help="Write all of them into .schema/, where the settings of editors look.")
def schema(name: str, write: bool) -> None:
    """Print the JSON Schema of a kind, of all documents, of aac.toml (`settings`) or of results (`results`)."""
    from aac.operations import schema_text, write_schemas
    from aac.plugins import load

    root = running.project_root()
    registry = load(root)
    if write:
        for path in write_schemas(registry, root or Path.cwd()):
            click.echo(path.as_posix())
    else:
        click.echo(schema_text(registry, name), nl=False)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [schema]
