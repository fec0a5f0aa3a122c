"""Stored files: what may be stored, and who gets it back."""

import hashlib
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from nextgenerp.core.exceptions import Invalid, TooLarge
from nextgenerp.core.files import IMAGES, PDF, content_type_of, delete_file, store_file
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tenancy import SYSTEM, tenant_context

PNG_BYTES = b"\x89PNG\r\n\x1a\n" + b"demo" * 8
PDF_BYTES = b"%PDF-1.7\n" + b"demo" * 8


def store(tenant, content, **options):
    options = {
        "record_type": "seat",
        "record_id": uuid4(),
        "actor": SYSTEM,
        "allowed": (*IMAGES, PDF),
    } | options
    with tenant_context(tenant):
        return store_file(SimpleUploadedFile("a demo.png", content, "text/html"), **options)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (PNG_BYTES, "image/png"),
        (b"\xff\xd8\xff\xe0demo", "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (PDF_BYTES, "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(start, found):
    assert content_type_of(start) == found


def test_a_stored_file_comes_back_to_a_member(member, tenant):
    stored = store(tenant, PNG_BYTES)
    assert stored.path.startswith(f"{tenant.schema_name}/20")
    assert stored.sha256 == hashlib.sha256(PNG_BYTES).hexdigest()
    response = member(customers=["view"]).get(f"/files/{stored.id}")
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == PNG_BYTES
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == 'inline; filename="a demo.png"'
    assert response["Cache-Control"] == "private, max-age=3600"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"


def test_a_pdf_is_saved_not_shown(member, tenant):
    stored = store(tenant, PDF_BYTES)
    response = member("staff").get(f"/files/{stored.id}")
    assert response["Content-Disposition"] == 'attachment; filename="a demo.png"'
    assert response["Content-Type"] == "application/pdf"


def test_another_tenants_file_an_unknown_and_a_malformed_id_are_one_answer(member, tenant, other_tenant):
    theirs = store(other_tenant, PNG_BYTES)
    client = member("tenant_admin")
    for identifier in (theirs.id, uuid4(), "not-an-id"):
        response = client.get(f"/files/{identifier}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_files_are_for_members(anonymous, super_admin, tenant):
    stored = store(tenant, PNG_BYTES)
    assert anonymous.get(f"/files/{stored.id}").status_code == 401
    response = super_admin.get(f"/files/{stored.id}")
    assert (response.status_code, response.json()["code"]) == (403, "tenant_required")


def test_what_is_refused_is_not_stored(tenant):
    with tenant_context(tenant):
        for content, options, error in (
            (b"<html>", {}, Invalid),
            (PDF_BYTES, {"allowed": IMAGES}, Invalid),
            (PNG_BYTES, {"max_bytes": 10}, TooLarge),
        ):
            with pytest.raises(error):
                store(tenant, content, **options)
        assert StoredFile.objects.count() == 0
    assert not default_storage.exists(tenant.schema_name) or not any(
        default_storage.listdir(tenant.schema_name)[1]
    )


def test_a_deleted_file_loses_its_bytes_at_the_commit(tenant, django_capture_on_commit_callbacks):
    stored = store(tenant, PNG_BYTES)
    path = stored.path
    with tenant_context(tenant), django_capture_on_commit_callbacks() as callbacks:
        delete_file(stored)
        assert default_storage.exists(path)
    callbacks[0]()
    assert not default_storage.exists(path)


def test_a_row_whose_bytes_are_gone_is_404(member, tenant):
    stored = store(tenant, PNG_BYTES)
    default_storage.delete(stored.path)
    assert member("staff").get(f"/files/{stored.id}").status_code == 404


def test_a_file_of_a_record_is_for_those_who_may_see_the_record(member, tenant):
    owner = member(leads=["view", "create"])
    lead = owner.post("/leads", {"firstName": "Demo", "email": "demo-lead-1@example.com"}).json()
    stored = store(tenant, PNG_BYTES, record_type="crm.Lead", record_id=lead["id"])
    assert owner.get(f"/files/{stored.id}").status_code == 200
    assert member(leads=["view"], scope="own").get(f"/files/{stored.id}").status_code == 404
    refused = member(customers=["view"]).get(f"/files/{stored.id}")
    assert refused.status_code == 403
    assert (refused.json()["module"], refused.json()["action"]) == ("Leads", "canView")
    member(leads=["view", "delete"]).delete(f"/leads/{lead['id']}")
    assert owner.get(f"/files/{stored.id}").status_code == 404
