"""A real CRM: Tryton with its opportunities, on the PostgreSQL of the tests.

It lives in an environment of its own below `~/.cache/aac-tests`, which is made once and kept, with a dump of a database
in which its modules are installed: making both takes two minutes. https://docs.tryton.org/latest/server/
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from tests.servers.postgresql import free_port

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.servers.postgresql import Server

VERSIONS = ("trytond==8.2.1", "trytond-sale-opportunity==8.2.0", "psycopg[binary]==3.3.9", "psycopg_pool==3.3.3")
HOME = Path.home() / ".cache" / "aac-tests" / "tryton-8.2.1"
READY = HOME / "ready"
"""Written last: without it the folder is half made."""
PASSWORD = "crm-admin-pass"
DATABASE = "tryton"
PATIENCE = 120
"""The seconds within which the server has to answer, on a machine that is busy."""


@dataclass
class Crm:
    """A Tryton that runs, and its administrator logged in. ``context`` goes with every call of a model."""

    url: str
    context: dict[str, Any]
    _session: str = ""

    def log_in(self) -> int:
        """The user's id."""
        user, token, *_ = self._ask("common.db.login", "admin", {"password": PASSWORD}, "en")
        self._session = base64.b64encode(f"admin:{user}:{token}".encode()).decode()
        return user

    def call(self, method: str, *parameters: object) -> Any:
        """What a method of a model gives."""
        return self._ask(f"model.{method}", *parameters, self.context)

    def opportunity(self, action: str, *ids: int) -> None:
        """Presses a button: `opportunity`, `convert`, `lost`, `cancel`, `lead`; or `delete`."""
        self.call(f"sale.opportunity.{action}", list(ids))

    def _ask(self, method: str, *parameters: object) -> Any:
        body = json.dumps({"id": 0, "method": method, "params": parameters}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Session {self._session}"}
        with urlopen(Request(f"{self.url}/{DATABASE}/rpc/", body, headers), timeout=PATIENCE) as response:
            answer = json.load(response)
        assert "error" not in answer, (method, answer)
        return answer["result"]


@contextmanager
def tryton(server: Server, folder: Path) -> Generator[Crm]:
    """A Tryton whose database holds a company, two customers and no opportunities; ``folder`` is for its own files."""
    port = free_port()
    settings = folder / "tryton.conf"
    settings.write_text(f"[web]\nlisten=127.0.0.1:{port}\n[database]\nuri={server.url('').rstrip('/')}\n")
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with (HOME.parent / "lock").open("w") as lock:  # other tests may be about to make the same
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install()
        _restore(server, settings)
    command = [HOME / "bin" / "trytond", "-c", settings, "-d", DATABASE]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(port, process)
            crm = Crm(f"http://127.0.0.1:{port}", {})
            _found(crm, crm.log_in())
            yield crm
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _install() -> None:
    """The environment that Tryton lives in, unless it is there."""
    if not READY.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        _run(sys.executable, "-m", "venv", HOME)
        _run(HOME / "bin" / "pip", "install", "--quiet", *VERSIONS)
        READY.touch()


def _restore(server: Server, settings: Path) -> None:
    """The database with all modules, from the dump; the first time it is made."""
    server.create(DATABASE)
    dump = HOME / f"{server.programs.parent.name}.dump"  # of the server's version
    if dump.exists():
        _run(server.programs / "pg_restore", "--no-owner", "-d", server.url(DATABASE), dump)
        return
    password = settings.with_name("password")
    password.write_text(PASSWORD)
    admin = (HOME / "bin" / "trytond-admin", "-c", settings, "-d", DATABASE)
    _run(*admin, "--all", "--email", "admin@example.com", TRYTONPASSFILE=str(password))
    _run(*admin, "-u", "sale_opportunity", "--activate-dependencies")
    half = dump.with_suffix(".half")
    _run(server.programs / "pg_dump", "-Fc", "-f", half, server.url(DATABASE))
    half.rename(dump)


def _run(*command: str | Path, **variables: str) -> None:
    environment = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server accepts connections."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, "Tryton has gone away"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Tryton does not answer")


def _found(crm: Crm, user: int) -> None:
    """Makes a company with one employee, who is the administrator, and two customers."""
    euro = {"name": "Euro", "code": "EUR", "symbol": "€", "digits": 2, "rounding": decimal("0.01")}
    (currency,) = crm.call("currency.currency.create", [euro])
    names = ("Larkspur", "Ann Owner", "Zoë & Söhne", "Acme")
    company, person, *_ = crm.call("party.party.create", [{"name": name} for name in names])
    (of,) = crm.call("company.company.create", [{"party": company, "currency": currency}])
    (employee,) = crm.call("company.employee.create", [{"party": person, "company": of}])
    added = {"companies": [["add", [of]]], "company": of, "employees": [["add", [employee]]], "employee": employee}
    crm.call("res.user.write", [user], added)
    crm.context.update(company=of, employee=employee)


def decimal(text: str) -> dict[str, str]:
    """A decimal as Tryton's JSON writes it."""
    return {"__class__": "Decimal", "decimal": text}
