"""The API put together: one object, its routers, its errors, its description."""

from .. import __version__
from . import (
    audit,
    client_secrets,
    configurations,
    discovery,
    failures,
    keys,
    mail,
    mail_tests,
    people,
    settings,
    templates,
    tokens,
    webservice_jobs,
    webservices,
)
from .auth import ManagerKey
from .described import HandOutToo
from .documentation import Documentation

DESCRIPTION = """Manages Bursar: all that its pages can do, for programs, with an API key that has the verb `manage`.

Errors are problem details (RFC 9457) with a stable `code`. Answers carry an `ETag`; send it back as `If-Match`, and a
change is refused with 412 where somebody else was faster. Lists come in parts: follow `next`. Times are RFC 3339.
Secrets go in and never come out. A change of where secrets are sent holds them until a person confirms it on the pages
or the command line. A key for all names (`--allow '*'`) with `manage` is as powerful as an administrator."""

api = HandOutToo(
    title="Bursar",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    auth=ManagerKey(),
    openapi_url="/openapi.json",
    docs=Documentation(),
    docs_url="/docs",
)
failures.register(api)
for prefix, router in (
    ("/configurations", discovery.router),  # before the other, which would take its words for ids
    ("/configurations", configurations.router),
    ("/configurations", client_secrets.router),
    ("/templates", templates.router),
    ("/tokens", tokens.router),
    ("/mail-accounts", mail.router),
    ("/mail-accounts", mail_tests.router),
    ("/webservices", webservices.router),
    ("/webservices", webservice_jobs.router),
    ("/settings", settings.router),
    ("/people", people.router),
    ("/keys", keys.router),
    ("/audit", audit.router),
):
    api.add_router(prefix, router)
