"""SEC-61: hostile YAML gets an error with file and rule, and time and memory stay bounded."""

import gc
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bursar.errors import InvalidInput
from bursar.tokens.document import read_documents
from tests.unit.document_samples import as_yaml, entry

NESTED = b"- Name: a\n  Config: "
LAUGHS = b"- &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"- &a%d [%s]\n" % (n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 20)
)
ALIASES = (
    b"- Name: a\n  Config: &c\n    AuthFlow: ClientCredentials\n    Requests:\n      TokenByClientCredentials:\n"
    b"        Request:\n          URL: https://a.example/t\n          Parameters: {"
    + b", ".join(b"p%d: x" % n for n in range(4000))
    + b"}\n"
    + b"".join(b"- {Name: a%d, Config: *c}\n" % n for n in range(30))
)
CORPUS = {
    "a python object": (b"- Name: !!python/object/apply:os.system ['id']\n  Config: {}", "tags are not read"),
    "a harmless tag": (b"- Name: !!str 1\n  Config: {}", "tags are not read"),
    "a local tag": (b"- !thing {Name: a}", "tags are not read"),
    "the bare tag": (b"- Name: ! x\n  Config: {}", "tags are not read"),
    "flow depth 100,000": (NESTED + b"[" * 100_000, "deeper than 32"),
    "closed flow depth 100,000": (b"[" * 100_000 + b"]" * 100_000, "deeper than 32"),
    "mapping depth 100,000": (NESTED + b"{a: " * 100_000, "deeper than 32"),
    "block depth 100,000": (b"- " * 100_000 + b"a", "deeper than 32"),
    "depth by indentation": (b"\n".join(b" " * n + b"a:" for n in range(2000)), "deeper than 32"),
    "a billion laughs": (LAUGHS, "larger than 10000 values"),
    "aliases in many entries": (ALIASES, "repeats more than 100000 values by aliases"),
    "laughs within an entry": (
        b"- Name: a\n  Config:\n    a: &a [" + b"x," * 900 + b"]\n    b: [" + b"*a," * 20 + b"]\n",
        "larger than 10000 values",
    ),
    "an alias to itself": (b"- &a\n  Name: x\n  Config: *a\n", "from within itself"),
    "an alias to nothing": (b"- Name: *nobody\n  Config: {}\n", "not defined"),
    "keys written twice": (b"- Name: a\n  Name: b\n  Config: {}", 'the key "Name" twice'),
    "keys written twice, quoted": (b"- Name: a\n  'Name': b\n  Config: {}", 'the key "Name" twice'),
    "keys written twice below": (b"- Name: a\n  Config:\n    Scope: a\n    Scope: b\n", 'the key "Scope" twice'),
    "a list as a key": (b"- ? [a, b]\n  : c\n", "as a key"),
    "a merge key": (b"- &a {Name: x}\n- <<: *a\n", "is not a key of an entry"),
    "two documents": (b"--- []\n--- []\n", "second document"),
    "a NUL": (b"- Name: a\n  Config: \0\n", "line 2: contains a NUL"),
    "an escaped NUL": (b'- Name: "a\\0b"\n  Config: {}\n', "with a NUL"),
    "binary": (bytes(range(256)) * 40, "is not UTF-8 text"),
    "a lone surrogate": (b"- Name: \xed\xa0\x80\n", "line 1: is not UTF-8 text"),
    "an escaped surrogate": (b'- Name: "\\ud800"\n', "is not YAML"),
    "half of UTF-16": ("- Name: a".encode("utf-16")[:-1], "is not UTF-16 text"),
    "UTF-32": ("- Name: a".encode("utf-32"), "NUL"),
    "control characters": (b"- Name: a\x01b\n", "is not YAML"),
    "a tab for indentation": (b"- Name: a\n\tConfig: {}\n", "is not YAML"),
    "an open quote": (b'- Name: "' + b"a" * 900_000, "is not YAML"),
    "one long text": (b"- Name: " + b"a" * 900_000, "more than 100000 characters"),
    "one long key": (b"- " + b"a" * 900_000 + b": 1", "more than 100000 characters"),
    "a list of scalars": (b"- a\n" * 250_000, "entry 20: must be a mapping"),
    "many values in one entry": (NESTED + b"[" + b"a," * 450_000 + b"]", "larger than 10000 values"),
    "many keys in one entry": (
        NESTED + b"{" + b",".join(b"k%d: 1" % n for n in range(80_000)) + b"}",
        "larger than 10000 values",
    ),
    "many anchors": (b"".join(b"- &a%d x\n" % n for n in range(80_000)), "must be a mapping"),
    "opening braces in a line of text": (b"- Name: a{" * 50_000, "is not YAML"),
    "question marks": (b"? " * 400_000, "deeper than 32"),
    "many directives": (b"%FOO bar\n" * 100_000 + b"--- []", "is not YAML"),
    "many comments": (b"# comment\n" * 100_000 + b"[]", ""),
    "many blank lines": (b"\n" * 1_000_000 + b"[]", ""),
}


@pytest.mark.parametrize("case", CORPUS)
def test_hostile_input_gets_a_named_error_within_a_second(case: str) -> None:
    data, rule = CORPUS[case]
    begun = time.process_time()
    if rule:
        with pytest.raises(InvalidInput) as caught:
            read_documents(data, "hostile.yml")
        assert rule in str(caught.value)
        assert all(line.startswith("hostile.yml: ") for line in caught.value.sentence.splitlines())
        assert len(caught.value.sentence) < 10_000
    else:
        assert read_documents(data, "hostile.yml") == []
    assert time.process_time() - begun < 1
    assert gc.isenabled()


def test_what_is_larger_than_32_mb_is_refused_before_it_is_read() -> None:
    data = b"# " + b"a" * (32 * 1024 * 1024)
    begun = time.process_time()
    with pytest.raises(InvalidInput, match="larger than 32 MB"):
        read_documents(data, "large.yml")
    assert time.process_time() - begun < 0.1


MEASURE = """
import re, resource, sys
from bursar.errors import InvalidInput
from bursar.tokens.document import read_documents
data = open(sys.argv[1], "rb").read(32 * 1024 * 1024 + 1)
try:
    read_documents(data, "f")
except InvalidInput:
    pass
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]  # ru_maxrss would count the parent's
print(int(peak) // 1024, usage.ru_utime + usage.ru_stime)
"""


@pytest.mark.parametrize(
    "case", ["honest", "many values in one entry", "a list of scalars", "a billion laughs", "100 MB"]
)
def test_a_megabyte_takes_less_than_200_mb_of_memory(case: str, tmp_path: Path) -> None:
    """Measured in a process of its own, from its start to its end."""
    file = tmp_path / "input.yml"
    if case == "honest":
        one = len(as_yaml(entry()))
        file.write_bytes(as_yaml(*(entry(f"Support {n}") for n in range(1_000_000 // one))))
    elif case == "100 MB":
        file.write_bytes(b"- a\n" * 25_000_000)
    else:
        file.write_bytes(CORPUS[case][0])
    done = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True)
    megabytes, seconds = done.stdout.split()
    assert int(megabytes) < 200
    assert float(seconds) < 3  # the start of the interpreter and its imports included


def test_a_megabyte_of_honest_configurations_is_read_within_a_second() -> None:
    one = len(as_yaml(entry()))
    data = as_yaml(*(entry(f"Support {n}") for n in range(1_000_000 // one)))
    begun = time.process_time()
    documents = read_documents(data, "large.yml")
    assert time.process_time() - begun < 1
    assert len(documents) == 1_000_000 // one


def test_aliases_within_the_bounds_are_read() -> None:
    text = b"""
- Name: a
  Config: &config
    ClientID: x
    AuthFlow: ClientCredentials
    Requests: {TokenByClientCredentials: {Request: {URL: "https://a.example/t"}}}
- Name: b
  Config: *config
"""
    first, second = read_documents(text, "f")
    assert first.tree() == second.tree()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_with_a_byte_order_mark_are_read(encoding: str) -> None:
    text = as_yaml(entry("Prüfstand 猫")).decode()
    assert read_documents(text.encode(encoding), "f")[0].name == "Prüfstand 猫"
