"""The company profile: what is the tenant's and what is the letterhead's, changed as one."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Tenant
from sales.tests.documents import field_errors, history_of

PATH = "/sales-settings/company-profile"
PNG = b"\x89PNG\r\n\x1a\n" + b"demo" * 8
GSTIN = "27AAPFU0939F1ZV"  # Maharashtra


def test_the_profile_of_a_new_tenant(member, tenant):
    response = member(setup=["view"]).get(PATH)
    profile = response.json()
    assert response["ETag"] == '"1"'
    assert profile == {
        "id": profile["id"], "name": tenant.name, "gstin": "", "stateCode": "", "timeZone": "Asia/Kolkata",
        "address": {
            "line1": "", "line2": "", "city": "", "pincode": "", "state": "", "stateCode": "", "country": "India",
        },
        "email": "", "phone": "", "website": "", "logoUrl": None, "taxRounding": "progressive", "roundOff": True,
        "version": 1, "createdAt": profile["createdAt"], "updatedAt": profile["updatedAt"],
    }  # fmt: skip


def test_all_of_it_can_be_changed_at_once(member, tenant):
    client = member(setup=["view", "edit"])
    response = client.patch(PATH, {
        "name": "Demo Traders", "gstin": "27 aapfu 0939 f1zv", "timeZone": "Asia/Dubai",
        "address": {"line1": "12 Demo Street", "city": "Pune", "pincode": "411001", "state": "Goa"},
        "email": "accounts@demo.example", "phone": "98765 43210", "website": "demo.example",
        "taxRounding": "line", "roundOff": False,
    })  # fmt: skip
    profile = response.json()
    assert response.status_code == 200, profile
    assert profile["gstin"] == GSTIN
    assert profile["stateCode"] == "27"
    assert profile["address"] == {
        "line1": "12 Demo Street", "line2": "", "city": "Pune", "pincode": "411001", "state": "Maharashtra",
        "stateCode": "27", "country": "India",
    }  # fmt: skip
    assert (profile["phone"], profile["taxRounding"], profile["roundOff"]) == ("+919876543210", "line", False)
    assert (profile["version"], response["ETag"]) == (2, '"2"')
    assert client.get(PATH).json() == profile
    stored = Tenant.objects.get(id=tenant.id)
    assert (stored.name, stored.gstin, stored.state_code, stored.time_zone) == (
        "Demo Traders", GSTIN, "27", "Asia/Dubai",
    )  # fmt: skip
    assert history_of(tenant, str(tenant.id)) == [(
        "updated",
        {"name": [tenant.name, "Demo Traders"], "gstin": ["", GSTIN], "stateCode": ["", "27"],
         "timeZone": ["Asia/Kolkata", "Asia/Dubai"]},
    )]  # fmt: skip
    assert sorted(history_of(tenant, profile["id"])[0][1]) == [
        "city", "email", "line1", "phone", "pincode", "roundOff", "taxRounding", "website",
    ]  # fmt: skip


def test_sending_back_what_was_read_changes_nothing(member, tenant):
    client = member(setup=["view", "edit"])
    client.patch(PATH, {"gstin": GSTIN})
    profile = client.get(PATH).json()
    assert client.patch(PATH, profile).json() == profile
    assert len(history_of(tenant, str(tenant.id))) == 1


def test_a_change_of_the_tenant_alone_is_a_new_version_too(member):
    client = member(setup=["view", "edit"])
    assert client.patch(PATH, {"name": "Demo Traders"}).json()["version"] == 2
    stale = client.patch(PATH, {"name": "Other"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    assert client.patch(PATH, {"name": "Other"}, headers={"If-Match": '"2"'}).status_code == 200


def test_the_state_is_that_of_the_gstin(member):
    client = member(setup=["view", "edit"])
    assert client.patch(PATH, {"stateCode": "Goa"}).json()["stateCode"] == "30"
    assert field_errors(client.patch(PATH, {"gstin": GSTIN, "stateCode": "30"})) == {
        ("stateCode", "state_mismatch")
    }
    assert client.patch(PATH, {"gstin": GSTIN}).json()["stateCode"] == "27"
    assert field_errors(client.patch(PATH, {"stateCode": "29"})) == {("stateCode", "state_mismatch")}
    assert client.patch(PATH, {"stateCode": ""}).json()["stateCode"] == "27"
    without = client.patch(PATH, {"gstin": "", "stateCode": "29"}).json()
    assert (without["gstin"], without["stateCode"]) == ("", "29")


@pytest.mark.parametrize(
    ("field", "body", "code"),
    [
        ("gstin", {"gstin": "27AAPFU0939F1ZX"}, "invalid_gstin"),
        ("stateCode", {"stateCode": "99"}, "invalid_state"),
        ("timeZone", {"timeZone": "Asia/Poona"}, "invalid_time_zone"),
        ("name", {"name": " "}, "blank"),
        ("address.pincode", {"address": {"pincode": "011001"}}, "invalid_pincode"),
        ("address.street", {"address": {"street": "x"}}, "unknown_field"),
        ("address", {"address": "x"}, "invalid"),
        ("taxRounding", {"taxRounding": "never"}, "invalid_choice"),
        ("roundOff", {"roundOff": "perhaps"}, "invalid"),
        ("email", {"email": "nobody"}, "invalid_email"),
        ("website", {"website": "javascript:alert(1)"}, "invalid"),
        ("logo", {"logo": "x"}, "invalid"),
    ],
)
def test_what_no_company_has_is_refused(field, body, code, member, tenant):
    response = member(setup=["view", "edit"]).patch(PATH, {"roundOff": False} | body)
    assert field_errors(response) == {(field, code)}
    assert member(setup=["view"]).get(PATH).json()["version"] == 1
    assert history_of(tenant, str(tenant.id)) == []


def test_a_logo_comes_by_multipart_and_goes_by_null(member, tenant):
    client = member(setup=["view", "edit"])
    logo = SimpleUploadedFile("logo.png", PNG, "image/png")
    profile = client.patch(PATH, {"logo": logo, "email": "accounts@demo.example"}, format="multipart").json()
    assert profile["email"] == "accounts@demo.example"
    assert profile["roundOff"] is True
    assert client.get(profile["logoUrl"]).status_code == 200
    assert member(quotations=["view"]).get(profile["logoUrl"]).status_code == 403
    second = client.patch(
        PATH, {"logo": SimpleUploadedFile("x.png", PNG, "image/png")}, format="multipart"
    ).json()
    assert second["logoUrl"] != profile["logoUrl"]
    assert client.patch(PATH, {"logo": None}).json()["logoUrl"] is None
    for earlier in (profile, second):  # documents that have left draft print it still
        assert client.get(earlier["logoUrl"]).status_code == 200


def test_a_logo_is_an_image(member, tenant):
    client = member(setup=["view", "edit"])
    for content in (b"%PDF-1.7 demo", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        upload = SimpleUploadedFile("logo.png", content, "image/png")
        refused = client.patch(PATH, {"logo": upload, "name": "Other"}, format="multipart")
        assert field_errors(refused) == {("logo", "invalid_file")}
    large = SimpleUploadedFile("logo.png", PNG + b"x" * 2_000_001, "image/png")
    assert client.patch(PATH, {"logo": large}, format="multipart").status_code == 413
    assert client.get(PATH).json()["name"] == tenant.name
