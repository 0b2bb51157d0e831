"""`aac export`: what other tools read."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("what", type=click.Choice(["codeowners"]))
@click.option("--host", default="github", metavar="HOST", help="github (default) or gitlab.")
@click.option("--output", metavar="FILE", help="Where it goes, as in .github/CODEOWNERS.")
def export(what: str, host: str, output: str | None) -> None:
    """Write what other tools read.

    `codeowners`: whom the host asks to review a document, by its owner and its parties.
    """
    del what  # the only thing there is
    from aac.operations import codeowners_text, open_sound_project

    text = codeowners_text(open_sound_project(Path.cwd()), host)
    running.put((text,), (output,) if output is not None else ())


@hookimpl
def aac_commands() -> list[click.Command]:
    return [export]
