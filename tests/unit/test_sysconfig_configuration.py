"""The system configuration as the database and the running server have it."""

import ipaddress
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, NotFound
from bursar.home import Home
from bursar.server.serving import announced
from bursar.sysconfig import SystemConfiguration
from bursar.sysconfig.models import ChangedSetting

pytestmark = pytest.mark.django_db(transaction=True)
LOOPBACK = ipaddress.ip_address("127.0.0.1")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, "")


@pytest.fixture
def configuration(ctx: Context, home: Home) -> SystemConfiguration:
    return SystemConfiguration(home, ctx.storage)


def test_nothing_set_gives_the_defaults(configuration: SystemConfiguration) -> None:
    assert configuration.get("WebUserAgent::Timeout") == 15.0
    assert configuration.base_url() == "http://localhost:8085"
    assert configuration.redirect_uri() == "http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"
    assert configuration.trusted_proxies() == ()
    assert not configuration.is_set("FQDN")


def test_the_redirect_uri_follows_http_type_fqdn_and_script_alias_and_nothing_else(
    configuration: SystemConfiguration,
) -> None:
    """SEC-4."""
    configuration.set("HttpType", "HTTPS", "test", NOW)
    configuration.set("FQDN", "bursar.example.org:8443", "test", NOW)
    configuration.set("ScriptAlias", "//znuny", "test", NOW)
    wanted = "https://bursar.example.org:8443/znuny/get-oauth2-token-by-authorization-code.pl"
    assert configuration.redirect_uri() == wanted
    configuration.set("ScriptAlias", "", "test", NOW)
    assert configuration.script_alias_path() == "/get-oauth2-token-by-authorization-code.pl"
    assert configuration.redirect_uri().count("//") == 1


def test_a_value_is_stored_as_text_with_who_and_when_and_reset_forgets_it(configuration: SystemConfiguration) -> None:
    assert configuration.set("ScriptAlias", "/x/", "cli:ada", NOW) == "x/"
    configuration.set("ScriptAlias", "y", "cli:bob", NOW)
    row = ChangedSetting.objects.get(name="ScriptAlias")
    assert (row.value, row.changed_by, row.changed_at) == ("y/", "cli:bob", NOW)
    assert configuration.reset("ScriptAlias", "test", NOW)
    assert not configuration.reset("ScriptAlias", "test", NOW)
    assert configuration.text("ScriptAlias") == "otrs/"


def test_a_value_that_breaks_a_rule_changes_nothing(configuration: SystemConfiguration) -> None:
    for name, value in (
        ("FQDN", "a b"),
        ("FQDN", "x\0"),
        ("FQDN", "x\nHost: y"),
        ("WebUserAgent::Proxy", "x" * 20_001),
    ):
        with pytest.raises(InvalidInput):
            configuration.set(name, value, "test", NOW)
    with pytest.raises(NotFound):
        configuration.set("Fqdn", "x", "test", NOW)
    assert configuration.changed_names() <= {"Outbound::AllowedNetworks"}


def test_another_process_sees_a_change_at_once(ctx: Context, configuration: SystemConfiguration, home: Home) -> None:
    other = SystemConfiguration(home, ctx.storage)
    assert other.text("FQDN") == "localhost:8085"
    configuration.set("FQDN", "new.example", "test", NOW)
    assert other.text("FQDN") == "new.example"


def test_until_a_person_sets_them_fqdn_and_http_type_follow_the_running_server(
    configuration: SystemConfiguration, home: Home
) -> None:
    with announced(home, port=9123, tls=True, practice_port=None):
        assert configuration.base_url() == "https://localhost:9123"
        assert not configuration.is_set("FQDN")
        configuration.set("FQDN", "bursar.example.org", "test", NOW)
        assert configuration.base_url() == "https://bursar.example.org"
        configuration.set("HttpType", "http", "test", NOW)
        assert configuration.base_url() == "http://bursar.example.org"
    configuration.reset("FQDN", "test", NOW)
    assert configuration.base_url() == "http://localhost:8085"


def test_the_file_of_a_server_that_is_gone_does_not_count(configuration: SystemConfiguration, home: Home) -> None:
    """SEC-68: a killed server leaves its file behind."""
    with announced(home, port=9123, tls=True, practice_port=9124):
        left = json.loads(home.serving_file.read_text())
    assert not home.serving_file.exists()
    left["process"] = left["process"].rpartition("|")[0] + "|1"
    home.serving_file.write_text(json.dumps(left))
    assert home.serving() == {}
    assert configuration.base_url() == "http://localhost:8085"
    home.serving_file.write_text("{")
    assert home.serving() == {}


def test_what_a_person_admits_and_the_running_practice_provider_pass_the_door(
    configuration: SystemConfiguration, home: Home
) -> None:
    """SEC-49."""
    configuration.set("Outbound::AllowedNetworks", "mail.example.internal,10.0.0.0/8", "test", NOW)
    configuration.set("WebUserAgent::Timeout", "3", "test", NOW)
    configuration.set("WebUserAgent::NoProxy", "a.example;b.example", "test", NOW)
    with announced(home, port=9123, tls=False, practice_port=9124):
        rules = configuration.outbound_rules()
    assert (rules.timeout, rules.no_proxy, rules.proxy) == (3.0, ("a.example", "b.example"), None)
    assert rules.allowed.admits("localhost", 9124, LOOPBACK)
    assert not rules.allowed.admits("localhost", 9125, LOOPBACK)
    assert rules.allowed.admits("x.example", 443, ipaddress.ip_address("10.1.2.3"))
    assert not configuration.outbound_rules().allowed.admits("localhost", 9124, LOOPBACK)


def test_who_changed_what_when_is_written_down(configuration: SystemConfiguration) -> None:
    """What is set again to the same is no change; the default is None."""
    for value in ("a", "/a/", "b"):
        configuration.set("ScriptAlias", value, "cli:ada", NOW)
    configuration.reset("ScriptAlias", "cli:bob", NOW)
    configuration.reset("ScriptAlias", "cli:bob", NOW)
    configuration.set("FQDN", "x.example", "cli:ada", NOW)
    assert [(c.before, c.after, c.by, c.at) for c in configuration.history("ScriptAlias")] == [
        ("b/", None, "cli:bob", NOW),
        ("a/", "b/", "cli:ada", NOW),
        (None, "a/", "cli:ada", NOW),
    ]
    assert [c.name for c in configuration.history(limit=2)] == ["FQDN", "ScriptAlias"]
    with pytest.raises(NotFound):
        configuration.history("Nonsense")


def test_a_supposed_value_changes_nothing(configuration: SystemConfiguration) -> None:
    """SEC-4"""
    assert configuration.redirect_uri({"FQDN": "new.example"}).startswith("http://new.example/otrs/")
    assert configuration.redirect_uri().startswith("http://localhost:8085/")
