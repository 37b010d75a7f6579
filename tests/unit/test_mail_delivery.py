"""Destinations in what their real counterparts can't be made to do."""

import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.mail.delivery import pipe
from bursar.mail.delivery.destination import Parcel
from bursar.mail.delivery.one_by_one import Closed
from bursar.mail.delivery.pipe import Pipe
from bursar.mail.delivery.smtp import MailServer
from bursar.mail.delivery.spec import PipeSpec, SmtpSpec

pytestmark = pytest.mark.django_db(transaction=True)

PARCEL = Parcel("id", "1", b"Subject: x\r\n\r\nx\r\n", "j\u00f6rg@example.org")


@contextmanager
def smtp_server() -> Iterator[tuple[int, list[bytes]]]:
    """Knows SMTPUTF8, takes everything; and the lines that it heard."""
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as dialogue:
            dialogue.write(b"220 ready\r\n")
            while line := dialogue.readline():
                heard.append(line.rstrip())
                if line.lower().startswith(b"data"):
                    dialogue.write(b"354 go on\r\n")
                    while dialogue.readline() != b".\r\n":
                        pass
                dialogue.write(
                    b"250-localhost\r\n250 SMTPUTF8\r\n" if line.lower().startswith(b"ehlo") else b"250 ok\r\n"
                )

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,))
        server.start()
        yield listening.getsockname()[1], heard
        server.join()


def test_an_address_with_other_letters_than_ascii_s_is_carried_where_the_server_can(ctx: Context) -> None:
    with smtp_server() as (port, heard):
        server = MailServer(ctx, SmtpSpec("127.0.0.1", port))
        assert server.hand(PARCEL) is None
        server.close()
    assert [line[:60] for line in heard[1:3]] == [b"MAIL FROM:<> SMTPUTF8", "RCPT TO:<j\u00f6rg@example.org>".encode()]


def test_a_reply_without_end_ends_the_connection_not_the_memory(ctx: Context) -> None:
    """SEC-52."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def flood() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"220-hello\r\n" * 1_000_000)

        server = threading.Thread(target=flood)
        server.start()
        with pytest.raises(Closed, match="has no end"):
            MailServer(ctx, SmtpSpec("127.0.0.1", listening.getsockname()[1])).hand(PARCEL)
        server.join()


def program(tmp_path: Path, text: str) -> PipeSpec:
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return PipeSpec((str(path),))


def test_a_program_is_run_however_many_files_are_open(ctx: Context, tmp_path: Path) -> None:
    spec = program(tmp_path, "echo no; exit 67")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    taken = [os.open("/dev/null", os.O_RDONLY)]
    try:
        while taken[-1] < 1100:
            taken.append(os.dup(taken[0]))
        failure = Pipe(ctx, spec).hand(PARCEL)
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert failure is not None
    assert (failure.permanent, failure.reason.endswith("exits 67: no")) == (True, True)


def test_a_signal_without_a_name_is_said_by_its_number(ctx: Context, tmp_path: Path) -> None:
    failure = Pipe(ctx, program(tmp_path, "kill -40 $$")).hand(PARCEL)
    assert failure is not None
    assert (failure.doubtful, "signal 40" in failure.reason) == (True, True)


def test_a_program_that_bursar_may_not_end_is_left_alone_and_said(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(group: int, _: int) -> None:
        left.append(group)
        raise PermissionError

    left: list[int] = []
    monkeypatch.setattr(os, "killpg", forbidden)
    monkeypatch.setattr(pipe, "SECONDS", 0)
    failure = Pipe(ctx, program(tmp_path, "exec sleep 60")).hand(PARCEL)
    os.kill(left[0], signal.SIGKILL)
    assert failure is not None
    assert (failure.doubtful, "it runs as another user" in failure.reason) == (True, True)
