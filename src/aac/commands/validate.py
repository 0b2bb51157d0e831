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
    from aac.verdicts import question_of

    formats = formats or ("text",)
    running.check_outputs(formats, outputs)
    terminal = None if outputs else sys.stdout
    now = running.now_us(None, "UTC")
    question = question_of(Path.cwd(), with_plugins=not no_plugins) if formats == ("text",) and not paths else None
    known = question.answer(now) if question is not None else None
    if known is not None:
        findings = known.findings
        texts = [f"{running.findings_words(findings, known.documents, terminal)}\n"]
    else:
        from aac.operations import extract, findings_as, open_project, with_reviews

        opened = open_project(Path.cwd(), with_plugins=not no_plugins)
        found = extract(with_reviews(opened, now), paths)
        findings = found.findings
        screen = running.findings_words(findings, found.documents(), terminal)
        texts = [f"{screen}\n" if name == "text" else findings_as(opened, found, now, name) for name in formats]
        if question is not None:
            question.keep(findings, found.documents(), opened.project.timezone, now)
    running.put(texts, outputs)
    warned = strict and any(finding.level == "warning" for finding in findings)
    ctx.exit(2 if warned or has_errors(findings) else 0)


@hookimpl
def aac_commands() -> list[click.Command]:
    return [validate]
