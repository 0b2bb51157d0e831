"""What asks sources without keeping anything: whether they can be read, what would be, and what they have."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aac.errors import UsageError
from aac.findings import did_you_mean, in_reading_order
from aac.measures import ANY
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from aac.config import Source
    from aac.connectors.base import Connector, Context
    from aac.findings import Finding
    from aac.landing.events import Tell
    from aac.landing.pulling import Wish
    from aac.plugins import Registry
    from aac.project import Project


def rehearse_pull(made: Project, registry: Registry, wish: Wish, tell: Tell, *, streams: bool) -> tuple[Finding, ...]:
    """Tells whether sources can be read, and with ``streams`` what a pull would read; what is wrong with them."""
    from aac.landing.pull import rehearse

    settings = made.config
    tables = made.tables if streams else None
    with connecting(made, registry, wish) as connect:
        return rehearse(made.root, settings.sources, tables, connect, made.timezone, tell, settings.engine, wish)


def map_entities(made: Project, registry: Registry, entity: str | None) -> tuple[str, tuple[Finding, ...]]:
    """Where the fields of an entity come from, or those of all that are needed; what is wrong with sources.

    Raises UsageError when there is no such entity.
    """
    from aac.landing.landed import filled
    from aac.landing.offers import offered
    from aac.landing.pull import WHOLE
    from aac.mapping import mapped
    from aac.reports.mapped import mapped_text

    settings = made.config
    with connecting(made, registry, WHOLE) as connect:
        offers, wrong = offered(settings.sources.values(), connect)
    known = filled(made.root, made.tables, settings.sources, made.timezone, settings.engine)
    return mapped_text(mapped(made, entity, offers, known)), in_reading_order(wrong)


@contextmanager
def connecting(made: Project, registry: Registry, wish: Wish) -> Generator[Callable[[Source], Connector]]:
    """What makes the connector of a source; raises UsageError when one is wished for that there is not."""
    from aac.connectors.base import Context
    from aac.engines.looking import DuckdbLook
    from aac.landing.state import reach

    settings = made.config
    for name in sorted(wish.only or ()):
        if name not in settings.sources:
            raise UsageError(f"there is no source `{name}`; {did_you_mean(name, settings.sources)}")
    hiding = [table for table in made.tables if any(stored.landing for stored in table.fields)]
    hidden = {source for table in hiding for source in table.sources or {ANY}}
    with DuckdbLook(settings.engine, *reach(made.root, settings.sources)) as look, temporary_folder() as apart:

        def connect(source: Source) -> Connector:
            # what is personal is not written where what was pulled is kept, not even for a moment
            folder = apart if hidden & {source.id, ANY} else made.root / ".aac" / "raw"
            folder /= source.id
            record = wish.record / f"{source.id}.jsonl" if wish.record is not None else None
            if record is not None and record.exists():
                raise UsageError(f"--record: {record} is there already: name a folder that has none yet")
            return _connector(registry, source, Context(made.root, folder, look, record))

        yield connect


def _connector(registry: Registry, source: Source, context: Context) -> Connector:
    connector = registry.connectors[source.connector]
    return connector(connector.settings.model_validate(source.settings), context)
