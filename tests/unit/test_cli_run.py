"""How commands end."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import bursar
from bursar.cli.output import emit_json, printable, table
from bursar.cli.run import confirm_or_yes, ending, yes_option
from bursar.errors import InvalidInput, NotFound, PersonMustAct, Refused, Temporary
from bursar.keyring import Secret


def command_that(raised: BaseException | None, result: int | None = None) -> click.Command:
    @click.command()
    @ending
    def command() -> int | None:
        if raised:
            raise raised
        return result

    return command


@pytest.mark.parametrize(
    ("error", "code"), [(InvalidInput, 2), (NotFound, 3), (PersonMustAct, 4), (Temporary, 5), (Refused, 6)]
)
def test_each_error_ends_in_its_exit_code_with_sentence_and_action_on_standard_error(
    error: type[NotFound], code: int
) -> None:
    done = CliRunner().invoke(command_that(error("Ada closed the door.", action="Knock.")), [])
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr == "bursar: Ada closed the door. Knock.\n"


def test_what_is_unexpected_is_one_line_with_a_reference_and_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-64: messages of unexpected errors may hold secrets."""
    monkeypatch.setenv("BURSAR_HOME", str(tmp_path))
    done = CliRunner().invoke(command_that(ValueError("canary")), [])
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    log = tmp_path / "unexpected.log"
    reference = done.stderr.partition("reference ")[2][:8]
    assert reference in log.read_text()
    assert "test_cli_run.py" in log.read_text()
    assert "canary" not in done.output + log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_command_without_a_home_to_write_to_still_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURSAR_HOME", "/proc/nowhere")
    done = CliRunner().invoke(command_that(ValueError("canary")), [])
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)


def test_the_number_a_command_returns_is_its_exit_code() -> None:
    assert CliRunner().invoke(command_that(None, 5), []).exit_code == 5
    assert CliRunner().invoke(command_that(None, None), []).exit_code == 0
    assert CliRunner().invoke(command_that(click.UsageError("no")), []).exit_code == 2


def test_without_a_terminal_nothing_prompts_and_yes_confirms() -> None:
    @click.command()
    @yes_option
    @ending
    def command(yes: bool) -> None:
        confirm_or_yes("Delete it?", yes)
        click.echo("deleted")

    assert CliRunner().invoke(command, ["--yes"]).stdout == "deleted\n"
    refused = CliRunner().invoke(command, [], input="y\n")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--yes" in refused.stderr


def test_nothing_is_printed_past_the_helpers_that_know_of_full_disks() -> None:
    for path in (Path(bursar.__file__).parent / "cli").glob("*.py"):
        assert path.name == "output.py" or "click.echo" not in path.read_text(), path


def test_json_has_times_in_rfc_3339_and_never_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """SEC-64."""
    emit_json({"at": datetime(2026, 11, 23, 14, 32, 1, 5, tzinfo=UTC), "name": "Ä"})
    assert json.loads(capsys.readouterr().out) == {"at": "2026-11-23T14:32:01Z", "name": "Ä"}
    with pytest.raises(TypeError):
        emit_json({"secret": Secret("canary")})
    with pytest.raises(ValueError):
        emit_json(float("nan"))


def test_columns_are_aligned_and_no_value_can_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    table([("a", None, True), ("日本", "x\x1b[2J", False)], ("N", "VALUE", "ON"))
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["N     VALUE     ON", "a     -         yes", "日本  x\\x1b[2J  no"]
    assert printable("a\nb\u202e") == "a\\nb\\u202e"
    table([], ("N",))
    assert capsys.readouterr().out == "N\n"
