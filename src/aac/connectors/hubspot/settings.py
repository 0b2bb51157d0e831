"""The keys of `[sources.<id>]` for HubSpot."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from aac.connectors.base import Secret
from aac.connectors.renewing import OAuth
from aac.connectors.timed import TimedSettings

API = "https://api.hubapi.com"
DATED = r"v3|20\d\d-(?:03|09)"


class HubspotSettings(TimedSettings):
    """``token``: of a private app; else ``oauth``. ``api_version``: `v3`, or a dated one. ``properties``: by object,
    those that are read beside the usual ones and the account's own. ``url``: another address, of this machine."""

    aside: ClassVar[frozenset[str]] = TimedSettings.aside | {"properties", "searches_per_second"}
    token: Secret | None = None
    oauth: OAuth | None = None
    api_version: Annotated[str, StringConstraints(pattern=f"^(?:{DATED})$")] = "2026-09"
    properties: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    searches_per_second: int = Field(default=4, gt=0)
    url: str = API

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        if (self.token is None) == (self.oauth is None):
            raise ValueError(
                'there must be one way in; say one of both: `token = { env = "HUBSPOT_TOKEN" }`, or `oauth` with its '
                "three secrets"
            )
        return self
