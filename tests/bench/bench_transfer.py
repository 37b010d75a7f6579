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
from tests.unit.document_samples import as_yaml, code_config, entry
from tests.unit.web_pages import Pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COUNT = 10_000


def timed(what: str, yardstick: float, work: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    found = work()
    taken = time.perf_counter() - begun
    ratio = f", {taken / yardstick:.2f} times PyYAML's reading" if yardstick else ""
    print(f"\n{what}: {taken:.2f} s{ratio}")
    return found


def test_ten_thousand_configurations_by_the_pages(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from bursar import app

    monkeypatch.setattr(app, "_context", ctx)
    config = json.loads(json.dumps(code_config(ClientSecret="SECRET")))  # each value of its own: no aliases
    one = as_yaml(entry("NAME", config)).decode()
    text = "".join(one.replace("NAME", f"N{n:05}").replace("SECRET", f"s{n}") for n in range(COUNT)).encode()
    print(f"\n{len(text) / 1e6:.1f} MB")
    begun = time.perf_counter()
    assert len(yaml.load(text, Loader=yaml.CSafeLoader)) == COUNT
    yardstick = time.perf_counter() - begun
    admin = Pages(ctx).admin

    def send(**more: str) -> str:
        file = SimpleUploadedFile("f.yml", text)
        return str(admin.post("/import", {"file": file, **more}).headers["Location"])

    where = timed("the dry run of new ones", yardstick, send)
    timed("a page of it", 0, lambda: admin.get(f"{where}?page=100"))
    timed("the import", yardstick, lambda: admin.post(f"{where}/confirm"))
    assert Configuration.objects.count() == COUNT
    where = timed("the dry run of the same again", yardstick, lambda: send(overwrite="on"))
    assert b"There is nothing to import" in admin.get(where).content
    changed = text.replace(b"Scope: mail", b"Scope: mail more")
    text = changed
    where = timed("the dry run of changed ones", yardstick, lambda: send(overwrite="on"))
    timed("overwriting all of them", yardstick, lambda: admin.post(f"{where}/confirm"))
    assert b"more" in timed("the export", 0, lambda: admin.post("/export", {"secrets": "clear"})).content
