"""/email/templates: shipped texts, overrides of them, templates of the platform's own."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from nextgenerp.mail.models import EmailTemplate, QueuedEmail
from nextgenerp.mail.selectors import UnknownTemplate
from nextgenerp.mail.services import send
from nextgenerp.mail.services.templates import install_system_templates
from nextgenerp.mail.tests.conftest import OTP
from nextgenerp.testing.client import Client

LIST = "/email/templates"
SYSTEM_KEYS = [
    "already_registered", "document", "dunning", "invite", "lead_assigned", "otp", "reminder", "reset",
]  # fmt: skip


def body(**changes: Any) -> dict[str, Any]:
    return {
        "key": "demo-greeting", "name": "Demo greeting", "subject": "Hello {{ name }}",
        "bodyHtml": "<p>Hello {{ name }}</p>", "bodyText": "Hello {{ name }}", "variables": ["name"],
    } | changes  # fmt: skip


def shipped(key: str, name: str) -> str:
    return Path(settings.BASE_DIR, "templates", "email", key, name).read_text().strip()


def system_template(super_admin: Client, key: str) -> dict[str, Any]:
    return super_admin.get(LIST, {"key": key}).json()["data"][0]


def test_the_list_shows_the_shipped_texts(super_admin: Client) -> None:
    answer = super_admin.get(LIST).json()
    assert [row["key"] for row in answer["data"]] == SYSTEM_KEYS
    assert answer["pagination"] == {
        "page": 1, "limit": 25, "total": 8, "totalPages": 1, "nextCursor": None,
    }  # fmt: skip
    otp = answer["data"][5]
    assert {name: otp[name] for name in ("name", "isActive", "isSystem", "isOverridden", "variables")} == {
        "name": "Verification code", "isActive": True, "isSystem": True, "isOverridden": False,
        "variables": ["name", "code", "minutes"],
    }  # fmt: skip
    assert otp["subject"] == shipped("otp", "subject.txt")
    assert otp["bodyText"] == shipped("otp", "body.txt")
    assert otp["bodyHtml"] == shipped("otp", "body.html")
    assert super_admin.get(f"{LIST}/{otp['id']}").json() == otp


def test_the_list_is_filtered_sorted_and_walked(super_admin: Client) -> None:
    super_admin.post(LIST, body(isActive=False))
    assert [row["key"] for row in super_admin.get(LIST, {"isSystem": "false"}).json()["data"]] == [
        "demo-greeting"
    ]
    assert super_admin.get(LIST, {"isActive": "false"}).json()["pagination"]["total"] == 1
    assert [row["key"] for row in super_admin.get(LIST, {"search": "GREET"}).json()["data"]] == [
        "demo-greeting"
    ]
    walked, cursor = [], None
    while True:
        parameters = {"limit": 4, "sortBy": "name", "sortOrder": "desc"} | (
            {"cursor": cursor} if cursor else {}
        )
        answer = super_admin.get(LIST, parameters).json()
        walked += [row["name"] for row in answer["data"]]
        cursor = answer["pagination"]["nextCursor"]
        if not cursor:
            break
    assert walked == sorted(walked, reverse=True)
    assert len(walked) == 9
    assert super_admin.get(LIST, {"isSytem": "true"}).json()["code"] == "unknown_parameter"


def test_the_list_costs_as_many_queries_for_many_as_for_one(super_admin: Client, queries: Any) -> None:
    counts = []
    for limit in (1, 8):
        with queries() as seen:
            assert len(super_admin.get(LIST, {"limit": limit, "sortBy": "key"}).json()["data"]) == limit
        counts.append(len(seen) - ("COUNT" in str(seen)))
    assert counts == [2, 2]


def test_create_read_change_delete(super_admin: Client) -> None:
    made = super_admin.post(LIST, body())
    assert made.status_code == 201
    one = f"{LIST}/{made.json()['id']}"
    assert made["Location"] == one
    assert {key: value for key, value in made.json().items() if key not in {"id", "createdAt", "updatedAt"}} == {
        **body(), "isActive": True, "isSystem": False, "isOverridden": False,
    }  # fmt: skip
    read = super_admin.get(one)
    assert read.json() == made.json()
    changed = super_admin.put(
        one, {**read.json(), "subject": "Namaste {{ name }}"}, headers={"If-Match": read["ETag"]}
    )
    assert changed.status_code == 200
    assert changed.json()["subject"] == "Namaste {{ name }}"
    late = super_admin.put(one, {"subject": "Late"}, headers={"If-Match": read["ETag"]})
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    assert super_admin.put(one, {"isActive": False}).json()["subject"] == "Namaste {{ name }}"
    assert super_admin.delete(one).status_code == 204
    assert super_admin.get(one).status_code == 404


def test_an_override_is_used_until_it_is_deleted(super_admin: Client) -> None:
    otp = system_template(super_admin, "otp")
    one = f"{LIST}/{otp['id']}"
    changed = super_admin.put(one, {"subject": "Demo code", "bodyText": "{{ code }} for {{ name }}"})
    assert changed.status_code == 200
    assert changed.json()["isOverridden"] is True
    assert changed.json()["bodyHtml"] == otp["bodyHtml"]
    email = send("otp", "demo@example.com", OTP)
    assert (email.subject, email.body_text) == ("Demo code", "482915 for Demo")
    assert super_admin.put(one, {"isActive": False}).status_code == 200
    assert send("otp", "demo@example.com", OTP).subject == "Your NextGenERP verification code"
    super_admin.put(one, {"isActive": True})
    assert send("otp", "demo@example.com", OTP).subject == "Demo code"

    assert super_admin.delete(one).status_code == 204
    back = super_admin.get(one).json()
    assert back == {**otp, "updatedAt": back["updatedAt"]}
    assert send("otp", "demo@example.com", OTP).subject == "Your NextGenERP verification code"
    refused = super_admin.delete(one)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert super_admin.get(one).status_code == 200


def test_posting_the_key_of_a_system_mail_overrides_it_once(super_admin: Client) -> None:
    override = body(key="otp", subject="Demo code", bodyText="{{ code }}", bodyHtml="", variables=["code"])
    made = super_admin.post(LIST, override)
    assert made.status_code == 201
    assert (made.json()["isSystem"], made.json()["isOverridden"]) == (True, True)
    assert made.json()["variables"] == ["name", "code", "minutes"]
    assert send("otp", "demo@example.com", OTP).body_text == "482915"
    again = super_admin.post(LIST, override)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    assert EmailTemplate.objects.filter(key="otp").count() == 1


def test_an_own_template_is_sent_while_it_is_active(super_admin: Client) -> None:
    one = f"{LIST}/{super_admin.post(LIST, body()).json()['id']}"
    email = send("demo-greeting", "demo@example.com", {"name": "<Demo>"})
    assert (email.subject, email.body_html) == ("Hello <Demo>", "<p>Hello &lt;Demo&gt;</p>")
    super_admin.put(one, {"isActive": False})
    with pytest.raises(UnknownTemplate):
        send("demo-greeting", "demo@example.com", {"name": "Demo"})


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"subject": "{{ nmae }}"}, "subject", "undeclared_placeholder"),
        ({"bodyHtml": "<p>{{ name.password }}</p>"}, "bodyHtml", "invalid_placeholder"),
        ({"bodyText": "{% debug %}"}, "bodyText", "invalid_placeholder"),
        ({"variables": []}, "subject", "undeclared_placeholder"),
        ({"subject": "Hello\nBcc: demo@example.com"}, "subject", "line_break"),
        ({"subject": ""}, "subject", "blank"),
        ({"subject": "x" * 201}, "subject", "max_length"),
        ({"bodyHtml": "", "bodyText": ""}, "bodyText", "required"),
        ({"bodyHtml": "x" * 100_001}, "bodyHtml", "max_length"),
        ({"variables": ["na me"]}, "variables.0", "invalid"),
        ({"variables": ["name", 7]}, "variables.1", "invalid"),
        ({"variables": [f"v{n}" for n in range(51)]}, "variables", "max_length"),
        ({"variables": "name"}, "variables", "not_a_list"),
        ({"key": "Demo Greeting"}, "key", "invalid"),
        ({"isActive": "perhaps"}, "isActive", "invalid"),
        ({"body": "x"}, "body", "unknown_field"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_written(
    super_admin: Client, changes: dict[str, Any], field: str, code: str
) -> None:
    refused = super_admin.post(LIST, body(**changes))
    assert refused.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in refused.json()["errors"]]
    assert not EmailTemplate.objects.filter(is_system=False).exists()

    one = f"{LIST}/{super_admin.post(LIST, body()).json()['id']}"
    before = super_admin.get(one).json()
    refused = super_admin.put(one, changes)
    assert refused.status_code == 400
    assert super_admin.get(one).json() == before


def test_the_undeclared_placeholder_is_named_with_its_place(super_admin: Client) -> None:
    answer = super_admin.post(LIST, body(bodyText="Hello\n{{ nmae }}")).json()
    assert answer["errors"] == [
        {
            "field": "bodyText", "code": "undeclared_placeholder",
            "detail": "Line 2: 'nmae' is not declared. There is: name.",
        }
    ]  # fmt: skip


def test_a_system_mail_keeps_its_key_and_its_variables(super_admin: Client) -> None:
    one = f"{LIST}/{system_template(super_admin, 'otp')['id']}"
    for change, field, code in (
        ({"key": "otp2"}, "key", "immutable"),
        ({"variables": ["name", "password"]}, "variables", "unknown_variable"),
        ({"bodyText": "{{ password }}"}, "bodyText", "undeclared_placeholder"),
    ):
        refused = super_admin.put(one, change)
        assert refused.status_code == 400
        assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]
    assert not EmailTemplate.objects.filter(is_overridden=True).exists()


def test_only_super_admins_come_in(anonymous: Client, member: Any, super_admin: Client) -> None:
    otp = f"{LIST}/{system_template(super_admin, 'otp')['id']}"
    for method, path in (("get", LIST), ("post", LIST), ("get", otp), ("put", otp), ("delete", otp)):
        assert getattr(anonymous, method)(path).status_code == 401
        assert getattr(member("tenant_admin"), method)(path).status_code == 403
    assert super_admin.patch(otp, {}).status_code == 405
    assert super_admin.get(f"{LIST}/not-an-id").status_code == 404
    assert EmailTemplate.objects.filter(is_system=False).count() == 0


def test_installing_again_changes_nothing_and_mends_what_is_gone(super_admin: Client) -> None:
    otp = system_template(super_admin, "otp")
    super_admin.put(f"{LIST}/{otp['id']}", {"subject": "Demo code"})
    EmailTemplate.objects.filter(key="reset").delete()
    EmailTemplate.objects.create(key="former", name="Former", is_system=True)
    install_system_templates()
    rows = super_admin.get(LIST).json()["data"]
    assert [row["key"] for row in rows] == SYSTEM_KEYS
    assert rows[5]["subject"] == "Demo code"


def test_the_wrong_variables_are_a_mistake_of_the_caller(db: None) -> None:
    with pytest.raises(ValueError, match="minutes"):
        send("otp", "demo@example.com", {"name": "Demo", "code": "1"})
    with pytest.raises(UnknownTemplate):
        send("nothing", "demo@example.com", {})
    assert not QueuedEmail.objects.exists()
