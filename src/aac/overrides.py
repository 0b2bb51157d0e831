"""The templates that a project and its plugins bring, as they were read from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.errors import PageError
from aac.reports.pages import SUFFIX, Template, Templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = "templates"
LARGEST = 1_000_000
"""Bytes of a template; ours have twenty thousand at most."""


def read(root: Path, plugins: Mapping[str, Path]) -> Templates:
    """The project's own, which are all `*.j2` below its `templates/`, and those of ``plugins`` by name.

    Raises PageError for one that cannot be read, or that leads out of the folder.
    """
    folder = root / FOLDER
    own = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob(f"*{SUFFIX}"))
        if path.is_file() or path.is_symlink()
    }
    for name, path in own.items():
        if not path.resolve().is_relative_to(folder.resolve()):
            raise PageError(f"{FOLDER}/{name} leads to a file outside of `{FOLDER}/`: put the text itself there")
    return Templates(
        {name: _read(f"{FOLDER}/{name}", path) for name, path in own.items()},
        {name: _read(_shown(path, root), path) for name, path in plugins.items()},
    )


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _read(shown: str, path: Path) -> Template:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PageError(f"{shown} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise PageError(f"{shown} has more than {LARGEST:,} bytes: a template is the frame of a page, not its content")
    try:
        return Template(shown, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PageError(f"{shown}:{line}: this is no UTF-8: save the file in that encoding") from None
