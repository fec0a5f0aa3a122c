"""/…/meta: the settings a document is written with, for those without Setup."""

from typing import Any

from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.documents.models import BankAccount, DocumentType, TermsTemplate
from sales.api.serializers import settings, statuses
from sales.api.views.settings import account_shape


class MetaView(ApiView):
    """The settings of one document type, as whole lists."""

    document_type: str
    status_shape: type[Any]
    permission_actions = dict.fromkeys(("statuses", "bank_accounts", "terms_templates"), "canView")

    def statuses(self, request: Any) -> Response:
        """The statuses of the family in their order."""
        found = self.status_shape.Meta.model._default_manager.order_by("order", "name")
        return unpaged(self.status_shape(found, many=True).data)

    def bank_accounts(self, request: Any) -> Response:
        """Where customers pay to, the default account first. Numbers are masked for those without Setup: canEdit."""
        accounts = BankAccount.objects.order_by("-is_default", "account_name", "id")
        return unpaged(account_shape(self.actor)(accounts, many=True).data)

    def terms_templates(self, request: Any) -> Response:
        """The terms for documents of this type, the default ones first."""
        terms = TermsTemplate.objects.filter(document_types__contains=[self.document_type])
        terms = terms.order_by("-is_default", "name", "id")
        return unpaged(settings.TermsTemplateSerializer(terms, many=True).data)


def answers_with(status_shape: type) -> dict[str, Answer]:
    return {
        "statuses": Answer(status_shape, many=True),
        "bank_accounts": Answer(settings.BankAccountSerializer, many=True),
        "terms_templates": Answer(settings.TermsTemplateSerializer, many=True),
    }


class QuotationMetaView(MetaView):
    permission_module = "Quotations"
    document_type = DocumentType.QUOTATION
    status_shape = statuses.QuotationStatusSerializer
    answers = answers_with(status_shape)


class ProformaInvoiceMetaView(MetaView):
    permission_module = "Proforma Invoices"
    document_type = DocumentType.PROFORMA_INVOICE
    status_shape = statuses.ProformaInvoiceStatusSerializer
    answers = answers_with(status_shape)


class SalesOrderMetaView(MetaView):
    permission_module = "Sales Orders"
    document_type = DocumentType.SALES_ORDER
    status_shape = statuses.SalesOrderStatusSerializer
    answers = answers_with(status_shape)
