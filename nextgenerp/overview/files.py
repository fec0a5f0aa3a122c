"""/files/:id: private files, to those who may see the record they belong to."""

from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.http import FileResponse

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import MEMBER, require
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.files import IMAGES
from nextgenerp.core.models import StoredFile
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor
from nextgenerp.database.ids import parse_id

FILE = Answer({"type": "string", "format": "binary"}, media_type="application/octet-stream")


def check_visible(stored: StoredFile, actor: Actor) -> None:
    """Hold a caller to the record of a file: its module's canView and its scope; avatars are for every member.

    Raises Forbidden, NotFound.
    """
    if stored.record_type == "seat":
        return
    model = apps.get_model(stored.record_type)
    require(actor, model.scope.module, "canView")
    if not visible(model._default_manager.filter(pk=stored.record_id), actor).exists():
        raise NotFound


class FileView(ApiView):
    """A stored file."""

    permission_actions = {"retrieve": MEMBER}
    answers = {"retrieve": FILE}

    def retrieve(self, request: Any, id: str) -> FileResponse:
        """The file's bytes, with the type its content was found to have: an image, or a PDF to be saved."""
        identifier = parse_id(id)
        stored = StoredFile.objects.filter(id=identifier).first() if identifier else None
        if stored is None:
            raise NotFound
        check_visible(stored, self.actor)
        try:
            content = default_storage.open(stored.path)
        except FileNotFoundError:
            raise NotFound from None
        response = FileResponse(
            content,
            as_attachment=stored.content_type not in IMAGES,
            filename=stored.name,
            content_type=stored.content_type,
        )
        response["Cache-Control"] = "private, max-age=3600"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        return response
