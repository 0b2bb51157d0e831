"""What git knows of the project: the only caller of git.

Everything is null or empty outside a repository, and without git.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from aac.errors import SourceError
from aac.periods import iso_utc
from aac.records import record
from aac.results import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHORT = 10
"""Digits of a commit's id that are told: git's own short ids grow with what lies in a clone."""
REMOTE = re.compile(r"(?:https?://|ssh://)?(?:[^@/]*@)?([^:/]+)(?::[0-9]+)?[:/](.+?)(?:\.git)?/?")
"""The host and the path of a remote, as `git clone` takes them."""
WEB = {"github": "blob", "gitlab": "-/blob"}
"""Hosts, by a word in their name, and what leads to a file there (GitHub's and GitLab's own addresses)."""


@record
class Edit:
    """A file that was committed: when last (in microseconds), and whether it is `new`, `changed` or `removed`."""

    file: str
    at_us: int
    sort: str


def revision(root: Path) -> str | None:
    """The short id of the commit that is checked out at ``root``."""
    return (_git(root, "rev-parse", "--short", "HEAD") or "").strip() or None


@record
class Turn:
    """A commit that changed a file: how git calls what it held ``before`` and ``after`` it, null where it was not."""

    change: Change
    before: str | None
    after: str | None


def history(root: Path, *paths: str) -> dict[str, list[Turn]]:
    """The commits that changed each file below some paths of ``root``, the newest first, by its path from there."""
    how = ("--format=%x00%H", "--raw", "--no-abbrev", "--no-renames", "--relative")
    told = _git(root, "-c", "core.quotePath=false", "log", *how, "--", *paths)
    found: dict[str, list[Turn]] = {}
    for age, commit in enumerate((told or "").split("\0")[1:]):
        revision, *lines = filter(None, commit.splitlines())
        for line in lines:
            modes, _, file = line.partition("\t")
            before, after = (blob if blob.strip("0") else None for blob in modes.split(" ")[2:4])
            found.setdefault(file, []).append(Turn(Change(revision[:SHORT], age), before, after))
    return found


def content(root: Path, blob: str) -> bytes:
    """What git keeps by a name, empty when it has it no more."""
    return _git_bytes(root, b"", "cat-file", "blob", blob) or b""


def steps(root: Path, folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The commits that changed files below a folder of ``root``, the newest first, each with their paths from ``root``.

    A branch that was merged is one step: what it brought."""
    how = ("--first-parent", "--diff-merges=first-parent", "--format=%x00%H", "--name-only", "--no-renames")
    told = _git(root, "-c", "core.quotePath=false", "log", *how, "--relative", "--", folder)
    for commit in (told or "").split("\0")[1:]:
        revision, *files = filter(None, commit.splitlines())
        yield revision, tuple(files)


def uncommitted(root: Path, folder: str) -> frozenset[str]:
    """The files below a folder of ``root`` that are not as they were committed last."""
    told = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD", "--", folder)
    return frozenset(filter(None, (told or "").split("\0")))


def standing(root: Path) -> list[str]:
    """All of git that what is told of a project can depend on, but for the files themselves."""
    asked = (
        ("rev-parse", "HEAD", "--is-shallow-repository", "--show-prefix"),
        ("for-each-ref", "--format=%(refname) %(objectname)"),
        ("config", "--get", "remote.origin.url"),
        ("ls-files", "-s", "--", "."),
    )
    return [_git(root, *words) or "" for words in asked]


def web(root: Path) -> str | None:
    """Where files below ``root`` can be read: an address with `{path}`; null where it is not known of the remote."""
    remote = REMOTE.fullmatch((_git(root, "config", "--get", "remote.origin.url") or "").strip())
    folder = _git(root, "rev-parse", "--show-prefix")
    word = next((word for word in WEB if remote and word in remote[1]), None)
    if remote is None or folder is None or word is None:
        return None
    return f"https://{remote[1]}/{remote[2]}/{WEB[word]}/HEAD/{folder.strip()}{{path}}"


def prefix(root: Path) -> str:
    """The way from the top of the repository to a folder, empty at the top and where there is no git repository."""
    return (_git(root, "rev-parse", "--show-prefix") or "").strip()


def tracked(root: Path, *paths: str) -> list[str]:
    """The files below some paths of ``root`` that git keeps, or is about to."""
    return [file for file in (_git(root, "ls-files", "-z", "--", *paths) or "").split("\0") if file]


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


def commit_at(root: Path, at_us: int) -> str | None:
    """The commit that was the newest one at a moment; null before the first."""
    return (_git(root, "rev-list", "-1", f"--before={iso_utc(at_us)}", "HEAD") or "").strip() or None


def _change(file: str, commits: list[tuple[int, str]]) -> Edit | None:
    """What became of a file in the commits on it, the newest first; null for one that came and went."""
    was_new, is_gone = commits[-1][1] == "A", commits[0][1] == "D"
    if was_new and is_gone:
        return None
    return Edit(file, commits[0][0], "new" if was_new else "removed" if is_gone else "changed")


@record
class Author:
    """Who a commit says that it is by."""

    name: str
    address: str


def author(root: Path, commit: str, path: str) -> Author | None:
    """Who changed a file last up to a commit; ``path`` leads to it from the top of the repository. Null for a file that
    was never committed."""
    told = _git(root, "log", "-1", "--format=%an%n%ae", commit, "--", f":(top,literal){path}") or ""
    name, _, address = told.strip().partition("\n")
    return Author(name, address) if address else None


# A project at a revision


@record
class Snapshot:
    """A project as it was committed: what it was asked for by, its commit, and its files by their paths from its
    folder. Links have no content of their own: null. ``prefix`` leads there from the top of the repository."""

    name: str
    commit: str
    files: Mapping[str, bytes | None]
    prefix: str = ""


PARTS = ("aac.toml", "alignment", "plugins", "templates")
"""What of a project is read at a revision."""
LINK = "120000"
"""The mode by which git knows a link."""


def snapshot(root: Path, name: str) -> Snapshot | None:
    """The project at a revision, by its name; null when there is no such revision.

    ``main:examples/crm`` is the project in another folder of the repository; else it is that of ``root``.
    """
    revision, colon, folder = name.partition(":")
    commit = (_git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") or "").strip()
    above = _git(root, "rev-parse", "--show-prefix")
    if not commit or above is None:
        return None
    prefix = f"{folder.strip('/')}/" if colon and folder.strip("/") else "" if colon else above.strip()
    told = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *(f"{prefix}{part}" for part in PARTS))
    blobs: dict[str, str | None] = {}
    for entry in filter(None, (told or "").split("\0")):
        how, _, path = entry.partition("\t")
        mode, sort, blob = how.split(" ")
        if sort == "blob":
            blobs[path.removeprefix(prefix)] = blob if mode != LINK else None
    return Snapshot(name, commit, _contents(root, blobs), prefix)


def _contents(root: Path, blobs: Mapping[str, str | None]) -> dict[str, bytes | None]:
    """What is in blobs, by path: read in one go."""
    wanted = list(dict.fromkeys(blob for blob in blobs.values() if blob is not None))
    told = _git_bytes(root, "".join(f"{blob}\n" for blob in wanted).encode(), "cat-file", "--batch") or b""
    found: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = told.find(b"\n", at)
        match told[at:end].split(b" "):
            case [_, b"blob", length]:
                size = int(length)
            case _:
                lacking = next(path for path, held in blobs.items() if held == blob)
                raise SourceError(f"git does not have what was committed as `{lacking}`: fetch all of the repository")
        found[blob] = told[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return {path: found[blob] if blob is not None else None for path, blob in blobs.items()}


def fork(root: Path, one: str, other: str) -> str | None:
    """The commit at which two revisions parted; null when there is none."""
    return (_git(root, "merge-base", one, other) or "").strip() or None


def is_there(root: Path, name: str) -> bool:
    """Whether there is a revision of that name; of `main:folder` only the revision is looked for."""
    commit = name.partition(":")[0]
    return bool(commit) and _git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") is not None


def is_repository(root: Path) -> bool:
    """Whether a folder lies in a git repository."""
    return _git(root, "rev-parse", "--show-prefix") is not None


def is_shallow(root: Path) -> bool:
    """Whether a clone lacks the commits before some day."""
    return (_git(root, "rev-parse", "--is-shallow-repository") or "").strip() == "true"


def names(root: Path) -> list[str]:
    """The branches and tags there are."""
    told = _git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    return (told or "").split()


def _git(root: Path, *words: str) -> str | None:
    """What a git command says; null when it fails."""
    told = _git_bytes(root, b"", *words)
    return told.decode(errors="replace") if told is not None else None


def _git_bytes(root: Path, given: bytes, *words: str) -> bytes | None:
    """What a git command says that is ``given`` something to read; null when it fails."""
    try:
        done = subprocess.run(["git", *words], cwd=root, input=given, capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
