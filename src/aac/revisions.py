"""What git knows of the project: the only caller of git.

Everything is null or empty outside a repository, and without git.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from aac.results import Change

if TYPE_CHECKING:
    from pathlib import Path

SHORT = 10
"""Digits of a commit's id that are told: git's own short ids grow with what lies in a clone."""
REMOTE = re.compile(r"(?:https?://|ssh://)?(?:[^@/]*@)?([^:/]+)(?::[0-9]+)?[:/](.+?)(?:\.git)?/?")
"""The host and the path of a remote, as `git clone` takes them."""
WEB = {"github": "blob", "gitlab": "-/blob"}
"""Hosts, by a word in their name, and what leads to a file there (GitHub's and GitLab's own addresses)."""


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


def _git(root: Path, *words: str) -> str | None:
    """What a git command says; null when it fails."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
