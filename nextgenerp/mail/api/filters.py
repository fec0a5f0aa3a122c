"""What the lists of templates and of queued mails can be narrowed by."""

import django_filters

from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter
from nextgenerp.mail.models import QueuedEmail


class TemplateFilter(ApiFilterSet):
    key = django_filters.CharFilter()
    is_active = django_filters.BooleanFilter()
    is_system = django_filters.BooleanFilter()
    is_overridden = django_filters.BooleanFilter()


class QueuedEmailFilter(ApiFilterSet):
    status = ChoicesFilter(field_name="status", choices=QueuedEmail.Status.values)
    template_key = django_filters.CharFilter()
    schema_name = django_filters.CharFilter()
