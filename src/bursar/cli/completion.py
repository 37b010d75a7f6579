"""`bursar completion`: what makes a shell complete Bursar's commands."""

import click
from click.shell_completion import get_completion_class

from .output import echo
from .run import ending


@click.command(
    epilog="""\b
Examples:
  bursar completion bash > ~/.local/share/bash-completion/completions/bursar
  bursar completion zsh  > ~/.zfunc/_bursar
  bursar completion fish > ~/.config/fish/completions/bursar.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@ending
def completion(shell: str) -> None:
    """Print what makes your SHELL complete Bursar's commands."""
    from .main import bursar

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    echo(found(bursar, {}, "bursar", "_BURSAR_COMPLETE").source())
