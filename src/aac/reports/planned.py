"""What `aac check --plan` prints: every query, what it answers, and its SQL."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.reports.base import View

WIDTH = 80


def planned_text(view: View) -> str:
    """``queries``: each reads ``reads`` as of ``as_of``, answers ``documents`` for ``windows``, and is ``sql``."""
    queries: Sequence[View] = view["queries"]
    lines = [_headline(len(queries), {subject for query in queries for subject in query["documents"]})]
    for number, query in enumerate(queries, 1):
        lines += ["", f"{number} · {query['reads']} · as of {query['as_of']}"]
        lines += _listed("windows", query["windows"])
        lines += _listed("answers", query["documents"])
        for sql in query["sql"]:
            lines += ["", *(f"  {line}" for line in str(sql).splitlines())]
    return "".join(f"{visible(line)}\n" for line in lines)


def _headline(queries: int, subjects: set[Any]) -> str:
    kinds = [str(subject).partition(":")[0] for subject in subjects]
    parts = [_counted(kinds.count(kind), word) for kind, word in (("sla", "agreement"), ("metric", "metric"))]
    if not subjects:
        return "Nothing is measured, so nothing is asked."
    verb = "answers" if queries == 1 else "answer"
    return f"{_counted(queries, 'query')} {verb} {' and '.join(filter(None, parts))}."


def _counted(n: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{n} {word if n == 1 else plural}" if n else ""


def _listed(title: str, parts: Iterable[str]) -> list[str]:
    indent = " " * 11
    return textwrap.wrap(", ".join(parts), WIDTH, initial_indent=f"  {title}  ", subsequent_indent=indent)
