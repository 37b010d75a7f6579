"""The form of a mail account: which fields it has, what stands in them, and what is wrong with them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...mail.account import interval_text
from ...mail.accounts import recipients_of, reference_of
from ...mail.models import MailAccount
from ..forms.specs import VALIDITIES, Spec, Text
from ..token_field import token_spec

PASSWORD = "Password"  # noqa: S105 - the name of a field
_TYPES: tuple[tuple[str, Text], ...] = (
    ("", gettext_lazy("As the provider of the token suggests")),
    ("IMAPS", gettext_lazy("IMAPS: IMAP, TLS first")),
    ("IMAPTLS", gettext_lazy("IMAPTLS: IMAP, then STARTTLS")),
    ("IMAP", gettext_lazy("IMAP: plain, within this machine only")),
    ("POP3S", gettext_lazy("POP3S: POP3, TLS first")),
    ("POP3TLS", gettext_lazy("POP3TLS: POP3, then STLS")),
    ("POP3", gettext_lazy("POP3: plain, within this machine only")),
    ("MSGraph", gettext_lazy("MSGraph: Microsoft Graph")),
)
_AUTH: tuple[tuple[str, Text], ...] = (("token", gettext_lazy("A token")), ("password", gettext_lazy("A password")))
_AFTER: tuple[tuple[str, Text], ...] = (
    ("delete", gettext_lazy("Delete it on the server")),
    ("move", gettext_lazy("Move it to a folder")),
    ("seen", gettext_lazy("Mark it as seen")),
    ("leave", gettext_lazy("Leave it as it is")),
)
_INTERVALS: tuple[tuple[str, Text], ...] = (
    ("1m", gettext_lazy("Every minute")),
    ("5m", gettext_lazy("Every 5 minutes")),
    ("15m", gettext_lazy("Every 15 minutes")),
    ("1h", gettext_lazy("Every hour")),
    ("never", gettext_lazy("Only when asked")),
)
SECTIONS: tuple[tuple[str, Text, Text], ...] = (
    ("bursar", gettext_lazy("In Bursar"), gettext_lazy("How colleagues find it.")),
    ("login", gettext_lazy("Mailbox"), gettext_lazy("Whose mailbox it is, and what proves it.")),
    ("server", gettext_lazy("Server"), gettext_lazy("Where the mailbox is.")),
    ("collect", gettext_lazy("Collecting"), gettext_lazy("How often, and what happens to a message afterwards.")),
    ("deliver", gettext_lazy("Delivery"), gettext_lazy("Where messages go.")),
)


def specs(account: MailAccount | None, values: Mapping[str, str]) -> list[Spec]:
    """The fields in their order."""
    intervals = _INTERVALS
    if values.get("Interval", "5m") not in dict(_INTERVALS):
        intervals = ((values["Interval"], _("Every %(span)s") % {"span": values["Interval"]}), *_INTERVALS)
    stored = account is not None and account.password is not None
    kept = _("One is stored. Leave this empty to keep it.") if stored else ""
    return [
        Spec("Name", "bursar", label=_("Name")),
        Spec("Validity", "bursar", "choice", label=_("Validity"), choices=VALIDITIES),
        Spec("Comment", "bursar", label=_("Comment"), optional=True),
        Spec(
            "Login",
            "login",
            label=_("Login"),
            mono=True,
            example="support@example.org",
            hint=_("The address of the mailbox. For a shared mailbox its own, not that of who signed in."),
        ),
        Spec("Auth", "login", "choice", label=_("It logs in with"), choices=_AUTH),
        token_spec("login", values.get("Token", "")),
        Spec("NewLabel", "login", label=_("New label"), optional=True, mono=True, hint=_(
            "Makes a further token of that configuration, for another mailbox of the same application."
        )),
        Spec(PASSWORD, "login", "secret", label=_("Password"), mono=True, optional=True, hint=kept),
        Spec("Type", "server", "choice", label=_("Type"), choices=_TYPES if account is None else _TYPES[1:]),
        Spec("Host", "server", label=_("Host"), mono=True, optional=account is None, example="imap.example.org",
             hint=_("Empty: the provider's, where it is known.") if account is None else ""),
        Spec("Port", "server", "seconds", label=_("Port"), optional=True, mono=True,
             hint=_("Empty: the usual one of the type.")),
        Spec("Folder", "server", label=_("Folder"), optional=True, example="INBOX",
             hint=_("With its path, as in INBOX/Tickets. POP3 has none.")),
        Spec("CA", "server", label=_("Own authority"), optional=True, mono=True, example="/etc/ssl/our-ca.pem",
             hint=_("A PEM file on this machine that is trusted for this server instead of the system's.")),
        Spec("Interval", "collect", "choice", label=_("How often"), choices=intervals, hint=_(
            "Where the server knows IMAP IDLE, new mail arrives within seconds besides."
        )),
        Spec("After", "collect", "choice", label=_("After delivery"), choices=_AFTER,
             hint=_("POP3 deletes or leaves.")),
        Spec("MoveTo", "collect", label=_("Folder to move to"), optional=True,
             hint=_("It is made where it is missing.")),
        Spec("Trusted", "collect", "flag", optional=True,
             label=_("Trusted: keep headers such as X-OTRS-Queue that steer a ticket system")),
        Spec("Deliver", "deliver", label=_("Destination"), mono=True, example="maildir:/var/mail/support", hint=_(
            "maildir:PATH, mbox:PATH, lmtp:HOST:PORT, smtp:HOST:PORT, pipe:COMMAND, webhook:URL or "
    "invoker:SERVICE/INVOKER."
        )),
        Spec("ByRecipient", "deliver", "lines", label=_("By recipient"), optional=True, mono=True, hint=_(
            "An address and its destination on a line, as in sales@example.org maildir:/var/mail/sales. Others go "
            "to the destination above."
        )),
    ]  # fmt: skip


def values_of(account: MailAccount | None) -> dict[str, str]:
    """What stands in the fields of an account, or of a new one."""
    if account is None:
        return {"Validity": "valid", "Auth": "token", "Interval": "5m", "After": "delete", "Folder": "INBOX"}
    after, _colon, folder = account.after.partition(":")
    table = recipients_of(account)
    return {
        "Name": account.name,
        "Validity": account.validity,
        "Comment": account.comment,
        "Login": account.login,
        "Auth": "token" if account.token_id else "password",
        "Token": reference_of(account),
        "Type": account.type,
        "Host": account.host,
        "Port": str(account.port),
        "Folder": account.folder,
        "CA": account.ca_file,
        "Interval": interval_text(account.interval),
        "After": after,
        "MoveTo": folder,
        "Trusted": "1" if account.trusted else "",
        "Deliver": account.deliver,
        "ByRecipient": "\n".join(f"{address} {deliver}" for address, deliver in sorted(table.items())),
    }
