"""Which texts are endpoint addresses: one table (SEC-48)."""

import pytest

from bursar.errors import InvalidInput
from bursar.oauth2.urls import LONGEST, EndpointUrl

GOOD = {
    "https://login.example.org/token": ("login.example.org", 443),
    "https://login.example.org": ("login.example.org", 443),
    "HTTPS://Login.Example.ORG/Token": ("login.example.org", 443),
    "https://login.example.org:443/token": ("login.example.org", 443),
    "https://login.example.org:8443/token": ("login.example.org", 8443),
    "https://login.example.org:65535/": ("login.example.org", 65535),
    "https://login.example.org/token?tenant=a%20b&x": ("login.example.org", 443),
    "https://login.microsoftonline.com/common/oauth2/v2.0/token": ("login.microsoftonline.com", 443),
    "https://login.example.org/a:b@c/": ("login.example.org", 443),
    "https://login.example.org/?back=https://x@y/": ("login.example.org", 443),
    "https://intranet/token": ("intranet", 443),
    "https://under_score.example/token": ("under_score.example", 443),
    "https://xn--bcher-kva.example/token": ("xn--bcher-kva.example", 443),
    "https://idp.xn--p1ai/token": ("idp.xn--p1ai", 443),
    "https://3com.example/token": ("3com.example", 443),
    "https://192.0.2.7/token": ("192.0.2.7", 443),
    "https://[2001:db8::7]/token": ("2001:db8::7", 443),
    "https://[2001:db8::7]:8443/token": ("2001:db8::7", 8443),
    "https://[::ffff:127.0.0.1]/token": ("::ffff:127.0.0.1", 443),
    "https://localhost/token": ("localhost", 443),
    "http://localhost/token": ("localhost", 80),
    "http://LOCALHOST:8085/token": ("localhost", 8085),
    "http://127.0.0.1:8085/token": ("127.0.0.1", 8085),
    "http://127.8.9.10/token": ("127.8.9.10", 80),
    "http://[::1]:8085/token": ("::1", 8085),
    f"https://{'a' * 63}.example/": (f"{'a' * 63}.example", 443),
}

BAD = [
    # another scheme, or none
    "",
    "login.example.org/token",
    "//login.example.org/token",
    "https:login.example.org",
    "https:/login.example.org",
    "https:///token",
    "https://",
    "https://?x",
    "ftp://login.example.org/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "gopher://login.example.org/",
    "httpss://login.example.org/",
    # without TLS to anything but loopback
    "http://login.example.org/token",
    "http://10.0.0.1/token",
    "http://0.0.0.0/token",
    "http://[::]/token",
    "http://localhost.example.org/token",
    "http://sub.localhost/token",
    "http://localhost.localdomain/token",
    # somebody before the host
    "https://good@evil.example/",
    "https://good:secret@evil.example/",
    "https://@evil.example/",
    "https://good%40evil.example/",
    "http://127.0.0.1@evil.example/",
    # a backslash, a blank, a quote, a control character
    "https://evil.example\\@good.example/",
    "https://evil.example\\.good.example/",
    "https:\\\\evil.example/",
    "https://login.example.org/a\\b",
    "https://login.example.org/a b",
    " https://login.example.org/",
    "https://login.example.org/\n",
    "https://login.exa\tmple.org/",
    "https://login.example.org/\x00",
    "https://login.example.org/\x7f",
    'https://login.example.org/"',
    "https://login.example.org/<x>",
    "https://{tenant}.example.org/",
    "https://login.example.org/{tenant}/token",
    # a fragment
    "https://login.example.org/#",
    "https://login.example.org/token#part",
    "https://login.example.org#@good.example/",
    # names that are none, or other letters
    "https://bücher.example/",
    "https://ex\u0430mple.org/",
    "https://login\u3002example.org/",
    "https://login.example.org\uff0ftoken",
    "https://login..example.org/",
    "https://.example.org/",
    "https://login.example.org./",
    "https://localhost./",
    "https://-login.example.org/",
    "https://login-.example.org/",
    "https://login.example.123/",
    "https://login,example.org/",
    "https://log%69n.example.org/",
    "https://log!n.example.org/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 127}example/",
    # numbers in disguise
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://1.2.3.4.5/",
    "https://1.2.3.256/",
    "https://127.0.0.0x1/",
    "http://127.1/",
    "http://0/",
    # brackets
    "https://[::1/",
    "https://::1/",
    "https://[::1]evil.example/",
    "https://evil.example[::1]/",
    "https://[::1].example/",
    "https://[127.0.0.1]/",
    "https://[login.example.org]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "http://[::1%25lo]/",
    "https://[v1.fe80]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    # ports
    "https://login.example.org:/",
    "https://login.example.org:0/",
    "https://login.example.org:65536/",
    "https://login.example.org:-1/",
    "https://login.example.org:+443/",
    "https://login.example.org:4_43/",
    "https://login.example.org:443:8443/",
    "https://login.example.org:https/",
    "https://login.example.org:٤٤٣/",
    # too long
    "https://login.example.org/" + "a" * LONGEST,
]


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(GOOD) + len(BAD) >= 60
    assert len(set(BAD)) == len(BAD)


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_taken_as_it_was_written(text: str) -> None:
    """SEC-48: the text stays; the host and the port are what will be connected to."""
    url = EndpointUrl.parse(text, "Config.URL")
    assert str(url) == text
    assert (url.host, url.port) == GOOD[text]
    assert url.scheme == text.partition(":")[0].lower()


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_safe_address_is_refused_by_name_and_rule(text: str) -> None:
    """SEC-48."""
    with pytest.raises(InvalidInput) as refused:
        EndpointUrl.parse(text, "Config.URL")
    assert refused.value.sentence.startswith("Config.URL: ")
    assert refused.value.code == "url_invalid"
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 500


def test_plain_http_is_refused_with_the_words_of_the_issue() -> None:
    with pytest.raises(InvalidInput, match=r"^entry 3: must be https$"):
        EndpointUrl.parse("http://login.example.org/", "entry 3")
