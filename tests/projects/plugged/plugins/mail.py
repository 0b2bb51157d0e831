"""A function of a team's own: which addresses say nothing of the company behind them."""

from __future__ import annotations

from aac import Function, hookimpl


@hookimpl
def aac_functions() -> list[Function]:
    return [
        Function(
            "is_free_mail",
            ("address",),
            "lower(address) like '%@gmail.com' or lower(address) like '%@gmx.de'",
            "Whether an address is one that anybody gets for nothing.",
        )
    ]
