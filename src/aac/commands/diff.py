"""`aac diff`: what changed in meaning between two revisions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("sides", required=False, metavar="[BASE[..HEAD]]")
@running.window_option
@click.option("--format", "form", default="text", metavar="FORMAT", help="text (default) or json.")
@click.option("--now", metavar="TIME", help="The time by which windows are still open.")
@click.option("--backtest", "promise", metavar="SLA", help="How a promise would have been kept, had it been another.")
@click.option("--within", metavar="LIST", help="Of a backtest: times to try, as in `2 hours, 4 hours`.")
@click.option("--objective", "objectives", metavar="LIST", help="Of a backtest: shares to try, as in `90, 95, 99`.")
def diff(
    sides: str | None,
    windows: tuple[str, ...],
    form: str,
    now: str | None,
    promise: str | None,
    within: str | None,
    objectives: str | None,
) -> None:
    """Show what changed in meaning, and what it does to the numbers: BASE (the last commit) against HEAD (the work
    tree).

    A side is a revision, `revision:folder` or a folder. `BASE...HEAD` begins where the two parted.
    """
    from aac.reviewing import backtest
    from aac.reviewing import diff as run

    if promise is None and (within or objectives):
        raise click.UsageError("--within and --objective belong to --backtest")
    if promise is None:
        click.echo(run(Path.cwd(), sides, form, windows, partial(running.now_us, now)), nl=False)
    else:
        times, shares = _listed(within), _listed(objectives)
        click.echo(backtest(Path.cwd(), sides, promise, times, shares, form, windows), nl=False)


def _listed(text: str | None) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


@hookimpl
def aac_commands() -> list[click.Command]:
    return [diff]
