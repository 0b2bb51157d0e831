"""A PostgreSQL of the tests' own: a new cluster on a free port of the loopback, gone when they end.

The server refuses to run as root, so root hands the cluster to another user: Debian's `postgres`, else `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

PASSWORD = "s3cret/with @odd:signs"
"""Of every role that logs in here: it needs quoting in a URL, and is easy to find where it must not be."""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "America/New_York",  # so that nothing works only because the server happens to be in UTC
    "log_min_messages": "fatal",
}

KEEPER = 'read -r _; [ ! -e "$1/cluster" ] || "$0" stop -w -s -m immediate -D "$1/cluster"; rm -rf "$1"'


@dataclass(frozen=True)
class Server:
    """A server that runs in a folder; each of its databases is reached by a URL with the password in it."""

    port: int
    programs: Path
    folder: Path

    def url(self, database: str = "postgres", role: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of the last statement, none if it has none; each commits on its own."""
        with psycopg.connect(self.url(database), autocommit=True, client_encoding="UTF8") as connection:
            cursor = connection.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def create(self, database: str, encoding: str = "UTF8") -> str:
        """A new database in place of one of that name; its URL."""
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        way = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        self.run(f'CREATE DATABASE "{database}" TEMPLATE template0 {way}')
        return self.url(database)


def programs() -> Path:
    """The folder with initdb and its like, of the newest version there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    assert found or on_path, "there is no PostgreSQL server: `make test-all` installs it"
    return (found[-1] if found else Path(str(on_path))).parent


@contextmanager
def postgresql() -> Generator[Server]:
    """A new, empty server."""
    folder = Path(tempfile.mkdtemp(prefix="aac-postgresql-"))  # not pytest's, which other users cannot enter
    home, owner = folder / "cluster", _owner(folder)
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    server = Server(free_port(), programs(), folder)

    def run(program: str, *arguments: str) -> None:
        command = (server.programs / program, *arguments, "-D", home)
        done = subprocess.run(command, cwd=folder, user=owner, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (program, done.stdout, done.stderr)

    with _kept(server.programs / "pg_ctl", folder, owner):
        run("initdb", "-A", "scram-sha-256", "-U", "postgres", f"--pwfile={password}", "-E", "UTF8", "--no-sync")
        with (home / "postgresql.conf").open("a") as settings:
            settings.writelines(f"{key} = '{value}'\n" for key, value in {**SETTINGS, "port": server.port}.items())
        run("pg_ctl", "start", "-w", "-s", "-l", str(folder / "log"))
        yield server
    assert not folder.exists(), f"{folder} was left behind"


@contextmanager
def _kept(stop: Path, folder: Path, owner: int | None) -> Generator[None]:
    """Stops the server and removes the folder when this process is through, however it ends: killed too.

    A process of its own, out of reach of what is sent to ours, waits for a pipe to be closed.
    """
    command = ("sh", "-c", KEEPER, str(stop), str(folder))
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd="/", user=owner, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
    ):
        yield


def _owner(folder: Path) -> int | None:
    """The user whom the server runs as and the folder belongs to now; null for whoever runs the tests."""
    if os.getuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return user.pw_uid


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
