"""Views that exist in tests alone: one of each kind the kernel serves, over tables that are there anyway."""

import django_filters
from django.apps import apps
from django.db import connection, transaction
from django.urls import path
from rest_framework.response import Response

from nextgenerp.core import entitlements, records
from nextgenerp.core.api import serializers
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.fields import DecimalField, TextField
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, FlagFilter, IdsFilter
from nextgenerp.core.api.permissions import MEMBER, PUBLIC, SUPER_ADMIN, USER
from nextgenerp.core.api.resources import ExportMixin, ListMixin, ResourceView, ResourceViewSet
from nextgenerp.core.api.timeline import TIMELINE_ANSWERS, TimelineMixin
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Conflict
from nextgenerp.database.models import DeferredTask

Note = apps.get_model("accounts", "Organization")  # the plainest record there is: a name
happened: list[str] = []  # what handlers did, in this process
SLEEP = 771  # the lock ``sleep`` waits for, so that a test decides when it goes on


class NoteSerializer(serializers.ApiModelSerializer):
    class Meta:
        model = Note
        fields = ("id", "name", "version", "created_at")
        read_only_fields = ("id", "version", "created_at")


class NoteFilter(ApiFilterSet):
    id = IdsFilter(field_name="id")
    exact_name = django_filters.CharFilter(field_name="name")


class NoteViewSet(TimelineMixin, ExportMixin, ResourceViewSet):
    """A resource with all the kernel gives one."""

    permission_module = "Leads"
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    filterset_class = NoteFilter
    feature = "probing"
    answers = {**TIMELINE_ANSWERS}
    sort_fields = {"createdAt": "created_at", "name": "name"}
    export_columns = (ExportColumn("name", "name"), ExportColumn("createdAt", "created_at"))
    export_name = "notes"

    @staticmethod
    def search(queryset, text):
        return queryset.filter(name__contains=text)

    @transaction.atomic
    def create_record(self, values):
        if values["name"] == "taken":
            raise Conflict("This name is taken.")
        note = records.create_record(Note, values, actor=self.actor)
        entitlements.claim("notes")
        return note


class TaskSerializer(serializers.ApiModelSerializer):
    class Meta:
        model = DeferredTask
        fields = ("id", "function", "attempts", "created_at", "failed_at", "claim")


class TaskFilter(ApiFilterSet):
    attempts = django_filters.NumberFilter()
    function = ChoicesFilter(choices=["a", "b"])
    urgent = FlagFilter()
    before = django_filters.DateFilter(field_name="created_at", lookup_expr="lt")


class TaskViewSet(ExportMixin, ListMixin, ResourceView):
    """A list with every kind of sort key: text, number, instant, ties, and columns that may be empty."""

    permission_module = "Leads"
    queryset = DeferredTask.objects.all()
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    default_sort = "function"
    sort_fields = {
        "createdAt": "created_at", "function": "function", "attempts": "attempts",
        "failedAt": "failed_at", "claim": "claim",
    }  # fmt: skip
    export_columns = tuple(ExportColumn(name, name) for name in ("function", "attempts", "claim"))
    export_name = "tasks"


class EchoSerializer(serializers.ApiSerializer):
    line_total = DecimalField(max_digits=14, decimal_places=2, required=False)
    first_name = TextField(max_length=20, required=False, allow_blank=True)


class ActViewSet(ApiView):
    """What may happen inside a handler."""

    permission_actions = {
        "echo": MEMBER, "happen": MEMBER, "deadlock": MEMBER, "sleep": MEMBER, "violate": MEMBER,
        "open": PUBLIC, "own": USER, "operate": SUPER_ADMIN, "answer": MEMBER, "crash": MEMBER,
    }  # fmt: skip
    query_parameters = {"happen": ("status",), "answer": ("status",), "violate": ("state", "constraint")}

    def echo(self, request):
        return Response(self.validated(EchoSerializer))

    def happen(self, request):
        happened.append(request.GET.get("status", ""))
        return Response({"times": len(happened)})

    def answer(self, request):
        """Refuse with a status, after a write that must not stay."""
        happened.append("answer")
        with transaction.atomic():
            entitlements.claim("answers")
            error = Conflict("As asked.")
            error.status = int(request.GET["status"])
            raise error

    def crash(self, request):
        happened.append("crash")
        with transaction.atomic():
            entitlements.claim("answers")
            raise ZeroDivisionError

    def deadlock(self, request):
        """Fail as the loser of a deadlock does, twice, then succeed."""
        happened.append("deadlock")
        with transaction.atomic(), connection.cursor() as cursor:
            entitlements.claim("answers")
            if len(happened) < 3:
                cursor.execute("DO $$ BEGIN RAISE 'deadlock' USING ERRCODE = '40P01'; END $$")
        return Response({"times": len(happened)})

    def sleep(self, request):
        """Wait until a test lets go of the lock."""
        happened.append("sleep")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SLEEP])
            entitlements.claim("answers")
        return Response({"times": len(happened)})

    def violate(self, request):
        """Fail with a SQLSTATE, naming a constraint."""
        with transaction.atomic(), connection.cursor() as cursor:
            state, constraint = request.GET["state"], request.GET.get("constraint", "")
            cursor.execute(
                f"DO $$ BEGIN RAISE 'probe' USING ERRCODE = '{state}', CONSTRAINT = '{constraint}'; END $$"
            )
        return Response({})

    def open(self, request):
        return Response({"open": True})

    def own(self, request):
        return Response({"user": request.actor.user_id})

    def operate(self, request):
        return Response({"schema": connection.schema_name})


def act(method: str, action: str) -> object:
    return ActViewSet.as_view({method: action})


urlpatterns = [
    path("notes", NoteViewSet.as_view({"get": "list", "post": "create"})),
    path("notes/export", NoteViewSet.as_view({"get": "export"})),
    path(
        "notes/<str:id>",
        NoteViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("notes/<str:id>/activities", NoteViewSet.as_view({"get": "activities"})),
    path("tasks", TaskViewSet.as_view({"get": "list"})),
    path("tasks/export", TaskViewSet.as_view({"get": "export"})),
    path("own", act("get", "own")),
    path("operate", ActViewSet.as_view({"get": "operate", "post": "operate"})),
    path("open", ActViewSet.as_view({"get": "open", "post": "open"})),
    *[
        path(name, act("post", name))
        for name in ("echo", "happen", "answer", "crash", "deadlock", "sleep", "violate")
    ],
]
handler400 = "nextgenerp.core.api.handlers.bad_request"
handler403 = "nextgenerp.core.api.handlers.permission_denied"
handler404 = "nextgenerp.core.api.handlers.page_not_found"
handler500 = "nextgenerp.core.api.handlers.server_error"
