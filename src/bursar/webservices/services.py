"""Web services: add, change, find, delete. The only writers of their rows and of when their invokers run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ..context import Context
from ..errors import InvalidInput, NotFound, PersonMustAct, Refused, changed_meanwhile
from ..ids import new_id
from ..keyring import Place, SealBroken, Secret
from ..reference import token_reference
from ..tokens import elsewhere, labels
from ..tokens.edit import Moves
from . import hold
from .callers import check_unused
from .models import WebService, WebServiceSchedule
from .schedule import next_after
from .service import Authentication, Service

LONGEST_PASSWORD = 1000
LONGEST_KEY = 32_768


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a document holds beside its service; None: not given, so what is stored stays."""

    password: Secret | None = None
    client_key: Secret | None = None

    @property
    def given(self) -> tuple[bool, bool]:
        return self.password is not None, self.client_key is not None

    @classmethod
    def taken_from(cls, document: dict[str, Any]) -> "Secrets":
        """Take `Password` and `ClientKey` out of a document. Raises InvalidInput where they can't be one."""
        return cls(_secret(document, "Password", LONGEST_PASSWORD), _secret(document, "ClientKey", LONGEST_KEY))


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A row of `webservice list`."""

    name: str
    base_url: str
    authentication: str
    token: str | None
    validity: str
    held: bool
    invokers: list[str]
    comment: str
    created_at: datetime
    changed_at: datetime | None


def add(ctx: Context, service: Service, secrets: Secrets, by: str, *, release: bool = False) -> WebService:
    """Store a web service; a missing label of its token is made. It is held where its token would go to a place that
    nobody has confirmed for it; `release` is a person's yes to that (`hold`).

    Raises InvalidInput, NotFound for the token, Refused where the name is taken.
    """
    _check_secrets(service, secrets, None)
    with transaction.atomic():
        row_id, now = new_id(), ctx.clock.now()
        try:
            with transaction.atomic():
                row = WebService.objects.create(
                    id=row_id,
                    **_columns(ctx, row_id, service, secrets, None, release),
                    created_at=now,
                    created_by=by,
                    changed_at=now,
                    changed_by=by,
                )
        except IntegrityError:
            raise name_taken(service.name) from None
        _plan(row, service, now)
        return row


def change(
    ctx: Context,
    row: WebService,
    service: Service,
    secrets: Secrets,
    by: str,
    seen: int | None = None,
    *,
    release: bool = False,
) -> WebService:
    """Store `service` over the row. A secret that isn't given stays; where it or the token would go to another place,
    the service is held. `release` is a person's yes to where it all goes now.

    `seen` is the generation that the change was made against. Raises as `add`, and Temporary (`changed_meanwhile`).
    """
    _check_secrets(service, secrets, row)
    if service.name != row.name:
        check_unused(row.name)
    with transaction.atomic():
        now = ctx.clock.now()
        generation = row.generation if seen is None else seen
        values = _columns(ctx, row.id, service, secrets, row, release) | {"changed_at": now, "changed_by": by}
        try:
            with transaction.atomic():
                rows = WebService.objects.filter(id=row.id, generation=generation)
                done = rows.update(**values, generation=generation + 1)
        except IntegrityError:
            raise name_taken(service.name) from None
        if not done:
            raise changed_meanwhile(row.name)
        row = find_by_id(row.id)
        _plan(row, service, now)
        return row


def set_validity(ctx: Context, row: WebService, validity: str, by: str) -> WebService:
    """Change the validity alone."""
    return change(ctx, row, replace(service_of(row), validity=validity), Secrets(), by)


def delete(row: WebService, *, seen: int | None = None) -> None:
    """Remove the service, its log, and what was to be called yet. Raises Refused where somebody calls it by name.

    With `seen` only in the generation that was seen; else raises Temporary (`changed_meanwhile`), or NotFound.
    """
    check_unused(row.name)
    with transaction.atomic():
        WebService.objects.select_for_update().filter(id=row.id).first()
        now = find_by_id(row.id)
        if seen is not None and now.generation != seen:
            raise changed_meanwhile(row.name)
        now.delete()


def find(name: str) -> WebService:
    """The service of that name. Raises NotFound."""
    row = WebService.objects.select_related("token__configuration").filter(name=name).first()
    if row is None:
        raise NotFound(
            f'There is no web service "{name}".',
            code="webservice_not_found",
            action="`bursar webservice list` shows the names.",
        )
    return row


def find_by_id(row_id: str) -> WebService:
    """The service of that id. Raises NotFound."""
    row = WebService.objects.select_related("token__configuration").filter(id=row_id).first()
    if row is None:
        raise NotFound("There is no such web service.", code="webservice_not_found")
    return row


def service_of(row: WebService) -> Service:
    """The typed value; its token by the name that it has now."""
    return Service.parse(document_of(row))


def document_of(row: WebService) -> dict[str, Any]:
    """What an administrator wrote, without secrets."""
    document: dict[str, Any] = json.loads(row.document)
    if row.token is not None:
        document["Token"] = token_reference(row.token.configuration.name, row.token.label)
    return document


def views() -> list[ServiceView]:
    """All services, sorted by name."""
    return [view_of(row) for row in WebService.objects.select_related("token__configuration").all()]


def view_of(row: WebService) -> ServiceView:
    """The service as a list shows it."""
    service = service_of(row)
    return ServiceView(
        service.name,
        service.base_url,
        str(service.authentication),
        service.token or None,
        service.validity,
        row.held,
        list(service.invokers),
        service.comment,
        row.created_at,
        row.changed_at,
    )


def password_of(ctx: Context, row: WebService) -> Secret | None:
    """The password of Basic authentication. Raises PersonMustAct where it doesn't open."""
    return _opened(ctx, row, "password")


def client_key_of(ctx: Context, row: WebService) -> Secret | None:
    """The private key of the client certificate. Raises PersonMustAct where it doesn't open."""
    return _opened(ctx, row, "client_key")


def name_taken(name: str) -> Refused:
    """The refusal of a second service of one name."""
    return Refused(f'There is a web service "{name}" already.', code="name_taken", action="Choose another name.")


def moves_of(ctx: Context, row: WebService | None, service: Service, secrets: Secrets) -> Moves:
    """What storing `service` would hold; nothing is changed. Raises NotFound for its token."""
    before = service_of(row) if row is not None else None
    try:
        token = labels.resolve(ctx, service.token).token_id if service.token else None
    except NotFound as missing:
        if missing.code != "label_not_found":
            raise
        token = ""  # the change makes it, so nobody has confirmed it for any place
    return hold.moves(row, before, service, token, secrets.given)


def confirm(ctx: Context, row: WebService, by: str, *, seen: int) -> None:
    """A person confirms that token and secrets may go where the service sends them now.

    `seen` is the generation that the person looked at. Raises Temporary (`changed_meanwhile`).
    """
    elsewhere.release(ctx, row, by, seen=seen)


def _held(row: WebService | None, service: Service, token_id: str | None, secrets: Secrets) -> bool:
    before = service_of(row) if row is not None else None
    if hold.moves(row, before, service, token_id, secrets.given):
        return True
    return row is not None and hold.stays_held(row, service, secrets.given)


def _check_secrets(service: Service, secrets: Secrets, row: WebService | None) -> None:
    """Each secret that is needed is given or stored, and none is given that isn't needed."""
    basic = service.authentication is Authentication.BASIC
    needed = {
        "Password": (basic, secrets.password, row.password if row else None),
        "ClientKey": (bool(service.client_certificate), secrets.client_key, row.client_key if row else None),
    }
    for key, (wanted, given, stored) in needed.items():
        if given is not None and not wanted:
            with_what = "the authentication Basic" if key == "Password" else "a ClientCertificate"
            raise InvalidInput(f"{key} belongs to {with_what}.", code="webservice_invalid")
        if wanted and given is None and stored is None:
            raise InvalidInput(f"{key} is missing.", code="secret_missing", action="Give it in the document.")
    if secrets.client_key is not None:
        _check_pair(service.client_certificate, secrets.client_key)


def _check_pair(certificate: str, key: Secret) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        private = load_pem_private_key(key.reveal().encode(), None)
    except (ValueError, TypeError):
        raise InvalidInput(
            "ClientKey must be a private key in PEM, without a passphrase.", code="client_key_invalid"
        ) from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = x509.load_pem_x509_certificates(certificate.encode())[0].public_key()
    if private.public_key().public_bytes(*form) != public.public_bytes(*form):
        raise InvalidInput("ClientKey doesn't belong to ClientCertificate.", code="client_key_invalid")


def _columns(
    ctx: Context, row_id: str, service: Service, secrets: Secrets, row: WebService | None, release: bool
) -> dict[str, object]:
    token = labels.resolve(ctx, service.token, create=True) if service.token else None
    sealed: Mapping[str, tuple[bool, Secret | None]] = {
        "password": (service.authentication is Authentication.BASIC, secrets.password),
        "client_key": (bool(service.client_certificate), secrets.client_key),
    }
    values: dict[str, object] = {
        "name": service.name,
        "document": json.dumps(service.document()),
        "token_id": token.token_id if token else None,
        "validity": service.validity,
        "held": not release and _held(row, service, token.token_id if token else None, secrets),
    }
    for column, (wanted, secret) in sealed.items():
        if secret is not None:
            values[column] = ctx.keyring.seal(Place("webservice", row_id, column), secret)
        else:
            values[column] = getattr(row, column) if row is not None and wanted else None
    return values


def _plan(row: WebService, service: Service, now: datetime) -> None:
    """When its invokers run by themselves. One that keeps its cron expression keeps its next moment."""
    there = {each.invoker: each for each in WebServiceSchedule.objects.filter(service=row)}
    for name, invoker in service.invokers.items():
        known = there.pop(name, None) if invoker.schedule else None
        if not invoker.schedule or (known is not None and known.cron == invoker.schedule):
            continue
        WebServiceSchedule.objects.update_or_create(
            service=row,
            invoker=name,
            defaults={"cron": invoker.schedule, "next_at": next_after(invoker.schedule, now)},
        )
    WebServiceSchedule.objects.filter(id__in=[each.id for each in there.values()]).delete()


def _opened(ctx: Context, row: WebService, column: str) -> Secret | None:
    sealed = getattr(row, column)
    if sealed is None:
        return None
    try:
        return ctx.keyring.open(Place("webservice", row.id, column), sealed)
    except SealBroken:
        raise PersonMustAct(
            f'A stored secret of the web service "{row.name}" doesn\'t open: it was changed or moved in the database.',
            code="secret_unreadable",
            action="Enter it again.",
        ) from None


def _secret(document: dict[str, Any], key: str, longest: int) -> Secret | None:
    value = document.pop(key, None)
    if value is None:
        return None
    several = key == "ClientKey"
    if not isinstance(value, str | int) or isinstance(value, bool) or not 0 < len(str(value)) <= longest:
        raise InvalidInput(f"{key} must be a text of 1 to {longest} characters.", code="webservice_invalid")
    if any(ord(sign) < 32 and not (several and sign in "\r\n") for sign in str(value)):
        raise InvalidInput(f"{key} carries control characters.", code="webservice_invalid")
    return Secret(str(value))
