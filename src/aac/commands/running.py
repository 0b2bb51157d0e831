"""What commands share: the options that several have, the project here, and how a run that was stopped is told."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aac.errors import AacError
    from aac.evaluate import Asked
    from aac.findings import Finding
    from aac.operations import Opened

F = TypeVar("F", bound="Callable[..., Any]")

SOURCE_FAILED = 4
"""The exit code when a source was not replaced (LANGUAGE §10)."""


def project_root() -> Path | None:
    """The folder of the nearest `aac.toml` at or above this one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "aac.toml").is_file()), None)


def clock_options(command: F) -> F:
    """``--as-of`` and ``--now``."""
    command = click.option("--now", metavar="TIME", help="The time that freshness is judged at.")(command)
    return click.option("--as-of", metavar="TIME", help="The moment every number is decided at.")(command)


def window_option(command: F) -> F:
    """``--window``, repeatable."""
    words = "last, current, last:13, or a label such as 2026-02, 2026-Q1, FY2026 or all. Repeatable."
    return click.option("--window", "windows", multiple=True, metavar="WINDOW", help=words)(command)


def format_options(command: F) -> F:
    """``--format`` and ``--output``, repeatable together."""
    command = click.option(
        "--output", "outputs", multiple=True, metavar="FILE", help="Where the format before it goes."
    )(command)
    words = "text (default), json, sarif, junit, github, gitlab or markdown. Repeatable."
    return click.option("--format", "formats", multiple=True, metavar="FORMAT", help=words)(command)


def check_outputs(formats: Sequence[str], outputs: Sequence[str]) -> None:
    """Raises click's UsageError when a file has no format of its own."""
    if len(outputs) > len(formats):
        raise click.UsageError("there are more --output files than --format reports")


def put(texts: Sequence[str], outputs: Sequence[str]) -> None:
    """The texts, each into its file; those without one go to standard output."""
    from aac.files import write_file

    for text, output in zip(texts, outputs, strict=False):
        write_file(Path(output), text)
    for text in texts[len(outputs) :]:
        click.echo(text, nl=bool(text) and not text.endswith("\n"))


def now_us(text: str | None, zone: str) -> int:
    """The one clock of a run: ``--now``, else SOURCE_DATE_EPOCH, else this moment, in microseconds."""
    from aac.errors import UsageError
    from aac.operations import read_moment

    if text is not None:
        return read_moment("--now", text, zone)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return time.time_ns() // 1000
    if not epoch.isdecimal():
        raise UsageError(f"SOURCE_DATE_EPOCH: `{epoch}` is no number of seconds")
    return int(epoch) * 1_000_000


def asked(
    opened: Opened, as_of: str | None, windows: Iterable[str], *, restate: bool = False, restricted: bool = False
) -> Asked:
    """The options of a run as what `operations` takes."""
    from aac.evaluate import Asked
    from aac.operations import read_moment

    at = read_moment("--as-of", as_of, opened.project.timezone) if as_of is not None else None
    return Asked(at, tuple(windows), restate=restate, is_restricted=restricted)


def tell(text: str) -> None:
    """A line on standard error: everything that is not a result."""
    click.echo(text, err=True)


def tell_findings(findings: Iterable[Finding], documents: int | None, stream: str = "stderr") -> None:
    """Findings with their places; with a number of ``documents`` also the line that counts both."""
    terminal = sys.stdout if stream == "stdout" else sys.stderr
    words = findings_words(findings, documents, terminal)
    if words:
        click.echo(words, file=terminal)


def findings_words(findings: Iterable[Finding], documents: int | None, stream: TextIO | None) -> str:
    """The same as text, in colours if it goes to a terminal that may have them."""
    from aac.reports.text import closing_line, findings_text

    found = tuple(findings)
    colored = stream is not None and stream.isatty() and "NO_COLOR" not in os.environ
    parts = [findings_text(found, colored)] if found else []
    parts += [closing_line(found, documents)] if documents is not None else []
    return "\n".join(part.rstrip("\n") for part in parts)


def tell_error(error: AacError) -> int:
    """What stopped a run, with the findings it carries; the exit code."""
    from aac.errors import ConfigError, DocumentsError, LeakError, SourceError

    if isinstance(error, ConfigError | DocumentsError | LeakError | SourceError) and error.findings:
        tell_findings(error.findings, getattr(error, "documents", None))
    if not isinstance(error, ConfigError) or not error.findings:
        tell(f"aac: {error}")
    return error.exit_code
