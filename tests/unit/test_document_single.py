"""One configuration as text: what is written is read again, and what is wrong is told with its line."""

import pytest

from bursar.tokens.document import Problem, TokenConfigurationDocument, read_text, text_of, without_secret
from tests.unit.document_samples import app_config, as_yaml, document, entry

BEFORE = document(Custom="kept", TemplateName="google-mail")


def problems(text: str) -> list[tuple[str, str, str]]:
    """Each problem's path, rule, and the text of its line."""
    tried = read_text(text, BEFORE)
    assert isinstance(tried, tuple)
    lines = text.splitlines()
    return [(each.path, each.rule, lines[each.line - 1].strip() if each.line else "") for each in tried]


def changed(old: str, new: str) -> str:
    text = text_of(BEFORE)
    assert text.count(old) == 1, text
    return text.replace(old, new)


def test_what_is_written_is_read_again_name_first() -> None:
    text = text_of(BEFORE)
    assert text.startswith("Name: Support\nValidID: 1\nConfig:\n")
    tried = read_text(text, BEFORE)
    assert isinstance(tried, TokenConfigurationDocument)
    assert tried.source == BEFORE.source
    listed = read_text(f"- {text.rstrip()}".replace("\n", "\n  "), BEFORE)
    assert isinstance(listed, TokenConfigurationDocument)
    assert listed.source == BEFORE.source


@pytest.mark.parametrize(
    ("old", "new", "path", "rule", "line"),
    [
        ("Name: Support", "Name: ''", "Name", "must not be empty", "Name: ''"),
        (
            "ValidID: 1",
            "ValidID: 9",
            "ValidID",
            "must be 1 (valid), 2 (invalid) or 3 (invalid-temporarily)",
            "ValidID: 9",
        ),
        (
            "URL: https://login.provider.example/authorize",
            "URL: http://login.provider.example/authorize",
            "Config.Requests.AuthorizationCode.Request.URL",
            "must be https",
            "URL: http://login.provider.example/authorize",
        ),
        ("Custom: kept", "PKCE: plain", "Config.PKCE", "must be S256 or none", "PKCE: plain"),
        (
            "Custom: kept",
            "a.b: [1]",
            "Config.a.b",
            "is not a key of the format, so it must hold a single value",
            "a.b: [1]",
        ),
        (
            "Name: Support",
            "Nmae: Support",
            "Nmae",
            "is not a key of an entry; Name, Config, ValidID and its dates are",
            "Nmae: Support",
        ),
    ],
)
def test_a_broken_rule_is_told_with_its_line(old: str, new: str, path: str, rule: str, line: str) -> None:
    assert (path, rule, line) in problems(changed(old, new))


def test_what_is_missing_is_told_at_the_line_it_belongs_under() -> None:
    text = changed("    TokenByAuthorizationCode:\n", "    TokenByRefreshToken2:\n")
    found = problems(text)
    assert ("Config.Requests.TokenByRefreshToken2", "TokenByRefreshToken2:") in [
        (path, line) for path, _r, line in found
    ]


def test_a_text_that_is_no_yaml_is_told_with_its_line() -> None:
    tried = read_text("Name: Support\nConfig: {\nScope: x", BEFORE)
    assert isinstance(tried, tuple)
    assert tried[0].line > 0
    assert tried[0].rule.startswith("is not YAML")
    for text in ("", "a\0b", "- 1\n" * 3, "!!python/object:os.system x", "\ud800"):
        assert isinstance(read_text(text, BEFORE), tuple)


def test_flow_template_and_the_one_configuration_stay() -> None:
    flow = as_yaml(entry("Support", app_config(TemplateName="google-mail"))).decode()
    assert [(path, rule) for path, rule, _line in problems(flow)] == [
        ("Config.AuthFlow", "stays AuthorizationCode for good")
    ]
    assert problems(changed("TemplateName: google-mail", "TemplateName: other"))[0][1] == 'stays "google-mail" for good'
    two = as_yaml(entry("A"), entry("B")).decode()
    assert problems(two)[0][1] == "holds 2 configurations, and this page is about one"


def test_a_secret_is_not_taken_from_the_text() -> None:
    """SEC-41: it would stand in a page."""
    text = changed("ClientSecret: null", "ClientSecret: cnry-typed")
    assert read_text(text, BEFORE) == (
        Problem(
            "Config.ClientSecret",
            "is never entered here: replace the secret on its own page",
            text[: text.index("cnry-")].count("\n") + 1,
        ),
    )


@pytest.mark.parametrize(
    "written",
    [
        "ClientSecret: cnry-typed\n  Scope: x\n",
        'ClientSecret: "cnry-a, cnry-b"\n  Scope: x\n',
        '"ClientSecret": cnry-typed\n  Scope: x\n',
        "ClientSecret: |\n    cnry-a\n\n    cnry-b\n  Scope: x\n",
        "ClientSecret:\n    cnry-typed\n  Scope: x\n",
        "ClientSecret: cnry-a\n    cnry-b\n  Scope: x\n",
        "{ClientSecret: cnry-typed, Scope: y}\n  Scope: x\n",
        "ClientSecret : cnry-typed\n  Scope: x\n",
        "ClientSecret: cnry-typed",
    ],
)
def test_a_secret_is_blanked_however_it_is_written(written: str) -> None:
    """SEC-41: in a text that can't even be parsed, too."""
    blanked = without_secret(f"Name: [\nConfig:\n  {written}")
    assert "cnry-" not in blanked
    assert "ClientSecret" in blanked
    assert ("  Scope: x\n" in blanked) == ("Scope: x" in written)


@pytest.mark.parametrize("text", [text_of(BEFORE), "a: ClientSecretary\n", "x:\r\n  ClientSecret: null\r\n  y: 1\r\n"])
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert without_secret(text) == text
