"""What the list of a team can be narrowed by."""

import django_filters

from accounts.models import Membership, TeamMember
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, IdsFilter


class MemberFilter(ApiFilterSet):
    """Filters of members; several values of one filter are alternatives, several filters hold together."""

    role = ChoicesFilter(choices=Membership.Role.values)
    status = ChoicesFilter(choices=TeamMember.Status.values)
    manager_id = IdsFilter(field_name="manager_id")
    department = django_filters.CharFilter(lookup_expr="iexact", label="The department's name, in any case")
