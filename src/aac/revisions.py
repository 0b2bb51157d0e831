"""What git knows of the project: the only caller of git.

Everything is null or empty outside a repository, and without git.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aac.periods import iso_utc
from aac.results import Change

if TYPE_CHECKING:
    from pathlib import Path

SHORT = 10
"""Digits of a commit's id that are told: git's own short ids grow with what lies in a clone."""
REMOTE = re.compile(r"(?:https?://|ssh://)?(?:[^@/]*@)?([^:/]+)(?::[0-9]+)?[:/](.+?)(?:\.git)?/?")
"""The host and the path of a remote, as `git clone` takes them."""
WEB = {"github": "blob", "gitlab": "-/blob"}
"""Hosts, by a word in their name, and what leads to a file there (GitHub's and GitLab's own addresses)."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A file that was committed: when last (in microseconds), and whether it is `new`, `changed` or `removed`."""

    file: str
    at_us: int
    sort: str


def revision(root: Path) -> str | None:
    """The short id of the commit that is checked out at ``root``."""
    return (_git(root, "rev-parse", "--short", "HEAD") or "").strip() or None


def changes(root: Path) -> dict[str, Change]:
    """The commit that changed each file below ``root`` last, by its path from there."""
    told = _git(root, "-c", "core.quotePath=false", "log", "--format=%x00%H", "--name-only", "--relative", "--", ".")
    found: dict[str, Change] = {}
    for age, commit in enumerate((told or "").split("\0")[1:]):
        revision, *files = filter(None, commit.splitlines())
        for file in files:
            found.setdefault(file, Change(revision[:SHORT], age))
    return found


def web(root: Path) -> str | None:
    """Where files below ``root`` can be read: an address with `{path}`; null where it is not known of the remote."""
    remote = REMOTE.fullmatch((_git(root, "config", "--get", "remote.origin.url") or "").strip())
    folder = _git(root, "rev-parse", "--show-prefix")
    word = next((word for word in WEB if remote and word in remote[1]), None)
    if remote is None or folder is None or word is None:
        return None
    return f"https://{remote[1]}/{remote[2]}/{WEB[word]}/HEAD/{folder.strip()}{{path}}"


def committed(root: Path, folder: str, since_us: int | None, until_us: int) -> tuple[Edit, ...] | None:
    """The files below a folder of ``root`` that were committed after ``since_us`` and not after ``until_us``, by file.

    Null outside a repository or without git. What was committed and taken back in that time is no change.
    """
    since = [f"--since={iso_utc(since_us)}"] if since_us is not None else []
    how = ("--format=@%ct", "--name-status", "--no-renames", "--relative", "-z")
    told = _git(root, "log", *how, *since, "--", folder)
    if told is None:
        return None
    found: dict[str, list[tuple[int, str]]] = {}
    at_us, sort = 0, ""
    for part in (part.strip("\n") for part in told.split("\0")):
        if part.startswith("@"):
            at_us = int(part[1:]) * 1_000_000
        elif len(part) == 1:
            sort = part
        elif part and (since_us is None or since_us < at_us) and at_us <= until_us:
            found.setdefault(part, []).append((at_us, sort))
    changes = (_change(file, commits) for file, commits in sorted(found.items()))
    return tuple(change for change in changes if change is not None)


def _change(file: str, commits: list[tuple[int, str]]) -> Edit | None:
    """What became of a file in the commits on it, the newest first; null for one that came and went."""
    was_new, is_gone = commits[-1][1] == "A", commits[0][1] == "D"
    if was_new and is_gone:
        return None
    return Edit(file, commits[0][0], "new" if was_new else "removed" if is_gone else "changed")


def _git(root: Path, *words: str) -> str | None:
    """What a git command says; null when it fails."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
