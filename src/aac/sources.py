"""What `aac.toml` asks for against what there is: connectors and engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from aac.config import EMBEDDED
from aac.findings import Finding, did_you_mean
from aac.models import explained

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from aac.config import Config, Source
    from aac.connectors.base import Connector

CODES = {"AAC207": "AAC602", "AAC210": "AAC604"}
"""The same mistakes in a document and in `aac.toml`; all others are values that cannot be used (AAC603)."""


def check_sources(sources: Mapping[str, Source], connectors: Mapping[str, type[Connector]]) -> Iterator[Finding]:
    """An error for every source whose connector does not exist (AAC610) or does not understand its settings."""
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


def check_settings(config: Config, engines: Collection[str]) -> Iterator[Finding]:
    """An error for an engine that cannot measure (AAC613)."""
    type_ = config.engine.type
    if type_ != EMBEDDED.type:
        message = f"there is no engine `{type_}`" if type_ not in engines else f"`{type_}` cannot measure a project yet"
        instead = f'write `type = "{EMBEDDED.type}"`, or leave it out'
        yield Finding("AAC613", "error", message, instead, config.places.span_of("engine", "type"))
