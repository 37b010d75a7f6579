"""The command `bursar`: a group of nouns, each imported only when it is used."""

import difflib
import os
import sys
from importlib import import_module
from typing import Any

import click

from .. import __version__

OTRS_NAME = "Admin::Config::Update"

NOUNS: dict[str, tuple[str, str]] = {
    "init": ("bursar.cli.init:init", "Make home, key and database."),
    "serve": ("bursar.cli.serve:serve", "Serve the pages, and keep tokens alive."),
    "door": ("bursar.cli.door:door", "Hand out tokens in a process of its own."),
    "worker": ("bursar.cli.worker:worker", "Keep tokens alive in a process without pages."),
    "config": ("bursar.cli.config:config", "Token configurations: add, change, import, export."),
    "token": ("bursar.cli.token:token", "Tokens: authorize, request, get, refresh, revoke."),
    "key": ("bursar.cli.key:key", "API keys for programs: new, list, set, revoke."),
    "mail": ("bursar.cli.mail:mail", "Mail accounts: add, test, fetch."),
    "webservice": ("bursar.cli.webservice:webservice", "Web services: import, run, log."),
    "setting": ("bursar.cli.setting:setting", "The system configuration: list, get, set, reset."),
    "audit": ("bursar.cli.audit:audit", "The audit log: list, verify."),
    "people": ("bursar.cli.people:people", "Who may sign in: list, add."),
    "completion": ("bursar.cli.completion:completion", "Print what makes your shell complete Bursar's commands."),
}
HIDDEN = {OTRS_NAME: "bursar.cli.setting:update"}

EPILOG = f"""\b
A first look, with a provider to practise on:
  bursar serve --practice
\b
From a configuration to a token:
  bursar config import configurations.yml
  bursar token authorize "Support mailbox"
  bursar token get "Support mailbox"
\b
The name that administrators of OTRS and Znuny know works too:
  bursar {OTRS_NAME} --setting-name HttpType --value https
\b
Exit codes: 0 done, 1 unexpected, 2 usage or invalid input, 3 no such thing,
4 a person must act, 5 temporary: try again, 6 refused.
\b
Environment: BURSAR_HOME (default ~/.local/share/bursar), BURSAR_DATABASE_URL,
BURSAR_LISTEN, and one of BURSAR_KEY_FILE, BURSAR_KEY, BURSAR_KEY_COMMAND."""


class Nouns(click.Group):
    """Knows the nouns by name and one line of help, and imports a noun's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        target = NOUNS[cmd_name][0] if cmd_name in NOUNS else HIDDEN.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with. An unknown one is a usage error (exit 2) that names similar ones."""
        name = args[0]
        near = difflib.get_close_matches(name, NOUNS)
        if name not in NOUNS and name not in HIDDEN and near and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}. Did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of nouns for `bursar --help`, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in NOUNS.items()])


@click.group(
    cls=Nouns, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="bursar", message="%(prog)s %(version)s")
def bursar() -> None:
    """Bursar keeps OAuth2 tokens alive, and hands them to the mail accounts and programs that need them.

    Every command explains itself with --help. Lists and answers come as JSON with --json.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit."""
    if sys.stdin is None:  # closed by whoever started us: nobody answers
        sys.stdin = open(os.devnull)  # noqa: SIM115 - for the life of the process
    try:
        return bursar.main(arguments if arguments is not None else sys.argv[1:], prog_name="bursar")
    except OSError as problem:  # a command's own are handled by `ending`: this is a help text that can't be written
        from .output import give_up, note

        give_up(sys.stdout)
        note(f"bursar: The answer can't be written to standard output: {problem.strerror}.")
        sys.exit(5)
