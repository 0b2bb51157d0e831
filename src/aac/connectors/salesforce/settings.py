"""The keys of `[sources.<id>]` for Salesforce."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from aac.connectors.base import Secret
from aac.connectors.timed import TimedSettings

MY_DOMAIN = re.compile(
    r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)?\.my\.salesforce\.com|http://(?:127\.0\.0\.1|localhost):\d+"
)


def _my_domain(url: str) -> str:
    if MY_DOMAIN.fullmatch(url.rstrip("/")) is None:
        raise ValueError(
            f"`{url}` is no address of My Domain; write the one that *Setup → My Domain* shows, as in "
            "`https://yours.my.salesforce.com`"
        )
    return url.rstrip("/")


ObjectName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w*$")]


class SalesforceSettings(TimedSettings):
    """``url``: of My Domain. ``client_id`` and, of the user that the app runs as, ``client_secret``; else ``key_file``
    (the variable holds where the private key lies) and ``username``. ``objects``: those that are read beside the usual
    ones; ``fields``: by object, those that are read beside the usual ones and the org's own.
    ``bulk_above``: of more records than these a bulk job is made."""

    aside: ClassVar[frozenset[str]] = TimedSettings.aside | {"objects", "fields", "bulk_above"}
    url: Annotated[str, AfterValidator(_my_domain)]
    client_id: Secret
    client_secret: Secret | None = None
    key_file: Secret | None = None
    username: str | None = None
    api_version: Annotated[str, StringConstraints(pattern=r"^\d\d\.0$")] = "67.0"
    objects: tuple[ObjectName, ...] = ()
    fields: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    bulk_above: int = Field(default=50_000, ge=0)

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        has_key = self.key_file is not None
        if has_key == (self.client_secret is not None) or has_key != (self.username is not None):
            raise ValueError(
                'there must be one way in; say one of both: `client_secret = { env = "SALESFORCE_CLIENT_SECRET" }`, or '
                '`username` and `key_file = { env = "SALESFORCE_KEY_FILE" }`'
            )
        return self

    @property
    def host(self) -> str:
        """The only host that is asked, and that gets secrets."""
        return urlsplit(self.url).hostname or ""
