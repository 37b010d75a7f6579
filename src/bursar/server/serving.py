"""The file by which other processes of a home learn that a server runs, and where."""

import contextlib
import json
import os
from collections.abc import Iterator

from ..home import Home
from ..worker_name import worker_name


@contextlib.contextmanager
def announced(home: Home, *, port: int, tls: bool, practice_port: int | None) -> Iterator[None]:
    """Write `Home.serving_file`, and take it away at the end unless another server has put its own there."""
    entry = {"port": port, "tls": tls, "practice_port": practice_port, "pid": os.getpid(), "process": worker_name()}
    home.write_private(home.serving_file, json.dumps(entry) + "\n")
    try:
        yield
    finally:
        if home.serving().get("pid") == os.getpid():
            home.serving_file.unlink(missing_ok=True)
