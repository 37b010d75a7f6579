"""What `bursar mail` reads from files: passwords and tables of recipients."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BursarError, InvalidInput

if TYPE_CHECKING:
    from ..keyring import Secret

LARGEST_FILE = 4 << 20


def authentication(
    auth: str | None, token: str | None, password_file: str | None
) -> "tuple[str | None, Secret | None]":
    """The token's reference, or the password: what `--auth` asks for. Raises InvalidInput where they don't agree."""
    if not (auth or token or password_file):
        raise InvalidInput(
            "What the account logs in with is not given.",
            code="authentication_missing",
            action="Add --token NAME, or --auth password with --password-file F.",
        )
    auth = auth or ("password" if password_file and not token else "token")
    if auth == "token":
        if not token or password_file:
            raise InvalidInput("--auth token needs --token, and no --password-file.", code="authentication_missing")
        return token, None
    if token or not password_file:
        raise InvalidInput("--auth password needs --password-file, and no --token.", code="authentication_missing")
    return None, password_from(password_file)


def password_from(file: str) -> "Secret":
    """The password from a file or standard input; one newline at its end doesn't belong to it."""
    from ..keyring import Secret

    text = _text(file, "--password-file")
    return Secret(text.removesuffix("\n").removesuffix("\r"))


def table_from(file: str) -> dict[str, str]:
    """Lines of an address, blanks, and a destination; `#` begins a comment. Raises InvalidInput that names the line."""
    from ..mail.accounts import check_table

    table: dict[str, str] = {}
    for number, line in enumerate(_text(file, "--by-recipient").splitlines(), 1):
        words = line.strip().split(None, 1)
        if not words or words[0].startswith("#"):
            continue
        address = words[0].lower()
        if len(words) != 2 or address in table:
            problem = "is there twice" if address in table else "has no destination"
            raise InvalidInput(f"--by-recipient: line {number}: {address} {problem}.", code="table_invalid")
        table[address] = words[1].strip()
        try:
            check_table({address: table[address]})
        except BursarError as problem:
            sentence = problem.sentence.removeprefix("--by-recipient: ")
            raise type(problem)(
                f"--by-recipient: line {number}: {sentence}", code=problem.code, action=problem.action
            ) from None
    return table


def data_of(file: str, limit: int, option: str) -> bytes:
    """A file's bytes, or standard input's with `-`. Raises InvalidInput where it can't be read or is larger."""
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError as problem:
        raise InvalidInput(f"{option}: {file} can't be read: {problem.strerror}.", code="file_unreadable") from None
    if len(data) > limit:
        raise InvalidInput(f"{option}: {file} is larger than {limit} bytes.", code="file_too_large")
    return data


def _text(file: str, option: str) -> str:
    try:
        return data_of(file, LARGEST_FILE, option).decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{option}: {file} is not UTF-8 text.") from None
