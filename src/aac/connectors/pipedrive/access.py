"""How Pipedrive lets us in: with the token of a user, or with one that an app got for an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.connectors.pipedrive.settings import PipedriveSettings
    from aac.connectors.transport import Answer, Call


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
