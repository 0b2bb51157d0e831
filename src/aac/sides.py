"""The two sides of a comparison: what `BASE..HEAD` names, whether a revision, a folder or the work tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aac.config import FILE
from aac.documents import FOLDER
from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.folders import SUFFIXES, checked, files
from aac.revisions import SHORT, Snapshot, fork, names, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.findings import Finding

RANGE = re.compile(r"(?P<base>[^/]*?|.+?[^.])(?P<dots>\.{2,3})(?![./])(?P<head>.*)")
COMMITTED = "HEAD"
MAIN = ("origin/main", "origin/master", "main", "master")
"""What branches are called that others are merged into."""
WORK_TREE = "the work tree"


@dataclass(frozen=True, slots=True)
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
    found = RANGE.fullmatch(asked) if not Path(asked).is_dir() else None
    if found is None:
        return _side(root, asked), Side(WORK_TREE, root)
    base, head = found["base"] or COMMITTED, found["head"]
    if found["dots"] == "...":
        parted = fork(root, base, head or COMMITTED)
        if parted is None:
            raise UsageError(f"`{base}` and `{head or COMMITTED}` have no commit in common")
        base = parted[:SHORT]
    return _side(root, base), _side(root, head) if head else Side(WORK_TREE, root)


def _side(root: Path, name: str) -> Side:
    if Path(name).is_dir():
        return Side(name, Path(name).resolve())
    taken = snapshot(root, name)
    if taken is None:
        known = names(root)
        advice = did_you_mean(name, [COMMITTED, *known]) or "name a branch, a tag, a commit or a folder"
        where = "" if known else f": `{root}` is in no git repository"
        raise UsageError(f"there is no revision or folder `{name}`{where}; {advice}")
    return Side(name, snapshot=taken)


def merged(root: Path) -> str:
    """The range of what a branch adds to the main one: from where they parted up to the work tree."""
    known = names(root)
    main = next((name for name in MAIN if name in known), None)
    if main is None:
        raise UsageError(f"which branch this is to be merged into is not known; name it, as in `{MAIN[-1]}...`")
    return f"{main}...{COMMITTED}"
