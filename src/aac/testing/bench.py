"""A project with one source and one entity: pulled as `aac pull` does it, and compared with what the source holds."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aac.connectors.base import Files, Relation
from aac.engines.base import Query, Select, Table
from aac.errors import NoDataError
from aac.expressions.nodes import Column
from aac.landing.landed import prepared
from aac.landing.pulling import Wish
from aac.operations import open_sound_project, pull_sources
from aac.testing.tapping import tapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from aac.connectors.base import Message, Stream
    from aac.findings import Finding
    from aac.landing.pull import Pulled
    from aac.testing.tapping import Tap
    from aac.testing.trials import Trial

SOURCE, ENTITY = "trial", "record"
SETTINGS = """
[project]
name = "Conformance"
spec = 1

[engine]
memory_limit = "200MB"

[sources.{source}]
connector = "{connector}"
timezone = "Europe/Berlin"
{settings}
"""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN = 5


class NotConforming(AssertionError):
    """What a connector did that it must not do."""


def require(is_so: bool, otherwise: str) -> None:
    """Raises NotConforming with a sentence unless something is so."""
    if not is_so:
        raise NotConforming(otherwise)


def pulled(root: Path, tap: Tap | None = None, *, full: bool = False, mass_delete: bool = False) -> tuple[Finding, ...]:
    """What a pull of the project at ``root`` found, the messages of its connectors having gone through ``tap``."""
    return _pull(root, tap, Wish(full=full, mass_delete=mass_delete)).findings


def _pull(root: Path, tap: Tap | None, wish: Wish) -> Pulled:
    opened = open_sound_project(root)
    if tap is not None:
        made = opened.registry.connectors
        registry = replace(opened.registry, connectors={name: tapped(each, tap) for name, each in made.items()})
        opened = replace(opened, registry=registry)
    return pull_sources(opened, time.time_ns() // 1000, lambda _: None, wish)


@dataclass
class Bench:
    """The project at ``root``. ``records`` and ``moments``: what the source holds by key, as far as it was made here.

    ``streams`` were read; ``comes_whole`` when the last pull replaced the stream by what came.
    """

    trial: Trial
    root: Path
    fields: dict[str, str] = field(default_factory=dict[str, str])
    records: dict[str, str] = field(default_factory=dict[str, str])
    moments: dict[str, datetime] = field(default_factory=dict[str, datetime])
    streams: dict[str, Stream] = field(default_factory=dict[str, "Stream"])
    comes_whole: bool = False

    def __post_init__(self) -> None:
        if not self.root.exists():
            (self.root / "alignment").mkdir(parents=True)
            if self.trial.plugin is not None:
                (self.root / "plugins").mkdir()
                shutil.copy(self.trial.plugin, self.root / "plugins")
            self._write()

    # The source

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        """Adds records; their keys."""
        keys = self.trial.create(texts, at)
        require(len(set(keys)) == len(texts), "the trial gives two records one key, or not one to each")
        self.records |= dict(zip(keys, texts, strict=True))
        self.moments |= dict.fromkeys(keys, at) if at is not None else {}
        return keys

    def change(self, keys: Collection[str], text: str) -> None:
        """Gives records another text."""
        self.trial.change(keys, text)
        self.records |= dict.fromkeys(keys, text)
        self.moments = {key: at for key, at in self.moments.items() if key not in keys}

    def delete(self, keys: Collection[str]) -> None:
        """Removes records."""
        self.trial.delete(keys)
        for key in keys:
            del self.records[key]

    def moment(self, before: timedelta = timedelta(0)) -> datetime:
        """Now, in whole seconds, or some time before."""
        return datetime.now(UTC).replace(microsecond=0) - before

    # The project

    def read(self, name: str, column: str | None = None) -> None:
        """Lets the entity have a field from now on, read from a column of that name or another."""
        self.fields[name] = column or name
        self._write()

    def forget(self, name: str) -> None:
        """The other way round."""
        del self.fields[name]
        self._write()

    def copied(self, root: Path) -> Bench:
        """The same project in another folder."""
        shutil.copytree(self.root, root)
        return replace(self, root=root, records=dict(self.records), fields=dict(self.fields))

    def lose_store(self) -> None:
        """Removes what can be made again."""
        for path in (self.root / ".aac").glob("*.duckdb*"):
            path.unlink()

    def _write(self) -> None:
        trial = self.trial
        settings = SETTINGS.format(source=SOURCE, connector=trial.connector, settings=trial.settings)
        (self.root / "aac.toml").write_text(settings, encoding="utf-8")
        read = {"id": trial.key, "text": trial.text, "at": trial.at, **self.fields}
        types = {"at": "timestamp"}
        fields = {
            name: {"type": types.get(name, "text"), "from": '"' + column.replace('"', '""') + '"'}
            for name, column in read.items()
        }
        document = {"kind": "entity", "id": ENTITY, "from": f"{SOURCE}.{trial.stream}", "key": "id", "fields": fields}
        path = self.root / "alignment" / "record.yml"
        path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML

    # Pulls

    def pull(self, tap: Tap | None = None, *, full: bool = False, mass_delete: bool = False) -> list[str]:
        """Pulls; the errors that were told."""
        self.comes_whole = False

        def listening(stream: Stream, messages: Iterator[Message]) -> Iterator[Message]:
            self.streams[stream.name] = stream
            for message in tap(stream, messages) if tap is not None else messages:
                self.comes_whole |= isinstance(message, Files | Relation)
                yield message

        pulled = _pull(self.root, listening, Wish(full=full, mass_delete=mass_delete))
        errors = [finding.message for finding in pulled.findings if finding.level == "error"]
        return [*errors, *(f"{source} was read in part" for source in pulled.unfinished)]

    def pull_well(self, tap: Tap | None = None, *, full: bool = False, mass_delete: bool = False) -> None:
        """Pulls, and requires that what was pulled is what the source holds."""
        errors = self.pull(tap, full=full, mass_delete=mass_delete)
        require(not errors, f"a pull of a source that is well failed: {'; '.join(errors)}")
        self.agree()

    def pull_alone(self, point: int = 0) -> dict[str, Any] | None:
        """Pulls in a process of its own (`alone`): what that told, or null when it was killed."""
        command = [sys.executable, "-m", f"{__package__}.alone", str(self.root), str(point)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode == -signal.SIGKILL:
            return None
        require(done.returncode == 0, f"a pull ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    # What was pulled

    def seen(self, *names: str) -> list[tuple[Any, ...]]:
        """The fields of all records that a reader sees, in no order; none if nothing was ever pulled."""
        project = open_sound_project(self.root).project
        sources = project.config.sources
        try:
            with prepared(self.root, project.tables, sources, project.timezone, project.config.engine) as data:
                if ENTITY not in data.relations:
                    return []
                columns = tuple((name, Column(name)) for name in names)
                rows = data.engine.run(Query((), (Select(Table(data.relations[ENTITY].name), columns),), {}))[0]
                return [tuple(row) for row in rows]
        except NoDataError:
            return []

    def texts(self) -> dict[str, str | None]:
        """The texts that a reader sees, by key."""
        rows = self.seen("id", "text")
        require(len(dict(rows)) == len(rows), "a record is there twice")
        return dict(rows)

    def agree(self) -> None:
        """Requires that what a reader sees is what the source holds."""
        seen, held = self.texts(), self.records
        missing, more = sorted(held.keys() - seen.keys()), sorted(seen.keys() - held.keys())
        require(not missing, f"after a pull {_records(missing)} missing: {_shown(missing)}")
        require(not more, f"after a pull {_records(more)} there, and not in the source: {_shown(more)}")
        other = [key for key, text in held.items() if seen[key] != text]
        told = [f"{key} is {seen[key]!r:.80} and not {held[key]!r:.80}" for key in other[:SHOWN]]
        require(not other, f"{_records(other)} not what the source holds: {'; '.join(told)}")
        ours = {key: EPOCH + timedelta(microseconds=us) for key, us in self.seen("id", "at") if us is not None}
        wrong = [key for key, moment in self.moments.items() if key in held and ours.get(key) != moment]
        told = [f"{key} is at {ours.get(key)} and not at {self.moments[key]}" for key in wrong[:SHOWN]]
        require(not wrong, f"{_records(wrong)} not at the moment the source holds: {'; '.join(told)}")


def _records(keys: Collection[str]) -> str:
    return f"{len(keys):,} record{'s are' if len(keys) != 1 else ' is'}"


def _shown(keys: Sequence[str]) -> str:
    return ", ".join(keys[:SHOWN]) + (", …" if len(keys) > SHOWN else "")
