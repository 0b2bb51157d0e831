"""`aac review`: what a pull request changes, as a comment."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("sides", required=False, metavar="[BASE[..HEAD]]")
@running.window_option
@click.option("--approvals", metavar="FILE", help="The host's answer about reviews or approvals, as JSON.")
@click.option("--artefact", metavar="FILE", help="Where everything goes as JSON.")
@click.pass_context
def review(
    ctx: click.Context, sides: str | None, windows: tuple[str, ...], approvals: str | None, artefact: str | None
) -> None:
    """Say as a comment on a pull request what it changes, what that does to the numbers, and who must agree.

    Without BASE it is what the branch adds to the main one. No code of the branch is run; data is read as BASE says.
    """
    from aac.operations import write_file
    from aac.reviewing import read_answer
    from aac.reviewing import review as run

    found = run(Path.cwd(), sides, windows, read_answer(approvals) if approvals else None)
    if artefact:
        write_file(Path(artefact), found.artefact)
    click.echo(found.comment, nl=False)
    ctx.exit(found.exit_code)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [review]
