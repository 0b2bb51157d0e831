"""`aac check`: what was agreed, against what happened."""

from __future__ import annotations

from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@running.window_option
@running.clock_options
@click.option(
    "--restate", is_flag=True, help="Measure every window as the documents of today say, not as its first day."
)
@click.option("--plan", "is_plan", is_flag=True, help="Print the queries that would be run, and run none.")
@click.option("--fail-on", metavar="LIST", help="off_target, at_risk, stale, not_measurable, findings or never.")
@running.format_options
@click.pass_context
def check(
    ctx: click.Context,
    windows: tuple[str, ...],
    as_of: str | None,
    now: str | None,
    restate: bool,
    is_plan: bool,
    fail_on: str | None,
    outputs: tuple[str, ...],
    formats: tuple[str, ...],
) -> None:
    """Measure every agreement and every metric with a target."""
    from aac.judging import read_fail_on
    from aac.operations import check as run
    from aac.operations import open_sound_project, plan_text

    formats = formats or ("text",)
    stops = read_fail_on(fail_on)
    running.check_outputs(formats, outputs)
    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    asked = running.asked(opened, as_of, windows, restate=restate)
    if is_plan:
        click.echo(plan_text(opened, asked, running.tell), nl=False)
        return
    checked = run(opened, at, asked, formats, stops, running.tell)
    running.put(checked.texts, outputs)
    ctx.exit(checked.exit_code)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [check]
