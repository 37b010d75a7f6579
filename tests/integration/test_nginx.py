"""The nginx of docs/how-to/nginx.md, as it stands there, before a real Bursar."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.counterparts import certificates
from tests.counterparts.home import BursarHome, Serving
from tests.counterparts.processes import REPOSITORY, answers, directory, free_port, remove, wait_until

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"


@dataclass
class Visitor:
    """A browser at one address, with a jar for cookies; it sends no more than a browser sends."""

    port: int
    ca: Path
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, Location and body."""
        trust = ssl.create_default_context(cafile=str(self.ca))
        connection = HTTPSConnection(
            "localhost", self.port, timeout=20, context=trust, source_address=(self.address, 0)
        )
        given = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        if form is not None:
            given |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://localhost:{self.port}"}
        connection.request(method, path, urlencode(form) if form is not None else None, given)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        self.set_cookies = answer.headers.get_all("Set-Cookie") or []
        for line in self.set_cookies:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        connection.close()
        return answer.status, answer.headers.get("Location", ""), body

    def fill_in(self, path: str, **values: str) -> tuple[int, str, str]:
        """Open a page with a form, and send the form."""
        _, _, page = self.ask("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, page
        return self.ask("POST", path, {"csrfmiddlewaretoken": found[1], **values})

    def sign_in(self, password: str) -> tuple[int, str, str]:
        self.cookies.clear()
        return self.fill_in("/sign-in", login=EMAIL, password=password)


@dataclass(frozen=True)
class Site:
    """nginx, and Bursar behind it."""

    port: int
    ca: Path
    bursar: Serving
    door: int  # a port where no door listens yet

    def visitor(self, address: str = "127.0.0.1") -> Visitor:
        return Visitor(self.port, self.ca, address)


@pytest.fixture
def site(bursar_home: BursarHome) -> Iterator[Site]:
    port, place = free_port(), directory("nginx")
    made = certificates.make(place)
    # As the page says it, with this test's port and name.
    settings = {"HttpType": "https", "FQDN": f"localhost:{port}", "TrustedProxies": "127.0.0.1/32"}
    for name, value in settings.items():
        assert f"bursar setting set {name} " in page()
        bursar_home.cli("setting", "set", name, value, check=0)
    bursar = bursar_home.serve("--no-worker")
    configuration = place / "nginx.conf"
    door = free_port()
    configuration.write_text(wrapped(example(port, bursar.port, door, made), place))
    nginx = subprocess.Popen([nginx_program(), "-p", str(place), "-c", str(configuration), "-g", "daemon off;"])
    wait_until(lambda: answers(port), "nginx's start")
    yield Site(port, made.ca, bursar, door)
    nginx.send_signal(signal.SIGTERM)
    nginx.wait(10)
    remove(place)


def nginx_program() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "nginx is not installed: run tests/counterparts/install.sh"
    return found


def page() -> str:
    return (REPOSITORY / "docs" / "how-to" / "nginx.md").read_text()


def example(port: int, bursar_port: int, door_port: int, made: certificates.Certificates) -> str:
    """The site of the page, with the door's part in it, and with ports and files of this test."""
    site, door = re.findall(r"```nginx\n(.*?)```", page(), re.DOTALL)
    text = site.rstrip().removesuffix("}") + door + "}\n"
    for theirs, ours in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "bursar.example.org": "localhost",
        "/etc/ssl/bursar/fullchain.pem": str(made.certificate),
        "/etc/ssl/bursar/privkey.pem": str(made.key),
        "http://127.0.0.1:8085": f"http://127.0.0.1:{bursar_port}",
        "http://127.0.0.1:8086": f"http://127.0.0.1:{door_port}",
    }.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


def wrapped(server: str, place: Path) -> str:
    """What Debian's nginx.conf puts around a site, in a directory of our own."""
    paths = "".join(
        f"    {name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"pid {place}/pid;\nerror_log stderr error;\nevents {{}}\nhttp {{\n{paths}{server}\n}}\n"


def test_the_first_administrator_signs_in_through_nginx_with_secure_cookies(site: Site) -> None:
    """SEC-38: `__Host-` and Secure behind a proxy that speaks TLS."""
    link = urlsplit(site.bursar.setup_link())
    assert (link.scheme, link.netloc) == ("https", f"localhost:{site.port}")
    ada = site.visitor()
    status, location, _ = ada.fill_in(link.path, email=EMAIL, password=PASSWORD, name="Ada")
    assert status in (302, 303)
    assert ada.cookies
    for line in ada.set_cookies:
        assert line.startswith("__Host-")
        assert "secure" in line.lower()
    status, _, body = ada.ask("GET", "/tokens")
    assert status == 200, location
    assert "Ada" in body


def test_a_host_header_changes_no_link(site: Site) -> None:
    """SEC-4."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    for path in ("/", "/sign-in", "/tokens"):
        _, location, body = site.visitor().ask("GET", path, **evil)
        assert "evil.example" not in location + body


def test_who_guesses_passwords_is_slowed_down_by_the_address_that_nginx_tells(
    site: Site, bursar_home: BursarHome, tmp_path: Path
) -> None:
    """SEC-37: TrustedProxies tells 127.0.0.2 from 127.0.0.3, and nobody can write an address of their choice."""
    (tmp_path / "password").write_text(PASSWORD)
    password = ("--password-file", str(tmp_path / "password"))
    bursar_home.cli("people", "add", EMAIL, "--role", "admin", *password, check=0)
    eve = site.visitor("127.0.0.2")
    for _ in range(6):
        status, _, body = eve.sign_in("wrong wrong wrong")
        assert status in (200, 429)
    assert "Too many tries" in body
    assert "Too many tries" in eve.sign_in(PASSWORD)[2]
    _, _, form = eve.ask("GET", "/sign-in")
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "login": EMAIL, "password": PASSWORD}
    assert "Too many tries" in eve.ask("POST", "/sign-in", fields, **{"X-Forwarded-For": "127.0.0.9"})[2]
    assert site.visitor("127.0.0.3").sign_in(PASSWORD)[0] in (302, 303)


def test_a_door_hands_out_and_the_server_manages(site: Site, bursar_home: BursarHome) -> None:
    """Names with a slash and a label go to the door as they are asked for; what is asked by a token's id doesn't."""
    url = "Requests.TokenByClientCredentials.Request.URL=https://sso.example/token"
    bursar_home.cli("config", "add", "--template", "any-app", "--name", "mail/sales", "--set", url, check=0)
    made = bursar_home.cli("key", "new", "--name", "k", "--allow", "*", "--verbs", "read,refresh,manage", check=0)
    key = {"Authorization": f"Bearer {made.stdout.strip()}"}
    visitor = site.visitor()
    assert visitor.ask("GET", "/api/v1/tokens/mail%2Fsales", **key)[0] == 502, "no door, and the server isn't asked"
    with ExitStack() as stack:
        door = stack.enter_context(bursar_home.start("door", "--listen", f"127.0.0.1:{site.door}"))
        stack.callback(door.terminate)
        wait_until(lambda: answers(site.door) or door.poll() is not None, "the door's start")
        status, _, body = visitor.ask("GET", "/api/v1/tokens/mail%2Fsales", **key)
        assert (status, json.loads(body)["code"]) == (409, "misconfigured")
        assert visitor.ask("GET", "/api/v1/tokens/mail%2Fsales%23label", **key)[0] == 404
        [token] = json.loads(visitor.ask("GET", "/api/v1/tokens", **key)[2])["items"]
        assert json.loads(visitor.ask("GET", f"/api/v1/tokens/{token['id']}/state", **key)[2]) == token
        assert visitor.ask("GET", f"/api/v1/tokens/{token['id']}/past", **key)[0] == 200
        assert visitor.ask("POST", f"/api/v1/tokens/{token['id']}/revoke", **key)[0] == 200
        assert json.loads(visitor.ask("GET", "/api/v1/tokens/mail%2Fsales", **key)[2])["code"] == "revoked"
