"""How Pipedrive lets us in: with the token of a user, or with one that an app gets for an hour."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aac.connectors.pipedrive.settings import TOKENS
from aac.connectors.renewing import Lasting, Renewed
from aac.connectors.transport import LOOPBACK, Call, Renewal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.connectors.pipedrive.settings import PipedriveSettings
    from aac.connectors.renewing import OAuth
    from aac.connectors.transport import Access


WRONG = "Pipedrive does not accept the token in `{variable}`: "


class OfUser(Lasting):
    """The token of a user, which has a header of its own."""

    def headers(self) -> Mapping[str, str]:
        return {"x-api-token": self._token}


class Refreshed(Renewed):
    """A token that lasts an hour; the app is known by a header (RFC 6749, 2.3.1).

    The refresh token stays the same: each use makes it last another 60 days (docs of `POST /oauth/token`).
    """

    def __init__(self, oauth: OAuth, base: str) -> None:
        super().__init__("Pipedrive")
        self._base = base
        self._variable = oauth.refresh_token.env
        self._secret = oauth.client_secret.resolve()
        self._refresh = oauth.refresh_token.resolve()
        self._known = base64.b64encode(f"{oauth.client_id.resolve()}:{self._secret}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets, self._secret, self._refresh, self._known)

    def renewal(self) -> Renewal:
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh}
        known = {"Authorization": f"Basic {self._known}"}
        return Renewal(Call("POST", "/oauth/token", form=form, headers=known, base=self._base), self.renewed)

    def refused(self) -> str:
        return (
            f"Pipedrive gives no token for the refresh token in `{self._variable}`: see whether the app is still "
            "installed, and whether client id and secret are its own; one that was not used for 60 days has ended"
        )


def access_of(settings: PipedriveSettings) -> Access:
    """The way in that the settings name. Raises SourceError when a secret is not there."""
    if settings.oauth is not None:
        is_here = urlsplit(settings.url).hostname in LOOPBACK
        return Refreshed(settings.oauth, settings.url if is_here else TOKENS)
    if settings.token is not None:
        return OfUser(settings.token, WRONG + "copy it again from *Personal preferences → API*")
    assert settings.access_token is not None
    return Lasting(settings.access_token, WRONG + "get a new one for the app")
