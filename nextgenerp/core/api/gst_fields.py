"""Serializer fields of whoever is taxed in India: GSTIN, PAN, addresses."""

from nextgenerp.core.api.fields import ParsedField
from nextgenerp.core.gst import parse_gstin


class GstinField(ParsedField):
    """A GSTIN, held to its check digit."""

    def parse(self, text: str) -> str:
        return parse_gstin(text) if text else ""
