"""/sales-settings: bank accounts, terms and the company."""

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import Q, QuerySet
from rest_framework.response import Response

from nextgenerp.core import records
from nextgenerp.core.api.etags import check_if_match, etag
from nextgenerp.core.api.filters import ApiFilterSet, FlagFilter
from nextgenerp.core.api.resources import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    ResourceView,
    UpdateMixin,
)
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.documents.models import BankAccount, CompanyProfile, DocumentType, TermsTemplate
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import Actor
from sales.api.serializers import settings as shapes
from sales.services import company
from sales.services.settings import create_setting, hold_settings, update_setting


class SettingViewSet(ListMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceView):
    """A list of settings and what may be done to its rows; whoever changes one holds the settings first."""

    permission_module = "Setup"
    permission_actions = {"create": "canEdit"}  # as published: there is no canCreate of settings

    def get_object(self, *, lock: bool = False) -> Any:
        if lock:
            hold_settings()
        return super().get_object(lock=lock)

    def create_record(self, values: dict[str, Any]) -> Any:
        return create_setting(self.queryset.model, values, actor=self.actor)

    def update_record(self, instance: Any, values: dict[str, Any]) -> Any:
        return update_setting(instance, values, actor=self.actor)

    def delete_record(self, instance: Any) -> None:
        records.delete_record(instance, actor=self.actor)


def search_accounts(queryset: QuerySet, text: str) -> QuerySet:
    """Accounts whose names, bank or branch hold a text."""
    return queryset.filter(
        Q(account_name__icontains=text) | Q(bank_name__icontains=text) | Q(branch__icontains=text)
    )


def search_names(queryset: QuerySet, text: str) -> QuerySet:
    return queryset.filter(name__icontains=text)


def account_shape(actor: Actor) -> type:
    """How an actor sees accounts: their numbers masked unless they may change them."""
    may_edit = actor.can("Setup", "canEdit")
    return shapes.BankAccountSerializer if may_edit else shapes.MaskedBankAccountSerializer


class DefaultFilter(ApiFilterSet):
    is_default = FlagFilter(field_name="is_default")


class BankAccountViewSet(SettingViewSet):
    """Where customers pay to. Numbers are masked for those without Setup: canEdit."""

    queryset = BankAccount.objects.all()
    serializer_class = shapes.BankAccountSerializer
    filterset_class = DefaultFilter
    search = search_accounts
    sort_fields = {"createdAt": "created_at", "accountName": "account_name", "bankName": "bank_name"}
    default_sort = "createdAt"

    def list(self, request: Any) -> Response:
        return Response(self.page(self.filtered_queryset(), account_shape(self.actor)))


class TermsFilter(DefaultFilter):
    document_type = django_filters.CharFilter(
        method="for_type", label=f"Terms for a document type: {', '.join(DocumentType.values)}"
    )

    def for_type(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value not in DocumentType.values:
            known = f"One of: {', '.join(DocumentType.values)}."
            raise Invalid.field("documentType", "invalid_choice", known)
        return queryset.filter(document_types__contains=[value])


class TermsTemplateViewSet(SettingViewSet):
    """Terms to be put on documents; the default of a type is put on its new documents unasked."""

    queryset = TermsTemplate.objects.all()
    serializer_class = shapes.TermsTemplateSerializer
    filterset_class = TermsFilter
    search = search_names
    sort_fields = {"createdAt": "created_at", "name": "name"}
    default_sort = "createdAt"


class CompanyView(ApiView):
    """The company as its documents show it."""

    permission_module = "Setup"
    queryset = CompanyProfile.objects.all()
    file_actions = ("partial_update",)
    bodies = {"partial_update": shapes.CompanySerializer}
    answers = {"retrieve": shapes.CompanySerializer, "partial_update": shapes.CompanySerializer}

    def retrieve(self, request: Any) -> Response:
        return self.answer(company.read_company(self.actor))

    @transaction.atomic
    def partial_update(self, request: Any) -> Response:
        """Change what is given. A GSTIN brings its state; a logo (PNG or JPEG) comes by multipart, null removes it."""
        locked = company.locked_company(self.actor)
        check_if_match(request, locked.profile)
        serializer = shapes.CompanySerializer(
            locked, data=request.data, partial=True, context={"request": request}
        )
        serializer.is_valid(raise_exception=True)
        company.update_company(locked, serializer.validated_data, actor=self.actor)
        return self.answer(locked)

    def answer(self, shown: company.Company) -> Response:
        content = shapes.CompanySerializer(shown, context={"request": self.request}).data
        return Response(content, headers={"ETag": etag(shown.profile)})
