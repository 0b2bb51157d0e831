"""Tokens that last, those that end after a while, and what gets another one (RFC 6749)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict

from aac.connectors.base import Secret
from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.connectors.transport import Answer, Renewal


class OAuth(BaseModel):
    """An app that asks in the name of an account: with these a new token is got whenever the last one has ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Secret
    client_secret: Secret
    refresh_token: Secret


class Lasting:
    """The one token that a setting names. ``wrong``: what to do when a service does not accept it, for the variable
    that holds it. Raises SourceError when it is not there."""

    def __init__(self, secret: Secret, wrong: str) -> None:
        self._wrong = wrong.format(variable=secret.env)
        self._token = secret.resolve().strip()
        if not (self._token.isascii() and self._token.isprintable()) or " " in self._token:
            raise SourceError(self._wrong)  # no header could carry it

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be seen nowhere."""
        return (self._token,)

    def headers(self) -> Mapping[str, str]:
        """What a call carries."""
        return {"Authorization": f"Bearer {self._token}"}

    def renewal(self) -> Renewal | None:
        """There is no other."""
        return None

    def refused(self) -> str:
        """What to do when the service does not let us in."""
        return self._wrong


class Renewed:
    """A token of a ``service``, as its users call it; the first one is got when that asks for one."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._token = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be seen nowhere."""
        return (self._token,)

    def headers(self) -> Mapping[str, str]:
        """What a call carries."""
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def renewed(self, answer: Answer) -> None:
        """Takes the token of an answer; raises SourceError when there is none."""
        data: object = answer.data
        token = cast("Mapping[str, object]", data).get("access_token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise SourceError(f"{self._service} sends no token where one was asked for: run `aac pull` again")
        self._token = token
