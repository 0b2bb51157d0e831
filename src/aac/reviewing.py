"""What the commands of a review do, a few lines each: `aac diff` and what rests on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

from aac import config
from aac.approving import Approvals, approvers
from aac.asking import agreed_in, asked_of, outside_of
from aac.beginnings import inside_open_windows
from aac.changes import acknowledged, document_changes, settled
from aac.config import FILE
from aac.errors import DocumentsError, EngineError, NoDataError, SourceError, UsageError
from aac.findings import did_you_mean, has_errors
from aac.given import words_in
from aac.inheriting import inherited
from aac.loading import load
from aac.meanings import conflicts
from aac.operations import Opened, open_project, pull_sources
from aac.plugins import load as load_plugins
from aac.plugins import maybe_of_a_plugin
from aac.records import record
from aac.recounts import Impact, Moves
from aac.revisions import author, prefix, snapshot
from aac.setting_changes import plugin_changes, setting_changes
from aac.sharing import Shared
from aac.sides import COMMITTED, Side, merged, sides_of
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from aac.changes import Change
    from aac.config import Source
    from aac.evaluate import Asked
    from aac.graph import Id
    from aac.hosts import Host
    from aac.landing.landed import Landed
    from aac.plugins import Registry
    from aac.project import Project
    from aac.recounts import Side as Records
    from aac.reports.base import View
    from aac.revisions import Author, Snapshot

PLUGINS = "plugins/"
COMMIT = re.compile(r"[0-9a-f]{40,64}")
"""The whole id of a commit, as hosts give it."""
SHIPPED = "the sample company"
"""What the data is called that came with aac."""
WINDOWS = ("last:6",)
"""The windows that are counted again on both sides, if no others are asked for."""


@record
class Compared:
    """Two sides and what changed between them; ``broken``: the documents that could not be compared, and why."""

    base: Opened
    head: Opened
    names: tuple[str, str]
    changes: tuple[Change, ...]
    broken: tuple[tuple[Id, str], ...]
    is_hostile: bool = False
    author: Callable[[str], Author | None] = lambda _: None
    """Who committed a file of the later side, by its path from there."""
    is_as_then: Callable[[str, Id], bool] = lambda _commit, _id: False
    """Whether a document of the later side says what it said at a commit."""


@contextmanager
def comparing(start: Path, asked: str | None, *, is_hostile: bool = False) -> Generator[Compared]:
    """What changed between two sides (`sides.sides_of`), for as long as their plugins are there.

    ``is_hostile``: nobody has agreed to the later side yet, so no code of it is run, and data is read as the base says.
    Raises UsageError for sides that there are not, DocumentsError when the later one has errors, and what reading a
    project raises.
    """
    root = config.root_above(start)
    if root is None:
        # two projects in folders of revisions need none here
        root = start.resolve() if asked and ":" in asked else config.load(start).root
    with ExitStack() as folders:
        before, after = sides_of(root, asked or (merged(root) if is_hostile else None))
        shared = Shared()
        base = _opened(before, root, folders, shared)
        head = _opened(after, root, folders, shared, base.registry if is_hostile else None)
        if has_errors(head.findings):
            raise DocumentsError(head.findings, len(head.project.documents))
        own, unread = _own_changes(before, after, base, head)
        broken = tuple((unread | _errors(base) | _unknown(head)).items())
        rules = base.project.config.review.severity  # what a change says of itself does not hold for it
        own = tuple(settled(own, rules))
        told = (*own, *settled(inherited(base.project, head.project, own), rules))
        told = tuple(acknowledged(told, head.project.config.review.acknowledged))
        then = _Then(root, after, head, base.registry, folders, shared)
        who = partial(_author, root, after)
        yield Compared(base, head, (before.name, after.name), told, broken, is_hostile, who, then.is_as_now)


def _own_changes(before: Side, after: Side, base: Opened, head: Opened) -> tuple[tuple[Change, ...], dict[Id, str]]:
    """What changed of each document, of settings and of plugins; and what could not be compared, and why."""
    found, unread = document_changes(base.project, head.project)
    settings = setting_changes(base.project.config, head.project.config)
    return (*found, *settings, *plugin_changes(_plugins(before), _plugins(after))), dict(unread)


@record
class _Then:
    """What the later side was at its earlier commits, read when it is asked for; no code of it is run."""

    root: Path
    now: Side
    head: Opened
    registry: Registry
    folders: ExitStack
    shared: Shared
    changed: dict[str, Callable[[Id], bool]] = field(default_factory=dict[str, "Callable[[Id], bool]"])
    """By commit: whether a document says another thing now."""

    def is_as_now(self, commit: str, id_: Id) -> bool:
        """Whether a document, and what it rests on, said at a commit what it says now."""
        if commit not in self.changed:
            self.changed[commit] = self._changed(commit)
        return not self.changed[commit](id_)

    def _changed(self, commit: str) -> Callable[[Id], bool]:
        if self.now.snapshot is not None and commit == self.now.snapshot.commit:
            return lambda _: False
        _, colon, folder = self.now.name.partition(":") if self.now.snapshot is not None else ("", "", "")
        taken = snapshot(self.root, f"{commit}{colon}{folder}") if COMMIT.fullmatch(commit) else None
        if taken is None or FILE not in taken.files:
            return lambda _: True  # nobody knows any more what that was
        then = Side(commit, snapshot=taken)
        was = _opened(then, self.root, self.folders, self.shared, self.registry)
        own, unread = _own_changes(then, self.now, was, self.head)
        every = (*own, *inherited(was.project, self.head.project, own))
        ids = {change.doc for change in every if change.level != "editorial"} | unread.keys()
        return ids.__contains__


def _unknown(head: Opened) -> dict[Id, str]:
    """The documents of kinds that only code knows which is not run; else they would be an error."""
    why = "what this kind is only the code of the branch knows, and a review runs none of it"
    known = head.registry.kinds
    return {(d.kind, d.id): why for d in head.project.documents if d.kind and d.id and d.kind not in known}


def _author(root: Path, side: Side, file: str) -> Author | None:
    """Who committed a file of a side last; of the work tree as of the last commit."""
    taken = side.snapshot
    place = taken.prefix if taken is not None else prefix(side.folder or root)
    return author(root, taken.commit if taken is not None else COMMITTED, f"{place}{file}")


def _errors(base: Opened) -> dict[Id, str]:
    """The documents of the earlier side that have an error, and which; those of no document by their file."""
    found: dict[Id, str] = {}
    for finding in base.findings:
        if finding.level == "error":
            kind, _, id_ = (finding.doc or f"file:{finding.span.file if finding.span else config.FILE}").partition(":")
            found.setdefault((kind, id_), f"it had an error before: {finding.message} ({finding.code})")
    return found


def _opened(side: Side, root: Path, folders: ExitStack, shared: Shared, registry: Registry | None = None) -> Opened:
    """A project as it is on one side; data and caches are those of the folder here. ``registry``: that of a side whose
    code may be run, in place of its own: what only its own plugins know is not checked then."""
    if side.snapshot is None and registry is None:
        return open_project(side.folder or root, shared=shared)
    settings = side.settings()
    if settings is None:
        raise UsageError(f"there is no `{config.FILE}` at `{side.name}`; name its folder, as in `{side.name}:path`")
    made = config.read(settings, root)
    is_own = registry is None
    registry = registry or load_plugins(_plugin_folder(side.snapshot, folders))
    rules, packs = shared.rules(root, registry.functions), shared.packs(registry.packs)
    loaded, told = load(made, registry.kinds, rules, packs, side.documents(), shared)
    return Opened(loaded, registry, told if is_own else tuple(map(maybe_of_a_plugin, told)))


def _plugin_folder(taken: Snapshot | None, folders: ExitStack) -> Path | None:
    """A folder with the plugins that were committed, as Python reads them from files; null when there are none."""
    committed = taken.files if taken is not None else dict[str, bytes | None]()
    plugins = {path: data for path, data in committed.items() if path.startswith(PLUGINS) and data is not None}
    if not plugins:
        return None
    folder = folders.enter_context(temporary_folder())
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
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in (folder / "plugins").rglob("*.py")}


def impact(found: Compared, windows: Sequence[str]) -> Impact:
    """What the changes do to the numbers, on the data that was pulled; all of it is not compared where there is none.

    Raises UsageError for windows that do not exist.
    """
    from aac.evaluate import Asked
    from aac.uncounted import uncounted

    base, head = found.base.project, found.head.project
    changes, left = uncounted(found.changes, base, head, is_hostile=found.is_hostile)
    if not any(change.asks for change in changes):
        return Impact(not_compared=left)
    if found.is_hostile:
        head = copy(head)
        head.config = replace(head.config, sources=base.config.sources, engine=base.config.engine)
    asked = Asked(windows=tuple(windows or WINDOWS), restate=True)
    counted = _on_data(replace(found, changes=changes, head=replace(found.head, project=head)), asked)
    moves = counted.moves
    if "hashed" in (base.config.privacy.keys, found.head.project.config.privacy.keys):
        moves = {id_: _with_hashed_keys(moved, base.name) for id_, moved in moves.items()}
    return replace(counted, moves=moves, not_compared=(*left, *counted.not_compared))


def _with_hashed_keys(moved: Moves, project: str) -> Moves:
    from aac.privacy import hashed_key

    lost, gained = (replace(side, keys=tuple(hashed_key(project, key) for key in side.keys)) for side in _both(moved))
    return Moves(lost, gained)


def _both(moved: Moves) -> tuple[Records, Records]:
    return moved.lost, moved.gained


def _on_data(found: Compared, asked: Asked) -> Impact:
    """What changes do to the numbers on the data that was pulled, else on the sample."""
    from aac.impact import impact_of
    from aac.starting import shipped_data

    try:
        with _data(found) as data:
            return impact_of(found.base.project, found.head.project, data, found.changes, asked)
    except NoDataError:
        root, sample = found.base.project.root, found.base.project.config.review.sample
        shipped = shipped_data(root)
        told = (
            'there is no data: run `aac pull`, or name some that you made up, as in `sample = "sample"` of `[review]`'
        )
        if sample is not None:
            return _on_sample(found, sample, root / sample, asked)
        return _on_sample(found, SHIPPED, shipped, asked) if shipped else Impact(not_compared=(("all numbers", told),))
    except (SourceError, EngineError) as error:
        return Impact(not_compared=(("all numbers", str(error)),))


def _on_sample(found: Compared, sample: str, folder: Path, asked: Asked) -> Impact:
    """The same on data that is made up, and called ``sample``; what cannot be read of it is not compared."""
    from aac.impact import impact_of
    from aac.sampling import sampled

    projects = (found.base.project, found.head.project)
    try:
        with sampled(projects, folder) as (base, head):
            pulled = pull_sources(replace(found.base, project=base), time_ns() // 1000, lambda _: None)
            if has_errors(pulled.findings):
                raise SourceError("the sample cannot be read: " + pulled.findings[0].message)
            there = replace(found, base=replace(found.base, project=base), head=replace(found.head, project=head))
            with _data(there) as data:
                counted = impact_of(base, head, data, found.changes, asked)
    except (SourceError, EngineError) as error:
        return Impact(not_compared=(("all numbers", str(error)),))
    return replace(counted, sample=sample)


@contextmanager
def _data(found: Compared) -> Generator[tuple[Landed, Landed]]:
    """The data of each side, read as its documents say; where both say the same it is one."""
    base, head = found.base.project, found.head.project
    with ExitStack() as held:
        after = held.enter_context(_landed(head))
        same = base.tables == head.tables and _sources(base) == _sources(head)
        is_one = same and (base.timezone, base.config.engine) == (head.timezone, head.config.engine)
        yield (after if is_one else held.enter_context(_landed(base)), after)


def _sources(made: Project) -> dict[str, Source]:
    """How data is read; how old it may be decides nothing here."""
    return {id_: replace(source, freshness=None) for id_, source in made.config.sources.items()}


@contextmanager
def _landed(made: Project) -> Generator[Landed]:
    """The data that was pulled, as a side reads it."""
    from aac.landing.landed import prepared

    settings = made.config
    with prepared(made.root, made.tables, settings.sources, made.timezone, settings.engine) as data:
        if has_errors(data.findings):
            raise SourceError("the data that was pulled does not fit the documents", data.findings)
        yield data


Now = Callable[[str], int]
"""The time that is taken for now, in microseconds, by the time zone of a project."""


def _view(found: Compared, windows: Sequence[str], now: Now | None) -> View:
    """All that is said of what changed; ``now``: to tell which versions begin inside a window that is still open."""
    from aac.reports import changed
    from aac.reports.moved import impact_view

    head = found.head.project
    titles = head.titles.names
    agreed, outside = agreed_in(found.changes, head), outside_of(found.base.project, head)
    view = changed.view(found.names, found.changes, found.broken, titles, agreed, outside)
    told = impact_view(impact(found, windows), {**titles, **_banded(head)}, windows)
    told["conflicts"] += conflicts(found.base.project, head)
    if now is not None:
        edited = {":".join(change.doc) for change in found.changes}
        late = (each for each in inside_open_windows(head, now(head.timezone)) if each.doc in edited)
        told["conflicts"] += [f"`{str(each.doc).partition(':')[2]}`: {each.message}; {each.instead}" for each in late]
    return view | {"impact": told}


def _banded(head: Project) -> dict[str, str]:
    """What people call that which is counted of scorings: their records in the bands of the handover."""
    from aac.counting import SCORING, handed_over

    bands = {id_: " or ".join(handed_over((SCORING, id_), head)) for id_ in head.ids(SCORING)}
    names = head.titles.names
    return {f"{SCORING}:{id_}": f"{names.get(f'{SCORING}:{id_}', id_)}: {said}" for id_, said in bands.items() if said}


def diff(start: Path, asked: str | None, form: str, windows: Sequence[str] = (), now: Now | None = None) -> str:
    """What changed and what that does to the numbers, as text or JSON; ``now``: as `review` takes it.

    Raises UsageError for another format or windows that do not exist, and what `comparing` does.
    """
    from aac.reports import changed

    if form not in changed.FORMATS:
        raise UsageError(f"--format: there is no format `{form}`; {did_you_mean(form, changed.FORMATS)}")
    with comparing(start, asked) as found:
        return changed.FORMATS[form](_view(found, windows, now))


def backtest(
    start: Path, asked: str | None, name: str, within: Sequence[str], objectives: Sequence[str], form: str,
    windows: Sequence[str] = (),
) -> str:  # fmt: skip
    """How a promise of the later side would have been kept, had it promised other times or shares.

    Raises UsageError, and what `comparing` does.
    """
    from aac import backtest
    from aac.evaluate import Asked
    from aac.reports import backtested

    if form not in backtested.FORMATS:
        raise UsageError(f"--format: there is no format `{form}`; {did_you_mean(form, backtested.FORMATS)}")
    shares = backtest.objectives(objectives)
    with comparing(start, asked) as found, _landed(found.head.project) as data:
        made = found.head.project
        id_ = backtest.promise(name, made)
        own: Any = made.models[id_]
        tried = backtest.tried(
            id_, within or [str(own.when.within)], made, data, Asked(windows=tuple(windows or WINDOWS), restate=True)
        )
        shares = shares or [share for share in [own.how_measured.objective] if share is not None]
        return backtested.FORMATS[form](backtested.view(id_[1], tried, shares))


MISSING = 1
"""The exit code where somebody who must agree has not, and the project asks for it (LANGUAGE §10)."""


@record
class Reviewed:
    """A review: the comment (empty when there is nothing to say), everything as JSON, and the exit code."""

    comment: str
    artefact: str
    exit_code: int


def review(
    start: Path, asked: str | None, windows: Sequence[str], approvals: object | None, now: Now | None = None
) -> Reviewed:
    """What a pull request changes, as a comment; settings, plugins and data are those of the base, which was agreed.

    ``approvals``: the host's answer about reviews; ``now``: to tell which versions begin inside a window that is still
    open, null to tell none. Raises what `diff` does.
    """
    from aac.reports import changed
    from aac.reports.review import review_markdown

    with comparing(start, asked, is_hostile=True) as found:
        view = _view(found, windows, now)
        base, head = found.base.project, found.head.project
        given = Approvals(approvers(approvals), found.is_as_then)
        words = words_in(base, head, found.author, given)
        view |= {"signed": [word.view() for word in words]}
        view |= {"agreement": asked_of(found.changes, base, head, given, words)}
        is_missing = any(team["waiting"] for team in view["agreement"])
        is_missing = is_missing or any(word.sort == "of_another_text" for word in words)
        code = MISSING if is_missing and base.config.review.require else 0
        return Reviewed(review_markdown(view), changed.changes_json(view), code)


def host_here() -> Host:
    """The pull request that this run is about; raises UsageError."""
    from aac.hosts import here

    return here()


def put_comment(host: Host, found: Reviewed) -> None:
    """Puts the comment on the pull request, in place of the last one; raises SourceError."""
    from aac.hosts import put
    from aac.reports.review import MARKER, NOTHING

    put(host, found.comment, MARKER, NOTHING)


def read_answer(path: str) -> object:
    """What a file holds as JSON; raises UsageError."""
    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"--approvals: `{path}` cannot be read as JSON: {error}") from None
