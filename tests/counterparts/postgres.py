"""A PostgreSQL server of our own, with a language's sort order, so that nothing relies on the C locale.

It doesn't sync: no test cuts the power of the machine, and a server that is killed keeps what the system has.

As a program it runs a command with such a server: `python -m tests.counterparts.postgres COMMAND ...`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from .processes import directory, free_port, remove, wait_until

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{place}'
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
log_min_messages = fatal
"""


class Postgres:
    """Runs until close()."""

    def __init__(self) -> None:
        self.directory = directory("postgres")
        self.port = free_port()
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            owner = _owner()
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._data = self.directory / "data"
        self._databases = 0
        self._server: subprocess.Popen[bytes] | None = None
        order = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        who = ["--username=bursar", "--auth=trust", "--no-sync", "--no-instructions"]
        self._run("initdb", "--pgdata", str(self._data), *who, *order)
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS.format(port=self.port, place=self.directory))
        self.start()

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [program("postgres"), "-D", str(self._data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                **self._as,
            )
        wait_until(
            lambda: self._ready() or self._server is None or self._server.poll() is not None, "PostgreSQL's start"
        )
        if not self._ready():
            raise RuntimeError(self.log())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends every connection and shuts down in order; SIGQUIT is the immediate stop, like a crash."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(30)
            self._server = None

    def close(self) -> None:
        """End for good, data and all."""
        self.stop(signal.SIGQUIT)
        remove(self.directory)

    def url(self, name: str) -> str:
        return f"postgresql://bursar@127.0.0.1:{self.port}/{name}"

    def fresh(self) -> str:
        """The address of a new, empty database."""
        self._databases += 1
        return fresh_database(self.url("postgres"), f"fresh_{os.getpid()}_{self._databases}")

    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    def _ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def _run(self, *command: str) -> None:
        with (self.directory / "log").open("ab") as log:
            done = subprocess.run(
                [program(command[0]), *command[1:]], stdout=log, stderr=log, cwd=self.directory, check=False, **self._as
            )
        if done.returncode:
            raise RuntimeError(self.log())


def fresh_database(server_url: str, name: str) -> str:
    """Make a new, empty database on the server of `server_url`; its address."""
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server_url)._replace(path="/" + name).geturl()


def copy_database(template: str, url: str) -> None:
    """Make the empty database at `url` a copy of another one of the same server that nobody is connected to."""
    drop_database(url)
    name, like = (sql.Identifier(urlsplit(each).path.lstrip("/")) for each in (url, template))
    server = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, like))


def drop_database(url: str) -> None:
    """Remove a database, whoever is still connected to it."""
    parts = urlsplit(url)
    name = sql.Identifier(parts.path.lstrip("/"))
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def program(name: str) -> str:
    """Debian keeps the server's programs out of the path; the newest installed one is taken."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: run tests/counterparts/install.sh")
    return found


def _owner() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def main(command: list[str]) -> int:
    server = Postgres()
    try:
        environ = {**os.environ, "BURSAR_DATABASE_URL": server.fresh()}
        return subprocess.run(command, env=environ, check=False).returncode
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
