"""`bursar config`: token configurations."""

from typing import TYPE_CHECKING

import click

from .age import age_keys, opened
from .assigning import ask, pairs, read, say_held, secret_from, secret_option, set_option
from .discovery import discover, recheck
from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option
from .templates import templates

if TYPE_CHECKING:
    from ..context import Context


@click.group()
def config() -> None:
    """Token configurations: what is asked of a provider, and as whom.

    PATH is Name, Validity, a placeholder of the template such as Tenant, or a dotted path such as
    Scope or Requests.TokenByRefreshToken.Request.URL. `PATH=` empties.
    """


@config.command("list")
@json_option
@run
def list_(ctx: "Context", as_json: bool) -> None:  # noqa: ARG001
    """List the token configurations."""
    from ..tokens.inventory import list_configurations

    found = list_configurations()
    if as_json:
        emit_json(found)
        return
    columns = ("name", "flow", "validity", "template", "client_id", "held", "used_by")
    table([[row[c] for c in columns] for row in found], [c.upper().replace("_", " ") for c in columns])


@config.command()
@click.argument("name")
@json_option
@run
def show(ctx: "Context", name: str, as_json: bool) -> None:
    """Show a configuration, everything but its secret."""
    from ..tokens.inventory import show_configuration
    from ..tokens.transfer import export_documents

    found = show_configuration(ctx, name)
    if as_json:
        emit_json(found)
        return
    secret = found["secret"]
    stored = f"stored, fingerprint {secret['fingerprint']}" if secret["stored"] else "none stored"
    facts = [("Flow", found["flow"]), ("Validity", found["validity"]), ("Template", found["template"])]
    facts += [("Client secret", stored), ("Held", found["held"]), ("Used by", found["used_by"])]
    facts += [("Changed", f"{found['changed_at']} by {found['changed_by']}")]
    table(facts, (printable(found["name"]), ""))
    echo()
    echo(export_documents(ctx, [name], with_secrets=False), end="")
    if found["held"]:
        say_held([name])


@config.command(
    epilog="""\b
Examples:
  bursar config add --template google-mail --name "Sales inbox" --set ClientID=… --secret-file secret
  bursar config add --template microsoft-exchange-app --name Support \\
    --set Tenant=contoso.onmicrosoft.com --set ClientID=… --secret-file -
  bursar config templates microsoft-exchange-app        what it asks for, and what to do at the provider""",
)
@click.option("--template", "slug", required=True, help="One of `bursar config templates`.")
@click.option("--name", required=True, help="How the configuration is called here.")
@set_option
@secret_option
@run
def add(ctx: "Context", slug: str, name: str, assignments: tuple[str, ...], secret_file: str | None) -> None:
    """Add a configuration from a provider's template."""
    from ..tokens.create import create

    row = create(ctx, slug, name, pairs(assignments), secret_from(secret_file), operator())
    note(f'Added "{printable(row.name)}".')


@config.command(
    "set",
    epilog="""\b
Examples:
  bursar config set "Sales inbox" Scope='https://mail.google.com/'
  bursar config set "Sales inbox" Validity=invalid-temporarily
  bursar config set "Sales inbox" --secret-file secret
  bursar config set "Sales inbox" RevocationURL=          empties it""",
)
@click.argument("name")
@click.argument("assignments", nargs=-1, metavar="PATH=VALUE ...")
@secret_option
@run
def set_(ctx: "Context", name: str, assignments: tuple[str, ...], secret_file: str | None) -> None:
    """Change values of a configuration: all of them, or none where one is wrong."""
    from ..errors import InvalidInput
    from ..tokens import configure

    if not assignments and secret_file is None:
        raise InvalidInput("Nothing is given to change.", action="Add PATH=VALUE, or --secret-file F.")
    wanted = pairs(assignments)
    change = configure.change(ctx, name, wanted, secret_from(secret_file), operator())
    note(f'Changed "{printable(change.configuration.name)}".' if change.changed else "Nothing differs from before.")
    if change.held:
        say_held([change.configuration.name])


@config.command()
@click.argument("name")
@yes_option
@run
def confirm(ctx: "Context", name: str, yes: bool) -> None:
    """Confirm that token and secret may go where the configuration now sends them."""
    from ..tokens import configure
    from ..tokens.document import document_of

    row = configure.find(name)
    held = configure.held(row)
    if held:
        for where in sorted(set(document_of(row).destinations().values())):
            note(f"Sends to or as: {printable(where)}")
        ask(f'Release the held {" and ".join(held)} of "{printable(name)}"?', yes)
    configure.confirm(ctx, name, operator(), seen=row.generation)
    note(f'Confirmed "{printable(name)}".' if held else "Nothing was held.")


@config.command(
    "import",
    epilog="""\b
Examples:
  bursar config import --dry-run --overwrite OAuth2TokenConfigurationExport_20261124_101500.yml
  bursar config import --age-identity-file ~/.config/age/key.txt secrets.yml.age""",
)
@click.option("--overwrite", is_flag=True, help="Replace configurations of the same name; tokens stay.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--age-identity-file", metavar="F", help="Opens a file of age: an identity, or an SSH private key.")
@click.option("--age-passphrase-file", metavar="F", help="Opens a file of age: its first line is the passphrase.")
@click.argument("file")
@json_option
@run
def import_(
    ctx: "Context",
    file: str,
    overwrite: bool,
    dry_run: bool,
    age_identity_file: str | None,
    age_passphrase_file: str | None,
    as_json: bool,
) -> None:
    """Import configurations from FILE, or from standard input with -: all of them, or none.

    FILE is YAML, or an export that is encrypted with age.
    """
    from dataclasses import asdict

    from ..tokens.document.encoding import MAX_BYTES
    from ..tokens.transfer import import_documents

    data = opened(read(file, MAX_BYTES + 1), age_identity_file, age_passphrase_file)
    label = "standard input" if file == "-" else printable(file)
    result = import_documents(ctx, data, label, overwrite=overwrite, dry_run=dry_run, by=operator())
    if as_json:
        emit_json(asdict(result))
        return
    would = "would be " if dry_run else ""
    for what, names in asdict(result).items():
        for name in names:
            echo(f"{would}{what}: {printable(name)}")
    if not any(asdict(result).values()):
        note("The file holds no configuration.")
    if result.held and not dry_run:
        say_held(result.held)


@config.command(
    epilog="""\b
Examples:
  bursar config export > configurations.yml
  bursar config export --name "Sales inbox" --with-secrets --age-recipient age1… > secrets.yml.age
  bursar config export --with-secrets --age-passphrase-file phrase > secrets.yml.age"""
)
@click.option("--name", "names", multiple=True, help="Only this one; may be repeated.")
@click.option("--with-secrets", is_flag=True, help="Write the client secrets too, in clear unless --age-… is given.")
@click.option("--age-recipient", "recipients", multiple=True, metavar="R", help="Encrypt for R; may be repeated.")
@click.option("--age-passphrase-file", metavar="F", help="Encrypt with the passphrase in the first line of F.")
@run
def export(
    ctx: "Context",
    names: tuple[str, ...],
    with_secrets: bool,
    recipients: tuple[str, ...],
    age_passphrase_file: str | None,
) -> None:
    """Write configurations as YAML that Bursar and other systems of this format import. Tokens are never in it."""
    from ..tokens.transfer import export_documents

    keys = age_keys(recipients, age_passphrase_file)
    text = export_documents(ctx, names or None, with_secrets=with_secrets, by=operator(), encrypted=bool(keys))
    if keys:
        from ..tokens.age_file import encrypted

        echo(encrypted(text.encode(), **keys))
        return
    echo(text, end="")
    if with_secrets:
        note("The client secrets are in it in clear: keep it where only you can read it.")


@config.command()
@click.argument("name")
@yes_option
@run
def delete(ctx: "Context", name: str, yes: bool) -> None:
    """Delete a configuration and its tokens."""
    from ..tokens import configure

    configure.unused(name)
    confirm_or_yes(f'Delete "{printable(name)}" and its tokens?', yes)
    configure.delete(ctx, name)
    note(f'Deleted "{printable(name)}".')


config.add_command(templates)
config.add_command(discover)
config.add_command(recheck)
