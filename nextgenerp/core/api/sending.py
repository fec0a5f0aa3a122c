"""POST …/:id/send-email: a document's PDF by mail; the same for every kind of document."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.fields import EmailField, TextField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.documents.kinds import MOST_RECIPIENTS

QUEUED = {
    "type": "object",
    "required": ["queueId"],
    "properties": {"queueId": {"type": "string", "format": "uuid"}},
}


class SendEmailSerializer(ApiSerializer):
    """Whom a document is sent to and what is said; the customer, and the usual words, unless given."""

    to = serializers.ListField(child=EmailField(max_length=254), max_length=MOST_RECIPIENTS, default=list)
    cc = serializers.ListField(child=EmailField(max_length=254), max_length=MOST_RECIPIENTS, default=list)
    subject = TextField(max_length=200, required=False, allow_blank=True, default="")
    message = TextField(max_length=5000, required=False, allow_blank=True, default="")

    def to_internal_value(self, data: Any) -> Any:
        """One address may stand for a list of one."""
        if isinstance(data, dict):
            data = data | {name: [data[name]] for name in ("to", "cc") if isinstance(data.get(name), str)}
        return super().to_internal_value(data)


class SendEmailMixin:
    """``send_email`` of a document's viewset, which says in ``mail`` how; it grants the action in
    ``permission_actions``, and adds ``SENDING_BODIES`` and ``SENDING_ANSWERS`` to its own."""

    def mail(self, document: Any, values: dict[str, Any]) -> UUID:
        """Queue the mail of a held document, and return the id of its place in the queue."""
        raise NotImplementedError

    @action(detail=True, methods=["post"], url_path="send-email")
    @transaction.atomic
    def send_email(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Send the document's PDF by mail, to the customer unless said; a draft is marked as sent.

        The answer names the mail's place in the queue.
        """
        instance = self.get_object(lock=True)
        queue_id = self.mail(instance, self.validated(SendEmailSerializer))
        return Response({"queueId": queue_id}, status=202, headers={"Location": request.path})


SENDING_BODIES = {"send_email": SendEmailSerializer}
SENDING_ANSWERS = {"send_email": Answer(QUEUED, status=202)}
