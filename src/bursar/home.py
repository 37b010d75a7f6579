"""The home: one directory that holds the key, the SQLite database and what running processes tell each other."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .worker_name import is_running

DEFAULT_HOME = "~/.local/share/bursar"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below `$BURSAR_HOME`, and the database's address where it is not SQLite."""

    path: Path
    database_url: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        path = Path(environ.get("BURSAR_HOME") or DEFAULT_HOME).expanduser().absolute()
        return cls(path, environ.get("BURSAR_DATABASE_URL", ""))

    @property
    def key_file(self) -> Path:
        return self.path / "key"

    @property
    def sqlite_file(self) -> Path:
        return self.path / "bursar.sqlite3"

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite:")

    @property
    def serving_file(self) -> Path:
        """Written by `serve` while it runs: its port, whether it speaks TLS, the practice provider's port."""
        return self.path / "serving.json"

    def serving(self) -> dict[str, Any]:
        """What the running server wrote of itself; empty where none runs, though one may have left its file behind."""
        try:
            found = json.loads(self.serving_file.read_text())
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict) or not is_running(str(found.get("process", ""))):
            return {}
        return found

    def create(self) -> None:
        """Make the directory, readable by its owner alone (SEC-35)."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_private(self, path: Path, text: str) -> None:
        """Write a file of mode 0600 in one step, synced, so that no reader ever sees half of it."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
