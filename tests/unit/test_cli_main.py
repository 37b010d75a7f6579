"""The frame of the command line."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from bursar import __version__
from bursar.cli.main import HIDDEN, NOUNS, bursar
from tests.counterparts.processes import REPOSITORY


def call(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(bursar, args)
    return done.exit_code, done.output


def test_help_names_every_noun_the_exit_codes_and_an_example_of_each_way_in() -> None:
    code, output = call("--help")
    assert code == 0
    for noun in NOUNS:
        assert f"\n  {noun} " in output
    assert "bursar serve --practice" in output
    assert "6 refused" in output
    assert next(iter(HIDDEN)) in output


def test_help_and_version_import_neither_django_nor_any_noun() -> None:
    script = (
        "import sys\n"
        "from bursar.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "assert not [m for m in sys.modules if m.startswith(('django', 'bursar.cli.s', 'bursar.context'))]\n"
    )
    for argument in ("--help", "--version"):
        environ = {"PYTHONPATH": str(REPOSITORY / "src")}
        subprocess.run([sys.executable, "-c", script, argument], check=True, capture_output=True, env=environ)


def test_version_is_the_name_and_the_number() -> None:
    assert call("--version") == (0, f"bursar {__version__}\n")


def test_an_unknown_command_is_answered_with_a_similar_one_and_exit_code_2() -> None:
    code, output = call("tokens")
    assert code == 2
    assert "token" in output.rpartition("No such command")[2]
    assert "Did you mean" in output


@pytest.mark.parametrize("noun", ["init", "serve", "worker", "setting", "people", "completion"])
def test_every_command_teaches_by_example(noun: str) -> None:
    code, output = call(noun, "--help")
    assert code == 0
    if noun in ("setting", "people"):
        code, output = call(noun, "list" if noun == "setting" else "add", "--help")
    assert "Example" in output
    assert f"bursar {noun}" in output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_a_shell_wants(shell: str) -> None:
    code, output = call("completion", shell)
    assert code == 0
    assert "_BURSAR_COMPLETE" in output
