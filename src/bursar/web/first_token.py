"""The way to the first token, with what is there already: asked of the database each time, so that nothing is ticked
that isn't so."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..handout.models import Use
from ..home import Home
from ..mail.models import MailAccount
from ..oauth2.vocabulary import Flow
from ..providers import template_of
from ..tokens.models import Configuration, Token
from .site import site_of

MOST = 2  # with more configurations than that nobody begins any more


@dataclass(frozen=True, slots=True)
class Guide:
    """What is done. `configuration` is the first one, None while there is none; `practice_port` runs just now."""

    address_settled: bool
    host: str
    configuration: Configuration | None
    template: str
    token: Token | None
    came_back: bool  # the provider has sent somebody back: the redirect URI is registered
    used: bool
    practice_port: int | None

    @property
    def authorized(self) -> bool:
        return self.token is not None and self.token.issued_at is not None

    @property
    def credentials(self) -> bool:
        """Whether the application acts for itself, so that nobody signs in."""
        return self.configuration is not None and self.configuration.flow == Flow.CLIENT_CREDENTIALS

    @property
    def steps(self) -> tuple[bool, ...]:
        """Account, address, configuration, authorized, used."""
        return (True, self.address_settled, self.configuration is not None, self.authorized, self.used)

    @property
    def now(self) -> int:
        """The number of the step to take now, counted from 1; the address alone keeps nobody from going on."""
        return next((number for number, done in enumerate(self.steps, 1) if not done and number > 2), 6)

    @property
    def heading(self) -> str:
        """How far it is."""
        if self.authorized:
            return _("The first token is there.")
        left = 1 if self.configuration is not None else 2
        return ngettext("One step to the first token.", "Two steps to the first token.", left)

    @property
    def complete(self) -> bool:
        return self.authorized and self.used


def guide(request: HttpRequest) -> Guide:
    """The guide as it stands now."""
    site = site_of(request)
    host = request.get_host()
    settled = site is not None and (site.is_https or site.is_loopback) and host == site.fqdn
    # Ids are in the order in which rows were made: the first of many is found without looking at the others.
    configuration = Configuration.objects.order_by("id").first()
    token = None
    if configuration is not None:
        token = Token.objects.filter(issued_at__isnull=False).order_by("id").first()
        token = token or Token.objects.filter(configuration=configuration, label="").first()
        if token is not None:
            configuration = token.configuration
    chosen = template_of(configuration.template) if configuration else None
    came_back = Token.objects.filter(issued_at__isnull=False, configuration__flow=Flow.AUTHORIZATION_CODE).exists()
    used = MailAccount.objects.exists() or Use.objects.exists()
    port = Home.from_environ().serving().get("practice_port")
    title = chosen.title if chosen else ""
    return Guide(settled, host, configuration, title, token, came_back, used, int(port) if port else None)


def unfinished(request: HttpRequest) -> Guide | None:
    """The guide while somebody is on the way: there is a configuration or two, and no token was used yet."""
    if not 0 < Configuration.objects.all()[: MOST + 1].count() <= MOST:
        return None
    found = guide(request)
    return None if found.complete else found
