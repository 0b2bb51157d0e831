"""`aac check`: what was agreed, against what happened."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl

SELECT = "ID, kind:id, team:x, tag:x, or any with `+` for all that rests on it. Repeatable."
SUMMARY = "GITHUB_STEP_SUMMARY"
"""Where GitHub says in which file a step of a workflow tells in Markdown what came of it."""


@click.command()
@click.option("--select", "chosen", multiple=True, metavar="SEL", help=SELECT)
@click.option("--items", metavar="N", help="How many late items of each are listed: a number, or `all`.")
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
    chosen: tuple[str, ...],
    items: str | None,
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
    from aac.files import append_file
    from aac.judging import read_fail_on
    from aac.operations import check as run
    from aac.operations import open_sound_project, plan_text

    formats = formats or ("text",)
    wanted = _read_items(items)
    stops = read_fail_on(fail_on)
    running.check_outputs(formats, outputs)
    opened = open_sound_project(Path.cwd())
    at = running.now_us(now, opened.project.timezone)
    asked = running.asked(opened, as_of, windows, restate=restate)
    if is_plan:
        click.echo(plan_text(opened, asked, running.tell, chosen=chosen), nl=False)
        return
    summary = os.environ.get(SUMMARY)
    every = (*formats, "markdown") if summary else formats
    checked = run(opened, at, asked, every, stops, running.tell, chosen=chosen, items=wanted)
    if summary:
        append_file(Path(summary), checked.texts[-1])
    running.put(checked.texts[: len(formats)], outputs)
    ctx.exit(checked.exit_code)


def _read_items(text: str | None) -> int | None:
    """`--items`: a number, or all there are; raises UsageError."""
    from aac.errors import UsageError

    if text is None or text.isdecimal():
        return int(text) if text else None
    if text == "all":
        return sys.maxsize
    raise UsageError(f"--items: `{text}` is no number; write one, or `all`")


@hookimpl
def aac_commands() -> list[click.Command]:
    return [check]
