"""The keys of `[sources.<id>]` for Pipedrive."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from aac.connectors.base import Secret
from aac.connectors.renewing import OAuth
from aac.connectors.timed import TimedSettings

API = "https://api.pipedrive.com"
TOKENS = "https://oauth.pipedrive.com"


class PipedriveSettings(TimedSettings):
    """``token``: of a user; else ``oauth``, of an app that asks in the name of one, or its ``access_token``, which
    lasts an hour. ``url``: another address, of this machine."""

    token: Secret | None = None
    oauth: OAuth | None = None
    access_token: Secret | None = None
    url: str = API

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if [self.token, self.oauth, self.access_token].count(None) != 2:
            raise ValueError(
                'there must be one way in; say one of these: `token = { env = "PIPEDRIVE_TOKEN" }`, '
                "`oauth` of an app with its three secrets, or its `access_token`"
            )
        return self
