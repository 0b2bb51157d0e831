"""What `aac.toml` asks for against what there is: connectors and engines."""

from __future__ import annotations

from os.path import exists, lexists
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aac.config import EMBEDDED
from aac.findings import Finding, Span, did_you_mean
from aac.folders import ALLOWED, is_inside, may_be_read
from aac.models import explained
from aac.revisions import tracked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from aac.config import Config, Source
    from aac.connectors.base import Connector, Settings

OWN = ".aac"
"""The folder that a project's data is pulled into."""
CODES = {"AAC207": "AAC602", "AAC210": "AAC604"}
"""The same mistakes in a document and in `aac.toml`; all others are values that cannot be used (AAC603)."""


def check_sources(
    sources: Mapping[str, Source], connectors: Mapping[str, type[Connector]], root: Path
) -> Iterator[Finding]:
    """An error for every source whose connector does not exist (AAC610) or does not understand its settings, or that
    would read outside of the project at ``root`` (AAC630)."""
    for source in sources.values():
        connector = connectors.get(source.connector)
        if connector is None:
            message = f"there is no connector `{source.connector}`"
            advice = did_you_mean(source.connector, connectors)
            yield Finding("AAC610", "error", message, advice, source.span_of("connector"))
            continue
        try:
            connector.settings.model_validate(source.settings)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                code, message, instead = explained(detail, connector.settings)
                if detail["type"] in {"dict_type", "model_type"}:
                    instead = 'write a table, as in `{ key = "value" }`'
                span = source.span_of(*map(str, detail["loc"]))
                yield Finding(CODES.get(code, "AAC603"), "error", message, instead, span)
        yield from _outside(source, connector.settings, root)


def _outside(source: Source, settings: type[Settings], root: Path) -> Iterator[Finding]:
    """AAC630 for each place that a source names and that does not lie in the project."""
    for key in settings.places:
        place = source.settings.get(key)
        if isinstance(place, str) and not _is_allowed(place, root):
            message = f"`{place}` does not lie in the project"
            instead = (
                "put the data below the folder of aac.toml; whoever runs aac may allow a folder outside of it in the "
                f"environment variable `{ALLOWED}`"
            )
            yield Finding("AAC630", "error", message, instead, source.span_of(key))


def _is_allowed(place: str, root: Path) -> bool:
    """Whether a text names a place that a source of the project at ``root`` may read; an address is none."""
    return place.isprintable() and "://" not in place and may_be_read(root / place, root)


def check_kept(config: Config) -> Iterator[Finding]:
    """AAC631 when what aac keeps for itself is not its own: it came with a checkout, or lies outside of the project."""
    kept = [config.root / OWN, config.root / config.engine.path]
    for path in kept:
        if lexists(path) and not is_inside(path, config.root):
            shown = path.relative_to(config.root).as_posix()
            message = f"`{shown}` is a link that leads out of the project"
            yield Finding("AAC631", "error", message, f"remove it: `rm {shown}`", Span(shown, 1, 1))
    if any(map(exists, kept)):
        for file in tracked(config.root, OWN, config.engine.path)[:1]:
            message = f"git keeps `{file}`, which only `aac pull` of this machine may write"
            instead = f"remove it and commit that: `git rm -r --cached {OWN}`, and write `{OWN}/` into .gitignore"
            yield Finding("AAC631", "error", message, instead, Span(file, 1, 1))


def check_settings(config: Config, engines: Collection[str]) -> Iterator[Finding]:
    """An error for an engine that cannot measure (AAC613)."""
    type_ = config.engine.type
    if type_ != EMBEDDED.type:
        message = f"there is no engine `{type_}`" if type_ not in engines else f"`{type_}` cannot measure a project yet"
        instead = f'write `type = "{EMBEDDED.type}"`, or leave it out'
        yield Finding("AAC613", "error", message, instead, config.places.span_of("engine", "type"))
