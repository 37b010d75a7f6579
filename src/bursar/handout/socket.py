"""The door on this machine: `$BURSAR_HOME/bursar.sock`, for the user who runs Bursar, root, and one named group.

One question a connection. The question: the arguments of `bursar token get`, each ended by a NUL, and a last empty one.
The answer: exit code and the length of standard output on a line, then standard output, then standard error. Where
the arguments need the whole command line the answer is `?`. So the launcher needs to understand neither.
"""

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import socket
import struct
from pathlib import Path

from ..errors import BursarError
from ..uses import Consumer
from .command import GetCommand, Printed, failed, printed
from .counter import Counter

LONGEST_QUESTION = 20_000
QUESTION_SECONDS = 10.0
UNEXPECTED = "bursar: Bursar met something it did not expect. The server's log says where.\n"

log = logging.getLogger("bursar.handout")


class SocketDoor:
    """Listens from `open` to `close`. `group` may connect too where it isn't empty."""

    def __init__(self, counter: Counter, path: Path, group: str = "") -> None:
        self._counter = counter
        self._path = path
        self._group = group
        self._gid: int | None = None
        self._server: asyncio.Server | None = None
        self._inode: int | None = None

    async def open(self) -> None:
        """Take the place of a socket that nobody listens on; where another server does, leave it that.

        A place where no socket can be keeps nothing else from working: it is said in the log.
        """
        try:
            if await _is_served(self._path):
                log.warning("another server listens on %s already", self._path.name)
                return
            self._gid = grp.getgrnam(self._group).gr_gid if self._group else None
            listening = self._bind()
        except (OSError, KeyError) as problem:
            log.warning("the socket %s can't be used: %s", self._path.name, problem)
            return
        self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LONGEST_QUESTION)

    async def close(self) -> None:
        """Listen no more, and take the socket away unless another server has put its own there."""
        if self._server is None:
            return
        self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _bind(self) -> socket.socket:
        # Made under a name of its own with its mode set, then moved into place: nobody can connect before.
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            before = os.umask(0o177)
            try:
                listening.bind(str(temporary))
            finally:
                os.umask(before)
            if self._gid is not None:
                os.chown(temporary, -1, self._gid)
                temporary.chmod(0o660)
                self._let_through()
            listening.listen(128)
            listening.setblocking(False)
            temporary.replace(self._path)
            self._inode = self._path.stat().st_ino
        except BaseException:
            listening.close()
            temporary.unlink(missing_ok=True)
            raise
        return listening

    def _let_through(self) -> None:
        """The home is its owner's alone; the group must be able to pass through it, and sees nothing of it."""
        assert self._gid is not None
        home = self._path.parent
        os.chown(home, -1, self._gid)
        home.chmod(0o710)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                question = await reader.readuntil(b"\0\0")
            await self._answer(writer, question)
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked has gone, or never asked: there is nobody to tell
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, question: bytes) -> None:
        by = self._peer(writer)
        arguments = question[:-2].split(b"\0")
        if by is None:
            done: Printed | None = Printed(6, err="bursar: You may not use this socket.\n")
        else:
            done = await self._asked([os.fsdecode(word) for word in arguments], by)
        if done is None:
            writer.write(b"?\n")
            return
        out = done.out.encode("utf-8", "replace")
        writer.write(b"%d %d\n" % (done.exit_code, len(out)) + out + done.err.encode("utf-8", "replace"))

    async def _asked(self, arguments: list[str], by: Consumer) -> Printed | None:
        command = GetCommand.parse(arguments)
        if command is None:
            return None
        try:
            if command.rejected is not None:
                found = await self._counter.refused(command.name, command.rejected, by)
            else:
                _, ready = await self._counter.source.current(None, command.name)
                found = await self._counter.get(command.name, command.min_ttl, by, ready)
            return printed(command, found, self._counter.now())
        except BursarError as error:
            return failed(error)
        except Exception as trouble:
            log.error("the socket met something it did not expect: %s", type(trouble).__name__, exc_info=trouble)
            return Printed(1, err=UNEXPECTED)

    def _peer(self, writer: asyncio.StreamWriter) -> Consumer | None:
        """Who asks, by what the kernel says of the other end; None where they may not."""
        connected = writer.get_extra_info("socket")
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, gid = struct.unpack("3i", credentials)
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        if uid in (os.geteuid(), 0) or (self._gid is not None and self._is_member(name, gid)):
            return Consumer("user", name, name)
        log.warning("the user %s may not use the socket", name)
        return None

    def _is_member(self, name: str, gid: int) -> bool:
        return self._gid in os.getgrouplist(name, gid)


async def _is_served(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True
