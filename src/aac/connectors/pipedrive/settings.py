"""The keys of `[sources.<id>]` for Pipedrive."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from aac.connectors.base import Secret
from aac.connectors.renewing import OAuth
from aac.connectors.timed import TimedSettings

API = "https://api.pipedrive.com"
TOKENS = "https://oauth.pipedrive.com"
ADDRESS = re.compile(r"https://[a-z0-9-]+\.pipedrive\.com|http://(?:127\.0\.0\.1|localhost):\d+")


def _address(url: str) -> str:
    if ADDRESS.fullmatch(url.rstrip("/")) is None:
        raise ValueError(f"`{url}` is no address of Pipedrive; leave it out, or write your company's: "
                         "`https://yours.pipedrive.com`")  # fmt: skip
    return url.rstrip("/")


class PipedriveSettings(TimedSettings):
    """``token``: of a user; else ``oauth``, of an app that asks in the name of one, or its ``access_token``, which
    lasts an hour. ``url``: the company's own address, or one of this machine."""

    token: Secret | None = None
    oauth: OAuth | None = None
    access_token: Secret | None = None
    url: Annotated[str, AfterValidator(_address)] = API

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if [self.token, self.oauth, self.access_token].count(None) != 2:
            raise ValueError(
                'there must be one way in; say one of these: `token = { env = "PIPEDRIVE_TOKEN" }`, '
                "`oauth` of an app with its three secrets, or its `access_token`"
            )
        return self

    @property
    def host(self) -> str:
        """Who is asked, and gets secrets."""
        return urlsplit(self.url).hostname or ""
