"""What the commands of a review do, a few lines each: `aac diff` and what rests on it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aac import config
from aac.changes import LEVELS, document_changes
from aac.errors import DocumentsError, EngineError, NoDataError, SourceError, UsageError
from aac.expressions import parsed
from aac.findings import did_you_mean, has_errors
from aac.inheriting import inherited
from aac.loading import load
from aac.operations import Opened, open_project
from aac.packs import Packs
from aac.plugins import load as load_plugins
from aac.setting_changes import plugin_changes, setting_changes
from aac.sides import documents, sides_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from aac.changes import Change
    from aac.graph import Id
    from aac.landing.landed import Landed
    from aac.project import Project
    from aac.recounts import Impact
    from aac.revisions import Snapshot
    from aac.sides import Side

PLUGINS = "plugins/"
WINDOWS = ("last:6",)
"""The windows that are counted again on both sides, if no others are asked for."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides and what changed between them; ``broken``: the documents that could not be compared, and why."""

    base: Opened
    head: Opened
    names: tuple[str, str]
    changes: tuple[Change, ...]
    broken: tuple[tuple[Id, str], ...]

    @property
    def own(self) -> tuple[Change, ...]:
        """What was edited, and not what only rests on it."""
        return tuple(change for change in self.changes if not change.over)

    def counts(self) -> Mapping[str, int]:
        """How many edits there are of each class."""
        counted = Counter(change.level for change in self.own)
        return {level: counted[level] for level in LEVELS}


@contextmanager
def comparing(start: Path, asked: str | None) -> Generator[Compared]:
    """What changed between two sides (`sides.sides_of`), for as long as their plugins are there.

    Raises UsageError for sides that there are not, DocumentsError when the later one has errors, and what reading a
    project raises.
    """
    root = config.load(start).root
    with ExitStack() as folders:
        sides = sides_of(root, asked)
        base, head = (_opened(side, root, folders) for side in sides)
        if has_errors(head.findings):
            raise DocumentsError(head.findings, len(head.project.documents))
        found, broken = document_changes(base.project, head.project)
        settings = setting_changes(base.project.config, head.project.config)
        code = plugin_changes(_plugins(sides[0]), _plugins(sides[1]), head.project.config)
        own = (*found, *settings, *code)
        everything = (*own, *inherited(base.project, head.project, own))
        yield Compared(base, head, (sides[0].name, sides[1].name), everything, broken)


def _opened(side: Side, root: Path, folders: ExitStack) -> Opened:
    """A project as it is on one side; data and caches are those of the folder here."""
    if side.snapshot is None:
        return open_project(side.folder or root)
    taken = side.snapshot
    settings = taken.files.get(config.FILE)
    if settings is None:
        raise UsageError(
            f"there is no `{config.FILE}` at `{side.name}`; name one of the folder with `{side.name}:path`"
        )
    made = config.read(settings, root)
    registry = load_plugins(_plugin_folder(taken, folders))
    rules = parsed.read(root, registry.functions)
    loaded, told = load(made, registry.kinds, rules, Packs(registry.packs), documents(taken))
    return Opened(loaded, registry, told)


def _plugin_folder(taken: Snapshot, folders: ExitStack) -> Path | None:
    """A folder with the plugins that were committed, as Python reads them from files; null when there are none."""
    plugins = {path: data for path, data in taken.files.items() if path.startswith(PLUGINS) and data is not None}
    if not plugins:
        return None
    folder = Path(folders.enter_context(TemporaryDirectory(prefix="aac-plugins-")))
    for path, data in plugins.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def _plugins(side: Side) -> dict[str, bytes]:
    """The code of the plugins of one side, by path."""
    if side.snapshot is not None:
        files = side.snapshot.files.items()
        return {path: data for path, data in files if path.startswith(PLUGINS) and path.endswith(".py") and data}
    folder = side.folder or Path()
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in (folder / "plugins").glob("*.py")}


def impact(found: Compared, windows: Sequence[str]) -> Impact:
    """What the changes do to the numbers, on the data that was pulled; all of it is not compared where there is none.

    Raises UsageError for windows that do not exist.
    """
    from aac.evaluate import Asked
    from aac.impact import impact_of
    from aac.recounts import Impact

    if not any(change.level == "breaking" for change in found.changes):
        return Impact()
    asked = Asked(windows=tuple(windows or WINDOWS), restate=True)
    try:
        with _data(found) as data:
            return impact_of(found.base.project, found.head.project, data, found.changes, asked)
    except NoDataError:
        return Impact(not_compared=(("all numbers", "there is no data: run `aac pull`"),))
    except (SourceError, EngineError) as error:
        return Impact(not_compared=(("all numbers", str(error)),))


@contextmanager
def _data(found: Compared) -> Generator[tuple[Landed, Landed]]:
    """The data of each side, read as its documents say; where both say the same it is one."""
    base, head = found.base.project, found.head.project
    with ExitStack() as held:
        after = held.enter_context(_landed(head))
        same = base.tables == head.tables and base.config.sources == head.config.sources
        is_one = same and (base.timezone, base.config.engine) == (head.timezone, head.config.engine)
        yield (after if is_one else held.enter_context(_landed(base)), after)


@contextmanager
def _landed(made: Project) -> Generator[Landed]:
    from aac.landing.landed import prepared

    settings = made.config
    with prepared(made.root, made.tables, settings.sources, made.timezone, settings.engine) as data:
        if has_errors(data.findings):
            raise SourceError("the data that was pulled does not fit the documents", data.findings)
        yield data


def diff(start: Path, asked: str | None, form: str, windows: Sequence[str] = ()) -> str:
    """What changed and what that does to the numbers, as text or JSON.

    Raises UsageError for another format or windows that do not exist, and what `comparing` does.
    """
    from aac.reports import changed
    from aac.reports.moved import impact_view

    if form not in changed.FORMATS:
        raise UsageError(f"--format: there is no format `{form}`; {did_you_mean(form, changed.FORMATS)}")
    with comparing(start, asked) as found:
        titles = found.head.project.titles.names
        view = changed.view(found.names, found.changes, found.broken, titles)
        return changed.FORMATS[form](view | {"impact": impact_view(impact(found, windows), titles)})
