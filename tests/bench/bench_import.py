"""What an import of 10,000 configurations (18 MB) costs, beside PyYAML's plain parse of the same file."""

import copy
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from bursar.context import Context
from bursar.tokens.document import read_documents
from bursar.tokens.models import Configuration, Listing
from bursar.tokens.transfer import import_documents

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COUNT = 10_000
SAMPLE = Path(__file__).parents[1] / "samples" / "GoogleMail.yml"


def file_of(count: int) -> bytes:
    [model] = yaml.safe_load(SAMPLE.read_text())
    entries = []
    for number in range(count):
        entry: dict[str, Any] = copy.deepcopy(model)
        entry["Name"] = f"Configuration {number:05}"
        entry["Config"] |= {"ClientID": f"client-{number}", "ClientSecret": f"secret-{number}"}
        entries.append(entry)
    return yaml.dump(entries, Dumper=yaml.CSafeDumper).encode()


def test_an_import_of_ten_thousand(ctx: Context) -> None:
    data = file_of(COUNT)
    spent: dict[str, tuple[float, float]] = {}

    def timed(what: str, work: Any) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        spent[what] = time.perf_counter() - wall, time.process_time() - cpu

    def bring(overwrite: bool, dry_run: bool) -> None:
        import_documents(ctx, data, "bench.yml", overwrite=overwrite, dry_run=dry_run, by="bench")

    timed("PyYAML's plain parse", lambda: yaml.load(data, Loader=yaml.CSafeLoader))
    timed("read and checked", lambda: read_documents(data, "bench.yml"))
    timed("dry run", lambda: bring(overwrite=False, dry_run=True))
    timed("import", lambda: bring(overwrite=False, dry_run=False))
    timed("import again, skipped", lambda: bring(overwrite=False, dry_run=False))
    assert Configuration.objects.count() == Listing.objects.count() == COUNT
    yardstick = spent["PyYAML's plain parse"][1]
    print(f"\n{COUNT:,} configurations, {len(data) / 1e6:.1f} MB: seconds by the clock, of CPU, CPU in plain parses")
    for what, (wall, cpu) in spent.items():
        print(f"  {what:24} {wall:6.1f} {cpu:6.1f} {cpu / yardstick:6.2f}")
