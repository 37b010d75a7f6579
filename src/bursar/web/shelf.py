"""The template catalogue as a page shows it: products by provider, each with its flows, narrowed by a search."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..oauth2.vocabulary import Flow
from ..providers import Template
from ..sentences import said

Text = str | Promise
FLOWS = (("", _("Both flows")), ("code", _("A person")), ("credentials", _("The application")))
PROTOCOLS = {"imap": "IMAP", "pop3": "POP3", "smtp": "SMTP", "graph": "Microsoft Graph"}


@dataclass(slots=True)
class Product:
    """What a person looks for, with the template of each flow that leads to it."""

    title: Text
    about: Text
    code: Template | None = None
    credentials: Template | None = None
    code_address: str = ""
    credentials_address: str = ""
    blocked: Text = ""  # why nothing can be chosen just now
    words: str = ""


@dataclass(slots=True)
class Shelf:
    """One provider's products; an empty provider holds what isn't in the list."""

    provider: str
    products: list[Product] = field(default_factory=list)


def shelves(templates: Iterable[Template], practice: bool, discover: str = "") -> list[Shelf]:
    """Everything there is, by provider; those of no provider come last. `discover` is the address of discovery."""
    products: dict[tuple[str, str], Product] = {}
    for template in sorted(templates, key=_order):
        base = template.slug.removesuffix("-app").removesuffix("-code")
        product = products.setdefault((template.provider, base), Product(_title(template), _about(template)))
        address = f"/configurations/add/{template.slug}"
        if template.flow == Flow.CLIENT_CREDENTIALS:
            product.credentials, product.credentials_address = template, address
        else:
            product.code, product.code_address = template, address
            product.title, product.about = _title(template), _about(template)
        product.words = " ".join((product.words, *_words(template)))
    found: dict[str, Shelf] = {}
    for (provider, base), product in products.items():
        if base == "practice":
            product.about = _("Built in: a first token in a minute, nothing to register.")
            product.blocked = "" if practice else _("It is not running: start `bursar serve --practice`.")
            provider = ""
        found.setdefault(provider, Shelf(provider)).products.append(product)
    last = found.pop("", Shelf(""))
    if discover:
        both = Product(_("Any provider, from its address"), _("Bursar reads the endpoints itself."))
        both.code_address = both.credentials_address = discover
        both.words = "any provider discovery issuer openid rfc 8414 well-known"
        last.products.insert(0, both)
    return [*found.values(), last]


def narrowed(found: Iterable[Shelf], query: str, flow: str) -> list[Shelf]:
    """What every word of the query is found in, and what has the flow; shelves without any product are left out."""
    words = query.casefold().split()

    def fits(shelf: Shelf, product: Product) -> bool:
        text = f"{shelf.provider} {product.title} {product.about} {product.words}".casefold()
        has_flow = not flow or bool(product.code_address if flow == "code" else product.credentials_address)
        return has_flow and all(word in text for word in words)

    return [shelf for shelf in (_kept(shelf, fits) for shelf in found) if shelf.products]


def _kept(shelf: Shelf, fits: Callable[[Shelf, Product], bool]) -> Shelf:
    return Shelf(shelf.provider, [product for product in shelf.products if fits(shelf, product)])


def _order(template: Template) -> tuple[str, int, str]:
    """By provider, and with it the plain product before its variants ("…, US Government")."""
    return template.provider.casefold(), template.title.count(",") + template.slug.endswith("-app"), template.title


def _title(template: Template) -> Text:
    if template.provider:
        return said(template.title)
    return _("Any provider, by hand")


def _about(template: Template) -> Text:
    if not template.provider:
        return _("You enter the endpoints.")
    return ", ".join(PROTOCOLS.get(server.protocol, server.protocol) for server in template.mail)


def _words(template: Template) -> list[str]:
    """What a person may type to find it: its name, the hosts of its mail, its endpoints."""
    urls = [parts["Request"]["URL"] for parts in template.config["Requests"].values()]
    return [template.slug, template.title, *(server.host for server in template.mail), *urls]
