"""The team as a file: exported with the list's filters, imported as invitations row by row."""

import csv
import io
import json

import pytest

from accounts.models import Invitation
from accounts.tests.team import count_users, history_of, invited, pending, problem, used
from nextgenerp.testing.factories import make_seat

HEADER = ["email", "firstName", "lastName", "role", "managerEmail", "phone"]


@pytest.fixture
def admin(member):
    return member("tenant_admin")


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def exported(client, query=""):
    response = client.get(f"/users/export?{query}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def upload(client, rows, **options):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    file = io.BytesIO(out.getvalue().encode())
    file.name = "users.csv"
    return client.post("/users/import", {"file": file, "options": json.dumps(options)}, format="multipart")


def counts(response):
    assert response.status_code == 200, response.content
    result = response.json()
    return tuple(result[name] for name in ("total", "created", "updated", "skipped", "failed", "blank"))


def codes(response):
    return [(error["row"], error["column"], error["code"]) for error in response.json()["errors"]]


def test_the_export_is_the_list(admin, member, tenant, other_tenant, mailbox):
    admin.seat.first_name = "Zed"
    admin.seat.save()
    boss = make_seat(tenant, "manager", first_name="Boss", last_name="Demo", phone="+919876543210")
    seat = make_seat(tenant, first_name="=Asha", last_name="Demo", manager=boss)
    make_seat(other_tenant)
    invited(admin, mailbox, firstName="New", managerId=str(boss.id))
    lines = exported(admin, "sortBy=name")
    assert lines == [
        HEADER,
        [seat.user.email, "'=Asha", "Demo", "staff", boss.user.email, ""],
        [boss.user.email, "Boss", "Demo", "manager", "", "+919876543210"],
        ["demo.new@example.com", "New", "", "staff", boss.user.email, ""],
        [admin.user.email, "Zed", admin.seat.last_name, "tenant_admin", "", ""],
    ]
    assert exported(admin, "status=pending")[1:] == [lines[3]]
    assert exported(admin, f"managerId={boss.id}&status=active")[1:] == [lines[1]]
    own = member(user_management=["view", "export"], scope="own")
    assert [line[0] for line in exported(own)[1:]] == [own.user.email]
    # what was exported is known, all of it
    assert counts(upload(admin, exported(admin, "status=active,pending"))) == (5, 0, 0, 5, 0, 0)


def test_rows_become_invitations(admin, anonymous, tenant, other_tenant, mailbox):
    boss = make_seat(tenant, "manager")
    gone, foreign = make_seat(tenant, is_active=False), make_seat(other_tenant)
    count_users(tenant)
    response = upload(admin, [
        HEADER,
        ["demo.a@example.com", "Asha", "Demo", "Staff", boss.user.email.upper(), "98765 43210"],
        ["demo.b@example.com", "", "", "manager", "", ""],
        ["DEMO.A@example.com", "Again", "", "staff", "", ""],
        [admin.user.email, "Me", "", "staff", "", ""],
        [gone.user.email, "Gone", "", "staff", "", ""],
        ["", "", "", "", "", ""],
        ["no address", "X", "", "staff", "", ""],
        ["demo.c@example.com", "X", "", "", "", ""],
        ["demo.d@example.com", "X", "", "emperor", "", ""],
        ["demo.e@example.com", "X", "", "staff", foreign.user.email, ""],
        ["demo.f@example.com", "X", "", "staff", gone.user.email, "12"],
        [foreign.user.email, "Elsewhere", "", "staff", "", ""],
    ])  # fmt: skip
    assert counts(response) == (12, 3, 0, 3, 5, 1)
    assert codes(response) == [
        (8, "email", "invalid_email"), (9, "role", "required"), (10, "role", "invalid_choice"),
        (11, "managerEmail", "does_not_exist"), (12, "managerEmail", "does_not_exist"), (12, "phone", "invalid_phone"),
    ]  # fmt: skip
    assert pending(tenant) == sorted(["demo.a@example.com", "demo.b@example.com", foreign.user.email])
    made = Invitation.objects.get(email="demo.a@example.com")
    assert (made.first_name, made.role, made.phone, made.manager_id, made.invited_by_id) == (
        "Asha", "staff", "+919876543210", boss.id, admin.seat.id,
    )  # fmt: skip
    assert used(tenant) == 2 + 3
    assert [row[:2] for row in history_of(tenant, made.id)] == [("accounts.Invitation", "created")]
    [message] = mailbox.to("demo.a@example.com")
    token = message.body.split("#token=")[1].split()[0]
    body = {"token": token, "password": "the-new-persons-password"}
    assert anonymous.post("/users/invites/accept", body).json()["seat"]["managerId"] == str(boss.id)


def test_rows_beyond_the_limit_fail(admin, tenant, limited, mailbox):
    count_users(tenant)
    limited(3)
    lines = [HEADER, *([f"demo.{n}@example.com", "", "", "staff", "", ""] for n in range(4))]
    response = upload(admin, lines)
    assert counts(response) == (4, 2, 0, 0, 2, 0)
    assert codes(response) == [(4, "", "plan_limit_reached"), (5, "", "plan_limit_reached")]
    assert (pending(tenant), used(tenant)) == (["demo.0@example.com", "demo.1@example.com"], 3)
    assert mailbox.to("demo.2@example.com") == []


def test_rows_beyond_the_days_mails_fail(admin, tenant, settings, mailbox):
    settings.MAIL_DAILY_CAPS = {"invite": 3}
    count_users(tenant)
    invited(admin, mailbox)
    lines = [HEADER, *([f"demo.{n}@example.com", "", "", "staff", "", ""] for n in range(4))]
    response = upload(admin, lines)
    assert counts(response) == (4, 2, 0, 0, 2, 0)
    assert codes(response) == [(4, "", "mail_cap_reached"), (5, "", "mail_cap_reached")]
    assert used(tenant) == 4


def test_rows_that_give_more_than_the_caller_has_fail(member, tenant, mailbox):
    count_users(tenant)
    lines = [
        HEADER,
        *([f"demo.{role}@example.com", "", "", role, "", ""] for role in ("tenant_admin", "admin")),
    ]
    response = upload(member("admin"), lines)
    assert counts(response) == (2, 1, 0, 0, 1, 0)
    assert codes(response) == [(2, "role", "permission_denied")]
    poor = member(user_management=["view", "create"])
    response = upload(poor, [HEADER, ["demo.s@example.com", "", "", "staff", "", ""]])
    assert codes(response) == [(2, "role", "permission_denied")]
    assert pending(tenant) == ["demo.admin@example.com"]


def test_a_rehearsal_invites_nobody(admin, tenant, mailbox):
    count_users(tenant)
    rows = [HEADER, ["demo.a@example.com", "", "", "staff", "", ""]]
    assert counts(upload(admin, rows, dryRun=True)) == (1, 1, 0, 0, 0, 0)
    assert (pending(tenant), used(tenant), mailbox.to("demo.a@example.com")) == ([], 1, [])


def test_what_there_is_may_be_an_error_but_is_never_changed(admin, tenant):
    rows = [HEADER, [admin.user.email, "Me", "", "staff", "", ""]]
    assert codes(upload(admin, rows, onDuplicate="error")) == [(2, "", "duplicate")]
    for choice in ("update", "create"):
        response = upload(admin, rows, onDuplicate=choice)
        assert problem(response) == (400, "invalid")
        assert response.json()["errors"][0]["field"] == "options.onDuplicate"


def test_an_import_is_taken_back(admin, anonymous, tenant, mailbox):
    count_users(tenant)
    rows = [HEADER, *([f"demo.{n}@example.com", "", "", "staff", "", ""] for n in range(3))]
    response = upload(admin, rows)
    token = mailbox.to("demo.0@example.com")[0].body.split("#token=")[1].split()[0]
    body = {"token": token, "password": "the-new-persons-password"}
    assert anonymous.post("/users/invites/accept", body).status_code == 200
    again = Invitation.objects.get(email="demo.1@example.com")
    assert admin.post(f"/users/invites/{again.id}/resend").status_code == 200
    undone = admin.post(f"/imports/{response.json()['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (1, 1)
    assert pending(tenant) == ["demo.1@example.com"]
    assert used(tenant) == 3
    assert anonymous.post("/users/invites/accept", {**body, "token": "x"}).status_code == 410
