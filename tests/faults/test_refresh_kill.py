"""A process is killed in the middle of a refresh, at each point where something could be lost (SEC-25, SEC-68)."""

import pytest

from bursar.testing import FakeProvider
from tests.counterparts.home import BursarHome
from tests.integration.documents import as_yaml, consent_document

NAME = "Sales inbox"
KILLED = -9


@pytest.fixture
def home(bursar_home: BursarHome, provider: FakeProvider) -> BursarHome:
    """A home whose one token has expired."""
    document = as_yaml(consent_document(NAME, provider, "client", "secret"))
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=document, check=0)
    with bursar_home.start("token", "authorize", "--paste", NAME) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        process.communicate(provider.sign_in(address) + "\n", timeout=60)
    bursar_home.sql("UPDATE tokens_token SET issued_at = 1000000, expires_at = 2000000")
    return bursar_home


def test_killed_before_the_call_the_next_process_refreshes_at_once(home: BursarHome, provider: FakeProvider) -> None:
    """The attempt is on disk, the provider was not called, the dead process's lease holds nobody up."""
    assert home.cli("token", "get", NAME, BURSAR_FAILPOINT="attempt-written").returncode == KILLED
    assert provider.refreshes == 0
    home.cli("token", "get", NAME, check=0)
    assert provider.refreshes == 1
    assert not provider.family_revoked


def test_killed_after_the_commit_the_token_is_there(home: BursarHome, provider: FakeProvider) -> None:
    assert home.cli("token", "get", NAME, BURSAR_FAILPOINT="answer-committed").returncode == KILLED
    home.cli("token", "get", NAME, check=0)
    assert provider.refreshes == 1


def test_killed_between_answer_and_commit_the_loss_is_said(home: BursarHome, provider: FakeProvider) -> None:
    """The one window that can't be closed: it is tried once more, and then explained to a person."""
    assert home.cli("token", "get", NAME, BURSAR_FAILPOINT="answer-received").returncode == KILLED
    assert provider.refreshes == 1
    refused = home.cli("token", "get", NAME, check=4)
    assert "the answer with the new one was lost" in refused.stderr
    assert "bursar token authorize 'Sales inbox'" in refused.stderr


def test_a_provider_with_a_grace_period_heals_even_that(home: BursarHome, provider: FakeProvider) -> None:
    """Auth0, Okta and others take the old refresh token once more: then nothing was lost."""
    provider.rules.rotate = False
    assert home.cli("token", "get", NAME, BURSAR_FAILPOINT="answer-received").returncode == KILLED
    home.cli("token", "get", NAME, check=0)
