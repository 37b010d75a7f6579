"""Importing and exporting 10,000 configurations by the pages, beside a yardstick: PyYAML's own reading of the file.

Figures are for comparing two states of this repository on one machine; nothing is asserted but that the work was done.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile

from bursar.context import Context
from bursar.tokens.models import Configuration
from tests.bench.load import conditions
from tests.bench.report import section, table
from tests.unit.document_samples import as_yaml, code_config, entry
from tests.unit.web_pages import Pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COUNT = 10_000
SIZE = 1_800  # bytes of an entry: 18 MB altogether


class Watch:
    """Takes the time of each step, by the clock and by this process's CPU."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []

    def __call__(self, what: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        self.rows.append((what, time.perf_counter() - wall, time.process_time() - cpu))
        return found

    def table(self) -> str:
        """Each step, with its ratio to the first one."""
        yardstick = self.rows[0][2]
        cells = [(what, f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / yardstick:.2f}") for what, wall, cpu in self.rows]
        return table(("step", "s", "of it CPU, s", "ratio by CPU"), cells)


def written() -> bytes:
    """The file: entries as Znuny exports them, padded by a key of somebody's own."""
    config = json.loads(json.dumps(code_config(ClientSecret="SECRET")))  # each value of its own: no aliases
    config["Comment"] = "x" * (SIZE - len(as_yaml(entry("NAME", config))) - len("    Comment: \n"))
    one = as_yaml(entry("NAME", config)).decode()
    return "".join(one.replace("NAME", f"N{n:05}").replace("SECRET", f"s{n}") for n in range(COUNT)).encode()


def test_ten_thousand_configurations_by_the_pages(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from bursar import app

    monkeypatch.setattr(app, "_context", ctx)
    text, watch = written(), Watch()
    read = watch("PyYAML reads the file, and nothing else", lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    assert len(read) == COUNT
    admin = Pages(ctx).admin

    def send(data: bytes, **more: str) -> str:
        file = SimpleUploadedFile("f.yml", data)
        return str(admin.post("/import", {"file": file, **more}).headers["Location"])

    where = watch("dry run, all new", lambda: send(text))
    watch("a page of the dry run", lambda: admin.get(f"{where}?page=100"))
    watch("import, all new", lambda: admin.post(f"{where}/confirm"))
    assert Configuration.objects.count() == COUNT
    where = watch("dry run, nothing differs", lambda: send(text, overwrite="on"))
    assert b"There is nothing to import" in admin.get(where).content
    changed = text.replace(b"Scope: mail", b"Scope: mail more")
    where = watch("dry run, all changed", lambda: send(changed, overwrite="on"))
    watch("import, overwriting all", lambda: admin.post(f"{where}/confirm"))
    exported = watch("export of all", lambda: b"".join(admin.post("/export", {"secrets": "none"})))
    assert exported.count(b"Scope: mail more") == COUNT
    print(f"\n{watch.table()}")
    section(
        "transfer",
        "Import and export of 10,000 configurations",
        f"{conditions()}\n\nA file of {len(text) / 1e6:.1f} MB, by the pages on SQLite, one process.\n\n{watch.table()}"
        "\n\nWanted: an import, its dry run included, under 10 s.",
    )
