"""What a step of the test saw, and the ways out of one that failed, in the language of the page.

The core says both in English, as the command line shows them and as they are kept. Which forms they have is known by
the step; what has none of them (a server's own words) stays as it is.
"""

import re

from django.utils.translation import gettext, gettext_noop, ngettext

from ...sentences import match_one

_TOKEN = re.compile(r'(".*" is valid until [^,]+)((?:, .*)?)', re.DOTALL)
_PARTS = re.compile(r", (?=issued for |for the service |scope )")
_MORE = re.compile(r"(.+); so do (\d+) more by recipient", re.DOTALL)
_COUNT = re.compile(r"(\d{1,18}) messages")

_FORMS: dict[str, tuple[str, ...]] = {
    "name": (gettext_noop("%(host)s is %(addresses)s"),),
    "address": (gettext_noop("%(peer)s may be connected to"),),
    "TCP": (gettext_noop("port %(port)s answers"),),
    "TLS": (
        gettext_noop("none: plain, within this machine"),
        gettext_noop("to the provider, through the proxy"),
        gettext_noop("%(cipher)s, certificate for %(names)s by %(issuer)s, verified, ends %(day)s"),
        gettext_noop("%(cipher)s, certificate for %(names)s, verified, ends %(day)s"),
        gettext_noop("%(cipher)s, certificate for %(names)s, verified"),
    ),
    "capabilities": (gettext_noop("logins %(logins)s; extensions %(extensions)s"),),
    "token": (
        gettext_noop('"%(name)s" is valid until %(moment)s'),
        gettext_noop("issued for %(who)s"),
        gettext_noop("for the service %(service)s"),
        gettext_noop("scope %(scope)s"),
        gettext_noop("a fresh one was obtained"),
    ),
    "login": (gettext_noop("refused: %(answer)s"), gettext_noop("%(login)s by %(mechanism)s")),
    "folder": (
        gettext_noop('"%(folder)s" opens, UIDVALIDITY %(number)s'),
        gettext_noop('"%(folder)s" opens'),
        gettext_noop("the inbox opens, and its messages have lasting ids (UIDL)"),
    ),
    "destination": (
        gettext_noop("%(place)s can be written to"),
        gettext_noop("%(place)s will be made"),
        gettext_noop("%(program)s is a program that can be run"),
        gettext_noop("the web service %(service)s has the invoker %(invoker)s; it was not called"),
        gettext_noop("the webhook is reached, and answers %(status)s to HEAD; nothing was posted"),
        gettext_noop("%(host)s answers %(protocol)s with TLS"),
        gettext_noop("%(host)s answers %(protocol)s"),
    ),
    "choice": (
        gettext_noop("Give the application the permission"),
        gettext_noop("Request a new token"),
        gettext_noop("Or write another login"),
        gettext_noop("Give %(user)s full access to the mailbox"),
        gettext_noop("Or sign in as the mailbox itself"),
        gettext_noop("Check the login"),
        gettext_noop("Enter the login and password anew"),
        gettext_noop("Change the scope, then request a new token"),
        gettext_noop("Or choose another type or token"),
        gettext_noop("Change the account"),
    ),
}


def seen_in(step: str, text: str) -> str:
    """What the step saw, in the active language; `choice` is the title of a way out."""
    if step == "count" and (found := _COUNT.fullmatch(text)):
        count = int(found[1])
        return ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
    if step == "destination" and (found := _MORE.fullmatch(text)):
        count = int(found[2])
        said = ngettext(
            "%(first)s; so does %(count)d more by recipient", "%(first)s; so do %(count)d more by recipient", count
        )
        return said % {"first": _said(step, found[1]), "count": count}
    if step == "token" and (found := _TOKEN.fullmatch(text)):
        return ", ".join(_said(step, part) for part in (found[1], *_PARTS.split(found[2])) if part)
    return _said(step, text)


def _said(step: str, text: str) -> str:
    for msgid in _FORMS.get(step, ()):
        found = match_one(text, msgid)
        if found is not None:
            return found.filled(gettext(msgid))
    return text
