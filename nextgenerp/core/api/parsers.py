"""The one way a request's body and query string are read: strictly, or refused with a problem."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser

from nextgenerp.core.exceptions import Invalid, TooLarge

MAX_DEPTH = 20
MAX_INTEGER = 2**63
# NUL, control characters other than newline and tab, and lone surrogates.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# A string without its end reaches to the end of the body: looking for another end from each quote would be quadratic.
STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
BRACKETS = re.compile(rb"[\[\]{}]")


def parse_error(detail: str) -> Invalid:
    return Invalid(detail, code="parse_error")


def refuse_forbidden(text: str) -> str:
    """Return the text. Raises Invalid for characters no field of ours may hold."""
    if FORBIDDEN.search(text):
        raise parse_error("The text holds a NUL, a control character or half of a character.")
    return text


def refuse_deep(raw: bytes) -> None:
    """Find deep nesting before the parser recurses into it. Raises Invalid."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in BRACKETS.finditer(STRINGS.sub(b"", raw)):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > MAX_DEPTH:
            raise parse_error(f"The JSON is nested more than {MAX_DEPTH} deep.")


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise parse_error("The JSON has an object with the same name twice.")
    return members


def no_constant(name: str) -> NoReturn:
    raise parse_error(f"{name} is not JSON.")


def refuse_values(value: Any) -> None:
    """Look at every string and number of a parsed body. Raises Invalid."""
    if isinstance(value, str):
        refuse_forbidden(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            refuse_forbidden(name)
            refuse_values(member)
    elif isinstance(value, list):
        for item in value:
            refuse_values(item)
    elif isinstance(value, int) and abs(value) >= MAX_INTEGER:
        raise parse_error("The JSON has a whole number that is too large.")


def parse_json(raw: bytes) -> Any:
    """Parse JSON: UTF-8, no duplicate names, no NaN, decimals kept exact. Raises Invalid."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise parse_error("The body is not UTF-8.") from None
    refuse_deep(raw)
    try:
        value = json.loads(
            text, parse_float=Decimal, parse_constant=no_constant, object_pairs_hook=unique_names
        )
    except (ValueError, RecursionError):
        raise parse_error("The body is not JSON.") from None
    refuse_values(value)
    return value


class StrictJSONParser(BaseParser):
    """JSON bodies of at most MAX_JSON_BYTES."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        charset = re.search(r'charset\s*=\s*"?([^;"\s]+)', media_type or "", re.IGNORECASE)
        if charset and charset.group(1).lower().replace("-", "") != "utf8":
            raise UnsupportedMediaType(media_type)
        raw = stream.read(settings.MAX_JSON_BYTES + 1)
        if len(raw) > settings.MAX_JSON_BYTES:
            raise TooLarge(f"A JSON body has at most {settings.MAX_JSON_BYTES} bytes.")
        return parse_json(raw)


class CountedStream:
    """A body that may hold so many bytes; reading more of it raises TooLarge."""

    def __init__(self, stream: Any, limit: int) -> None:
        self.stream, self.limit, self.left = stream, limit, limit

    def read(self, size: int = -1) -> bytes:
        read = self.stream.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(read)
        if self.left < 0:
            raise TooLarge(f"The body has at most {self.limit} bytes.")
        return read


class StrictMultiPartParser(MultiPartParser):
    """Uploads of at most MAX_UPLOAD_BYTES, import files MAX_IMPORT_BYTES; texts are held to the rules of JSON."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        context = parser_context or {}
        is_import = getattr(context.get("view"), "action", "") == "import_file"
        limit = settings.MAX_IMPORT_BYTES if is_import else settings.MAX_UPLOAD_BYTES
        counted = CountedStream(stream, limit + settings.MAX_JSON_BYTES)  # what goes with the file
        meta = context["request"].META
        if "HTTP_TRANSFER_ENCODING" not in meta and int(meta["CONTENT_LENGTH"]) > counted.limit:
            raise TooLarge(f"The body has at most {counted.limit} bytes.")
        parsed = super().parse(counted, media_type, parser_context)
        for name, values in parsed.data.lists():
            refuse_forbidden(name)
            for value in values:
                refuse_forbidden(value)
        return parsed


def parse_query(request: HttpRequest) -> QueryDict:
    """Check the query string: UTF-8, no forbidden character, no name twice. Raises Invalid."""
    raw = request.META.get("QUERY_STRING", "")
    if not raw:
        return request.GET
    try:
        text = raw.encode("latin-1").decode()  # WSGI gives bytes as Latin-1
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise parse_error(
            "The query string is not percent-encoded UTF-8, or has too many parameters."
        ) from None
    names = [name for name, _ in pairs]
    for pair in pairs:
        for part in pair:
            refuse_forbidden(part)
    for name in names:
        if names.count(name) > 1:
            raise parse_error(
                f"The parameter {name[:100]} is given twice; separate several values by commas."
            )
    return request.GET
