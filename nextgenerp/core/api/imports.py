"""Imports over HTTP: a mixin for the resources that take files and rows, and what became of an import."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from nextgenerp.core.api.answers import CSV_FILE, Answer
from nextgenerp.core.api.parsers import parse_json
from nextgenerp.core.api.permissions import MEMBER, require
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.csv_cells import neutralise
from nextgenerp.core.exceptions import Invalid, TooLarge
from nextgenerp.core.imports import engine, failures, storage
from nextgenerp.core.imports.options import DATE_FORMATS, ON_DUPLICATE, ImportOptions
from nextgenerp.core.imports.problems import FileProblem
from nextgenerp.core.imports.reading import ImportSource
from nextgenerp.core.imports.resources import ImportResource
from nextgenerp.core.imports.undo import undo
from nextgenerp.core.imports.values import ValueProblem
from nextgenerp.core.models import Import
from nextgenerp.database.ids import new_id

MAX_ROWS = 1000
FORM_BYTES = 1_000_000  # what a multipart body may have beside the file
OF_MAPPING = {"unknown_header", "unknown_field", "duplicate_field"}
ADMINS = {"tenant_admin", "admin"}


class OptionsSerializer(ApiSerializer):
    """What the caller of an import may choose. ``matchOn`` is all there is unless given."""

    dry_run = serializers.BooleanField(default=False)
    on_duplicate = serializers.ChoiceField(ON_DUPLICATE, default="skip")
    match_on = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, required=False
    )
    create_missing = serializers.ListField(child=serializers.CharField(max_length=40), default=list)
    date_format = serializers.ChoiceField(DATE_FORMATS, default="auto")


class ImportFileSerializer(ApiSerializer):
    """A multipart upload. ``mapping`` is JSON, ``{header: field or null}``; ``options`` is JSON."""

    file = serializers.FileField(allow_empty_file=True)
    mapping = serializers.CharField(required=False)
    options = serializers.CharField(required=False)


class ChoicesSerializer(ApiSerializer):
    """The two texts of an upload, read."""

    mapping = serializers.DictField(child=serializers.CharField(allow_null=True), default=dict)
    options = OptionsSerializer(default=dict)


class ImportRowsSerializer(ApiSerializer):
    """Rows by the API's field names; lists are given as lists."""

    rows = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=MAX_ROWS)
    options = OptionsSerializer(default=dict)


class RowErrorSerializer(ApiSerializer):
    row = serializers.IntegerField()
    column = serializers.CharField()
    code = serializers.CharField()
    value = serializers.CharField()
    detail = serializers.CharField()


class ImportErrorSerializer(ApiSerializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportSerializer(ApiModelSerializer):
    """How far an import is and what came of it. While it runs, ``processed`` rows of ``total`` are counted.

    ``error`` is there when it could not be finished, ``removed`` and ``kept`` once it is undone.
    """

    errors = serializers.SerializerMethodField()
    error_file = serializers.SerializerMethodField()
    error = ImportErrorSerializer(read_only=True)

    class Meta:
        model = Import
        fields = (
            "id", "status", "total", "processed", "created", "updated", "skipped", "failed", "blank", "errors",
            "error_file", "error", "removed", "kept",
        )  # fmt: skip
        read_only_fields = fields

    def get_errors(self, batch: Import) -> list[dict[str, Any]]:
        return failures.first_errors(batch)

    def get_errorFile(self, batch: Import) -> str | None:  # noqa: N802 - DRF goes by the spoken name
        return f"/imports/{batch.id}/errors" if failures.has_file(batch) else None

    def to_representation(self, instance: Import) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.error:
            del shown["error"]
        if instance.status not in {Import.Status.UNDOING, Import.Status.UNDONE}:
            del shown["removed"], shown["kept"]
        return shown


IMPORT_ANSWER = Answer(ImportSerializer, also=(202,))
IMPORT_BODIES = {"import_file": ImportFileSerializer, "import_rows": ImportRowsSerializer}
IMPORT_ANSWERS = {"import_file": IMPORT_ANSWER, "import_rows": IMPORT_ANSWER}


class ImportMixin:
    """POST …/import and POST …/import/rows of the resource in ``import_resource``."""

    import_resource: type[ImportResource]
    upload_actions = ("import_file",)
    received: UUID | None = None

    @action(detail=False, methods=["post"], url_path="import")
    def import_file(self: Any, request: Any) -> Response:
        """Import a CSV or XLSX file: at once up to 2,000 rows; more are left to the worker (202, with the import's
        address in Location).

        A bad row fails alone, and is in ``errors`` and in ``errorFile``.
        """
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_IMPORT_BYTES + FORM_BYTES:
            raise TooLarge(f"A file has at most {settings.MAX_IMPORT_BYTES // 1_000_000} MB.")
        form = self.validated(ImportFileSerializer)
        texts = {name: read_json(name, form[name]) for name in ("mapping", "options") if form.get(name)}
        chosen = self.validated(ChoicesSerializer, texts)
        options = self.checked_options(chosen["options"])
        if self.received is None:  # a transaction that is repeated finds the file where the first try put it
            self.received = new_id()
            receive(form["file"], self.received)
        path = storage.folder() / str(self.received)
        try:
            batch = engine.start(
                self.import_resource,
                ImportSource.open(path, form["file"].name),
                actor=self.actor,
                options=options,
                import_id=self.received,
                mapping=chosen["mapping"],
                file_name=form["file"].name,
            )
        except ValueProblem as problem:
            storage.remove(self.received)
            raise refusal(problem) from None
        return import_answer(self, batch)

    @action(detail=False, methods=["post"], url_path="import/rows")
    def import_rows(self: Any, request: Any) -> Response:
        """Import up to 1,000 rows that are mapped already: objects with the same fields a file may have."""
        body = self.validated(ImportRowsSerializer)
        options = self.checked_options(body["options"])
        headers = list(dict.fromkeys(name for row in body["rows"] for name in row))
        cells = [[cell_text(row.get(name)) for name in headers] for row in body["rows"]]
        try:
            batch = engine.start(
                self.import_resource,
                engine.RowList(tuple(headers), cells),
                actor=self.actor,
                options=options,
                import_id=new_id(),
                strict=True,
            )
        except ValueProblem as problem:
            raise Invalid.field("rows", problem.code, problem.detail) from None
        return import_answer(self, batch)

    def checked_options(self: Any, values: Mapping[str, Any]) -> ImportOptions:
        """The options, held to what the resource offers and the caller may do. Raises Invalid, Forbidden."""
        resource = self.import_resource
        for name, spoken, offered in (
            ("match_on", "matchOn", resource.keys), ("create_missing", "createMissing", resource.creatable),
        ):  # fmt: skip
            if not set(values.get(name, ())) <= set(offered):
                raise Invalid.field(
                    f"options.{spoken}", "invalid_choice", f"One or several of: {', '.join(offered)}."
                )
        options = ImportOptions(
            **{**values, "match_on": tuple(values.get("match_on", resource.keys)),
               "create_missing": tuple(values.get("create_missing", ()))}
        )  # fmt: skip
        if options.on_duplicate not in resource.on_duplicate:
            offered = ", ".join(resource.on_duplicate)
            raise Invalid.field("options.onDuplicate", "invalid_choice", f"One of: {offered}.")
        for needed in engine.needed_actions(options):
            require(self.actor, resource.module, needed)
        return options


class ImportView(ResourceView):
    """Imports: one's own, and a tenant's administrators see them all; the grants of the resource's module apply."""

    permission_actions = {"retrieve": MEMBER, "errors": MEMBER, "undo": MEMBER}
    queryset = Import.objects.all()
    serializer_class = ImportSerializer
    listing_actions = ()
    answers = {"errors": CSV_FILE, "undo": IMPORT_ANSWER}

    def get_queryset(self) -> QuerySet:
        everything = self.queryset.all()
        return everything if self.actor.role in ADMINS else everything.filter(user_id=self.actor.user_id)

    def granted(self, needed: str, *, lock: bool = False) -> Import:
        """The import of the path, for a caller with the grant in its module. Raises NotFound, Forbidden."""
        batch = self.get_object(lock=lock)
        require(self.actor, import_string(batch.resource).module, needed)
        return batch

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.granted("canView"))

    @action(detail=True, methods=["get"])
    def errors(self, request: Any, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """The rows that failed, with what is wrong in a last column: correct them and upload the file again."""
        batch = self.granted("canView")
        response = StreamingHttpResponse(failures.error_file(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-errors-{batch.id}.csv"'
        return response

    @action(detail=True, methods=["post"])
    @transaction.atomic
    def undo(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Remove what the import created and nobody has touched since; ``removed`` and ``kept`` count it.

        More than 2,000 records are left to the worker (202). What the import updated stays.
        """
        return import_answer(self, undo(self.granted("canDelete", lock=True), actor=self.actor))


def receive(upload: Any, import_id: UUID) -> None:
    try:
        storage.receive(upload, import_id)
    except FileProblem as problem:
        raise refusal(problem) from None


def refusal(problem: ValueProblem) -> Invalid | TooLarge:
    """Why a file or its mapping is refused, as a problem of the request."""
    if problem.code == "too_large":
        return TooLarge(problem.detail)
    return Invalid.field("mapping" if problem.code in OF_MAPPING else "file", problem.code, problem.detail)


def read_json(name: str, text: str) -> Any:
    try:
        return parse_json(text.encode())
    except Invalid as error:
        raise Invalid.field(name, "parse_error", error.detail) from None


def cell_text(value: Any) -> str:
    """A JSON value as it would stand in a cell. Raises Invalid for objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return neutralise("; ".join(value))
    if not isinstance(value, str):
        raise Invalid.field(
            "rows", "invalid", "A field is a text, a number, true or false, or a list of texts."
        )
    return neutralise(value)


def import_answer(view: Any, batch: Import) -> Response:
    """The result, or 202 and where it will be."""
    waiting = batch.status in {Import.Status.QUEUED, Import.Status.UNDOING}
    headers = {"Location": f"/imports/{batch.id}"} if waiting else {}
    body = ImportSerializer(batch, context={"request": view.request, "view": view}).data
    return Response(body, status=202 if waiting else 200, headers=headers)
