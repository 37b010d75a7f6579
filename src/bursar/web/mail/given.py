"""What a person sent in the form of a mail account, as the use cases take it, or what is wrong with it."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from ...errors import BursarError, InvalidInput
from ...keyring import Secret
from ...mail.account import AccountType, parse_interval
from ...mail.accounts import NewAccount
from ..forms.plain import Wrong, too_long
from .fields import PASSWORD

LONGEST = 4000
LONGEST_TABLE = 400_000
_OPTION = re.compile(r"^--[a-z-]+:?\s*")
_FIELDS = {
    "name_taken": "Name",
    "configuration_not_found": "Token",
    "configuration_not_valid": "Token",
    "label_not_found": "Token",
    "label_invalid": "NewLabel",
    "graph_password": "Auth",
    "password_invalid": PASSWORD,
    "password_again": PASSWORD,
    "authentication_missing": "Auth",
    "host_invalid": "Host",
    "host_missing": "Host",
    "ca_missing": "CA",
    "after_unknown": "After",
    "after_impossible": "After",
    "interval_invalid": "Interval",
    "webservice_not_found": "Deliver",
    "invoker_not_found": "Deliver",
    "table_invalid": "ByRecipient",
    "recipient_invalid": "ByRecipient",
}

_OPTIONS = {"name": "Name", "login": "Login", "folder": "Folder", "host": "Host", "after": "MoveTo"}


def values_from(post: Mapping[str, str]) -> dict[str, str]:
    """The fields as they were sent, whatever their length; the password is not among them."""
    names = (
        "Name Validity Comment Login Auth Token NewLabel Type Host Port Folder CA Interval After MoveTo Trusted Deliver"
    )
    found = {name: post.get(name, "").strip() for name in names.split()}
    found["ByRecipient"] = post.get("ByRecipient", "").replace("\r\n", "\n").strip()
    return found


def account_from(values: Mapping[str, str], password: str, *, keeps_password: bool) -> NewAccount | list[Wrong]:
    """The account, or what is wrong with it as far as that is seen without the database."""
    wrong: list[Wrong] = []
    required = {
        "Name": _("Enter a name."),
        "Login": _("Enter the address of the mailbox."),
        "Deliver": _("Say where messages go."),
    }
    wrong += [Wrong(name, sentence) for name, sentence in required.items() if not values[name]]
    most = dict.fromkeys(values, LONGEST) | {"ByRecipient": LONGEST_TABLE}
    if longer := too_long(values, most):
        return wrong + longer  # nothing reads what is too long
    token, secret = _proof(values, password, keeps_password, wrong)
    port = values["Port"]
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        wrong.append(Wrong("Port", _("A port is a number from 1 to 65535.")))
    if values["After"] == "move" and not values["MoveTo"]:
        wrong.append(Wrong("MoveTo", _("Enter the folder that messages are moved to.")))
    if values["Type"] and values["Type"] not in list(AccountType):
        wrong.append(Wrong("Type", _("Choose a type.")))
    table = _table(values["ByRecipient"], wrong)
    interval = 0
    try:
        interval = parse_interval(values["Interval"])
    except InvalidInput as problem:
        wrong.append(wrong_of(problem))
    if wrong:
        return wrong
    return NewAccount(
        name=values["Name"],
        login=values["Login"],
        deliver=values["Deliver"],
        type=AccountType(values["Type"]) if values["Type"] else None,
        host=values["Host"] or None,
        port=int(port) if port else None,
        token=token,
        password=secret,
        folder=values["Folder"] or None,
        ca_file=values["CA"],
        after=f"move:{values['MoveTo']}" if values["After"] == "move" else values["After"],
        trusted=values["Trusted"] == "1",
        recipients=table,
        validity=values["Validity"],
        comment=values["Comment"],
        interval=interval,
    )


def wrong_of(error: BursarError) -> Wrong:
    """At which field a refusal of the use cases is shown, in words without the options of the command line."""
    field = _FIELDS.get(error.code, "")
    sentence = _OPTION.sub("", error.sentence)
    if error.code.startswith("destination"):
        field = "ByRecipient" if "by-recipient" in error.sentence else "Deliver"
    if error.code == "control_characters":
        option = error.sentence.partition(" ")[0].removeprefix("--")
        field = _OPTIONS.get(option, "")
    if error.code == "host_missing":
        sentence = _("The mail server of this provider is not known. Enter its host name.")
    elif error.action and "--" not in error.action and "`" not in error.action:
        sentence = f"{sentence} {error.action}"
    return Wrong(field, sentence[:1].upper() + sentence[1:])


def _proof(
    values: Mapping[str, str], password: str, keeps: bool, wrong: list[Wrong]
) -> tuple[str | None, Secret | None]:
    if values["Auth"] == "password":
        if not password and not keeps:
            wrong.append(Wrong(PASSWORD, _("Enter the password.")))
        return None, Secret(password) if password else None
    reference = values["Token"]
    if not reference:
        wrong.append(Wrong("Token", _("Choose the token that opens the mailbox.")))
    if values["NewLabel"]:
        reference = f"{reference.rpartition('#')[0] or reference}#{values['NewLabel']}"
    return reference, None


def _table(text: str, wrong: list[Wrong]) -> dict[str, str]:
    table: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 1)
        if not words:
            continue
        address = words[0].lower()
        if len(words) != 2 or "@" not in address:
            sentence = _("Line %(number)d: write an address, a blank and a destination.") % {"number": number}
            wrong.append(Wrong("ByRecipient", sentence))
        elif address in table:
            sentence = _("Line %(number)d: %(address)s is there already.") % {"number": number, "address": address}
            wrong.append(Wrong("ByRecipient", sentence))
        else:
            table[address] = words[1].strip()
    return table
