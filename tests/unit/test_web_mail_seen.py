"""What a test of an account saw, in the language of the page."""

import pytest
from django.utils import translation

from bursar.errors import PersonMustAct
from bursar.mail.account import AccountType
from bursar.mail.login import Target
from bursar.mail.probe.choices import choices_for
from bursar.web.mail.seen import seen_in

TARGET = Target(AccountType.IMAPS, "imap.example.org", 993, "a@b.example", "Google")
GRAPH = Target(AccountType.MSGRAPH, "graph.microsoft.com", 443, "a@b.example", "Graph")
CODES = ("mailbox_not_permitted", "login_refused", "password_missing", "wrong_audience", "folder_refused")


@pytest.mark.parametrize(
    ("step", "seen", "german"),
    [
        ("token", '"A, scope B" is valid until 12:00, issued for a@b, for the service Exchange Online, scope x y',
         "„A, scope B“ gilt bis 12:00, ausgestellt für a@b, für den Dienst Exchange Online, Scope x y"),
        ("count", "1 messages", "1 Mail"),
        ("destination", "/a will be made; so do 2 more by recipient",
         "/a wird angelegt; 2 weitere nach Empfänger auch"),
        ("TLS", "TLSv1.3 X, certificate for a, verified", "TLSv1.3 X, Zertifikat für a, geprüft"),
        ("login", "refused: [AUTH] no", "abgewiesen: [AUTH] no"),
        ("capabilities", "whatever it is", "whatever it is"),
    ],
)  # fmt: skip
def test_a_step_is_said_in_the_page_s_language(step: str, seen: str, german: str) -> None:
    with translation.override("de"):
        assert seen_in(step, seen) == german


def test_every_way_out_has_a_german_title() -> None:
    for target in (TARGET, GRAPH, Target(AccountType.IMAPS, "h", 993, "a@b.example")):
        for code in CODES:
            for choice in choices_for(PersonMustAct("x", code=code), target, "ann@b.example"):
                assert seen_in("choice", choice.title) == choice.title
                with translation.override("de"):
                    assert seen_in("choice", choice.title) != choice.title
