"""Templates and queued mails as the API speaks them."""

from rest_framework import serializers

from nextgenerp.core.api.fields import TextField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.mail.models import EmailTemplate, QueuedEmail

MAX_BODY = 100_000


class TemplateSerializer(ApiModelSerializer):
    key = serializers.RegexField(
        r"^[a-z][a-z0-9_.-]*$",
        max_length=60,
        error_messages={"invalid": "Lower-case letters, digits, . _ and -."},
    )
    name = TextField(max_length=100)
    subject = TextField(max_length=200)
    body_html = TextField(max_length=MAX_BODY, allow_blank=True, default="")
    body_text = TextField(max_length=MAX_BODY, allow_blank=True, default="")
    variables = serializers.ListField(
        child=serializers.RegexField(
            r"^[A-Za-z][A-Za-z0-9_]*$", max_length=50, error_messages={"invalid": "Letters, digits and _."}
        ),
        max_length=50,
        default=list,
    )
    is_active = serializers.BooleanField(default=True)

    class Meta:
        model = EmailTemplate
        fields = (
            "id", "key", "name", "subject", "body_html", "body_text", "variables", "is_active", "is_system",
            "is_overridden", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("is_system", "is_overridden")

    def validate_variables(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class TemplateChangeSerializer(TemplateSerializer):
    """What is left out stays as it is."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.required, field.default = False, serializers.empty
        return fields


class QueuedEmailSerializer(ApiModelSerializer):
    """Without the texts: they may hold codes."""

    class Meta:
        model = QueuedEmail
        fields = (
            "id", "template_key", "schema_name", "to", "cc", "reply_to", "subject", "message_id", "status",
            "attempts", "error", "created_at", "sent_at",
        )  # fmt: skip
        read_only_fields = fields


class StatsSerializer(ApiSerializer):
    queued = serializers.IntegerField()
    sending = serializers.IntegerField()
    sent24h = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    oldest_queued_seconds = serializers.IntegerField()
