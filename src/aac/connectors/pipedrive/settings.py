"""The keys of `[sources.<id>]` for Pipedrive."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from aac.connectors.base import Secret
from aac.connectors.timed import TimedSettings

API = "https://api.pipedrive.com"


class PipedriveSettings(TimedSettings):
    """``token``: of a user; else ``access_token``, of an app that asks in the name of one, which lasts an hour.
    ``url``: another address, of this machine."""

    token: Secret | None = None
    access_token: Secret | None = None
    url: str = API

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if (self.token is None) == (self.access_token is None):
            raise ValueError('say one of both: `token = { env = "PIPEDRIVE_TOKEN" }`, or `access_token` of an app')
        return self
