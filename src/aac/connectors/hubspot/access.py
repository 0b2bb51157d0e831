"""How HubSpot lets us in: with the token of a private app, or with one that an app's refresh token gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.connectors.hubspot.paths import Paths
from aac.connectors.renewing import Lasting, Renewed
from aac.connectors.transport import Call, Renewal

if TYPE_CHECKING:
    from aac.connectors.hubspot.settings import HubspotSettings
    from aac.connectors.renewing import OAuth
    from aac.connectors.transport import Access


WRONG = "HubSpot does not accept the token in `{variable}`: copy it again from the private app's page"


class Refreshed(Renewed):
    """A token that lasts half an hour."""

    def __init__(self, oauth: OAuth, path: str) -> None:
        super().__init__("HubSpot")
        self._path = path
        self._variable = oauth.refresh_token.env
        self._form = {
            "grant_type": "refresh_token",
            "client_id": oauth.client_id.resolve(),
            "client_secret": oauth.client_secret.resolve(),
            "refresh_token": oauth.refresh_token.resolve(),
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets, self._form["client_secret"], self._form["refresh_token"])

    def renewal(self) -> Renewal:
        return Renewal(Call("POST", self._path, form=self._form), self.renewed)

    def refused(self) -> str:
        return (
            f"HubSpot gives no token for the refresh token in `{self._variable}`: see whether the app is still "
            "installed in the account, and whether client id and secret are its own"
        )


def access_of(settings: HubspotSettings) -> Access:
    """The way in that the settings name. Raises SourceError when a secret is not there."""
    if settings.oauth is not None:
        return Refreshed(settings.oauth, Paths(settings.api_version).token())
    assert settings.token is not None
    return Lasting(settings.token, WRONG)
