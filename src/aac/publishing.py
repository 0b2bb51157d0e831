"""Pages become a folder, whole or not at all; those for everybody and the restricted ones never share one."""

from __future__ import annotations

import re
import shutil
import sys
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from aac.errors import SourceError, UsageError
from aac.folders import refusal
from aac.reports.base import Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MANIFESTS = {False: ".aac-pages", True: ".aac-restricted-pages"}
"""The file in which a build lists what it wrote, of restricted pages another: only a folder with such a list is ever
replaced."""


SITES = {False: "site", True: "site-restricted"}
"""Where pages go without another word, those for everybody and the restricted ones."""


def site_of(root: Path, out: Path | None, *, is_restricted: bool) -> Path:
    """Where the pages of the project at ``root`` go, ``out`` if that was said."""
    return out or root / SITES[is_restricted]


def pages_of(root: Path) -> frozenset[str]:
    """The pages for everybody that lie where they go without another word, as `site/index.html`."""
    site = site_of(root, None, is_restricted=False)
    listed = site / MANIFESTS[False]
    paths = listed.read_text(encoding="utf-8", errors="replace").splitlines() if listed.is_file() else []
    return frozenset(f"{site.name}/{path}" for path in paths if (site / path).is_file())


def replace_folder(folder: Path, pages: Sequence[Page], *, is_restricted: bool = False) -> None:
    """Puts pages in place of those we made before; what else lies in the folder (`CNAME`, `.git`) stays.

    Raises UsageError for a folder that we did not make, and SourceError when it cannot be written.
    """
    folder = folder.resolve()
    fresh = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        _tidy(folder)
        made_by_us = _made_before(folder, MANIFESTS[is_restricted])
        fresh.mkdir()
        listed = Page(MANIFESTS[is_restricted], "".join(f"{path}\n" for path in sorted(page.path for page in pages)))
        for page in [*pages, listed]:
            path = fresh / page.path
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_or_keep(path, page.text, folder / page.path)
        _keep_others(folder, fresh, made_by_us)
        _put_in_place(fresh, folder)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise SourceError(f"{folder} cannot be written: {refusal(error, folder.parent)}") from None


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Gives a folder its name and removes the one that had it: whoever looks sees either, wherever the system can
    exchange two names in one step; elsewhere there is a moment without the name, which `_tidy` makes good."""
    old = fresh.with_name(f"{fresh.name}{OLD}")
    if not folder.exists():
        fresh.rename(folder)
    elif exchanged(fresh, folder):
        shutil.rmtree(fresh, ignore_errors=True)
    else:
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def exchanged(one: Path, other: Path) -> bool:
    """Gives each of two folders the other's name in one step; tells whether the system could (Linux and macOS can)."""
    import ctypes

    here, there = bytes(one), bytes(other)
    library = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    if hasattr(library, "renameat2"):
        return library.renameat2(CURRENT, here, CURRENT, there, EXCHANGE) == 0
    if hasattr(library, "renamex_np"):
        return library.renamex_np(here, there, EXCHANGE) == 0
    return False


def _tidy(folder: Path) -> None:
    """Removes what builds have left that were killed, and that nobody has touched for long; a folder that lost its name
    gets it back."""
    begun = re.compile(rf"\.{re.escape(folder.name)}-[0-9a-f]{{32}}({OLD})?")
    left = [path for path in sorted(folder.parent.glob(f".{folder.name}-*")) if begun.fullmatch(path.name)]
    if not folder.exists() and (old := next((path for path in left if path.name.endswith(OLD)), None)) is not None:
        old.rename(folder)
    for path in left:
        if path.is_dir() and time.time() - path.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


OLD = "-old"
"""What the name of a folder ends in that is about to go."""
LEFT_SECONDS = 3600
"""So long after its last change a folder that is being written is none any more: its build was killed."""
CURRENT, EXCHANGE = -100, 2
"""AT_FDCWD, and the flag that exchanges names: RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS."""


def _write_or_keep(path: Path, text: str, before: Path) -> None:
    """Writes a page; one that comes out as it was keeps its date, so that only what changed has to be sent anywhere."""
    if before.is_file() and before.read_bytes() == text.encode():
        shutil.copy2(before, path)
    else:
        path.write_text(text, encoding="utf-8", newline="\n")


def check_folder(folder: Path, *, is_restricted: bool) -> None:
    """Raises UsageError for a folder that cannot be replaced, and for the restricted pages below the others.

    What lies in the folder of the others is published with them.
    """
    folder = folder.resolve()
    _made_before(folder, MANIFESTS[is_restricted])
    above = next((path for path in folder.parents if (path / MANIFESTS[not is_restricted]).is_file()), None)
    if above is not None:
        raise UsageError(f"{folder} lies in {above}, where the other sort of pages is: name a folder beside it")


def _made_before(folder: Path, manifest: str) -> set[str]:
    """The paths that an earlier build wrote into a folder; raises UsageError when it holds things and no such list."""
    if not folder.exists():
        return set()
    if (folder / manifest).is_file():
        return {*(folder / manifest).read_text(encoding="utf-8").splitlines(), manifest}
    if folder.is_dir() and not any(folder.iterdir()):
        return set()
    if any((folder / other).is_file() for other in MANIFESTS.values()):
        pages = "the restricted pages" if manifest == MANIFESTS[False] else "pages for everybody"
        raise UsageError(f"{folder} holds {pages}: name another folder, they are never mixed")
    raise UsageError(f"{folder} was not made by `aac build`: move it away, it would be replaced")


def _keep_others(folder: Path, fresh: Path, made_by_us: set[str]) -> None:
    """Copies what we did not make from the old folder into the new one, unless a page of ours has its name."""
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        place = path.relative_to(folder)
        if path.is_file() and place.as_posix() not in made_by_us and not (fresh / place).exists():
            (fresh / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, fresh / place)
