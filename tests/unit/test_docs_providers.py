"""The pages about providers say what the program says: every template, every error code, every host."""

import re

import pytest

from bursar.providers import Template, templates
from bursar.providers.known_errors import BY_CODE, MICROSOFT
from tests.counterparts.processes import REPOSITORY

PROVIDERS = REPOSITORY / "docs" / "providers"
TEXT = "\n".join(page.read_text("utf-8") for page in sorted(PROVIDERS.glob("*.md")))


@pytest.mark.parametrize(
    "template", [each for each in templates() if each.provider not in ("", "Practice")], ids=lambda each: each.slug
)
def test_every_template_and_its_mail_hosts_are_on_a_page(template: Template) -> None:
    assert f"`{template.slug.removesuffix('-app')}`" in TEXT
    for server in template.mail:
        assert server.host in TEXT, server


def test_every_code_of_microsofts_that_is_explained_is_in_the_table_and_no_other() -> None:
    table = (PROVIDERS / "microsoft.md").read_text("utf-8").split("## When it doesn't work")[1]
    codes: set[int] = set()
    for line in table.splitlines():
        cells = line.split("|")
        if len(cells) > 2 and "AADSTS" in cells[1]:
            codes |= {int(code) for code in re.findall(r"[0-9]{5,7}", cells[1])}
    assert codes == set(MICROSOFT)


def test_every_code_of_googles_that_is_explained_is_in_the_table() -> None:
    page = (PROVIDERS / "google.md").read_text("utf-8")
    for code in BY_CODE["Google"]:
        assert f"`{code}`" in page
