"""Home and key: what `init` makes, and that no wrong start changes anything."""

import base64
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import wait_until

OTHER_KEY = base64.b64encode(bytes(range(32))).decode()
LATER_PROGRAM = (
    "INSERT INTO django_migrations (app, name, applied) VALUES ('tokens', '9999_later', '2030-01-01 00:00:00')"
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def database(home: BursarHome) -> Path:
    return home.path / "bursar.sqlite3"


def on_sqlite(home: BursarHome) -> BursarHome:
    home.environ.pop("BURSAR_DATABASE_URL", None)
    return home


def execute(home: BursarHome, statement: str) -> None:
    if url := home.environ.get("BURSAR_DATABASE_URL"):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())
    else:
        with closing(sqlite3.connect(database(home))) as connection, connection:
            connection.execute(statement)


def test_init_makes_a_home_that_only_its_owner_can_read(empty_home: BursarHome) -> None:
    """SEC-35: files 0600, directory 0700."""
    home = on_sqlite(empty_home)
    done = home.cli("init", check=0)
    assert "Made the key" in done.stdout
    assert home.path.stat().st_mode & 0o777 == 0o700
    home.cli("setting", "set", "FQDN", "x.example", check=0)
    for path in home.path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert len(base64.b64decode((home.path / "key").read_text())) == 32


def test_init_again_changes_nothing(bursar_home: BursarHome) -> None:
    key = (bursar_home.path / "key").read_text()
    bursar_home.cli("setting", "set", "FQDN", "kept.example", check=0)
    assert "nothing to do" in bursar_home.cli("init", check=0).stdout
    assert (bursar_home.path / "key").read_text() == key
    assert bursar_home.cli("setting", "get", "FQDN", check=0).stdout == "kept.example\n"


def test_eight_inits_at_once_agree_on_one_key_and_one_database(empty_home: BursarHome) -> None:
    running = [empty_home.start("init") for _ in range(8)]
    results = [(process.communicate(timeout=100), process.returncode) for process in running]
    assert [code for _, code in results] == [0] * 8, results
    assert sum("Made the key" in out for (out, _), _ in results) == 1
    empty_home.cli("setting", "list", check=0)


def test_another_key_is_refused_and_the_database_stays_as_it_is(bursar_home: BursarHome) -> None:
    """SEC-34."""
    home = on_sqlite(bursar_home)
    home.cli("init", check=0)
    right, before = (home.path / "key").read_text(), digest(database(home))
    for command in (["setting", "list"], ["init"], ["serve", "--listen", "127.0.0.1:0"], ["worker"]):
        done = home.cli(*command, check=6, BURSAR_KEY=OTHER_KEY)
        assert "not the one that this database was made with" in done.stderr
    assert digest(database(home)) == before
    assert (home.path / "key").read_text() == right
    home.cli("setting", "list", check=0)


def test_another_key_is_refused_on_the_database_of_the_run_too(cli: Cli) -> None:
    """SEC-34."""
    cli("setting", "set", "FQDN", "kept.example", check=0)
    cli("init", check=6, BURSAR_KEY=OTHER_KEY)
    cli("setting", "set", "FQDN", "lost.example", check=6, BURSAR_KEY=OTHER_KEY)
    assert cli("setting", "get", "FQDN", check=0).stdout == "kept.example\n"


def test_a_database_without_its_key_is_refused_and_no_new_key_is_made(bursar_home: BursarHome) -> None:
    """SEC-31, SEC-34."""
    (bursar_home.path / "key").unlink()
    for command in (["setting", "list"], ["init"], ["serve", "--listen", "127.0.0.1:0"]):
        assert "no key" in bursar_home.cli(*command, check=6).stderr
    assert not (bursar_home.path / "key").exists()


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"BURSAR_KEY": "c2hvcnQ="}, "not base64 of 32 bytes"),
        ({"BURSAR_KEY": base64.b64encode(b"\0" * 32).decode()}, "one byte repeated"),
        ({"BURSAR_KEY": OTHER_KEY, "BURSAR_KEY_COMMAND": "true"}, "both set"),
        ({"BURSAR_KEY_FILE": "/nowhere/key"}, "no key at /nowhere/key"),
        ({"BURSAR_KEY_COMMAND": "false"}, "gave no key"),
    ],
)
def test_a_key_that_is_none_starts_nothing(empty_home: BursarHome, environ: dict[str, str], said: str) -> None:
    """SEC-31."""
    done = empty_home.cli("init", check=6, **environ)
    assert said in done.stderr
    assert not database(empty_home).exists()
    assert not empty_home.path.exists()


def test_a_database_whose_key_is_elsewhere_makes_no_home(bursar_home: BursarHome, tmp_path: Path) -> None:
    """SEC-34: neither the home nor a key is made before it is known that the key is right."""
    new = tmp_path / "another-home"
    where = bursar_home.environ.get("BURSAR_DATABASE_URL") or f"sqlite:{database(bursar_home)}"
    environ = {"BURSAR_HOME": str(new), "BURSAR_DATABASE_URL": where}
    assert "no key" in bursar_home.cli("init", check=6, **environ).stderr
    assert "not the one" in bursar_home.cli("init", check=6, BURSAR_KEY=OTHER_KEY, **environ).stderr
    assert not new.exists()


def test_a_database_file_that_can_not_be_reached_is_named(empty_home: BursarHome, tmp_path: Path) -> None:
    where = tmp_path / "missing" / "db.sqlite3"
    environ = {"BURSAR_DATABASE_URL": f"sqlite:{where}"}
    for command in (["init"], ["setting", "list"]):
        done = empty_home.cli(*command, check=6, **environ)
        assert str(where) in done.stderr
    assert not where.parent.exists()


@pytest.mark.parametrize("command", [["setting", "list"], ["config", "export"], ["--help"], ["completion", "bash"]])
def test_an_answer_that_does_not_fit_on_the_disk_is_said(bursar_home: BursarHome, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            bursar_home.command(*command), env=bursar_home.environ, stdout=full, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 5
        [line] = done.stderr.splitlines()
        assert line.startswith("bursar: The answer can't be written to standard output: No space")
        quiet = subprocess.run(
            bursar_home.command("config", "show", "none"), env=bursar_home.environ, stdout=subprocess.PIPE, stderr=full
        )
        assert quiet.returncode == 3


def test_a_key_from_the_environment_leaves_no_key_file_behind(empty_home: BursarHome) -> None:
    """SEC-31."""
    empty_home.cli("init", check=0, BURSAR_KEY=OTHER_KEY)
    assert not (empty_home.path / "key").exists()
    empty_home.cli("setting", "list", check=0, BURSAR_KEY_COMMAND=f"echo {OTHER_KEY}")


def test_before_init_every_command_says_to_run_it(empty_home: BursarHome) -> None:
    done = empty_home.cli("setting", "list", check=6)
    assert "bursar init" in done.stderr
    assert not database(empty_home).exists()
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_program_is_refused_and_of_an_older_one_migrated_by_init(
    bursar_home: BursarHome,
) -> None:
    execute(bursar_home, "DELETE FROM django_migrations WHERE app = 'sessions'")
    assert "run `bursar init`" in bursar_home.cli("setting", "list", check=6).stderr
    execute(bursar_home, "DROP TABLE django_session")
    assert "up to date" in bursar_home.cli("init", check=0).stdout
    bursar_home.cli("setting", "list", check=0)
    execute(bursar_home, LATER_PROGRAM)
    for command in (["setting", "list"], ["init"]):
        assert "newer Bursar" in bursar_home.cli(*command, check=6).stderr


def test_an_init_that_was_killed_is_finished_by_the_next_one(empty_home: BursarHome) -> None:
    """SEC-68."""
    process = empty_home.start("init")
    wait_until((empty_home.path / "key").exists, "the key")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    empty_home.cli("init", check=0)
    empty_home.cli("setting", "list", check=0)


@pytest.mark.parametrize("url", ["mysql://u:canary@h/n", "nonsense-canary"])
def test_a_database_url_that_is_none_exits_2_without_showing_its_password(empty_home: BursarHome, url: str) -> None:
    """SEC-64."""
    done = empty_home.cli("init", check=2, BURSAR_DATABASE_URL=url)
    assert "BURSAR_DATABASE_URL" in done.stderr
    assert "canary" not in done.stderr


def test_a_database_server_that_does_not_answer_exits_5(empty_home: BursarHome) -> None:
    done = empty_home.cli("init", check=5, BURSAR_DATABASE_URL="postgresql://u:canary@127.0.0.1:1/n")
    assert "can't be reached" in done.stderr
    assert "canary" not in done.stderr
    assert not (empty_home.path / "key").exists()


def test_a_file_that_is_no_database_is_left_alone(empty_home: BursarHome) -> None:
    home = on_sqlite(empty_home)
    home.path.mkdir()
    database(home).write_text("a letter\n" * 100)
    before = digest(database(home))
    assert "can't be read" in home.cli("init", check=6).stderr
    assert digest(database(home)) == before


def test_a_home_that_can_not_be_made_is_said(empty_home: BursarHome) -> None:
    done = on_sqlite(empty_home).cli("init", check=6, BURSAR_HOME="/proc/no/home")
    assert "can't be used" in done.stderr


def test_what_signs_sessions_comes_from_the_key_and_survives_a_restart(bursar_home: BursarHome) -> None:
    """SEC-38: a session is neither forged nor lost by a restart."""
    script = "from bursar import app; app.boot(); from django.conf import settings; print(settings.SECRET_KEY)"

    def secret(**environ: str) -> str:
        command = [*bursar_home.command()[:1], "-c", script]
        return subprocess.run(
            command, env=bursar_home.environ | environ, check=True, capture_output=True, text=True
        ).stdout

    first = secret()
    assert first == secret()
    assert len(first.strip()) == 64
    assert (bursar_home.path / "key").read_text().strip() not in first


def test_setting_answers_in_json_and_by_exit_codes(cli: Cli) -> None:
    listed = json.loads(cli("setting", "list", "--json", check=0).stdout)
    assert {"name", "value", "changed", "type", "default", "help"} == set(listed[0])
    said = cli("setting", "set", "HttpType", "https", check=0).stderr
    assert "https://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl" in said
    cli("Admin::Config::Update", "--setting-name", "FQDN", "--value", "x.example", check=0)
    got = json.loads(cli("setting", "get", "FQDN", "--json", check=0).stdout)
    assert (got["value"], got["changed"]) == ("x.example", True)
    assert "Did you mean FQDN?" in cli("setting", "get", "FQND", check=3).stderr
    cli("setting", "set", "HttpType", "ftp", check=2)
    assert cli("setting", "get", "HttpType", check=0).stdout == "https\n"
    cli("setting", "reset", "FQDN", check=0)
    assert cli("setting", "get", "FQDN", check=0).stdout == "localhost:8085\n"


def test_people_are_added_from_the_command_line(cli: Cli, tmp_path: Path) -> None:
    """SEC-37; a password is never in an argument list (SEC-64)."""
    file = tmp_path / "password"
    file.write_text("correct horse battery\nsecond line\n")
    cli("people", "add", "ada@example.org", "--role", "admin", "--password-file", str(file), check=0)
    cli("people", "add", "ada@example.org", "--role", "admin", "--password-file", str(file), check=6)
    bob = ("people", "add", "bob@example.org", "--role", "auditor", "--password-file", "-")
    assert "at least 12 characters" in cli(*bob, input="short\n", check=2).stderr
    cli(*bob, input="another horse battery\n", check=0)
    cli("people", "add", "eve@example.org", "--role", "owner", "--password-file", str(file), check=2)
    cli("people", "add", "eve@example.org", "--role", "admin", "--password-file", "/nowhere", check=2)
    people = json.loads(cli("people", "list", "--json", check=0).stdout)
    assert [(p["email"], p["role"]) for p in people] == [("ada@example.org", "admin"), ("bob@example.org", "auditor")]


def test_a_reader_that_goes_away_is_no_error(bursar_home: BursarHome) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        bursar_home.command("setting", "list", "--json"),
        env=bursar_home.environ,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert done.stderr == ""
