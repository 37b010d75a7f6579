"""A client secret in every configuration that shares it, and what else is stored by the API of secrets."""

import pytest

from bursar.keyring import Secret
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration
from tests.unit.api_scene import Api
from tests.unit.forms_scene import configuration

pytestmark = pytest.mark.django_db(transaction=True)
NEW = {"client_secret": "cnry-new", "expires": "2028-05-22"}


def stored(api: Api) -> dict[str, Secret | None]:
    return {row.name: secret_of(api.ctx, row) for row in Configuration.objects.all()}


def test_a_secret_is_replaced_in_all_that_share_it_or_in_none(api: Api) -> None:
    """SEC-41, SEC-45"""
    row, other, third = (configuration(api.ctx, name) for name in ("Support", "Sales", "Third"))
    where = f"/configurations/{row.id}"
    shared = api.ask("GET", f"{where}/sharing").json
    assert [(each["name"], each["same_server"], each["held"]) for each in shared] == [
        ("Sales", True, False),
        ("Third", True, False),
    ]
    limited = api.new_key("limited", "S*")
    assert [each["name"] for each in api.ask("GET", f"{where}/sharing", key=limited).json] == ["Sales"]
    before = stored(api)
    assert api.ask("POST", f"{where}/secret", NEW | {"also": [other.id, third.id]}, key=limited).status == 404
    Configuration.objects.filter(pk=third.pk).update(secret_held=True)
    assert api.ask("POST", f"{where}/secret", NEW | {"also": [other.id, third.id]}).code == "secret_held"
    elsewhere = api.ask(
        "POST", "/configurations", {"template": "any-app", "name": "X", "set": {"TokenURL": "https://x.example/t"}}
    )
    assert api.ask("POST", f"{where}/secret", NEW | {"also": [elsewhere.json["id"]]}).code == "client_differs"
    assert stored(api) == before | {"X": None}
    said = api.ask("POST", f"{where}/secret", NEW | {"also": [other.id]}, key=limited)
    assert said.json == {"configurations": [row.id, other.id]}
    assert stored(api) == before | {"X": None, "Support": Secret("cnry-new"), "Sales": Secret("cnry-new")}
    other.refresh_from_db()
    assert str(document_of(other).options.client_secret_expires) == "2028-05-22"
    assert b"cnry-" not in said.response.content + api.ask("GET", where).response.content


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("two\nlines", "secret_invalid"),
        ("a\0b", "secret_invalid"),
        ("x" * 5000, "secret_too_long"),
        ("", "invalid_input"),
    ],
)
def test_what_no_provider_takes_is_not_stored(api: Api, secret: str, code: str) -> None:
    """SEC-66"""
    row = configuration(api.ctx, "Support")
    before = stored(api)
    new = {"template": "any-app", "name": "New", "set": {"TokenURL": "https://x.example/t"}}
    for method, path, body in (
        ("POST", "/configurations", new),
        ("PATCH", f"/configurations/{row.id}", {}),
        ("POST", f"/configurations/{row.id}/secret", {}),
    ):
        refused = api.ask(method, path, body | {"client_secret": secret})
        assert (refused.status, refused.code) == (422, code), path
    assert stored(api) == before
