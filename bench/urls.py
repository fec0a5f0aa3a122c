"""The product's addresses and an empty one: authentication, seat, tenant and permission, then nothing."""

from typing import Any

from django.urls import include, path
from rest_framework.response import Response

from nextgenerp.core.api.permissions import MEMBER
from nextgenerp.core.api.views import ApiView


class EmptyView(ApiView):
    permission_actions = {"retrieve": MEMBER}

    def retrieve(self, request: Any) -> Response:
        return Response({})


urlpatterns = [
    path("bench/empty", EmptyView.as_view({"get": "retrieve"})),
    path("", include("nextgenerp.urls")),
]
handler400 = "nextgenerp.core.api.handlers.bad_request"
handler403 = "nextgenerp.core.api.handlers.permission_denied"
handler404 = "nextgenerp.core.api.handlers.page_not_found"
handler500 = "nextgenerp.core.api.handlers.server_error"
