"""Payments of documents over HTTP: listed, recorded, reversed; the same for invoices and proforma invoices."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.fields import DecimalField, RecordIdField, TextField
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.documents.models import AMOUNT, BankAccount, PaymentMethod
from nextgenerp.database.ids import parse_id

REASON = 500


class PayerSerializer(ApiSerializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class PaymentSerializer(ApiSerializer):
    """An entry of the ledger of money received. A reversal has amounts below 0 and names what it reverses.

    On an invoice, one with a ``proformaInvoiceId`` is what it got of the money received there.
    """

    id = serializers.UUIDField()
    date = serializers.DateField()
    amount = DecimalField(**AMOUNT)
    tds_amount = DecimalField(**AMOUNT)
    method = serializers.ChoiceField(PaymentMethod.choices)
    reference = serializers.CharField()
    bank_account_id = serializers.UUIDField(allow_null=True)
    notes = serializers.CharField()
    reverses_id = serializers.UUIDField(allow_null=True)
    reversed_by_id = serializers.UUIDField(allow_null=True)
    proforma_invoice_id = serializers.UUIDField(allow_null=True)
    created_by = PayerSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class NewPaymentSerializer(ApiSerializer):
    """Money received; ``tdsAmount`` was withheld for the tax office. Together they may not exceed the balance."""

    amount = DecimalField(**AMOUNT, min_value=0)
    tds_amount = DecimalField(**AMOUNT, min_value=0, required=False)
    date = serializers.DateField(required=False)
    method = serializers.ChoiceField(PaymentMethod.choices)
    reference = TextField(max_length=100, required=False, allow_blank=True)
    bank_account_id = RecordIdField(
        source="bank_account", queryset=BankAccount.objects.all(), required=False, allow_null=True
    )
    notes = TextField(max_length=1000, required=False, allow_blank=True)


class ReversalSerializer(ApiSerializer):
    reason = TextField(max_length=REASON)
    date = serializers.DateField(required=False)


class PaymentsMixin:
    """``payments``, ``record_payment`` and ``reverse_payment`` of a document's viewset.

    The viewset says in four functions what they are and do, grants the actions in ``permission_actions``, and adds
    ``PAYMENT_BODIES`` and ``PAYMENT_ANSWERS`` to its own. Entries are answered as ``PaymentSerializer`` speaks them.
    """

    def payments_of(self, document: Any) -> list[dict[str, Any]]:
        """All entries of a document, oldest first."""
        raise NotImplementedError

    def pay(self, document: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Record a payment of a held document, and return the entry."""
        raise NotImplementedError

    def find_payment(self, document: Any, payment_id: UUID | None) -> Any:
        """The entry of a document that has an id. Raises NotFound."""
        raise NotImplementedError

    def reverse(self, document: Any, payment: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Reverse an entry of a held document, and return the reversal."""
        raise NotImplementedError

    def payments(self: Any, request: Any, **kwargs: Any) -> Response:
        """What was received on the document, oldest first; the sum of all entries is what is settled."""
        return unpaged(PaymentSerializer(self.payments_of(self.get_object()), many=True).data)

    @transaction.atomic
    def record_payment(self: Any, request: Any, **kwargs: Any) -> Response:
        """Write down money received; entries are never changed, only reversed."""
        document = self.get_object(lock=True)
        entry = self.pay(document, self.validated(NewPaymentSerializer))
        return Response(PaymentSerializer(entry).data, status=201, headers={"Location": request.path})

    @transaction.atomic
    def reverse_payment(self: Any, request: Any, **kwargs: Any) -> Response:
        """Add the opposite of an entry, for a reason; both stay."""
        document = self.get_object(lock=True)
        payment = self.find_payment(document, parse_id(kwargs["paymentId"]))
        entry = self.reverse(document, payment, self.validated(ReversalSerializer))
        payments = request.path.rsplit("/", 2)[0]
        return Response(PaymentSerializer(entry).data, status=201, headers={"Location": payments})


PAYMENT_BODIES = {"record_payment": NewPaymentSerializer, "reverse_payment": ReversalSerializer}
PAYMENT_ANSWERS = {
    "payments": Answer(PaymentSerializer, many=True),
    "record_payment": Answer(PaymentSerializer, status=201),
    "reverse_payment": Answer(PaymentSerializer, status=201),
}
