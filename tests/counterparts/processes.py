"""Small things that every started server needs: a place for its files, a free port, a way to wait for it."""

import os
import pwd
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
INSTALLED = REPOSITORY / ".counterparts"


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ones."""
    with ExitStack() as held:
        listening = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in listening]


def directory(name: str) -> Path:
    """A fresh directory that servers running as other users may enter."""
    made = Path(tempfile.mkdtemp(prefix=f"bursar-{name}-"))
    made.chmod(0o755)
    return made


def remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Ask until it is so. Raises TimeoutError with `what` was waited for."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def unprivileged() -> pwd.struct_passwd:
    """Who owns mail and databases: nobody in particular when the tests run as root, else the one who runs them."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
