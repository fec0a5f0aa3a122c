"""How bank accounts, terms and the company are spoken."""

import re
from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from nextgenerp.core.api.fields import EmailField, LookupField, ParsedField, PhoneField, TextField
from nextgenerp.core.api.gst_fields import GstinField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.documents.models import BankAccount, DocumentType, TaxRounding, TermsTemplate
from nextgenerp.core.gst import parse_state
from nextgenerp.core.imports.values import ValueProblem
from sales.services.company import Company

IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
NUMBER = re.compile(r"[0-9]{9,18}")
UPI = re.compile(r"[A-Za-z0-9._-]{2,}@[A-Za-z][A-Za-z0-9]+")
WEBSITE = re.compile(r"(https?://)?[^\s/:@]+\.[^\s/:@]+(:\d+)?([/?#]\S*)?")
PIN = re.compile(r"[1-9][0-9]{5}")
SHOWN_DIGITS = 4


class ShapedField(ParsedField):
    """A text that matches a pattern as a whole; ``detail`` says what is wrong with one that does not."""

    def __init__(self, shape: re.Pattern[str], code: str, detail: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape, self.code, self.detail = shape, code, detail

    def parse(self, text: str) -> str:
        if text and not self.shape.fullmatch(text):
            raise ValueProblem(self.code, self.detail)
        return text


class IfscField(ShapedField):
    """The code of a bank's branch, in capitals."""

    def __init__(self, **kwargs: Any) -> None:
        detail = "An IFSC is four letters, a zero and six letters or digits."
        super().__init__(IFSC, "invalid_ifsc", detail, max_length=11, **kwargs)

    def parse(self, text: str) -> str:
        return super().parse(text.upper())


class StateField(ParsedField):
    """A state of India by name or GST code; the code is kept."""

    def parse(self, text: str) -> str:
        return parse_state(text) if text else ""


class TimeZoneField(ParsedField):
    """A time zone by its name in the tz database, such as Asia/Kolkata."""

    def parse(self, text: str) -> str:
        if text not in available_timezones():
            raise ValueProblem(
                "invalid_time_zone", "This is not the name of a time zone, such as Asia/Kolkata."
            )
        return text


class BankAccountSerializer(ApiModelSerializer):
    account_number = ShapedField(
        NUMBER, "invalid_account_number", "An account number has 9 to 18 digits.", max_length=18
    )
    ifsc = IfscField()
    upi_id = ShapedField(
        UPI, "invalid_upi_id", "A UPI id looks like name@bank.",
        max_length=100, required=False, allow_blank=True,
    )  # fmt: skip

    class Meta:
        model = BankAccount
        fields = (
            "id", "account_name", "bank_name", "branch", "is_default", "account_number", "ifsc", "upi_id",
            "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("version", "created_at", "updated_at")


class MaskedField(LookupField):
    """The last digits of a number, the others as X."""

    def load(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: "X" * (len(key) - SHOWN_DIGITS) + key[-SHOWN_DIGITS:] for key in keys}


class MaskedBankAccountSerializer(BankAccountSerializer):
    """The same for those who may not change accounts."""

    account_number = MaskedField("account_number")


class TermsTemplateSerializer(ApiModelSerializer):
    document_types = serializers.ListField(
        child=serializers.ChoiceField(DocumentType.choices), min_length=1, max_length=len(DocumentType),
        default=lambda: list(DocumentType.values),
    )  # fmt: skip

    class Meta:
        model = TermsTemplate
        fields = (
            "id", "name", "content", "document_types", "is_default", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("version", "created_at", "updated_at")

    def validate_document_types(self, types: list[str]) -> list[str]:
        """Each once, in the order in which a sale goes through them."""
        return [one for one in DocumentType.values if one in types]


class CompanyAddressSerializer(ApiSerializer):
    """Where the company is; its state is the company's ``stateCode``."""

    line1 = TextField(max_length=200, required=False, allow_blank=True)
    line2 = TextField(max_length=200, required=False, allow_blank=True)
    city = TextField(max_length=100, required=False, allow_blank=True)
    pincode = ShapedField(
        PIN, "invalid_pincode", "A PIN code has six digits and does not begin with 0.",
        max_length=12, required=False, allow_blank=True,
    )  # fmt: skip
    state = serializers.CharField(read_only=True)
    state_code = serializers.CharField(read_only=True)
    country = serializers.CharField(read_only=True)


class CompanySerializer(ApiSerializer):
    """The company; what is absent stays as it is. A logo comes by multipart, where there is no address."""

    id = serializers.UUIDField(source="profile.id", read_only=True)
    name = TextField(source="tenant.name", max_length=200, required=False)
    gstin = GstinField(source="tenant.gstin", max_length=30, required=False, allow_blank=True)
    state_code = StateField(source="tenant.state_code", max_length=100, required=False, allow_blank=True)
    time_zone = TimeZoneField(source="tenant.time_zone", max_length=64, required=False)
    address = CompanyAddressSerializer(required=False)
    email = EmailField(source="profile.email", max_length=254, required=False, allow_blank=True)
    phone = PhoneField(source="profile.phone", max_length=64, required=False, allow_blank=True)
    website = ShapedField(
        WEBSITE, "invalid", "Not the address of a website.",
        source="profile.website", max_length=200, required=False, allow_blank=True,
    )  # fmt: skip
    logo = serializers.FileField(required=False, allow_null=True, write_only=True)
    logo_url = serializers.SerializerMethodField("logo_path")
    tax_rounding = serializers.ChoiceField(TaxRounding.choices, source="profile.tax_rounding", required=False)
    round_off = serializers.BooleanField(source="profile.round_off", required=False)
    version = serializers.IntegerField(source="profile.version", read_only=True)
    created_at = serializers.DateTimeField(source="profile.created_at", read_only=True)
    updated_at = serializers.DateTimeField(source="profile.updated_at", read_only=True)

    def logo_path(self, company: Company) -> str | None:
        return f"/files/{company.profile.logo_id}" if company.profile.logo_id else None

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """All that is given, whatever table it goes to."""
        flat: dict[str, Any] = {}
        for part in ("tenant", "profile", "address"):
            flat |= values.pop(part, {})
        return flat | values
