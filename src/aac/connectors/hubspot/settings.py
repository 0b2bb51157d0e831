"""The keys of `[sources.<id>]` for HubSpot."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from aac.connectors.base import Secret, Settings
from aac.periods import parse_duration

API = "https://api.hubapi.com"
DATED = r"v3|20\d\d-(?:03|09)"


class OAuth(BaseModel):
    """An app that asks in the name of an account: with these a new token is got whenever the last one has ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Secret
    client_secret: Secret
    refresh_token: Secret


class HubspotSettings(Settings):
    """``token``: of a private app; else ``oauth``. ``api_version``: `v3`, or a dated one. ``properties``: by object,
    those that are read beside the usual ones and the account's own. ``overlap``: how far behind the last pull the next
    one begins. ``sweep``: how often everything is read again. ``max_calls``: of one pull. ``url``: another address, of
    this machine."""

    aside: ClassVar[frozenset[str]] = frozenset({"properties", "overlap", "sweep", "max_calls", "searches_per_second"})
    token: Secret | None = None
    oauth: OAuth | None = None
    api_version: Annotated[str, StringConstraints(pattern=f"^(?:{DATED})$")] = "2026-09"
    properties: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    overlap: str = "15 minutes"
    sweep: str = "7 days"
    max_calls: int | None = Field(default=None, gt=0)
    searches_per_second: int = Field(default=4, gt=0)
    url: str = API

    @field_validator("overlap", "sweep")
    @classmethod
    def _is_elapsed(cls, text: str) -> str:
        if parse_duration(text).clock != "elapsed":
            raise ValueError(f"`{text}` is not elapsed time; write minutes, hours or days, as in `15 minutes`")
        return text

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if (self.token is None) == (self.oauth is None):
            raise ValueError('say one of both: `token = { env = "HUBSPOT_TOKEN" }`, or `oauth` with its three secrets')
        return self

    @property
    def overlap_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.overlap).us)

    @property
    def sweep_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.sweep).us)
