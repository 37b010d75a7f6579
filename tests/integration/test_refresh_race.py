"""The race: eight processes with fifty callers each meet at an expired token of a provider that detects reuse."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, consent_document

PROCESSES = 8
CALLERS = 50
ROUNDS = 50
NAME = "Sales inbox"

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]


def authorize(home: BursarHome, provider: OidcProvider, name: str = NAME) -> None:
    """Go through consent by `token authorize --paste`, with the scripted browser at the provider."""
    with home.start("token", "authorize", "--paste", name) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith(provider.authorization_url), address
        _, errors = process.communicate(provider.sign_in(address) + "\n", timeout=60)
    assert process.returncode == 0, errors


def test_one_refresh_for_four_hundred_callers_and_nobody_goes_without(
    bursar_home: BursarHome, oidc_provider: OidcProvider
) -> None:
    """SEC-22: fifty rounds, each with exactly one refresh, four hundred equal answers, and the family alive."""
    document = as_yaml(consent_document(NAME, oidc_provider, "code-post", "code-post-secret"))
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=document, check=0)
    authorize(bursar_home, oidc_provider)

    with ExitStack() as stack:
        racers = [stack.enter_context(racer(bursar_home)) for _ in range(PROCESSES)]
        for process in racers:
            assert line_of(process) == "ready"
        for number in range(ROUNDS):
            # Mostly as fast as the provider can, and sometimes slowly, so that many wait at the lease.
            oidc_provider.delay(0.3 if number % 10 == 0 else 0)
            before = oidc_provider.counts()
            expire(bursar_home)
            for process in racers:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            answers: dict[str, int] = {}
            for process in racers:
                for answer, count in json.loads(line_of(process)).items():
                    answers[answer] = answers.get(answer, 0) + count
            after = oidc_provider.counts()
            assert len(answers) == 1, f"round {number}: {answers}"
            assert list(answers.values()) == [PROCESSES * CALLERS]
            assert not next(iter(answers)).startswith("refused")
            assert asked(after) - asked(before) == 1, f"round {number}: {before} {after}"
            assert after["refused"] == before["refused"]


def racer(home: BursarHome) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("race_worker.py")), NAME],
        env=home.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    output: IO[str] | None = process.stdout
    assert output is not None
    return output.readline().strip()


def asked(counts: dict[str, dict[str, int]]) -> int:
    return counts["asked"].get("refresh_token", 0)


def expire(home: BursarHome) -> None:
    """Let the stored access token have ended long ago, behind everybody's back."""
    home.sql("UPDATE tokens_token SET issued_at = 1000000, expires_at = 2000000")
