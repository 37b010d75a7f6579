"""What the tests of the configuration's pages share: a form read from its HTML, as a browser would send it back."""

import html as entities
import re

from django.test import Client

from bursar.context import Context
from bursar.keyring import Place, Secret
from bursar.tokens import configure
from bursar.tokens.models import Configuration, Token
from tests.unit.document_samples import document

AUTHORIZATION_URL = "Requests.AuthorizationCode.Request.URL"
TOKEN_URL = "Requests.TokenByAuthorizationCode.Request.URL"
REFRESH_URL = "Requests.TokenByRefreshToken.Request.URL"


def shown(html: str) -> dict[str, str]:
    """The fields of the page's form and what stands in them."""
    found = {}
    body = html.split('<form class="card configuration')[1].split("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", body):
        attributes = dict(re.findall(r'([a-z:-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        found[attributes["name"]] = entities.unescape(attributes.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', body, re.DOTALL):
        found[name] = entities.unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        assert chosen is not None
        found[name] = chosen[1]
    found.pop("csrfmiddlewaretoken", None)
    return found


def filled(client: Client, address: str, **values: str) -> dict[str, str]:
    """The form at the address with these values in it."""
    return shown(client.get(address).content.decode()) | values


def configuration(ctx: Context, name: str = "Support", **changes: str) -> Configuration:
    """A configuration with a stored secret, no token yet; all secrets in it are canaries."""
    return configure.add(ctx, document(name, ClientSecret="cnry-stored", **changes), "ann")


def with_token(ctx: Context, row: Configuration) -> Token:
    """Give it what a consent would have brought."""
    token = Token.objects.get(configuration=row, label="")
    for column in ("access_token", "refresh_token"):
        setattr(token, column, ctx.keyring.seal(Place("tokens_token", token.id, column), Secret(f"cnry-{column}")))
    token.state, token.issued_at = "active", ctx.clock.now()
    token.save()
    return token
