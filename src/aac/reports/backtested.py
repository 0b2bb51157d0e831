"""How a promise would have been kept: a table for a terminal, and JSON."""

from __future__ import annotations

import textwrap
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from aac.periods import iso_utc
from aac.recounts import tightest
from aac.reports.json import dumps, json_number
from aac.reports.wording import NONE, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aac.recounts import Tried
    from aac.reports.base import View

SCHEMA = "aac-backtest/1"
WIDTH = 80
NO_BREAK = "\u00a0"


def view(name: str, tried: Sequence[Tried], objectives: Sequence[Fraction]) -> View:
    """Every window of every time, in how many of them each share was kept, and the tightest promise that was."""
    moments = [each.as_of_us for each in tried if each.as_of_us is not None]
    best = [(share, tightest(tried, share)) for share in objectives]
    return {
        "schema": SCHEMA,
        "id": name,
        "as_of": iso_utc(min(moments)) if moments else None,
        "objectives": [json_number(share) for share in objectives],
        "tried": [
            {
                "within": each.within,
                "windows": _windows(each.windows),
                "provisional": _windows(each.provisional),
                "kept": [each.kept(share) for share in objectives],
                "judged": each.judged,
            }
            for each in tried
        ],
        "tightest": [
            {"objective": json_number(share), "within": found.within if found is not None else None}
            for share, found in best
        ],
    }


def _windows(shares: Iterable[tuple[str, Fraction | None]]) -> list[dict[str, Any]]:
    return [{"window": label, "attainment": None if share is None else json_number(share)} for label, share in shares]


def backtest_text(view: View) -> str:
    """A screen: the windows below the times, and what would have been kept."""
    lines = [f"Had `{view['id']}` promised something else, as of {view['as_of']}", ""]
    for each in view["tried"]:
        lines += [f" within {each['within']}"]
        lines += _wrapped(f"{w['window']} {_shown(w['attainment'])}" for w in each["windows"])
        if each["provisional"]:
            told = " · ".join(f"{w['window']} {_shown(w['attainment'])}" for w in each["provisional"])
            lines += _wrapped([f"not settled yet, so left out: {told}"])
        kept = zip(view["objectives"], each["kept"], strict=True)
        lines += _wrapped(f"{_shown(share)} kept in {n} of {each['judged']}" for share, n in kept)
    lines += ["", "The tightest that was kept in every window"]
    for each in view["tightest"]:
        lines.append(f"   {_shown(each['objective']):>6}  {each['within'] or 'none of these'}")
    return "\n".join(lines) + "\n"


def _shown(share: float | None) -> str:
    return NONE if share is None else percent(Fraction(share).limit_denominator(10**9))


def _wrapped(parts: Iterable[str]) -> list[str]:
    """Parts beside each other, none of them parted at the end of a line."""
    text = " · ".join(part.replace(" ", NO_BREAK) for part in parts)
    lines = textwrap.wrap(text, WIDTH, initial_indent="     ", subsequent_indent="     ")
    return [line.replace(NO_BREAK, " ") for line in lines]


FORMATS: Mapping[str, Callable[[View], str]] = {"text": backtest_text, "json": lambda view: dumps(view) + "\n"}
"""The forms of `aac diff --backtest`, by the name that `--format` uses."""
