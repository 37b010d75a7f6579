"""A home of Bursar's own for one test, the command line in it, and a server from it."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from .postgres import copy_database
from .processes import REPOSITORY, answers, free_port, wait_until
from .zygote import Zygote

ZYGOTE = Zygote()

FOREIGN = ("BURSAR_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


class BursarHome:
    """`environ` is what every command of this home runs with; change it to test what the environment does."""

    def __init__(self, path: Path, database_url: str = "") -> None:
        self.path = path
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        sources = os.pathsep.join(filter(None, (str(REPOSITORY / "src"), kept.get("PYTHONPATH"))))
        self.environ = {**kept, "BURSAR_HOME": str(path), "PYTHONPATH": sources, "PYTHONWARNINGS": "error"}
        if database_url:
            self.environ["BURSAR_DATABASE_URL"] = database_url
        self._servers: list[Serving] = []

    def cli(
        self, *args: str, input: str | None = None, check: int | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `bursar ARGS`, without a terminal. Raises AssertionError where the exit code is not `check`."""
        done = ZYGOTE.run(list(args), self.environ | environ, self.path.parent, input or "")
        if check is not None and done.returncode != check:
            raise AssertionError(
                f"bursar {' '.join(args)}: exit {done.returncode}, expected {check}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def play(self, program: str, *args: str) -> None:
        """Run `python -m PROGRAM ARGS`, one of the tests' own, in this home. Raises AssertionError where it fails."""
        done = ZYGOTE.run(list(args), self.environ, REPOSITORY, program=program)
        assert done.returncode == 0, done.stderr

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "bursar", *args]

    def start(self, *args: str, **environ: str) -> "subprocess.Popen[str]":
        """Start a command and leave it running; who starts it ends it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*args),
            env=self.environ | environ,
            cwd=self.path.parent,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    def serve(self, *options: str, port: int | None = None, **environ: str) -> "Serving":
        """`bursar serve` on a free port of 127.0.0.1, once it answers."""
        serving = Serving(self, port or free_port(), options, environ)
        self._servers.append(serving)
        return serving

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement on the home's database, behind Bursar's back; what it found, if it asked."""
        url = self.environ.get("BURSAR_DATABASE_URL")
        if url:
            with psycopg.connect(url, autocommit=True) as server:
                cursor = server.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.path / "bursar.sqlite3", timeout=20)) as file, file:
            return file.execute(statement).fetchall()

    def made_like(self, template: "BursarHome") -> None:
        """Begin as a copy of a home that nothing runs in, instead of doing `bursar init` again."""
        url, like = self.environ.get("BURSAR_DATABASE_URL"), template.environ.get("BURSAR_DATABASE_URL")
        shutil.copytree(template.path, self.path)
        if url and like:
            copy_database(like, url)

    def close(self) -> None:
        """End the servers that are still running."""
        for server in self._servers:
            server.stop()


class Serving:
    """A running `bursar serve`. `url` is its address as a browser must use it."""

    def __init__(self, home: BursarHome, port: int, options: tuple[str, ...], environ: dict[str, Any]) -> None:
        self.port = port
        scheme = "https" if "--tls-cert" in options else "http"
        self.url = f"{scheme}://localhost:{port}"
        self._output = home.path.parent / f"serve-{port}.log"
        with self._output.open("ab") as output:
            self.process = ZYGOTE.start(
                ["serve", "--listen", f"127.0.0.1:{port}", *options],
                home.environ | environ,
                home.path.parent,
                output.fileno(),
            )
        wait_until(lambda: answers(port) or self.process.poll() is not None, "the server's start", 60)
        if self.process.poll() is not None:
            raise AssertionError(f"bursar serve ended with {self.process.returncode}:\n{self.output()}")

    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text(errors="replace")

    def setup_link(self) -> str:
        """The one-time link for the first administrator. Raises AssertionError where none was printed."""
        found = re.search(r"https?://\S+/setup/\S+", self.output())
        if found is None:
            raise AssertionError(f"no link in:\n{self.output()}")
        return found[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(20)
