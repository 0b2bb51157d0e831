"""The keys of `[sources.<id>]` for Pipedrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, field_validator, model_validator

from aac.connectors.base import Secret, Settings
from aac.periods import parse_duration

API = "https://api.pipedrive.com"


class PipedriveSettings(Settings):
    """``token``: of a user; else ``access_token``, of an app that asks in the name of one, which lasts an hour.
    ``overlap``: how far behind the last pull the next one begins. ``sweep``: how often everything is read again.
    ``max_calls``: of one pull. ``url``: another address, of this machine."""

    token: Secret | None = None
    access_token: Secret | None = None
    overlap: str = "15 minutes"
    sweep: str = "7 days"
    max_calls: int | None = Field(default=None, gt=0)
    url: str = API

    @field_validator("overlap", "sweep")
    @classmethod
    def _is_elapsed(cls, text: str) -> str:
        if parse_duration(text).clock != "elapsed":
            raise ValueError(f"`{text}` is not elapsed time; write minutes, hours or days, as in `15 minutes`")
        return text

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if (self.token is None) == (self.access_token is None):
            raise ValueError('say one of both: `token = { env = "PIPEDRIVE_TOKEN" }`, or `access_token` of an app')
        return self

    @property
    def overlap_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.overlap).us)

    @property
    def sweep_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.sweep).us)
