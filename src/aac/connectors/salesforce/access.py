"""How Salesforce lets us in: an app's secret, or its key, gets a token that lasts as long as sessions of the org do.

Client credentials (RFC 6749, 4.4) and JWT bearer (RFC 7523), both on the address of My Domain. A user's password is
never asked for: Salesforce ends that way in.
"""

from __future__ import annotations

import base64
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aac.connectors.renewing import Renewed
from aac.connectors.salesforce.shapes import Token
from aac.connectors.transport import Call, Renewal
from aac.errors import SourceError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from aac.connectors.salesforce.settings import SalesforceSettings
    from aac.connectors.transport import Access

TOKENS = "/services/oauth2/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PRODUCTION, SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"
"""For whom an assertion is made: the two places where Salesforce lets people in."""
IS_FOR_TRIALS = re.compile(r"\.(?:sandbox|scratch)\.|^[a-z0-9-]+--|\.cs\d+\.")
"""Hosts of sandboxes and scratch orgs, by their domain of now or of before (`yours--uat.cs5.my.salesforce.com`)."""
ASSERTION_SECONDS = 180
"""How long an assertion holds, which is the longest that Salesforce takes."""


class ByCredentials(Renewed):
    """The app's own secret: it runs as the user that it names."""

    def __init__(self, settings: SalesforceSettings) -> None:
        super().__init__("Salesforce")
        self._client_id = settings.client_id.resolve()
        assert settings.client_secret is not None
        self._variable = settings.client_secret.env
        self._secret = settings.client_secret.resolve()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets, self._secret)

    def renewal(self) -> Renewal:
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._secret}
        return Renewal(Call("POST", TOKENS, form=form, shape=Token), self.renewed)

    def refused(self) -> str:
        return (
            f"Salesforce gives no token for the secret in `{self._variable}`: see whether the app has the client "
            "credentials flow enabled with a user to run as, and whether id, secret and `url` are of one org"
        )


class ByKey(Renewed):
    """A private key whose certificate the app holds: it asks in the name of a user who was admitted to the app."""

    def __init__(self, settings: SalesforceSettings) -> None:
        super().__init__("Salesforce")
        self._client_id = settings.client_id.resolve()
        assert settings.key_file is not None
        assert settings.username is not None
        self._variable = settings.key_file.env
        self._key = _key(Path(settings.key_file.resolve()), self._variable)
        self._username = settings.username
        self._audience = SANDBOX if IS_FOR_TRIALS.search(settings.host) else PRODUCTION

    def renewal(self) -> Renewal:
        form = {"grant_type": JWT_BEARER, "assertion": self._assertion()}
        return Renewal(Call("POST", TOKENS, form=form, shape=Token), self.renewed)

    def refused(self) -> str:
        return (
            f"Salesforce gives no token for the key in `{self._variable}`: see whether its certificate is that of the "
            f"app, whether `{self._username}` was admitted to the app (*Manage policies → Permitted users*), and "
            f"whether the clock of this machine is right: it says {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, and what "
            "it signs holds for three minutes"
        )

    def _assertion(self) -> str:
        """A JSON web token that the key signs (RFC 7515, RS256)."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        until = int(time.time()) + ASSERTION_SECONDS
        claims = {"iss": self._client_id, "sub": self._username, "aud": self._audience, "exp": until}
        head = _encoded({"alg": "RS256", "typ": "JWT"}) + "." + _encoded(claims)
        return f"{head}.{_text(self._key.sign(head.encode(), PKCS1v15(), SHA256()))}"


def _encoded(part: Any) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _text(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _key(path: Path, variable: str) -> RSAPrivateKey:
    """The private key of a file. Raises SourceError when there is none, or the library that reads it."""
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ModuleNotFoundError:
        needed = 'pip install "alignment-as-code[salesforce]"'
        raise SourceError(f"signing with a key needs a library for it: run `{needed}`") from None
    advice = "make one with `openssl req -x509 -newkey rsa:2048 -nodes -keyout aac.key -out aac.crt`"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise SourceError(f"the key file that `{variable}` names cannot be read: {error.strerror}") from error
    except (ValueError, TypeError):
        raise SourceError(
            f"the file that `{variable}` names holds no private key without a password: {advice}"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise SourceError(f"the key that `{variable}` names is not RSA, and Salesforce takes no other: {advice}")
    return key


def access_of(settings: SalesforceSettings) -> Access:
    """The way in that the settings name. Raises SourceError when a secret is not there."""
    return ByCredentials(settings) if settings.client_secret is not None else ByKey(settings)
