"""XML from plain values, and back; entities and document types are not read (SEC-52)."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from ..errors import InvalidInput

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DEEPEST = 50
ROOT = "Request"


def to_xml(data: Any) -> bytes:
    """A mapping as elements, a list as elements of one name. One key that holds a mapping is the root element."""
    if isinstance(data, Mapping) and len(data) == 1 and isinstance(next(iter(data.values())), Mapping):
        ((name, data),) = data.items()
    else:
        name = ROOT
    root = Element(_checked(name))
    _fill(root, data, 0)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def from_xml(text: bytes) -> dict[str, Any]:
    """The root's name with what is in it: texts, mappings, lists of what has one name; attributes with an @.

    Raises ValueError where it isn't XML, or wants more than that.
    """
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, ExpatError, DefusedXmlException, LookupError, UnicodeError) as problem:
        raise ValueError(str(problem)) from None
    return {_local(root.tag): _plain(root, 0)}


def _fill(element: Element, value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidInput("The data are nested too deep for XML.", code="data_invalid")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            for each in inner if isinstance(inner, list) else [inner]:
                _fill(SubElement(element, _checked(str(name))), each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _fill(SubElement(element, "Item"), each, depth + 1)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_XML.sub("\ufffd", str(value))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f'"{name[:100]}" can\'t be the name of an XML element.', code="data_invalid")
    return name


def _plain(element: Element, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    found: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _plain(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip()
    if not found:
        return text
    return found | ({"#text": text} if text else {})


def _local(name: str) -> str:
    return name.rpartition("}")[2]
