"""The server process: how it starts, what it says, and how it ends."""

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.counterparts import certificates
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY, answers, free_port, wait_until

EMBEDDED = """
import asyncio, sys, threading
from bursar.errors import BursarError
from bursar.server import embedded
from bursar.server.listen import Listen

async def application(scope, receive, send):
    assert scope["type"] == "http", scope
    if scope["path"] == "/slow":
        print("begun", flush=True)
        await asyncio.sleep(0.7)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"whole"})

stop = threading.Event()
fail = threading.Event()

def background():
    if sys.argv[2] == "fails":
        raise ValueError("the scheduler broke")
    stop.wait()
    print("background ended", flush=True)

try:
    embedded.serve(application, Listen("127.0.0.1", int(sys.argv[1])), stop, background=background)
except BursarError as error:
    print(error.code, flush=True)
    sys.exit(error.exit_code)
print("stopped", stop.is_set(), flush=True)
"""


def start_embedded(port: int, mode: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", EMBEDDED, str(port), mode],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_finished_before_the_server_ends(how: signal.Signals) -> None:
    """SEC-68: SIGTERM drains."""
    port = free_port()
    server = start_embedded(port, "runs")
    wait_until(lambda: answers(port), "the server's start")
    got: list[bytes] = []

    def ask() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=10) as answer:
            got.append(answer.read())

    asking = threading.Thread(target=ask)
    asking.start()
    assert server.stdout is not None
    assert server.stdout.readline() == "begun\n"
    told = time.monotonic()
    server.send_signal(how)
    out, err = server.communicate(timeout=20)
    asking.join()
    assert got == [b"whole"]
    assert (server.returncode, out) == (0, "background ended\nstopped True\n"), err
    assert time.monotonic() - told < 5


def test_an_idle_connection_does_not_keep_a_server_from_ending() -> None:
    """SEC-68."""
    port = free_port()
    server = start_embedded(port, "runs")
    wait_until(lambda: answers(port), "the server's start")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"whole"
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=10)
    assert server.returncode == 0
    connection.close()


def test_a_scheduler_that_breaks_ends_the_server_with_it() -> None:
    """SEC-68: nobody trusts half a server."""
    server = start_embedded(free_port(), "fails")
    out, err = server.communicate(timeout=20)
    assert (server.returncode, out) == (1, "scheduler_failed\n"), err


def test_serve_in_an_empty_home_does_what_init_does_and_says_so(empty_home: BursarHome) -> None:
    serving = empty_home.serve()
    assert "Made the key" in serving.output()
    assert f"Bursar serves http://localhost:{serving.port}/" in serving.output()
    assert len(re.findall(r"/setup/\S+", serving.output())) == 1
    assert status(serving.setup_link()) == 200
    assert status(serving.setup_link() + "x") in (403, 404)
    written = json.loads((empty_home.path / "serving.json").read_text())
    assert (written["port"], written["tls"], written["practice_port"]) == (serving.port, False, None)
    assert empty_home.cli("setting", "get", "FQDN", check=0).stdout == f"localhost:{serving.port}\n"
    assert serving.stop() == 0
    assert not (empty_home.path / "serving.json").exists()
    assert "Traceback" not in serving.output()
    assert empty_home.cli("setting", "get", "FQDN", check=0).stdout == "localhost:8085\n"


def test_a_second_server_on_the_same_port_is_refused_and_the_first_goes_on(bursar_home: BursarHome) -> None:
    first = bursar_home.serve("--no-worker")
    done = bursar_home.cli("serve", "--listen", f"127.0.0.1:{first.port}", check=6)
    assert "another program listens there already" in done.stderr
    done = bursar_home.cli("serve", check=6, BURSAR_LISTEN=f"127.0.0.1:{first.port}")
    assert f"127.0.0.1:{first.port}" in done.stderr
    assert answers(first.port)
    assert bursar_home.cli("setting", "get", "FQDN", check=0).stdout == f"localhost:{first.port}\n"


def test_a_killed_server_leaves_nothing_that_needs_a_hand(bursar_home: BursarHome) -> None:
    """SEC-68."""
    first = bursar_home.serve()
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert (bursar_home.path / "serving.json").exists()
    assert bursar_home.cli("setting", "get", "FQDN", check=0).stdout == "localhost:8085\n"
    second = bursar_home.serve(port=first.port)
    assert second.stop() == 0


def test_no_setup_link_is_printed_once_there_is_somebody(bursar_home: BursarHome, tmp_path: Path) -> None:
    """SEC-36."""
    first = bursar_home.serve("--no-worker")
    link = first.setup_link()
    (tmp_path / "password").write_text("correct horse battery")
    password = ("--password-file", str(tmp_path / "password"))
    bursar_home.cli("people", "add", "ada@example.org", "--role", "admin", *password, check=0)
    assert status(link) in (403, 404)
    first.stop()
    second = bursar_home.serve("--no-worker")
    assert "/setup/" not in second.output()


def test_a_server_with_a_certificate_speaks_tls_and_links_by_https(bursar_home: BursarHome, tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    serving = bursar_home.serve("--tls-cert", str(made.certificate), "--tls-key", str(made.key))
    assert serving.setup_link().startswith(f"https://localhost:{serving.port}/setup/")
    assert status(serving.setup_link(), ssl.create_default_context(cafile=str(made.ca))) == 200
    assert bursar_home.cli("setting", "get", "HttpType", check=0).stdout == "https\n"
    assert "WARNING" not in serving.output()
    old = ssl.create_default_context(cafile=str(made.ca))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert status(serving.setup_link(), old) == 200
    assert serving.stop() == 0


@pytest.mark.parametrize(
    "options", [("--tls-cert", "/nowhere"), ("--tls-cert", "/etc/hosts", "--tls-key", "/etc/hosts")]
)
def test_a_certificate_that_is_none_is_said_before_anything_starts(
    empty_home: BursarHome, options: tuple[str, ...]
) -> None:
    empty_home.cli("serve", "--listen", "127.0.0.1:0", *options, check=2)
    assert not empty_home.path.exists()


def test_plain_http_on_anything_but_loopback_is_warned_of(bursar_home: BursarHome) -> None:
    quiet = bursar_home.serve("--no-worker")
    assert "WARNING" not in quiet.output()
    quiet.stop()
    bursar_home.cli("setting", "set", "FQDN", "bursar.example.org", check=0)
    assert "WARNING: HttpType is http" in bursar_home.serve("--no-worker").output()


def test_the_practice_provider_runs_only_when_asked_for_and_is_admitted_while_it_runs(bursar_home: BursarHome) -> None:
    plain = bursar_home.serve("--no-worker")
    assert "PRACTICE" not in plain.output()
    plain.stop()
    serving = bursar_home.serve("--practice", "--no-worker")
    port = json.loads((bursar_home.path / "serving.json").read_text())["practice_port"]
    assert f"PRACTICE: a provider to practise with runs on http://localhost:{port}/" in serving.output()
    assert status(f"http://127.0.0.1:{port}/") == 200
    serving.stop()
    assert not answers(port)
    again = bursar_home.serve("--practice", "--no-worker")
    assert json.loads((bursar_home.path / "serving.json").read_text())["practice_port"] == port
    again.stop()


def test_no_log_line_shows_a_query_string_or_a_one_time_link(bursar_home: BursarHome) -> None:
    """SEC-12."""
    serving = bursar_home.serve("--no-worker")
    callback = "/otrs/get-oauth2-token-by-authorization-code.pl?code=canary&state=canary"
    for path in (callback, "/setup/canary", "/authorize/canary?x=canary", "/nothing?canary"):
        status(serving.url + path)
    serving.stop()
    assert "canary" not in serving.output()


def test_a_worker_runs_until_it_is_told_to_end(bursar_home: BursarHome) -> None:
    """SEC-68."""
    worker = bursar_home.start("worker")
    assert worker.stderr is not None
    assert "worker is running" in worker.stderr.readline()
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=20)
    assert worker.returncode == 0, err


class Staying(urllib.request.HTTPRedirectHandler):
    """Answers a redirect as it is."""

    def redirect_request(self, *_: object) -> None:
        return None


def status(url: str, trust: ssl.SSLContext | None = None) -> int:
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), Staying(), urllib.request.HTTPSHandler(context=trust)
    )
    try:
        with opener.open(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
