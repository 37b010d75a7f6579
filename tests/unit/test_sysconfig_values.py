"""How the text of a setting becomes a value."""

import ipaddress

import pytest

from bursar.errors import InvalidInput, NotFound
from bursar.sysconfig import SETTINGS, setting
from bursar.sysconfig.registry import matching
from bursar.sysconfig.values import (
    parse_fqdn,
    parse_http_type,
    parse_networks,
    parse_no_proxy,
    parse_proxy,
    parse_script_alias,
    parse_timeout,
)


@pytest.mark.parametrize("text", ["otrs", "otrs/", "/otrs", "/otrs/", "//otrs//", " otrs/ "])
def test_slashes_around_the_script_alias_become_exactly_one_behind_it(text: str) -> None:
    assert parse_script_alias(text) == "otrs/"


@pytest.mark.parametrize("text", ["", "/", "///", "  "])
def test_an_empty_script_alias_stays_empty(text: str) -> None:
    assert parse_script_alias(text) == ""


def test_a_script_alias_may_have_several_parts_with_one_slash_between_them() -> None:
    assert parse_script_alias("/a//b") == "a/b/"


@pytest.mark.parametrize("text", ["a b", "a?b", "a#b", "../x", "a/./b", "https://x", "ä", "%2e"])
def test_a_script_alias_that_could_change_the_redirect_uri_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_script_alias(text)


@pytest.mark.parametrize(
    "text", ["localhost", "localhost:8085", "bursar.example.org", "10.0.0.5:80", "[::1]:8085", "a-b_c.example"]
)
def test_an_fqdn_is_a_host_with_or_without_a_port(text: str) -> None:
    assert parse_fqdn(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://x.example",
        "x.example/otrs",
        "x:0",
        "x:65536",
        "x:y",
        "::1",
        "[::1",
        "a b",
        "-x",
        "x@y",
        "1.2.3",
        "x:",
    ],
)
def test_anything_else_is_no_fqdn(text: str) -> None:
    with pytest.raises(InvalidInput, match="FQDN: must be a host name"):
        parse_fqdn(text)


def test_http_type_is_read_in_either_case() -> None:
    assert parse_http_type(" HTTPS ") == "https"
    with pytest.raises(InvalidInput, match="must be http or https"):
        parse_http_type("ftp")


@pytest.mark.parametrize("text", ["0", "0.5", "601", "nan", "inf", "-1", "", "ten", "٣", "1e1", "1_0"])
def test_a_timeout_outside_one_second_to_ten_minutes_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_timeout(text)


def test_a_proxy_is_a_host_and_a_port_and_never_holds_a_password() -> None:
    assert parse_proxy("http://proxy.example:3128/") == "http://proxy.example:3128"
    assert parse_proxy(" ") is None
    for bad in ("proxy.example", "https://p.example", "http://u:p@p.example", "http://p.example/x", "http://p:99999"):
        with pytest.raises(InvalidInput):
            parse_proxy(bad)


def test_hosts_without_a_proxy_are_separated_by_semicolons() -> None:
    assert parse_no_proxy("localhost; a.example;;") == ("localhost", "a.example")
    with pytest.raises(InvalidInput):
        parse_no_proxy("a.example,b.example")


def test_trusted_proxies_are_addresses_and_cidrs() -> None:
    assert parse_networks("127.0.0.1, 10.0.0.0/8,::1/128") == (
        ipaddress.ip_network("127.0.0.1/32"),
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )
    with pytest.raises(InvalidInput, match=r"proxy\.example"):
        parse_networks("proxy.example")


def test_every_default_is_a_valid_value_of_its_setting() -> None:
    for each in SETTINGS:
        assert each.normal(each.default) == each.default
        each.parse(each.default)
        assert each.help.endswith((".", ")."))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Fqdn", "FQDN"), ("Proxy", "WebUserAgent::Proxy"), ("WebUserAgent::Time", "WebUserAgent::Timeout")],
)
def test_an_unknown_setting_is_answered_with_similar_ones(wrong: str, right: str) -> None:
    with pytest.raises(NotFound) as caught:
        setting(wrong)
    assert right in caught.value.action


def test_settings_are_found_by_a_part_of_their_name_by_a_glob_and_by_their_help() -> None:
    assert "TrustedProxies" in {each.name for each in matching("trustedp")}
    assert {each.name for each in matching("webuseragent::*")} == {
        "WebUserAgent::NoProxy",
        "WebUserAgent::Proxy",
        "WebUserAgent::Timeout",
    }
    assert "ScriptAlias" in {each.name for each in matching("callback")}
    assert matching("no such thing") == []
