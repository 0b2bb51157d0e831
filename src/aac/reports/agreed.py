"""Whether teams agree to a document, as plain data and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.agreements import Agreement
    from aac.reports.base import View

BADGES: Mapping[str, tuple[str, str]] = {
    "agreed": ("✔", "Agreed"),
    "waiting": ("⏳", "Not agreed yet"),
    "lapsed": ("■", "Changed since agreed"),
    "alone": ("○", "No second team is asked"),
}
"""A shape and words for each state."""


def agreed_view(agreement: Agreement, titles: Mapping[str, str]) -> View:
    """Who must agree and who has; ``titles``: what teams are called, by `team:sales`."""
    names = {team: titles.get(f"team:{team}", team) for team in agreement.parties}
    shape, badge = BADGES[agreement.state]
    return {
        "state": agreement.state,
        "shape": shape,
        "badge": badge,
        "words": _words(agreement, names),
        "fingerprint": agreement.fingerprint,
        "teams": [_team(team, names[team], agreement) for team in agreement.parties],
        "waiting": list(agreement.waiting) if agreement.state != "alone" else [],
        "changed": list(agreement.changed),
    }


def _team(team: str, name: str, agreement: Agreement) -> View:
    word = next((word for word in agreement.signatures if word.team == team), None)
    is_given = word is not None and word.is_of_today
    return {
        "id": team,
        "name": name,
        "has_agreed": is_given,
        "by": word.handle if word is not None else None,
        "date": word.day.isoformat() if word is not None and word.day is not None else None,
        "to_former": word is not None and not is_given,
    }


def _words(agreement: Agreement, names: Mapping[str, str]) -> str:
    """As in "Changed since agreed; waits for Sales"."""
    told = [BADGES[agreement.state][1]]
    given = [word for word in agreement.signatures if word.is_of_today]
    if agreement.state == "agreed":
        since = f" since {agreement.since}" if agreement.since is not None else ""
        told = [f"Agreed{since} by {_joined([names[word.team] for word in given])}"]
    elif agreement.state != "alone":
        if given:
            told.append(f"{_joined([names[word.team] for word in given])} agreed")
        told.append(f"waits for {_joined([names[team] for team in agreement.waiting])}")
    if agreement.changed:
        told.append(f"rests on a changed {_joined(list(agreement.changed))}")
    return "; ".join(told)


def _joined(names: Sequence[str]) -> str:
    """As in "Marketing, Sales and Finance"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
