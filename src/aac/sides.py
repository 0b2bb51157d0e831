"""The two sides of a comparison: what `BASE..HEAD` names, whether a revision, a folder or the work tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.revisions import Snapshot, fork, names, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.findings import Finding

RANGE = re.compile(r"(?P<base>[^/]*?|.+?[^.])(?P<dots>\.{2,3})(?![./])(?P<head>.*)")
COMMITTED = "HEAD"
WORK_TREE = "the work tree"


@dataclass(frozen=True, slots=True)
class Side:
    """One side: what people call it, and the folder it lies in, or what was committed."""

    name: str
    folder: Path | None = None
    snapshot: Snapshot | None = None


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
        base = parted
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


def documents(taken: Snapshot) -> Iterator[tuple[str, bytes | Finding]]:
    """The YAML files under `alignment/` of what was committed, by path."""
    from aac.folders import checked

    for file, data in sorted(taken.files.items()):
        if file.startswith("alignment/") and file.lower().endswith((".yml", ".yaml")):
            yield file, checked(data, file)
