"""The exchange format, as administrators have it: what is read, what is refused, and in which words."""

from datetime import date
from typing import Any

import pytest

from bursar.errors import InvalidInput
from bursar.keyring import Secret
from bursar.tokens.document import TokenConfigurationDocument, Validity, read_documents
from tests.unit.document_samples import SAMPLES, TOKEN, app_config, as_yaml, at, code_config, document, entry

REFRESH = "Requests.TokenByRefreshToken.Request"
AUTHORIZE = "Requests.AuthorizationCode.Request"
CODE = "Requests.TokenByAuthorizationCode.Request"


def read(*entries: Any) -> list[TokenConfigurationDocument]:
    return read_documents(as_yaml(*entries), "file.yml")


def refusal(*entries: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(*entries)
    assert caught.value.exit_code == 2
    return caught.value.sentence


def rules_of(config: dict[str, Any]) -> str:
    return refusal(entry(config=config)).replace('file.yml: entry 1 "Support": ', "")


def test_the_google_sample_reads_as_the_authorization_code_flow() -> None:
    (google,) = read_documents((SAMPLES / "GoogleMail.yml").read_bytes(), "GoogleMail.yml")
    assert (google.name, google.flow, google.validity) == ("Google Mail", "authorization_code", Validity.VALID)
    assert (google.client_id, google.client_secret, google.scope) == (None, None, "https://mail.google.com/")
    assert google.options.client_authentication == "client_secret_post"
    assert google.options.pkce
    assert google.requests["AuthorizationCode"].literals["access_type"] == "offline"
    assert google.requests["TokenByRefreshToken"].mapping["expires_in"] == "TokenExpirationDate"
    assert (google.notify_on_expired_token, google.notify_on_expired_refresh_token) == (False, True)


def test_the_exchange_sample_reads_as_client_credentials() -> None:
    (app,) = read_documents((SAMPLES / "MicrosoftExchangeOnlineClientCredentialsFlow.yml").read_bytes(), "f")
    assert app.flow == "client_credentials"
    assert app.requests["TokenByClientCredentials"].mapping["error_codes"] == "ErrorCode"


def test_a_single_mapping_is_read_like_a_list_of_one() -> None:
    text = as_yaml(entry())
    single = b"\n".join(line[2:] for line in text.splitlines())
    assert read_documents(single, "f") == read_documents(text, "f")


def test_numbers_dates_and_words_stay_text_where_text_is_wanted() -> None:
    text = as_yaml(entry(config=code_config(ClientID="CID", ClientSecret="SECRET", Scope="SCOPE"))).decode()
    text = text.replace("CID", "1111").replace("SECRET", "0x1F").replace("SCOPE", "no").replace("Support", "2026-11-23")
    (read_back,) = read_documents(text.encode(), "f")
    assert (read_back.name, read_back.client_id, read_back.scope) == ("2026-11-23", "1111", "no")
    assert read_back.client_secret == Secret("0x1F")


def test_literals_are_text_whatever_they_look_like() -> None:
    text = as_yaml(entry(config=at(code_config(), f"{AUTHORIZE}.Parameters.max_age", "AGE"))).decode()
    for written in ("0", "true", "1.50", "~x", "2026-01-01"):
        (read_back,) = read_documents(text.replace("AGE", written).encode(), "f")
        assert read_back.requests["AuthorizationCode"].literals["max_age"] == written


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("7", 7),
        ("-7", -7),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, "9" * 19),
        ("1.5", 1.5),
        ("1.50", "1.50"),
        ("1e3", "1e3"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("no", "no"),
        ("2026-11-23", "2026-11-23"),
        ("12:30:45", "12:30:45"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'7'", "7"),
        ("'true'", "true"),
        ("''", ""),
        ("'.nan'", ".nan"),
    ],
)
def test_unknown_scalars_are_typed_only_where_nothing_is_lost(written: str, kept: Any) -> None:
    text = as_yaml(entry()).decode() + f"    Tenant: {written}\n"
    (read_back,) = read_documents(text.encode(), "f")
    assert read_back.extras == {"Tenant": kept}
    assert type(read_back.extras["Tenant"]) is type(kept)


@pytest.mark.parametrize("written", [".nan", ".NaN", ".inf", "-.inf", "+.INF"])
def test_numbers_that_are_not_finite_are_refused(written: str) -> None:
    text = as_yaml(entry()).decode() + f"    Tenant: {written}\n"
    with pytest.raises(InvalidInput, match=r"Config\.Tenant: must be a finite number"):
        read_documents(text.encode(), "f")


def test_null_stays_null_and_absent_stays_absent() -> None:
    config = code_config(Scope=None)
    del config["ClientID"]
    tree = read(entry(config=config))[0].tree()
    assert tree["Scope"] is None
    assert tree["ClientSecret"] is None
    assert "ClientID" not in tree


def test_an_error_names_file_entry_path_and_rule() -> None:
    wrong = at(code_config(), f"{REFRESH}.URL", "http://login.provider.example/token")
    said = refusal(entry("One"), entry("Two"), entry("Support", wrong))
    assert said.startswith(
        'file.yml: entry 3 "Support": Config.Requests.TokenByRefreshToken.Request.URL: must be https'
    )


def test_all_broken_rules_are_told_at_once() -> None:
    first = code_config(PKCE="plain", Scope=["a"])
    second = at(app_config(), "Requests.TokenByClientCredentials.Request.Surprise", 1)
    lines = refusal(entry("One", first), entry("Two", second)).splitlines()
    assert len(lines) == 3
    assert 'entry 1 "One": Config.PKCE: must be S256 or none' in lines[1]
    assert 'entry 2 "Two": Config.Requests.TokenByClientCredentials.Request.Surprise: is not known' in lines[2]


def test_only_the_first_twenty_rules_are_told() -> None:
    assert len(refusal(*(entry(f"e{n}", {}) for n in range(50))).splitlines()) == 20


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Config": None}, "Config: must be a mapping"),
        ({"Config": "text"}, "Config: must be a mapping"),
        ({"Config": {}}, "Config.Requests.AuthorizationCode: is missing"),
        ({"Name": None}, "Name: must be a text"),
        ({"Name": ["a"]}, "Name: must be a text"),
        ({"Name": ""}, "Name: must not be empty"),
        ({"Name": " a"}, "Name: must not begin or end with a blank"),
        ({"Name": "a" * 251}, "Name: must have at most 250 characters"),
        ({"Name": "a\nb"}, "Name: must not contain control characters"),
        ({"ValidID": 4}, "ValidID: must be 1 (valid), 2 (invalid) or 3 (invalid-temporarily)"),
        ({"ValidID": [1]}, "ValidID: must be 1"),
        ({"ID": 7}, "ID: is not a key of an entry"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(entry() | changes)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("AuthFlow", "Implicit", "must be AuthorizationCode or ClientCredentials"),
        ("AuthFlow", "Password", "must be AuthorizationCode or ClientCredentials"),
        ("ClientID", {"a": 1}, "must be a single value"),
        ("Scope", ["a", "b"], "must be a single value"),
        ("Surprise", {"a": 1}, "is not a key of the format, so it must hold a single value"),
        ("State", "x", "is filled in by Bursar"),
        ("RefreshToken", "x", "is filled in by Bursar"),
        ("Notifications.NotifyOnExpiredToken", 2, "must be 0 or 1"),
        ("Notifications.NotifyOnMonday", 1, "is not known"),
        ("Notifications", [], "must be a mapping"),
        ("Requests", "x", "must be a mapping"),
        ("Requests.TokenByPassword", {}, "is not a request"),
        ("Requests.AuthorizationCode.Requests", {}, "is not known"),
        (f"{CODE}.URL", None, "must be an address"),
        (f"{CODE}.URL", "ftp://login.provider.example/", "must be https"),
        (f"{CODE}.Parameters", ["a"], "must be a mapping"),
        (f"{CODE}.Parameters.a", {"b": 1}, "must be a single value"),
        ("Requests.AuthorizationCode.Response.Mapping", {}, "is not known"),
        ("PKCE", "plain", "must be S256 or none"),
        ("ClientAuthentication", "private_key", "must be client_secret_post, client_secret_basic or none"),
        ("Issuer", "http://issuer.example", "must be https"),
        ("RevocationURL", "http://issuer.example", "must be https"),
        ("UserinfoURL", "http://issuer.example", "must be https"),
        ("RefreshMargin", "five", "must be a number of seconds"),
        ("RefreshMargin", -1, "must be a number of seconds"),
        ("KeepAlive", 0, "must be a number of seconds"),
        ("AssumedLifetime", 10**12, "must be a number of seconds"),
        ("ClientSecretExpires", "next year", "must be a date"),
        ("ClientSecretExpires", "2027-02-30", "must be a date"),
    ],
)
def test_a_config_that_breaks_a_rule_is_refused_by_path(path: str, value: Any, said: str) -> None:
    assert f"Config.{path}: {said}" in rules_of(at(code_config(), path, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (f"{AUTHORIZE}.Parameters.response_type", "token"),
        (f"{AUTHORIZE}.Parameters.response_type", "id_token token"),
        (f"{AUTHORIZE}.Parameters.response_type", "CODE"),
        (f"{AUTHORIZE}.Parameters.grant_type", "authorization_code"),
        (f"{CODE}.Parameters.response_type", "code"),
        (f"{CODE}.Parameters.grant_type", "password"),
        (f"{REFRESH}.Parameters.grant_type", "authorization_code"),
        (f"{AUTHORIZE}.Parameters.state", "TokenConfigID1"),
        (f"{AUTHORIZE}.Parameters.redirect_uri", "https://evil.example/"),
        (f"{AUTHORIZE}.Parameters.code_challenge", "x"),
        (f"{AUTHORIZE}.Parameters.code_challenge_method", "plain"),
        (f"{AUTHORIZE}.Parameters.Code_Challenge", "x"),
        (f"{CODE}.Parameters.code_verifier", "x"),
        (f"{CODE}.Parameters.client_secret", "x"),
        (f"{CODE}.Parameters.code", "x"),
        (f"{CODE}.Parameters.password", "x"),
        (f"{REFRESH}.Parameters.refresh_token", "x"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.state", "Scope"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.redirect_uri", "ClientID"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.response_type", "ResponseType"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.code_challenge", "Scope"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.hint", "ClientSecret"),
        (f"{AUTHORIZE}.AutofilledParametersMapping.hint", "RefreshToken"),
        (f"{CODE}.AutofilledParametersMapping.grant_type", "GrantType"),
        (f"{CODE}.AutofilledParametersMapping.password", "Password"),
        (f"{CODE}.AutofilledParametersMapping.client_secret", "Scope"),
    ],
)
def test_reserved_parameters_keep_their_meaning(place: str, value: str) -> None:
    """SEC-1, SEC-2, SEC-3, SEC-6: no document turns code flow into another, or fixes state, redirect URI or PKCE."""
    lines = rules_of(at(code_config(), place, value)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"Config.{place}: ")


def test_bursars_own_keys_have_types_and_safe_defaults() -> None:
    plain = document().options
    assert plain.pkce
    assert plain.assumed_lifetime == 3600
    assert plain.revocation_url is None
    options = document(
        PKCE="none",
        ClientAuthentication="client_secret_basic",
        Issuer="https://issuer.example",
        RefreshMargin=120,
        KeepAlive=86400.5,
        AssumedLifetime="600",
        ClientSecretExpires=date(2027, 1, 31),
        RevocationURL="https://issuer.example/revoke",
    ).options
    assert not options.pkce
    assert options.client_authentication == "client_secret_basic"
    assert options.issuer == "https://issuer.example"
    assert (options.refresh_margin, options.keep_alive, options.assumed_lifetime) == (120.0, 86400.5, 600.0)
    assert options.client_secret_expires == date(2027, 1, 31)
    assert options.revocation_url is not None


def test_a_client_without_a_mapped_secret_is_a_public_one() -> None:
    config = code_config()
    for request in ("TokenByAuthorizationCode", "TokenByRefreshToken"):
        del config["Requests"][request]["Request"]["AutofilledParametersMapping"]["client_secret"]
    assert read(entry(config=config))[0].options.client_authentication == "none"


def test_http_is_accepted_for_loopback_alone() -> None:
    for url in ("http://localhost:9000/token", "http://127.0.0.1:9000/token", "http://[::1]:9000/token"):
        assert read(entry(config=at(code_config(), f"{CODE}.URL", url)))
    assert "must be https" in rules_of(at(code_config(), f"{CODE}.URL", "http://10.0.0.1/token"))


@pytest.mark.parametrize("key", ["CreateTime", "CreateBy", "ChangeTime", "ChangeBy", "create_time", "changeby"])
def test_the_dates_of_exports_are_accepted(key: str) -> None:
    assert read(entry(**{key: "2026-11-23 10:00:00"}))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_valid_ids_are_validities(number: int) -> None:
    expected = ["valid", "invalid", "invalid-temporarily"][number - 1]
    for written in (number, str(number)):
        assert read(entry(ValidID=written))[0].validity == expected


def test_a_name_twice_in_one_file_is_refused() -> None:
    assert 'entry 3 "A": Name: is the name of entry 1 too' in refusal(entry("A"), entry("B"), entry("A"))


def test_an_entry_name_can_forge_no_line() -> None:
    """SEC-66."""
    said = refusal({"Name": "a\nentry 9 \x1b[31m", "Config": {}})
    assert "\x1b" not in said
    assert said.splitlines() == [said]
    assert said.startswith('file.yml: entry 1 "a\\u000aentry 9 ')


def test_the_tree_never_holds_the_secret() -> None:
    read_back = document(ClientSecret="canary")
    assert read_back.client_secret == Secret("canary")
    assert read_back.tree()["ClientSecret"] is None
    assert "canary" not in repr(read_back)
    assert "canary" not in read_back.source


def test_destinations_are_where_secrets_go() -> None:
    found = document(RevocationURL="https://r.example/", Issuer="https://i.example").destinations()
    assert found == {
        "Requests.AuthorizationCode.Request.URL": "https://login.provider.example/authorize",
        "Requests.TokenByAuthorizationCode.Request.URL": TOKEN,
        "Requests.TokenByRefreshToken.Request.URL": TOKEN,
        "RevocationURL": "https://r.example/",
        "Issuer": "https://i.example",
        "ClientID": "bursar",
    }


@pytest.mark.parametrize("data", [b"--- []\n", b"[]", b"", b"\n# nothing\n", b"---\n", b"null", b"~", b"--- null\n..."])
def test_what_holds_nothing_holds_no_configuration_and_is_no_error(data: bytes) -> None:
    assert read_documents(data, "f") == []


def test_nothing_in_the_place_of_an_entry_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="entry 1"):
        read_documents(b"[null]", "f")
