"""A program gets the message on its standard input; its exit code says what became of it, as sendmail's do (sysexits).

No shell runs it. It is told the delivery id and the recipient by its environment, and nothing of Bursar's own is
in that: no key, no home. What it writes is read, and its end kept for the log.
"""

import os
import select
import signal
import subprocess
import threading
from dataclasses import dataclass, field

from ...context import Context
from .destination import Failure, Parcel
from .one_by_one import Closed
from .spec import PipeSpec

SECONDS = 300.0
AFTER_STOP_SECONDS = 10.0
TAIL = 2000
SLICE_SECONDS = 0.25
# /usr/include/sysexits.h: trouble of the system or the moment. Everything else but 0 is a refusal for good.
TEMPORARY = {71: "EX_OSERR", 74: "EX_IOERR", 75: "EX_TEMPFAIL"}
NOT_FOUND = (126, 127)  # what a shell or env says that could not start what it was to start
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")


class Pipe:
    """Runs `command` once a message."""

    def __init__(self, ctx: Context, spec: PipeSpec) -> None:
        self._ctx = ctx
        self._command = spec.command

    def prepare(self) -> None:
        """Nothing has to be there."""

    def hand(self, parcel: Parcel) -> Failure | None:
        ended = self._run(parcel)
        said = f": {ended.tail}" if ended.tail else ""
        program = self._command[0]
        if ended.killed:
            return Failure(f"{program} was ended {ended.killed}{said}", blocked=True, doubtful=True)
        if ended.code == 0:
            return None
        if ended.code < 0:
            return Failure(f"{program} was ended by {_signal(-ended.code)}{said}", blocked=True, doubtful=True)
        if ended.code in TEMPORARY or ended.code in NOT_FOUND:
            word = TEMPORARY.get(ended.code, "not found")
            return Failure(f"{program} exits {ended.code} ({word}), try again later{said}", blocked=True)
        return Failure(f"{program} exits {ended.code}{said}", permanent=True)

    def close(self) -> None:
        """Nothing is kept open."""

    def _run(self, parcel: Parcel) -> "_Ended":
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= {"BURSAR_DELIVERY": parcel.id, "BURSAR_RECIPIENT": parcel.recipient}
        message = _in_memory(parcel.body)
        try:
            process = subprocess.Popen(  # noqa: S603 - an absolute path that an administrator configured, no shell
                self._command,
                stdin=message,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as problem:
            raise Closed(f"{self._command[0]} can't be started ({problem.strerror})") from None
        finally:
            os.close(message)
        assert process.stdout is not None
        with process.stdout:
            return _Watch(self._ctx, process).until_end()


@dataclass(slots=True)
class _Ended:
    """The exit code (negative: a signal), the end of what was written, and why it had to be killed, if it had."""

    code: int
    tail: str
    killed: str = ""


@dataclass(slots=True)
class _Watch:
    """Reads what the program writes until it ends, is too slow, or Bursar is to stop."""

    ctx: Context
    process: "subprocess.Popen[bytes]"
    tail: bytes = b""
    killed: str = ""
    _ends: float = field(init=False)

    def until_end(self) -> _Ended:
        assert self.process.stdout is not None
        output = self.process.stdout.fileno()
        os.set_blocking(output, False)
        watched = os.pidfd_open(self.process.pid)
        self._ends = self.ctx.clock.monotonic() + SECONDS
        stopping = False
        reading = select.poll()  # `select` refuses descriptors from 1024 on
        reading.register(watched, select.POLLIN)
        reading.register(output, select.POLLIN)
        at_end = False
        try:
            while True:
                ready = {descriptor for descriptor, _ in reading.poll(SLICE_SECONDS * 1000)}
                if output in ready and not self._read(output):
                    reading.unregister(output)
                    at_end = True
                if watched in ready:
                    break
                now = self.ctx.clock.monotonic()
                if self.ctx.stop.is_set() and not stopping:
                    stopping = True
                    self._ends = min(self._ends, now + AFTER_STOP_SECONDS)
                if now > self._ends and not self.killed:
                    self.killed = "because Bursar stops" if stopping else f"after {SECONDS:.0f} s"
                    if not self._kill():
                        return self._abandoned()
            if not at_end:
                self._read(output)
        finally:
            os.close(watched)
        return self._ended(self.process.wait())

    def _kill(self) -> bool:
        """False where the program, or all that is left of it, runs as another user and Bursar isn't root."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except PermissionError:
            return False
        return True

    def _abandoned(self) -> _Ended:
        self.killed += " as far as Bursar is concerned, and goes on: it runs as another user"
        threading.Thread(target=self.process.wait, name="bursar-pipe-left", daemon=True).start()
        return self._ended(0)

    def _ended(self, code: int) -> _Ended:
        text = self.tail.decode("utf-8", "replace")
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
        return _Ended(code, words[-300:], self.killed)

    def _read(self, output: int) -> bool:
        """False at the end of the output."""
        try:
            while chunk := os.read(output, 65536):
                self.tail = (self.tail + chunk)[-TAIL:]
        except BlockingIOError:
            return True
        return False


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


def _in_memory(body: bytes) -> int:
    """A file that is on no disk, at its beginning: a program may read it as slowly as it likes, or not at all."""
    file = os.memfd_create("message")
    view = memoryview(body)
    while view:
        view = view[os.write(file, view) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file
