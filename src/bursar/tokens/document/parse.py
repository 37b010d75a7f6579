"""From the plain tree to typed values, and from a file to documents: every rule is checked here and nowhere else."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ...errors import InvalidInput
from ...keyring import Secret
from ...oauth2.plan import RequestPlan
from ...oauth2.urls import EndpointUrl
from ...oauth2.vocabulary import ClientAuthentication, Flow
from . import parameters, schema
from .model import ASSUMED_LIFETIME, Options, TokenConfigurationDocument, Validity
from .tree import entry_name, read_entry
from .violations import EnoughViolations, Unreadable, Violations, quoted
from .yaml_reader import entries

_FLOWS = {
    schema.AUTHORIZATION_CODE: Flow.AUTHORIZATION_CODE,
    schema.CLIENT_CREDENTIALS: Flow.CLIENT_CREDENTIALS,
}


def read_documents(data: bytes, file_name: str) -> list[TokenConfigurationDocument]:
    """The documents of a file: a list of entries, or one entry alone.

    Raises InvalidInput (`document_invalid`) that names up to twenty broken rules, one a line; nothing is returned then.
    """
    violations = Violations(file_name)
    documents: list[TokenConfigurationDocument] = []
    places: dict[str, int] = {}
    try:
        with _without_garbage_collection():
            for number, node in enumerate(entries(data), start=1):
                name = entry_name(node)
                violations.where = f"entry {number}" + (f" {quoted(name)}" if name is not None else "")
                raw = read_entry(node, violations)
                if raw is None:
                    continue
                if raw.name in places:
                    violations.add("Name", f"is the name of entry {places[raw.name]} too")
                    continue
                places[raw.name] = number
                document = typed(raw.name, Validity.of_valid_id(raw.valid_id), raw.tree, violations)
                if document is not None:
                    documents.append(document)
    except EnoughViolations:
        pass
    except Unreadable as problem:
        violations.add_unreadable(problem)
    violations.check()
    return documents


def document_of_tree(
    name: str, validity: Validity, tree: dict[str, Any], source: str = ""
) -> TokenConfigurationDocument:
    """The document of a plain `Config` tree whose types are right. Raises InvalidInput with all broken rules."""
    violations = Violations(source)
    document = None
    try:
        if rule := schema.name_rule(name):
            violations.add("Name", rule)
        violations.where = quoted(name)
        document = typed(name, validity, tree, violations)
    except EnoughViolations:
        pass
    violations.check()
    assert document is not None
    return document


def typed(
    name: str, validity: Validity, tree: dict[str, Any], violations: Violations
) -> TokenConfigurationDocument | None:
    """Check the rules of a tree and make the document of it; None where violations were noted."""
    before = violations.count
    auth_flow = tree.get("AuthFlow", schema.AUTHORIZATION_CODE)
    requests = _plans(auth_flow, tree.get("Requests"), violations)
    options = _options(tree, requests, violations)
    if violations.count != before or options is None:
        return None
    secret = tree.get("ClientSecret")
    stored = {**tree, "ClientSecret": None} if "ClientSecret" in tree else tree
    notifications = tree.get("Notifications", {})
    known = schema.LEAVES.keys() | {"Requests", "Notifications"}
    return TokenConfigurationDocument(
        name=name,
        validity=validity,
        flow=_FLOWS[auth_flow],
        client_id=tree.get("ClientID") or None,
        client_secret=Secret(secret) if secret else None,
        scope=tree.get("Scope") or None,
        template_name=tree.get("TemplateName") or None,
        notify_on_expired_token=bool(notifications.get("NotifyOnExpiredToken", 0)),
        notify_on_expired_refresh_token=bool(notifications.get("NotifyOnExpiredRefreshToken", 0)),
        requests=MappingProxyType(requests),
        options=options,
        extras=MappingProxyType({key: value for key, value in tree.items() if key not in known}),
        source=json.dumps(stored, ensure_ascii=False, sort_keys=True, allow_nan=False),
    )


def _plans(auth_flow: str, requests: Any, violations: Violations) -> dict[str, RequestPlan]:
    plans: dict[str, RequestPlan] = {}
    requests = requests or {}
    for kind in schema.NEEDED[auth_flow]:
        if kind not in requests:
            violations.add(f"Config.Requests.{kind}", "is missing")
    for kind, parts in requests.items():
        path = f"Config.Requests.{kind}"
        request = parts.get("Request", {})
        if "URL" not in request:
            violations.add(f"{path}.Request.URL", "is missing")
            continue
        url = _url(request["URL"], f"{path}.Request.URL", violations)
        literals = request.get("Parameters", {})
        autofill = request.get("AutofilledParametersMapping", {})
        for place, rule in parameters.broken(kind, literals, autofill):
            violations.add(f"{path}.{place}", rule)
        if url is not None:
            mapping = parts.get("Response", {}).get("ParametersMapping", {})
            plans[kind] = RequestPlan(url=url, literals=literals, autofill=autofill, mapping=mapping)
    return plans


def _options(tree: dict[str, Any], requests: dict[str, RequestPlan], violations: Violations) -> Options | None:
    before = violations.count
    urls = {key: _url(tree[key], f"Config.{key}", violations) for key in schema.URL_OPTIONS if tree.get(key)}
    if violations.count != before:
        return None
    authentication = tree.get("ClientAuthentication")
    if authentication is None:
        sent = any("ClientSecret" in plan.autofill.values() for plan in requests.values())
        authentication = "client_secret_post" if sent else "none"
    expires = tree.get("ClientSecretExpires")
    return Options(
        pkce=tree.get("PKCE", "S256") == "S256",
        client_authentication=ClientAuthentication(authentication),
        issuer=tree.get("Issuer") or None,
        refresh_margin=_float(tree.get("RefreshMargin")),
        keep_alive=_float(tree.get("KeepAlive")),
        assumed_lifetime=float(tree.get("AssumedLifetime", ASSUMED_LIFETIME)),
        client_secret_expires=date.fromisoformat(expires) if expires else None,
        revocation_url=urls.get("RevocationURL"),
        userinfo_url=urls.get("UserinfoURL"),
    )


def _url(text: str, path: str, violations: Violations) -> EndpointUrl | None:
    if not text:
        violations.add(path, "must not be empty")
        return None
    try:
        return _endpoint(text, path)
    except InvalidInput as problem:
        violations.add(path, problem.sentence.removeprefix(f"{path}: "))
        return None


@lru_cache(maxsize=1024)
def _endpoint(text: str, path: str) -> EndpointUrl:
    """Ten thousand documents of one provider have the same few addresses."""
    return EndpointUrl.parse(text, path)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Parsing makes many objects and no cycles: collecting meanwhile would triple the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
