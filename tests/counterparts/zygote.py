"""Commands as processes of their own, without half a second of imports each.

A process that has imported what doesn't depend on a home is forked for every command. What is forked is a process like
any other: with its own environment, directory, descriptors, exit code and interpreter's end. Whatever reads the
environment (`bursar.settings` above all) is imported after the fork, as in a process that was started.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from .processes import REPOSITORY

PRELOADED = (
    "bursar.cli.main",
    "bursar.cli.run",
    "bursar.oauth2.token_endpoint",
    "bursar.outbound.http",
    "bursar.grants",
    "bursar.providers",
    "allauth.account",
    "argon2",
    "cronsim",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "defusedxml.ElementTree",
    "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation",
    "django.contrib.messages.middleware",
    "django.contrib.messages.storage.base",
    "django.contrib.sessions.backends.db",
    "django.contrib.sessions.middleware",
    "django.core.asgi",
    "django.core.management",
    "django.core.wsgi",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.db.models",
    "django.middleware.cache",
    "django.shortcuts",
    "django.template",
    "django.template.defaulttags",
    "django.template.loader_tags",
    "django.templatetags.i18n",
    "django.test",
    "django.urls",
    "django.views.debug",
    "django.views.decorators.csrf",
    "django.views.static",
    "granian.server.embed",
    "jinja2.sandbox",
    "jmespath",
    "markdown_it",
    "psycopg_pool",
    "pydantic.dataclasses",
    "pydantic.json_schema",
    "pydantic.networks",
    "pydantic.type_adapter",
    "pyrage",
    "smtplib",
    "structlog",
    "urllib3",
    "uvloop",
    "yaml",
)


class Zygote:
    """Starts when it is first needed; `run` may be called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def run(
        self,
        args: list[str],
        environ: dict[str, str],
        cwd: Path,
        given: str = "",
        timeout: float = 120,
        program: str = "bursar",
    ) -> subprocess.CompletedProcess[str]:
        """`python -m PROGRAM ARGS` with this environment, in this directory, with `given` on standard input."""
        with contextlib.ExitStack() as stack:
            files: list[IO[bytes]] = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            files[0].write(given.encode())
            files[0].seek(0)
            reply, theirs = socket.socketpair()
            stack.enter_context(reply)
            order = json.dumps({"program": program, "args": args, "environ": environ, "cwd": str(cwd)}).encode()
            with theirs:
                self._send(order, [*(file.fileno() for file in files), theirs.fileno()])
            status = _read(reply, args, timeout)
            output = []
            for file in files[1:]:
                file.seek(0)
                output.append(file.read().decode())
            return subprocess.CompletedProcess(args, os.waitstatus_to_exitcode(status), *output)

    def start(self, args: list[str], environ: dict[str, str], cwd: Path, output: int) -> "Forked":
        """`bursar ARGS`, left running, with both its outputs into the descriptor `output`."""
        reply, theirs = socket.socketpair()
        order = json.dumps({"program": "bursar", "args": args, "environ": environ, "cwd": str(cwd)}).encode()
        with theirs, Path(os.devnull).open("rb") as nothing:
            self._send(order, [nothing.fileno(), output, output, theirs.fileno()])
        return Forked(reply)

    def close(self) -> None:
        if self._process is not None and self._orders is not None:
            self._orders.close()
            self._process.wait(10)

    def _send(self, order: bytes, descriptors: list[int]) -> None:
        with self._lock:
            if self._orders is None:
                self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self._orders.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                with theirs:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "tests.counterparts.zygote", str(theirs.fileno())],
                        env=_clean() | {"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "PYTHONWARNINGS": "error"},
                        cwd="/",
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        pass_fds=[theirs.fileno()],
                    )
            rights = array.array("i", descriptors)
            self._orders.sendmsg([order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


class Forked:
    """A command that was forked, as `subprocess.Popen` would show it."""

    def __init__(self, reply: socket.socket) -> None:
        self._reply = reply
        self._stream = reply.makefile("rb", buffering=0)
        self.pid = int(self._stream.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self.returncode is None and select.select([self._reply], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended. Raises TimeoutError where it hasn't in time."""
        if self.returncode is None:
            if not select.select([self._reply], [], [], timeout)[0]:
                raise TimeoutError(f"process {self.pid} has not ended within {timeout} s")
            self.returncode = os.waitstatus_to_exitcode(int(self._stream.readline()))
            self._stream.close()
            self._reply.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BURSAR_")}


def _read(reply: socket.socket, args: list[str], timeout: float) -> int:
    """The status that waitpid gave; the command is killed when the time is over."""
    stream = reply.makefile("r")
    pid = int(stream.readline())
    reply.settimeout(timeout)
    try:
        line = stream.readline()
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(args, timeout) from None
    return int(line)


def serve(number: int) -> None:
    """The zygote: for every order a waiter is forked, which forks the command, waits for it, and reports."""
    for name in PRELOADED:
        importlib.import_module(name)
    assert "bursar.settings" not in sys.modules, "something preloaded has read the environment already"
    gc.collect()
    gc.freeze()  # a command that ends tidies up after itself, and not after these imports
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the waiters
    with socket.socket(fileno=number) as orders:
        while True:
            order, descriptors, _, _ = socket.recv_fds(orders, 1 << 20, 4)
            if not order:
                return
            if os.fork() == 0:
                orders.close()
                _wait(json.loads(order), descriptors)
                return
            for descriptor in descriptors:
                os.close(descriptor)


def _wait(order: dict[str, object], descriptors: list[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reply = descriptors.pop()
    pid = os.fork()
    if pid == 0:
        os.close(reply)
        _become(order, descriptors)
    os.write(reply, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(reply, f"{status}\n".encode())
    os._exit(0)


def _become(order: dict[str, object], descriptors: list[int]) -> None:
    """The command. It ends as the interpreter does: exit functions are run, and what is buffered is written."""
    environ, program, args, cwd = order["environ"], order["program"], order["args"], order["cwd"]
    assert isinstance(environ, dict)
    assert isinstance(program, str)
    assert isinstance(args, list)
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(str(cwd))
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.argv = [program, *args]
    if program == "bursar":
        from bursar.cli.main import main

        main(args)
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
