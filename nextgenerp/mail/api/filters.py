"""What the lists of templates and of queued mails can be narrowed by."""

import django_filters

from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, FlagFilter
from nextgenerp.mail.models import QueuedEmail


class TemplateFilter(ApiFilterSet):
    key = django_filters.CharFilter()
    is_active = FlagFilter()
    is_system = FlagFilter()
    is_overridden = FlagFilter()


class QueuedEmailFilter(ApiFilterSet):
    status = ChoicesFilter(field_name="status", choices=QueuedEmail.Status.values)
    template_key = django_filters.CharFilter()
    schema_name = django_filters.CharFilter()
