"""SEC-63: what is exported imports again as what it was, byte for byte the same at the second export."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.errors import InvalidInput
from bursar.keyring import Secret
from bursar.tokens.document import TokenConfigurationDocument, Validity, document_of_tree, read_documents, schema
from bursar.tokens.document.export import write_documents
from bursar.tokens.document.nodes import Scalar
from bursar.tokens.document.scalars import free_value
from tests.unit.document_samples import SAMPLES

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
# Words that one YAML reader or another takes for something else than text.
tricky = st.sampled_from(
    [
        *("no", "yes", "on", "off", "y", "n", "true", "True", "null", "Null", "~", "0x1F", "0o17", "017", "1_000"),
        *("1e3", "1e+16", ".5", "5.", ".nan", ".inf", "-.inf", "1.0", "1.50", "2026-11-23", "12:30", "190:20:30"),
        *("=", "<<", "-", "?", ":", "#", "&", "*", "!", "|", ">", "'", '"', "%", "@", "`", "---", "...", "{}", "[]"),
        *("", " ", "a: b", "a #b", " a", "a ", "\n", "a\nb", "a\n", "\t", "\x85", "\u2028", "\ufeff", "🙂", ","),
    ]
)
text = texts | tricky
keys = (texts | tricky).filter(lambda key: key and not schema.has_control_character(key))
sources = text.filter(lambda source: source not in schema.FILLED_BY_BURSAR | {"ClientSecret"})
names = (texts | tricky).filter(lambda name: schema.name_rule(name) is None)
urls = st.builds(
    "https://{}.example/{}".format,
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.from_regex(r"[a-z0-9/]{0,9}", fullmatch=True),
)
extra_values = (
    text
    | st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
).map(lambda value: free_value(Scalar(repr(value), True, 0)) if isinstance(value, float) else value)
extras = st.dictionaries(
    keys.filter(lambda key: key not in schema.LEAVES.keys() | schema.FILLED_BY_BURSAR | {"Requests", "Notifications"}),
    extra_values,
    max_size=4,
)
literals = st.dictionaries(keys.map("x-{}".format), text, max_size=3)
flags = st.dictionaries(st.sampled_from(sorted(schema.NOTIFICATIONS)), st.integers(0, 1))
lengths = st.integers(1, 10**8) | st.floats(0.25, 10**8).map(lambda value: round(value, 2)).filter(
    lambda v: "e" not in repr(v)
)
options = st.fixed_dictionaries(
    {},
    optional={
        "ClientID": text | st.none(),
        "ClientSecret": st.none(),
        "Scope": text | st.none(),
        "TemplateName": text | st.none(),
        "Notifications": flags,
        "PKCE": st.sampled_from(["S256", "none"]),
        "ClientAuthentication": st.sampled_from(["client_secret_post", "client_secret_basic", "none"]),
        "Issuer": urls,
        "RefreshMargin": lengths,
        "KeepAlive": lengths,
        "AssumedLifetime": lengths,
        "ClientSecretExpires": st.dates().map(str),
        "RevocationURL": urls,
        "UserinfoURL": urls,
    },
)


@st.composite
def requests(draw: st.DrawFn, kinds: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in kinds:
        request: dict[str, Any] = {"URL": draw(urls)}
        if draw(st.booleans()):
            request["Parameters"] = draw(literals)
        if draw(st.booleans()):
            request["AutofilledParametersMapping"] = draw(
                st.dictionaries(keys.map("y-{}".format), sources, max_size=3)
            ) | {"client_id": "ClientID"}
        found[kind] = {"Request": request}
        if draw(st.booleans()):
            found[kind]["Response"] = {"ParametersMapping": draw(st.dictionaries(keys, text, max_size=3))}
    return found


@st.composite
def documents(draw: st.DrawFn) -> TokenConfigurationDocument:
    flow = draw(st.sampled_from([schema.AUTHORIZATION_CODE, schema.CLIENT_CREDENTIALS, None]))
    kinds = schema.NEEDED[flow or schema.AUTHORIZATION_CODE]
    if flow != schema.CLIENT_CREDENTIALS and draw(st.booleans()):
        kinds += ("TokenByRefreshToken",)
    tree = draw(extras) | draw(options) | {"Requests": draw(requests(kinds))} | ({"AuthFlow": flow} if flow else {})
    return document_of_tree(draw(names), draw(st.sampled_from(Validity)), tree)


unique = st.lists(documents(), max_size=3, unique_by=lambda document: document.name)
usual = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@usual
@given(unique)
def test_import_of_export_is_what_was_exported(made: list[TokenConfigurationDocument]) -> None:
    text = write_documents((document, None) for document in made)
    read_back = read_documents(text.encode(), "export.yml")
    assert read_back == sorted(made, key=lambda document: document.name)
    assert write_documents((document, None) for document in read_back) == text


@usual
@given(
    documents(), st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=40)
)
def test_secrets_travel_only_when_asked_for(made: TokenConfigurationDocument, secret: str) -> None:
    """SEC-60."""
    (read_back,) = read_documents(write_documents([(made, Secret(secret))]).encode(), "f")
    assert read_back.client_secret == Secret(secret)
    assert read_back.tree() == made.tree() | {"ClientSecret": None}
    assert read_documents(write_documents([(made, None)]).encode(), "f")[0].client_secret is None


@usual
@given(documents())
def test_plain_pyyaml_reads_what_was_exported(made: TokenConfigurationDocument) -> None:
    (entry,) = yaml.safe_load(write_documents([(made, None)]))
    assert entry == {"Name": made.name, "Config": made.tree(), "ValidID": made.validity.valid_id}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_samples_come_out_as_they_went_in(sample: Any) -> None:
    plain = yaml.safe_load(sample.read_text())
    written = write_documents((document, None) for document in read_documents(sample.read_bytes(), sample.name))
    again = yaml.safe_load(written)
    assert [(e["Name"], e["Config"]) for e in again] == [(e["Name"], e["Config"]) for e in plain]


def read_or_refused(data: bytes) -> None:
    """Nothing but the documented error may come out."""
    try:
        read_documents(data, "any.yml")
    except InvalidInput as refused:
        said = refused.sentence
    else:
        return
    assert said.startswith("any.yml: ")


@usual
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    """SEC-61."""
    read_or_refused(data)


words = st.sampled_from(["Name", "Config", "Requests", "Request", "URL", "Parameters", "AuthorizationCode", "Scope"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@usual
@given(anything)
def test_wrong_types_everywhere_are_refused_by_name(value: Any) -> None:
    """SEC-61."""
    read_or_refused(yaml.safe_dump(value, allow_unicode=True).encode())
