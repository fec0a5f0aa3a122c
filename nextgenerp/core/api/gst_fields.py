"""Serializer fields of whoever is taxed in India: GSTIN, PAN, addresses."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from nextgenerp.core.addresses import PARTS, AddressProblem, complete_address
from nextgenerp.core.api.fields import ParsedField, TextField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.gst import parse_gstin, parse_pan


class GstinField(ParsedField):
    """A GSTIN, held to its check digit."""

    def parse(self, text: str) -> str:
        return parse_gstin(text) if text else ""


class PanField(ParsedField):
    """A PAN."""

    def parse(self, text: str) -> str:
        return parse_pan(text) if text else ""


def part(name: str) -> TextField:
    return TextField(max_length=PARTS[name], required=False, allow_blank=True)


class PostalAddressSerializer(ApiSerializer):
    """A postal address. In India, the country unless given, a state brings its GST code and a code its name."""

    line1 = part("line1")
    line2 = part("line2")
    city = part("city")
    state = part("state")
    state_code = part("stateCode")
    pincode = part("pincode")
    country = part("country")


@extend_schema_field(PostalAddressSerializer)
class AddressField(serializers.JSONField):
    """An address as an object, kept whole: what is not given is empty."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        serializer = PostalAddressSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        given = {
            name: serializer.validated_data.get(field.source, "") for name, field in serializer.fields.items()
        }
        try:
            return complete_address(given)
        except AddressProblem as problem:
            raise serializers.ValidationError(
                {problem.part: [ErrorDetail(problem.detail, problem.code)]}
            ) from None


@extend_schema_field(PostalAddressSerializer(many=True))
class AddressesField(serializers.JSONField):
    """A list of addresses; ``most`` of them at most."""

    default_error_messages = {
        "not_a_list": "Not a list of addresses.",
        "max_length": "At most {most} are allowed.",
        "blank": "This address is empty.",
    }

    def __init__(self, most: int = 20, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > self.most:
            self.fail("max_length", most=self.most)
        errors, addresses, field = {}, [], AddressField()
        for index, item in enumerate(data):
            try:
                addresses.append(field.to_internal_value(item))
            except serializers.ValidationError as error:
                errors[index] = error.detail
            else:
                if not any(addresses[-1].values()):
                    errors[index] = [ErrorDetail(self.error_messages["blank"], "blank")]
        if errors:
            raise serializers.ValidationError(errors)
        return addresses
