"""/email/*: the platform's operators and the mails it sends."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from rest_framework.response import Response

from nextgenerp.core.api.permissions import SUPER_ADMIN
from nextgenerp.core.api.resources import ListMixin, ResourceView
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.names import camel_case
from nextgenerp.database.ids import parse_id
from nextgenerp.mail.api.filters import QueuedEmailFilter, TemplateFilter
from nextgenerp.mail.api.serializers import (
    QueuedEmailSerializer,
    StatsSerializer,
    TemplateChangeSerializer,
    TemplateSerializer,
)
from nextgenerp.mail.models import EmailTemplate, QueuedEmail
from nextgenerp.mail.selectors import queue_stats
from nextgenerp.mail.services import queue, templates


def search_templates(queryset: QuerySet, text: str) -> QuerySet:
    return queryset.filter(Q(key__icontains=text) | Q(name__icontains=text))


def search_queue(queryset: QuerySet, text: str) -> QuerySet:
    return queryset.filter(Q(subject__icontains=text) | Q(to__icontains=text) | Q(cc__icontains=text))


class TemplateView(ListMixin, ResourceView):
    """Texts of mails; those of system mails override the ones the product ships."""

    permission_actions = dict.fromkeys(("list", "retrieve", "create", "update", "destroy"), SUPER_ADMIN)
    queryset = EmailTemplate.objects.all()
    serializer_class = TemplateSerializer
    bodies = {"update": TemplateChangeSerializer}
    filterset_class = TemplateFilter
    sort_fields = {"key": "key", "name": "name", "createdAt": "created_at", "updatedAt": "updated_at"}
    default_sort = "key"
    search = search_templates

    def page(self, queryset: QuerySet, serializer_class: type | None = None) -> dict[str, Any]:
        page = super().page(queryset, serializer_class)
        for row in page["data"]:
            shipped = templates.shipped(row["key"], overridden=row["isOverridden"])
            row.update({camel_case(name): value for name, value in shipped.items()})
        return page

    def answer(self, instance: Any, *, status: int = 200, location: str = "") -> Response:
        return super().answer(templates.fill_in(instance), status=status, location=location)

    def retrieve(self, request: Any, id: str) -> Response:
        return self.answer(self.get_object())

    def create(self, request: Any) -> Response:
        """Store a template; with the key of a system mail, its override."""
        made = templates.create_template(self.validated(self.serializer_class), actor=self.actor)
        return self.answer(made, status=201, location=f"{request.path}/{made.pk}")

    @transaction.atomic
    def update(self, request: Any, id: str) -> Response:
        """Change a template, or override a system mail; what is left out stays as it is."""
        template = self.get_object(lock=True)
        values = self.validated(TemplateChangeSerializer)
        return self.answer(templates.update_template(template, values, actor=self.actor))

    @transaction.atomic
    def destroy(self, request: Any, id: str) -> Response:
        """Remove a template; for a system mail its override, which brings the shipped texts back."""
        templates.delete_template(self.get_object(lock=True), actor=self.actor)
        return Response(status=204)


class QueueView(ListMixin, ResourceView):
    """The mails of the last weeks: waiting, sent, failed, cancelled."""

    permission_actions = dict.fromkeys(("list", "stats", "cancel", "retry"), SUPER_ADMIN)
    queryset = QueuedEmail.objects.all()
    serializer_class = QueuedEmailSerializer
    answers = {"stats": StatsSerializer, "cancel": QueuedEmailSerializer, "retry": QueuedEmailSerializer}
    filterset_class = QueuedEmailFilter
    sort_fields = {"createdAt": "created_at", "sentAt": "sent_at"}
    search = search_queue

    def stats(self, request: Any) -> Response:
        return Response(StatsSerializer(queue_stats()).data)

    def cancel(self, request: Any, id: str) -> Response:
        """Take back a mail that is still queued."""
        return self.answer(queue.cancel(self.email_id()))

    def retry(self, request: Any, id: str) -> Response:
        """Queue a failed mail again."""
        return self.answer(queue.retry(self.email_id()))

    def email_id(self) -> Any:
        identifier = parse_id(self.kwargs["id"])
        if identifier is None:
            raise NotFound
        return identifier
