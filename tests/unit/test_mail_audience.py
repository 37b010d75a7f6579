"""For whom a token is: the commonest mistake is told before the server refuses."""

import base64
import json

import pytest

from bursar.keyring import Secret
from bursar.mail.account import AccountType
from bursar.mail.audience import Claims, claims_of, problem

IMAPS, POP3S, GRAPH = AccountType.IMAPS, AccountType.POP3S, AccountType.MSGRAPH


def jwt(**claims: object) -> Secret:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return Secret(f"e30.{body}.x")


def test_a_jwt_says_for_whom_and_whose_it_is() -> None:
    claims = claims_of(jwt(aud=["https://outlook.office.com"], scp="IMAP.AccessAsUser.All", upn="a@b"))
    assert claims == Claims("https://outlook.office.com", "IMAP.AccessAsUser.All", "a@b")
    assert claims.service == "Exchange Online"
    assert claims_of(jwt(aud="x\n", roles=["IMAP.AccessAsApp"])).scope == "IMAP.AccessAsApp"


@pytest.mark.parametrize(
    "text", ["opaque", "a.b.c", "a.!!.c", "a." + "e" * 20_000 + ".c", "a.W10.c", "a.IjEi.c", "..."]
)
def test_what_says_nothing_of_itself_is_no_problem(text: str) -> None:
    assert claims_of(Secret(text)) == Claims()
    assert problem(IMAPS, Claims(), "", "X") is None


@pytest.mark.parametrize(
    ("kind", "claims", "scope", "code"),
    [
        (IMAPS, Claims("https://graph.microsoft.com"), "", "wrong_audience"),
        (POP3S, Claims("00000003-0000-0000-c000-000000000000"), "", "wrong_audience"),
        (IMAPS, Claims(), "https://graph.microsoft.com/Mail.ReadWrite offline_access", "wrong_audience"),
        (GRAPH, Claims("https://outlook.office365.com/"), "", "wrong_audience"),
        (GRAPH, Claims(), "https://outlook.office.com/IMAP.AccessAsUser.All", "wrong_audience"),
        (POP3S, Claims("https://outlook.office.com", "IMAP.AccessAsUser.All"), "", "scope_missing"),
        (IMAPS, Claims("https://outlook.office.com", "IMAP.AccessAsUser.All SMTP.Send"), "", None),
        (POP3S, Claims("https://outlook.office.com", "POP.AccessAsApp"), "", None),
        (GRAPH, Claims("https://graph.microsoft.com", "Mail.ReadWrite"), "", None),
        (IMAPS, Claims("somebody-else"), "mail", None),
        (IMAPS, Claims(), "https://mail.google.com/", None),
        (IMAPS, Claims(), "https://graph.microsoft.com/X https://outlook.office.com/IMAP.AccessAsUser.All", None),
    ],
)
def test_a_token_for_another_service_is_told(kind: AccountType, claims: Claims, scope: str, code: str | None) -> None:
    """SEC-58."""
    found = problem(kind, claims, scope, "Name")
    assert (found.code if found else None) == code
    if code == "wrong_audience":
        assert found is not None
        assert "This token is for" in found.sentence
        assert "bursar token authorize 'Name'" in found.action
