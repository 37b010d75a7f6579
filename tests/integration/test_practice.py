"""A newcomer's first minute: get, use, refresh and lose a token without registering an application anywhere."""

import json
from urllib.parse import urlencode

import pytest

from bursar.testing.endpoints import s256
from tests.counterparts.browser import Browsing
from tests.counterparts.home import BursarHome
from tests.counterparts.practice import BILLING, echo, press, withdraw

pytestmark = pytest.mark.counterpart


def authorize(home: BursarHome, name: str, decision: str = "allow") -> int:
    """`token authorize --paste`, with the buttons of the practice provider pressed in between; its exit code."""
    with home.start("token", "authorize", "--paste", name) as command:
        assert command.stdout is not None
        back = press(command.stdout.readline().strip(), decision)
        command.communicate(back + "\n", timeout=60)
    return command.returncode


def state(home: BursarHome) -> str:
    (only,) = json.loads(home.cli("token", "list", "--json", check=0).stdout)
    return str(only["state"])


def practice_url(home: BursarHome) -> str:
    serving = json.loads((home.path / "serving.json").read_text())
    return f"http://127.0.0.1:{serving['practice_port']}"


def test_the_practice_story(empty_home: BursarHome) -> None:
    home = empty_home
    home.serve("--practice", "--no-worker")
    url = practice_url(home)
    home.cli("config", "add", "--template", "practice", "--name", "Practice", check=0)
    assert state(home) == "no_token"
    assert home.cli("token", "get", "Practice").returncode == 4

    assert authorize(home, "Practice", decision="deny") == 4
    assert authorize(home, "Practice") == 0
    assert state(home) == "active"
    first = home.cli("token", "get", "Practice", check=0).stdout.strip()
    assert echo(url, first) == (
        200,
        {"who": BILLING, "client_id": "practice", "scope": "openid email offline_access"},
    )

    home.cli("token", "refresh", "Practice", check=0)
    second = home.cli("token", "get", "Practice", check=0).stdout.strip()
    assert second != first
    assert echo(url, second)[0] == 200

    withdraw(url)
    assert echo(url, second)[0] == 401
    refused = home.cli("token", "refresh", "Practice")
    assert refused.returncode == 4
    assert "bursar token authorize" in refused.stderr
    assert state(home) == "needs_authorization"
    assert authorize(home, "Practice") == 0
    assert state(home) == "active"


def test_tokens_and_port_survive_a_restart_of_the_server(empty_home: BursarHome) -> None:
    home = empty_home
    server = home.serve("--practice", "--no-worker")
    url = practice_url(home)
    home.cli("config", "add", "--template", "practice", "--name", "Practice", check=0)
    assert authorize(home, "Practice") == 0
    assert server.stop() == 0
    assert home.cli("token", "refresh", "Practice").returncode in (5, 6)
    home.serve("--practice", "--no-worker")
    assert practice_url(home) == url
    home.cli("token", "refresh", "Practice", check=0)
    assert echo(url, home.cli("token", "get", "Practice", check=0).stdout.strip())[0] == 200


def test_a_plain_server_has_no_practice_provider(empty_home: BursarHome) -> None:
    empty_home.serve("--no-worker")
    assert not json.loads((empty_home.path / "serving.json").read_text())["practice_port"]
    assert empty_home.cli("config", "add", "--template", "practice", "--name", "P").returncode == 6


def test_its_pages_are_clean_in_a_browser(empty_home: BursarHome, browser: Browsing) -> None:
    empty_home.serve("--practice", "--no-worker")
    url = practice_url(empty_home)
    page = browser.page()
    page.goto(url + "/")
    page.get_by_role("heading", name="A provider to practise with").wait_for()
    browser.screenshot(page, "practice-about")
    back = "http://localhost:9/otrs/get-oauth2-token-by-authorization-code.pl"
    asked = {"response_type": "code", "client_id": "practice", "redirect_uri": back, "scope": "mail", "state": "s"}
    page.goto(f"{url}/authorize?{urlencode(asked | {'code_challenge': s256('v' * 43)})}")
    page.get_by_label("Jo Jobs").check()
    page.get_by_label("1 hour").check()
    browser.screenshot(page, "practice-consent")
    assert browser.complaints == []  # nothing that the policy had to stop
    page.route(
        "http://localhost:9/**", lambda route: route.fulfill(body="<title>Back</title>", content_type="text/html")
    )
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("http://localhost:9/**")
    assert "code=" in page.url
    assert "state=s" in page.url


def test_the_first_minute_in_a_browser(empty_home: BursarHome, browser: Browsing) -> None:
    """From the link that the server prints to a token that opens the echo, on the pages that a newcomer sees."""
    server = empty_home.serve("--practice")
    page = browser.page()
    page.goto(server.setup_link())
    page.get_by_label("Name").fill("Ada Admin")
    page.get_by_label("E-mail address").fill("ada@bursar.test")
    page.get_by_label("Password", exact=True).fill("a long sentence is fine")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("heading", name="Set the password").wait_for(state="detached")

    page.get_by_role("button", name="Authorize at the practice provider").click()
    page.get_by_label("Sasha Support").check()
    page.get_by_role("button", name="Allow").click()
    page.get_by_text("Practice is authorized").wait_for()

    token = empty_home.cli("token", "get", "Practice", check=0).stdout.strip()
    assert echo(practice_url(empty_home), token)[1]["who"] == "support@practice.example"
    assert browser.complaints == []
    assert server.stop() == 0
