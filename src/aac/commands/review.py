"""`aac review`: what a pull request changes, as a comment."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("sides", required=False, metavar="[BASE[..HEAD]]")
@running.window_option
@click.option("--now", metavar="TIME", help="The time by which windows are still open.")
@click.option("--approvals", metavar="FILE", help="The host's answer about reviews or approvals, as JSON.")
@click.option("--artefact", metavar="FILE", help="Where everything goes as JSON.")
@click.option(
    "--comment", "is_comment", is_flag=True, help="Put it on the pull request of this run, in place of the last."
)
@click.pass_context
def review(
    ctx: click.Context,
    sides: str | None,
    windows: tuple[str, ...],
    now: str | None,
    approvals: str | None,
    artefact: str | None,
    is_comment: bool,
) -> None:
    """Say as a comment on a pull request what it changes, what that does to the numbers, and who must agree.

    Without BASE it is what the branch, with what is not committed yet, adds to the main one. No code of the branch is
    run; data is read as BASE says.
    """
    from aac import reviewing
    from aac.files import write_file

    host = reviewing.host_here() if is_comment else None
    answer = reviewing.read_answer(approvals) if approvals else host.approvals() if host is not None else None
    if sides is None and host is not None and host.base is not None:
        sides = f"{host.base}...HEAD"
    found = reviewing.review(Path.cwd(), sides, windows, answer, partial(running.now_us, now))
    if artefact:
        write_file(Path(artefact), found.artefact)
    if host is not None:
        reviewing.put_comment(host, found)
    else:
        click.echo(found.comment, nl=False)
    ctx.exit(found.exit_code)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [review]
