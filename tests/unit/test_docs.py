"""The documentation is true: links lead somewhere, and what is generated is up to date."""

import re
from pathlib import Path

import pytest

from tests.security_reference import GROUPS, PAGE, page, proofs

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_security_page_is_as_the_tests_say() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.security_reference`"


def test_every_item_that_a_test_names_is_on_the_security_page() -> None:
    listed = {number for _, items in GROUPS for number in items}
    assert set(proofs()) <= listed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_within_the_documentation_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name}: {target}"
