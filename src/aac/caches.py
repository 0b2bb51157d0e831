"""The user's cache folder: values as JSON, a format that cannot execute.

What lies there may be gone, cut short or somebody else's at any time: then there is none, and it is made anew. Nothing
depends on a cache but time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_DAYS = 90
"""How long a cache stays that nobody writes."""
LARGEST = 64_000_000
"""Bytes of a cache that is read; a larger one is not ours."""


def folder() -> Path:
    """Where the caches of this user lie: `XDG_CACHE_HOME`, else where the system keeps such things."""
    if written := os.environ.get("XDG_CACHE_HOME"):
        return Path(written) / "aac"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "aac"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "aac" / "cache"
    return Path.home() / ".cache" / "aac"


def read(name: str, stamp: str, made_of: Callable[[dict[str, Any]], Any] | None = None) -> Any | None:
    """What was kept under a name with the same stamp, or null. ``made_of`` makes something of every mapping in it.

    It may raise what wrong data makes it raise (KeyError, TypeError, ValueError, ArithmeticError).
    """
    path = folder() / f"{name}.json"
    try:
        if path.stat().st_size > LARGEST:
            return None
        kept, value = json.loads(path.read_bytes(), object_hook=made_of)
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        return None
    return value if kept == stamp else None


def write(name: str, stamp: str, text: str) -> None:
    """Keeps a text of JSON under a name; where nothing can be written, nothing is kept."""
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        fresh = folder() / f".{uuid4().hex}"
        fresh.write_text(f"[{json.dumps(stamp)},{text}]", encoding="utf-8")
        fresh.replace(folder() / f"{name}.json")
        _forget_old()


def _forget_old() -> None:
    """Deletes what nobody wrote for long: caches of projects that are gone."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for path in folder().iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
