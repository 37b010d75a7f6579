"""`bursar config` as scripts call it: names, exit codes and JSON are an interface."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pyrage
import yaml

from tests.conftest import Cli
from tests.counterparts.home import BursarHome
from tests.unit.document_samples import SAMPLES, app_config, as_yaml, code_config, entry

GOOGLE = str(SAMPLES / "GoogleMail.yml")


def shown(cli: Cli, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("config", "show", name, "--json", check=0).stdout)
    return found


def imported(cli: Cli, *entries: Any, flags: tuple[str, ...] = ()) -> dict[str, list[str]]:
    data = as_yaml(*entries).decode()
    found: dict[str, list[str]] = json.loads(cli("config", "import", "--json", *flags, "-", input=data, check=0).stdout)
    return found


def test_samples_are_imported_listed_shown_exported_and_deleted(cli: Cli) -> None:
    done = cli("config", "import", "--json", GOOGLE, check=0)
    assert json.loads(done.stdout) == {"added": ["Google Mail"], "overwritten": [], "skipped": [], "held": []}
    (listed,) = json.loads(cli("config", "list", "--json", check=0).stdout)
    assert (listed["name"], listed["flow"], listed["validity"], listed["template"], listed["held"]) == (
        "Google Mail",
        "authorization_code",
        "valid",
        None,
        [],
    )
    assert shown(cli, "Google Mail")["secret"] == {"stored": False, "fingerprint": None, "held": False}
    exported = yaml.safe_load(cli("config", "export", check=0).stdout)
    assert exported[0]["Config"] == yaml.safe_load((SAMPLES / "GoogleMail.yml").read_text())[0]["Config"]
    assert "Say so with --yes" in cli("config", "delete", "Google Mail", check=2, input="y\n").stderr
    cli("config", "delete", "Google Mail", "--yes", check=0)
    assert json.loads(cli("config", "list", "--json", check=0).stdout) == []
    for command in ("show", "delete", "confirm"):
        assert 'no token configuration "Google Mail"' in cli("config", command, "Google Mail", check=3).stderr
    cli("config", "export", "--name", "Google Mail", check=3)


def test_import_is_all_or_nothing_and_names_what_is_wrong(cli: Cli) -> None:
    wrong = as_yaml(entry("Right"), entry("Wrong", code_config(PKCE="plain"))).decode()
    done = cli("config", "import", "-", input=wrong, check=2)
    assert done.stderr.strip() == ('bursar: standard input: entry 2 "Wrong": Config.PKCE: must be S256 or none')
    assert json.loads(cli("config", "list", "--json", check=0).stdout) == []
    cli("config", "import", "/no/such/file.yml", check=2)


def test_dry_run_overwrite_hold_and_confirm(cli: Cli) -> None:
    assert imported(cli, entry("A", code_config(ClientSecret="s")))["added"] == ["A"]
    moved = entry("A", code_config(ClientID="other"))
    assert imported(cli, moved)["skipped"] == ["A"]
    said = {"added": [], "overwritten": ["A"], "skipped": [], "held": ["A"]}
    assert imported(cli, moved, flags=("--overwrite", "--dry-run")) == said
    assert shown(cli, "A")["held"] == []
    assert imported(cli, moved, flags=("--overwrite",)) == said
    assert shown(cli, "A")["held"] == ["secret"]
    assert "other" in cli("config", "confirm", "A", check=0).stderr
    assert shown(cli, "A")["held"] == []


def test_secrets_come_from_a_file_or_standard_input_alone(cli: Cli, bursar_home: BursarHome) -> None:
    """SEC-41, SEC-60, SEC-64."""
    imported(cli, entry("A", app_config()))
    refused = cli("config", "set", "A", "ClientSecret=canary", check=2)
    assert "canary" not in refused.stderr + refused.stdout
    assert shown(cli, "A")["secret"]["stored"] is False
    file = bursar_home.path.parent / "secret"
    file.write_text("canary ä\n")
    cli("config", "set", "A", "--secret-file", str(file), check=0)
    first = shown(cli, "A")["secret"]
    assert first["stored"]
    cli("config", "set", "A", "--secret-file", "-", input="canary ä", check=0)
    assert shown(cli, "A")["secret"] == first
    for command in (["show", "A"], ["show", "A", "--json"], ["list"], ["export"]):
        assert "canary" not in cli("config", *command, check=0).stdout
    with_secrets = cli("config", "export", "--with-secrets", check=0).stdout
    assert yaml.safe_load(with_secrets)[0]["Config"]["ClientSecret"] == "canary ä"
    assert b"canary" not in b"".join(f.read_bytes() for f in bursar_home.path.glob("*") if f.is_file())
    cli("config", "set", "A", "--secret-file", "-", input="", check=2)


def test_a_configuration_is_made_from_a_template(cli: Cli) -> None:
    slugs = {t["slug"] for t in json.loads(cli("config", "templates", "--json", check=0).stdout)}
    assert {"google-mail", "microsoft-exchange-app", "any-code", "practice"} <= slugs
    add = ("config", "add", "--template", "microsoft-exchange-app", "--name", "App", "--set", "ClientID=1111")
    assert "Tenant" in cli(*add, check=2).stderr
    cli(*add, "--set", "Tenant=contoso.example", "--secret-file", "-", input="s\n", check=0)
    made = shown(cli, "App")
    assert (made["template"], made["flow"], made["client_id"]) == (
        "microsoft-exchange-app",
        "client_credentials",
        "1111",
    )
    cli(*add, "--set", "Tenant=contoso.example", check=6)
    assert "google-mail" in cli("config", "add", "--template", "gmail", "--name", "B", check=3).stderr
    cli("config", "add", "--template", "google-mail", "--name", "C", "--set", "ClientSecret=x", check=2)
    twice = cli("config", "add", "--template", "google-mail", "--name", "C", "--set", "Name=D", check=2)
    assert "The name is given twice" in twice.stderr


def test_values_are_set_by_path(cli: Cli) -> None:
    imported(cli, entry("A"))
    cli("config", "set", "A", "Name=B", "Validity=invalid", "Scope=", "KeepAlive=86400", check=0)
    changed = shown(cli, "B")
    assert (changed["validity"], changed["scope"], changed["config"]["KeepAlive"]) == ("invalid", None, 86400)
    assert "ClientID" in cli("config", "set", "B", "ClientId=x", check=2).stderr
    cli("config", "set", "B", "Scope", check=2)
    cli("config", "set", "B", check=2)
    cli("config", "set", "A", "Scope=x", check=3)
    assert shown(cli, "B") == changed


def test_the_practice_template_wants_the_practice_provider_running(cli: Cli, bursar_home: BursarHome) -> None:
    add = ("config", "add", "--template", "practice", "--name", "Practice")
    assert "bursar serve --practice" in cli(*add, check=6).stderr
    bursar_home.serve("--practice", "--no-worker")
    cli(*add, check=0)
    port = json.loads((bursar_home.path / "serving.json").read_text())["practice_port"]
    url = shown(cli, "Practice")["config"]["Requests"]["TokenByAuthorizationCode"]["Request"]["URL"]
    assert url == f"http://127.0.0.1:{port}/token"


def test_secrets_travel_in_a_file_of_age(cli: Cli, bursar_home: BursarHome, tmp_path: Path) -> None:
    """SEC-60: by recipient and by passphrase, out and in again; without the key nothing is imported."""
    imported(cli, entry("A", code_config(ClientSecret="cnry-a")))
    identity = pyrage.x25519.Identity.generate()
    key, phrase, file = tmp_path / "key.txt", tmp_path / "phrase", tmp_path / "secrets.age"
    key.write_text(f"# of today\n{identity}\n")
    phrase.write_text("several words in a row\n")

    def export(*options: str) -> None:
        command = bursar_home.command("config", "export", "--with-secrets", *options)
        file.write_bytes(subprocess.run(command, env=bursar_home.environ, capture_output=True, check=True).stdout)
        assert b"cnry-a" not in file.read_bytes()

    cli("config", "export", "--age-recipient", "age1x", "--age-passphrase-file", str(phrase), check=2)
    assert "no age recipient" in cli("config", "export", "--age-recipient", "age1x", check=2).stderr
    for opening, options in (
        (("--age-identity-file", str(key)), ("--age-recipient", str(identity.to_public()))),
        (("--age-passphrase-file", str(phrase)), ("--age-passphrase-file", str(phrase))),
    ):
        export(*options)
        cli("config", "delete", "A", "--yes", check=0)
        assert "--age-identity-file F" in cli("config", "import", str(file), check=2).stderr
        cli("config", "import", *opening, str(file), check=0)
        assert shown(cli, "A")["secret"]["stored"] is True
    assert "cnry-a" in cli("config", "export", "--with-secrets", check=0).stdout
