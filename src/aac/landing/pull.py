"""A pull: every source is read, and what can be prepared of it replaces what was there, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.config import EMBEDDED
from aac.engines.duckdb import Store, is_there
from aac.engines.rewriting import locked, rewritten
from aac.errors import DamagedStoreError, OtherLayoutError, PersonalStoreError
from aac.findings import Finding, in_reading_order
from aac.landing.events import Event
from aac.landing.inputs import Inputs
from aac.landing.pulling import Pulling, Wish
from aac.landing.reading import remove_copies
from aac.landing.state import KEPT, PulledSource, State, raw_folder, reach, read_state
from aac.landing.telling import tell_flaws
from aac.records import record
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from aac.config import EngineSettings, Source
    from aac.connectors.base import Connector
    from aac.landing.events import Tell
    from aac.measures import Table


@record
class Pulled:
    """What the store holds after a pull: its sources, the records of each entity, and what was found.

    A finding that is an error means that its source was not replaced; ``unfinished`` are those that the next pull goes
    on with.
    """

    sources: tuple[PulledSource, ...]
    rows: Mapping[str, int]
    findings: tuple[Finding, ...]
    unfinished: tuple[str, ...] = ()


WHOLE = Wish()
"""A pull of everything, as usual."""


def pull(
    root: Path,
    sources: Mapping[str, Source],
    tables: Sequence[Table],
    connect: Callable[[Source], Connector],
    default_zone: str,
    now_us: int,
    tell: Tell,
    engine: EngineSettings = EMBEDDED,
    wish: Wish = WHOLE,
) -> Pulled:
    """Reads ``sources`` into the store of the project at ``root`` and prepares ``tables``.

    A source is replaced whole or not at all: where something is wrong with one, the findings say so and what was
    pulled of it before stays. ``tell`` gets progress, ``engine`` says where the store lies. Raises EngineError when the
    store cannot be written; then it is as it was.
    """
    path = root / engine.path

    def run(*, anew: bool) -> tuple[Pulling, State]:
        with rewritten(path, KEPT, engine, *reach(root, sources), anew=anew) as store:
            pulling = _begun(store, root, sources, connect, default_zone, now_us, tell, wish)
            pulling.place(tables)
            pulling.read()
            return pulling, pulling.write()

    with locked(path):
        try:
            done, state = run(anew=False)
        except (OtherLayoutError, DamagedStoreError, PersonalStoreError) as error:
            # of what it holds nothing is lost: it came from the sources and from `.aac/raw`
            tell(Event("notice", error.made_anew))
            done, state = run(anew=True)
        _clean(root, state, done.spent)
    rows = {entity: prepared.rows for entity, prepared in sorted(state.entities.items())}
    flaws = [finding for table in done.tables for finding in tell_flaws(table, state)]
    findings = in_reading_order([*done.findings, *flaws])
    return Pulled(tuple(state.sources.values()), rows, findings, tuple(done.unfinished))


def rehearse(
    root: Path,
    sources: Mapping[str, Source],
    tables: Sequence[Table] | None,
    connect: Callable[[Source], Connector],
    default_zone: str,
    tell: Tell,
    engine: EngineSettings = EMBEDDED,
    wish: Wish = WHOLE,
) -> tuple[Finding, ...]:
    """Tells whether ``sources`` can be read, and with ``tables`` what of them would be; changes nothing.

    What is wrong is in the findings. Raises EngineError when the store cannot be read.
    """
    path = root / engine.path
    with temporary_folder() as folder:
        there = is_there(path)
        place = path if there else folder / path.name
        with Store(place, KEPT, engine, *reach(root, sources), read_only=there) as store:
            pulling = _begun(store, root, sources, connect, default_zone, 0, tell, wish)
            if tables is not None:
                pulling.place(tables)
            for event in pulling.plan() if tables is not None else pulling.streams():
                tell(event)
    return in_reading_order(pulling.findings)


def _begun(
    store: Store,
    root: Path,
    sources: Mapping[str, Source],
    connect: Callable[[Source], Connector],
    default_zone: str,
    now_us: int,
    tell: Tell,
    wish: Wish,
) -> Pulling:
    """A pull whose sources have been asked for their streams."""
    before = read_state(store)
    kept = {id: source for id, source in before.sources.items() if id in sources}
    inputs = Inputs({}, sources, kept, raw_folder(root), default_zone)
    pulling = Pulling(store, before, inputs, now_us, tell, wish)
    for source in sources.values():
        if wish.only is None or source.id in wish.only:
            pulling.discover(source, connect)
    return pulling


def _clean(root: Path, state: State, spent: Sequence[Path]) -> None:
    """Removes what nothing needs now: copies of files that changed, ``spent`` files, and what connectors wrote."""
    for path in spent:
        path.unlink(missing_ok=True)
    for folder in sorted(raw_folder(root).glob("*/")):
        remove_copies(folder, state.copies(folder.name))
