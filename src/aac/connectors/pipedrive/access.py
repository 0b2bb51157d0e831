"""How Pipedrive lets us in: with the token of a user, or with one that an app gets for an hour."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from aac.connectors.pipedrive.settings import API, TOKENS
from aac.connectors.renewing import Renewed
from aac.connectors.transport import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.connectors.pipedrive.settings import PipedriveSettings
    from aac.connectors.renewing import OAuth
    from aac.connectors.transport import Access, Answer


class Held:
    """The one token that the settings name. Raises SourceError when it is not there."""

    def __init__(self, settings: PipedriveSettings) -> None:
        secret = settings.token or settings.access_token
        assert secret is not None
        self._variable = secret.env
        self._is_of_user = settings.token is not None
        self._token = secret.resolve()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._token,)

    def headers(self) -> Mapping[str, str]:
        return {"x-api-token": self._token} if self._is_of_user else {"Authorization": f"Bearer {self._token}"}

    def renewal(self) -> Call | None:
        return None

    def renewed(self, answer: Answer) -> None:
        raise NotImplementedError  # there is no renewal

    def refused(self) -> str:
        where = "copy it again from *Personal preferences → API*" if self._is_of_user else "get a new one for the app"
        return f"Pipedrive does not accept the token in `{self._variable}`: {where}"


class Refreshed(Renewed):
    """A token that lasts an hour; the app is known by a header (RFC 6749, 2.3.1)."""

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

    def renewal(self) -> Call | None:
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh}
        known = {"Authorization": f"Basic {self._known}"}
        return Call("POST", "/oauth/token", form=form, headers=known, base=self._base)

    def refused(self) -> str:
        return (
            f"Pipedrive gives no token for the refresh token in `{self._variable}`: see whether the app is still "
            "installed, and whether client id and secret are its own; one that was not used for 60 days has ended"
        )


def access_of(settings: PipedriveSettings) -> Access:
    """The way in that the settings name. Raises SourceError when a secret is not there."""
    if settings.oauth is None:
        return Held(settings)
    return Refreshed(settings.oauth, TOKENS if settings.url == API else settings.url)
