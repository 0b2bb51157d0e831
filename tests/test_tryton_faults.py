"""What the connector of `plugins/tryton.py` says of a server that answers badly: one sentence, and no password."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from aac.connectors.base import Context
from aac.errors import SourceError
from aac.plugins import load
from tests.fakes.scripted import Scripted, scripted

ROOT = Path(__file__).parent.parent
DATED = {"Date": "Mon, 02 Mar 2026 10:00:00 GMT"}
SAID = "gives no answer that can be used"


def refused(url: str, folder: Path) -> str:
    """What is said when the connector logs in there."""
    connector = load(ROOT).connectors["tryton"]
    given = {"url": url, "database": "crm", "user": "ann", "password": {"env": "TRYTON_PASSWORD"}}
    with pytest.raises(SourceError) as error:
        connector(connector.settings.model_validate(given), Context(folder, folder)).check()
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Scripted(body=b'{"result": [1, "token"]}', cut=9), SAID),
        (Scripted(body=b"<html>"), SAID),
        (Scripted(body=b"[]"), SAID),
        (Scripted(body=b'{"id": 0}'), SAID),
        (Scripted(body=b'{"result": [1, "token"]}'), SAID),  # no `Date`: nobody knows how far the pull goes
        (Scripted(body=b'{"result": null}', headers=DATED), "Tryton does not let `ann` in"),
        (Scripted(status=401), "Tryton does not let `ann` in"),
        (Scripted(status=500), "Tryton answers 500 to common.db.login"),
        (Scripted(body=b'{"error": ["UserError", ["no", ""]]}'), "Tryton refuses common.db.login: UserError"),
    ],
)
def test_what_is_no_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Scripted, told: str
) -> None:
    monkeypatch.setenv("TRYTON_PASSWORD", "s3cret")
    with scripted(answer) as script:
        assert told in refused(script.url, tmp_path)


def test_a_connection_that_is_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRYTON_PASSWORD", "s3cret")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close() -> None:
            with suppress(OSError):
                server.accept()[0].close()

        closing = threading.Thread(target=close)
        closing.start()
        assert SAID in refused(f"http://127.0.0.1:{server.getsockname()[1]}", tmp_path)
        closing.join()
