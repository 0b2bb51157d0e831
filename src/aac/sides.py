"""The two sides of a comparison: what `BASE..HEAD` names, whether a revision, a folder or the work tree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from aac.config import FILE
from aac.documents import FOLDER
from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.folders import SUFFIXES, checked, files
from aac.records import record
from aac.revisions import SHORT, Snapshot, fork, is_repository, is_shallow, is_there, names, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.findings import Finding

DOTS = re.compile(r"(?=(\.{3}|\.{2}))")
"""Where a range may have its dots: any two or three that follow each other."""
COMMITTED = "HEAD"
MAIN = ("origin/main", "origin/master", "main", "master")
"""What branches are called that others are merged into."""
WORK_TREE = "the work tree"


@record
class Side:
    """One side: what people call it, and the folder it lies in, or what was committed."""

    name: str
    folder: Path | None = None
    snapshot: Snapshot | None = None

    def settings(self) -> bytes | None:
        """What `aac.toml` holds; null when there is none."""
        if self.snapshot is not None:
            return self.snapshot.files.get(FILE)
        file = (self.folder or Path()) / FILE
        return file.read_bytes() if file.is_file() else None

    def documents(self) -> Iterator[tuple[str, bytes | Finding]]:
        """The YAML files under `alignment/`, by path, and what is in them."""
        if self.snapshot is None:
            yield from files(self.folder or Path(), FOLDER)
            return
        for file, data in sorted(self.snapshot.files.items()):
            if file.startswith(f"{FOLDER}/") and file.lower().endswith(SUFFIXES):
                yield file, checked(data, file)


def sides_of(root: Path, text: str | None) -> tuple[Side, Side]:
    """What is compared: `BASE` with the work tree, `BASE..HEAD` with each other, `BASE...HEAD` from where they parted.

    Nothing said is what was committed last, with the work tree. Raises UsageError for what is none of these.
    """
    asked = text or COMMITTED
    parts = _parts(root, asked)
    if parts is None:
        return _side(root, asked), Side(WORK_TREE, root)
    base, dots, head = parts
    if dots == "...":
        base = _parted(root, base, head or COMMITTED)
    return _side(root, base), _side(root, head) if head else Side(WORK_TREE, root)


def _parts(root: Path, text: str) -> tuple[str, str, str] | None:
    """Base, dots and head of a range, of which folders may begin or end with dots: the first way to read it in which
    both sides are there, else the first. Null for what is no range."""
    if Path(text).is_dir():
        return None
    read = [(text[: at.start()] or COMMITTED, at[1], text[at.end(1) :]) for at in DOTS.finditer(text)]
    read += [(base, "..", f".{head}") for base, dots, head in read if dots == "..."]
    there = (each for each in read if all(_is_there(root, name, each[1]) for name in (each[0], each[2] or COMMITTED)))
    return next(there, read[0] if read else None)


def _is_there(root: Path, name: str, dots: str) -> bool:
    """Whether a side is there; only revisions part."""
    return is_there(root, name) or (dots == ".." and Path(name).is_dir())


def _parted(root: Path, base: str, head: str) -> str:
    """The commit at which two revisions parted; raises UsageError."""
    for name in (base, head):
        if not is_there(root, name):
            _side(root, name)
            raise UsageError(f"`{name}` is a folder: of folders write `{base}..{head}`, they parted nowhere")
    parted = fork(root, base, head)
    if parted is None:
        raise UsageError(f"`{base}` and `{head}` have no commit in common{_shallow(root)}")
    return parted[:SHORT]


def _side(root: Path, name: str) -> Side:
    if Path(name).is_dir():
        return Side(name, Path(name).resolve())
    taken = snapshot(root, name)
    if taken is not None:
        return Side(name, snapshot=taken)
    if not is_repository(root):
        raise UsageError(
            f"there is no folder `{name}`, and `{root}` is in no git repository: compare folders, as in "
            "`aac diff ../before..`, or run `git init` and commit"
        )
    known = names(root)
    if not is_there(root, COMMITTED):
        raise UsageError(f"nothing was committed in `{root}` yet: commit first, then edit, and compare with that")
    advice = did_you_mean(name, [COMMITTED, *known]) or "name a branch, a tag, a commit or a folder"
    raise UsageError(f"there is no revision or folder `{name}`{_shallow(root)}; {advice}")


def _shallow(root: Path) -> str:
    """What is to be done where a clone has not all that was committed."""
    return ": this clone is shallow, so run `git fetch --unshallow`" if is_shallow(root) else ""


def merged(root: Path) -> str:
    """The range of what a branch adds to the main one, and of what is not committed yet. Raises UsageError."""
    known = names(root)
    main = next((name for name in MAIN if name in known), None)
    if main is None:
        if not is_there(root, COMMITTED):
            _side(root, COMMITTED)
        raise UsageError(f"which branch this is to be merged into is not known; name it, as in `{MAIN[-1]}...`")
    return f"{main}..."
