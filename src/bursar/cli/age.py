"""The options by which `bursar config export` and `import` write and read files that are encrypted with age."""

from typing import Any

from ..keyring import Secret
from .assigning import read

LARGEST_PASSPHRASE = 10_000


def age_keys(recipients: tuple[str, ...], passphrase_file: str | None) -> dict[str, Any]:
    """What to encrypt with, as `age_file.encrypted` takes it; empty for not at all. Raises InvalidInput."""
    from ..errors import InvalidInput

    if not recipients and passphrase_file is None:
        return {}
    from ..tokens import age_file

    if recipients and passphrase_file is not None:
        raise InvalidInput("A file of age has recipients or a passphrase, not both.", code="usage")
    if passphrase_file is not None:
        return {"passphrase": age_file.check_passphrase(_first_line(passphrase_file))}
    return {"recipients": age_file.read_recipients("\n".join(recipients))}


def opened(data: bytes, identity_file: str | None, passphrase_file: str | None) -> bytes:
    """The file's text, decrypted where it is a file of age. Raises InvalidInput without a key that opens it."""
    from ..errors import InvalidInput
    from ..tokens import age_file

    if not age_file.is_age(data):
        return data
    if identity_file is None and passphrase_file is None:
        raise InvalidInput(
            "The file is encrypted with age.",
            code="age_key_missing",
            action="Add --age-identity-file F or --age-passphrase-file F.",
        )
    if passphrase_file is not None:
        return age_file.decrypted(data, passphrase=_first_line(passphrase_file))
    text = read(identity_file or "", age_file.LONGEST_KEY + 1).decode(errors="replace")
    return age_file.decrypted(data, identity=Secret(text))


def _first_line(file: str) -> Secret:
    text = read(file, LARGEST_PASSPHRASE).decode(errors="replace")
    return Secret(text.partition("\n")[0].removesuffix("\r"))
