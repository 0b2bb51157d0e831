"""Connector `dlt`: any source of dlt (https://dlthub.com/docs): each table it fills is a stream, as are lists in it.

A pull runs the source from its beginning, into files of ours: dlt keeps nothing, so every stream is replaced whole.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import Field

from aac.connectors.base import Checkpoint, Context, Files, Secret, Settings, Slice, Stream
from aac.connectors.redacting import Redactor
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dlt.extract import DltSource

    from aac.connectors.base import Connector, Message

TYPES = {
    "bigint": "integer",
    "bool": "boolean",
    "date": "date",
    "decimal": "number",
    "double": "float",
    "json": "json",
    "timestamp": "timestamp",
    "wei": "number",
}
"""Types of dlt by ours; all others are text."""
ROWS = "rows"
LOAD = "_dlt_load_id"
"""The column in which dlt writes which of its runs a record came with."""


class DltSettings(Settings):
    """``source``: `module:name` of what `@dlt.source` or `@dlt.resource` made. It is called with ``arguments``, in
    which `{ env = "…" }` is a secret, and ``secrets``, by name. ``resources``: those that are read; left out, all that
    it selects itself."""

    source: str = Field(pattern=r"^[\w.]+:\w+$")
    arguments: dict[str, Any] = Field(default_factory=dict[str, Any])
    secrets: dict[str, Secret] = Field(default_factory=dict[str, Secret])
    resources: tuple[str, ...] = ()


class DltConnector:
    """dlt knows the tables of a source once it has read it: `discover` reads all, and `read` hands on the files."""

    name: ClassVar[str] = "dlt"
    settings: ClassVar[type[Settings]] = DltSettings

    def __init__(self, settings: DltSettings, context: Context) -> None:
        if context.record is not None:
            raise SourceError(
                "`--record` cannot write down what this source answers: dlt asks it itself. Pull it without "
                "`--record`, or name the sources to record: `aac pull SOURCE --record FOLDER`"
            )
        self._settings = settings
        self._folder = context.folder.absolute()
        self._redactor = Redactor()
        self._files: dict[str, tuple[Path, ...]] = {}

    def check(self) -> None:
        """Makes the source, which asks nobody yet."""
        self._source()

    def discover(self) -> tuple[Stream, ...]:
        """The tables that the source filled, or declares the columns of."""
        from dlt.pipeline.exceptions import PipelineStepFailed

        streams: list[Stream] = []
        try:
            for table in sorted(self._filled(self._source()), key=lambda table: table["name"]):
                columns: dict[str, Any] = {name: of for name, of in table["columns"].items() if name != LOAD}
                known = {name: of.get("data_type") for name, of in columns.items()}
                types = {name: TYPES[type_] for name, type_ in known.items() if type_ in TYPES}
                streams.append(Stream(table["name"], tuple(columns), types))
                self._files[table["name"]] = self._taken(table["name"])
        except PipelineStepFailed as error:
            raise self._wrong("the source failed", _root(error)) from error
        finally:
            shutil.rmtree(self._place, ignore_errors=True)
        return tuple(streams)

    def slices(self, stream: Stream, state: Any) -> tuple[Slice, ...]:
        """Everything, always."""
        del state
        return (Slice(stream.name),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's files and the end."""
        del part
        yield Files(self._files[stream.name], "json", stream.columns)
        yield Checkpoint({}, complete=True)

    def _taken(self, table: str) -> tuple[Path, ...]:
        """The files of a table, taken from those of dlt; an empty one where it wrote none."""
        found = sorted((self._place / ROWS / table).glob("*.jsonl*"))
        names = [f"{table}-{number}.jsonl{'.gz' * (path.suffix == '.gz')}" for number, path in enumerate(found)]
        for path, name in zip(found, names, strict=True):
            path.rename(self._folder / name)
        if not found:
            names.append(f"{table}.jsonl")
            (self._folder / names[0]).touch()
        return tuple(self._folder / name for name in names)

    @property
    def _place(self) -> Path:
        """Where dlt keeps what it needs while it runs."""
        return self._folder / "dlt"

    def _source(self) -> DltSource:
        """The source, with the resources that are asked for."""
        made = self._made()
        unknown = [name for name in self._settings.resources if name not in made.resources]
        if unknown:
            advice = did_you_mean(unknown[0], made.resources)
            raise SourceError(f"`resources` names `{unknown[0]}`, which the source has not: {advice}")
        return made.with_resources(*self._settings.resources) if self._settings.resources else made

    def _made(self) -> DltSource:
        self._settle()
        try:
            from dlt.common.exceptions import DltException
            from dlt.common.schema import Schema
            from dlt.extract import DltResource, DltSource, SourceFactory
        except ImportError:
            raise SourceError("dlt is an extra: install `alignment-as-code[dlt]`") from None
        given = self._settings
        module, _, name = given.source.partition(":")
        secrets = {argument: self._revealed(secret) for argument, secret in given.secrets.items()}
        arguments = self._filled_in(given.arguments)
        try:
            # what is no source of dlt is not called: who writes settings does not choose what is run
            factory = getattr(import_module(module), name, None)
            if not isinstance(factory, SourceFactory | DltResource):
                raise SourceError(
                    f"`{given.source}` is no source of dlt: name what `@dlt.source` or `@dlt.resource` made"
                )
            made = cast("DltSource | DltResource", factory(**arguments, **secrets))
        except ImportError as error:
            raise self._wrong(
                f"`{module}` cannot be imported: install it, or say where it is by PYTHONPATH", error
            ) from error
        except (DltException, TypeError, ValueError) as error:
            raise self._wrong(f"`{given.source}` cannot be made of its `arguments` and `secrets`", error) from error
        return made if isinstance(made, DltSource) else DltSource(Schema("aac"), "aac", [made])

    def _revealed(self, secret: Secret) -> str:
        """A secret itself, which is shown nowhere from here on."""
        value = secret.resolve()
        self._redactor.add(value)
        return value

    def _filled_in(self, value: Any) -> Any:
        """An argument with the secrets that it refers to, however deep in it."""
        match value:
            case {"env": str(variable)} if len(value) == 1:
                return self._revealed(Secret(env=variable))
            case dict():
                held = cast("dict[str, Any]", value)
                return {key: self._filled_in(each) for key, each in held.items()}
            case list():
                return [self._filled_in(each) for each in cast("list[Any]", value)]
            case _:
                return value

    def _settle(self) -> None:
        """Keeps dlt to itself: it tells nobody that it runs, and neither reads a `.dlt` of the project nor makes one.

        All of it is read from the environment when dlt is imported, or when it runs.
        """
        place = str(self._place)
        os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
        os.environ |= {"DLT_PROJECT_DIR": place, "DLT_DATA_DIR": place}

    def _filled(self, source: DltSource) -> list[Any]:
        """Runs the source; the tables that came of it."""
        import dlt
        from dlt.destinations import filesystem

        shutil.rmtree(self._place, ignore_errors=True)  # of a pull that was killed
        out = filesystem(bucket_url=self._place.as_uri())
        pipeline = dlt.pipeline("aac", str(self._place), destination=out, dataset_name=ROWS)
        pipeline.run(source, loader_file_format="jsonl")
        return list(pipeline.default_schema.data_tables())

    def _wrong(self, what: str, error: BaseException) -> SourceError:
        text = self._redactor.text(f"{type(error).__name__}: {error}").partition("\n")[0]
        return SourceError(f"{what} ({text})")


def _root(error: BaseException) -> BaseException:
    """What was raised first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [DltConnector]
