"""The API against its own description, asked by a program that has read nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.counterparts.home import BursarHome

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


@pytest.mark.once
@pytest.mark.slow
def test_every_operation_answers_as_it_is_described(bursar_home: BursarHome, tmp_path: Path) -> None:
    """On a running server, the hand-out included: schemathesis finds nothing (SEC-42, SEC-44, SEC-66)."""
    url = "Requests.TokenByClientCredentials.Request.URL=https://sso.example/token"
    for name in ("Sales inbox", "With / and #"):
        bursar_home.cli("config", "add", "--template", "any-app", "--name", name, "--set", url, check=0)
    key = bursar_home.cli("key", "new", "--name", "k", "--allow", "*", "--verbs", "read,refresh,manage", check=0)
    serving = bursar_home.serve("--no-worker")
    (tmp_path / "schemathesis.toml").write_text(
        f'headers = {{ Authorization = "Bearer {key.stdout.strip()}" }}\nbase-url = "{serving.url}"\n'
    )
    asked = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{serving.url}/api/v1/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--seed", "1", "--no-color"),
            *("--checks", ",".join(CHECKS), "--generation-database", "none", "--suppress-health-check", "all"),
            *("--request-timeout", "30", "--max-failures", "25"),
        ],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout[-8000:] + asked.stderr[-2000:]
    assert "no failures" in asked.stdout.lower() or "0 failures" in asked.stdout.lower() or "passed" in asked.stdout
