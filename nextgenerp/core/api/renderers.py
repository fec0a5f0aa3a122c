"""The one way answers become bytes: JSON by orjson, whatever the client says it accepts."""

from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def dump(value: Any) -> bytes:
    """JSON of a value; decimals and lazy texts become strings."""
    return orjson.dumps(value, default=str, option=OPTIONS)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else dump(data)


class OneFormat(BaseContentNegotiation):
    """Every view has one renderer, so that there is nothing to negotiate and nothing to refuse."""

    def select_parser(self, request: Any, parsers: list[Any]) -> Any:
        for parser in parsers:
            if (request.content_type or "").split(";")[0].strip().lower() == parser.media_type:
                return parser
        return None

    def select_renderer(self, request: Any, renderers: list[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
