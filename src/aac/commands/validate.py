"""`aac validate`: everything that can be wrong without data or network."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aac.commands import running
from aac.hookspecs import hookimpl


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="End with an error for warnings too.")
@click.option("--no-plugins", is_flag=True, help="Run no code of the project's own.")
@running.format_options
@click.pass_context
def validate(
    ctx: click.Context,
    paths: tuple[Path, ...],
    strict: bool,
    no_plugins: bool,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
) -> None:
    """Check every document: names, types, units and agreements. With PATHs only what is found there is told."""
    from aac.findings import has_errors
    from aac.operations import extract, findings_as, open_project, with_reviews

    formats = formats or ("text",)
    running.check_outputs(formats, outputs)
    opened = open_project(Path.cwd(), with_plugins=not no_plugins)
    now = running.now_us(None, opened.project.timezone)
    found = extract(with_reviews(opened, now), paths)
    terminal = None if outputs else sys.stdout
    screen = running.findings_words(found.findings, found.documents(), terminal)
    texts = [f"{screen}\n" if name == "text" else findings_as(opened, found, now, name) for name in formats]
    running.put(texts, outputs)
    warned = strict and any(finding.level == "warning" for finding in found.findings)
    ctx.exit(2 if warned or has_errors(found.findings) else 0)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [validate]
