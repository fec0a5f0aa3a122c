"""/email/queue: who sees what became of each mail, and what they may do about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from nextgenerp.core.exceptions import Invalid, RateLimited
from nextgenerp.core.tasks import run_due
from nextgenerp.core.tenancy import enter_tenant, leave_tenant
from nextgenerp.database.models import DeferredTask
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services import send
from nextgenerp.mail.tasks import purge_old
from nextgenerp.mail.tests.conftest import OTP
from nextgenerp.testing.client import Client

LIST = "/email/queue"
Status = QueuedEmail.Status
INVITE = {
    "name": "Demo", "inviter": "Demo Admin", "company": "Demo Works", "days": 7,
    "accept_url": "https://demo.example.com/accept?token=demo-token",
}  # fmt: skip


def queued(address: str = "demo@example.com", **fields: Any) -> QueuedEmail:
    email = send("otp", address, OTP)
    QueuedEmail.objects.filter(id=email.id).update(**fields)
    email.refresh_from_db()
    return email


def row_of(super_admin: Client, email: QueuedEmail) -> dict[str, Any]:
    return next(row for row in super_admin.get(LIST).json()["data"] if row["id"] == str(email.id))


def test_a_row_says_everything_but_the_texts(super_admin: Client, tenant: Any) -> None:
    enter_tenant(tenant)
    email = send("invite", ["one@example.com", "two@example.com"], INVITE, cc=["three@example.com"])
    leave_tenant()
    row = row_of(super_admin, email)
    assert row == {
        "id": str(email.id), "templateKey": "invite", "schemaName": tenant.schema_name,
        "to": ["one@example.com", "two@example.com"], "cc": ["three@example.com"], "replyTo": "",
        "subject": "Demo Admin invites you to Demo Works on NextGenERP",
        "messageId": f"<{email.id}@nextgenerp.example>", "status": "queued", "attempts": 0, "error": "",
        "createdAt": row["createdAt"], "sentAt": None,
    }  # fmt: skip
    assert "demo-token" not in str(super_admin.get(LIST).content)


def test_the_list_is_filtered_searched_and_paged(super_admin: Client, queries: Any) -> None:
    now = timezone.now()
    for number in range(5):
        queued(f"demo-{number}@example.com", created_at=now - timedelta(days=number))
    queued("other@example.org", status=Status.FAILED, created_at=now - timedelta(days=9))

    def found(**parameters: Any) -> list[str]:
        return [row["to"][0] for row in super_admin.get(LIST, parameters).json()["data"]]

    assert found() == [*(f"demo-{number}@example.com" for number in range(5)), "other@example.org"]
    assert found(status="failed") == ["other@example.org"]
    assert len(found(status="failed,queued")) == 6
    assert found(search="DEMO-3") == ["demo-3@example.com"]
    assert found(search="%") == []
    assert len(found(search="verification code")) == 6
    assert found(createdTo=(now - timedelta(days=4)).date().isoformat()) == [
        "demo-4@example.com",
        "other@example.org",
    ]
    assert found(createdFrom=(now - timedelta(days=1)).date().isoformat(), sortOrder="asc") == [
        "demo-1@example.com", "demo-0@example.com",
    ]  # fmt: skip
    assert found(templateKey="invite") == []
    assert found(page=2, limit=4) == ["demo-4@example.com", "other@example.org"]
    refused = super_admin.get(LIST, {"status": "lost"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "status"
    counts = []
    for limit in (1, 6):
        with queries() as seen:
            super_admin.get(LIST, {"limit": limit, "cursor": ""})
        counts.append(len([one for one in seen if "COUNT" not in one]))
    assert counts == [2, 2]


def test_stats_are_exact(super_admin: Client) -> None:
    empty = {
        "queued": 0, "sending": 0, "sent24h": 0, "failed": 0, "cancelled": 0, "oldestQueuedSeconds": 0,
    }  # fmt: skip
    assert super_admin.get(f"{LIST}/stats").json() == empty
    now = timezone.now()
    for status, amount in (("queued", 3), ("sending", 1), ("failed", 2), ("cancelled", 4)):
        for number in range(amount):
            queued(status=status, created_at=now - timedelta(seconds=1000 * number + 500))
    queued(status="sent", sent_at=now - timedelta(hours=23, minutes=59))
    queued(status="sent", sent_at=now - timedelta(hours=24, minutes=1))
    stats = super_admin.get(f"{LIST}/stats").json()
    age = stats.pop("oldestQueuedSeconds")
    assert stats == {"queued": 3, "sending": 1, "sent24h": 1, "failed": 2, "cancelled": 4}
    assert age == int((timezone.now() - now).total_seconds()) + 2500


def test_cancel_takes_a_queued_mail_back(super_admin: Client, mailoutbox: list[Any]) -> None:
    email = queued()
    answer = super_admin.post(f"{LIST}/{email.id}/cancel")
    assert answer.status_code == 200
    assert answer.json() == row_of(super_admin, email)
    assert answer.json()["status"] == "cancelled"
    run_due()
    assert mailoutbox == []
    email.refresh_from_db()
    assert (email.status, email.body_text, email.body_html) == (Status.CANCELLED, "", "")
    assert not DeferredTask.objects.exists()


@pytest.mark.parametrize("status", [one for one in Status if one != Status.QUEUED])
def test_only_a_queued_mail_is_cancelled(super_admin: Client, status: str) -> None:
    email = queued(status=status)
    refused = super_admin.post(f"{LIST}/{email.id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    assert refused.json()["state"] == status
    email.refresh_from_db()
    assert email.status == status
    assert email.body_text != ""


def test_retry_sends_a_failed_mail(super_admin: Client, mailoutbox: list[Any]) -> None:
    email = queued(status=Status.FAILED, attempts=12, error="SMTPServerDisconnected()")
    DeferredTask.objects.all().delete()
    answer = super_admin.post(f"{LIST}/{email.id}/retry")
    assert answer.status_code == 200
    assert [answer.json()[name] for name in ("status", "attempts", "error")] == ["queued", 0, ""]
    run_due()
    assert [mail.to for mail in mailoutbox] == [["demo@example.com"]]
    assert row_of(super_admin, email)["status"] == "sent"


@pytest.mark.parametrize("status", [one for one in Status if one != Status.FAILED])
def test_only_a_failed_mail_is_retried(super_admin: Client, status: str) -> None:
    email = queued(status=status)
    DeferredTask.objects.all().delete()
    refused = super_admin.post(f"{LIST}/{email.id}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    assert not DeferredTask.objects.exists()


def test_only_super_admins_come_in(anonymous: Client, member: Any, super_admin: Client) -> None:
    email = queued()
    for method, path in (
        ("get", LIST), ("get", f"{LIST}/stats"), ("post", f"{LIST}/{email.id}/cancel"),
        ("post", f"{LIST}/{email.id}/retry"),
    ):  # fmt: skip
        assert getattr(anonymous, method)(path).status_code == 401
        assert getattr(member("tenant_admin"), method)(path).status_code == 403
    email.refresh_from_db()
    assert email.status == Status.QUEUED
    for identifier in ("00000000-0000-7000-8000-000000000000", "nothing", "%00", "1"):
        assert super_admin.post(f"{LIST}/{identifier}/cancel").status_code in {400, 404}
        assert super_admin.post(f"{LIST}/{identifier}/retry").status_code in {400, 404}


@pytest.mark.parametrize(
    "address",
    [
        "", "demo", "demo@example.com\r\nBcc: other@example.com", "demo@example.com,other@example.com",
        "Demo <demo@example.com>", "demo@example.com other@example.com", "demo@exa mple.com", "demo@example.com\x00",
    ],
)  # fmt: skip
def test_addresses_are_bare_and_single(db: None, address: str) -> None:
    for values in (
        {"to": address},
        {"to": ["a@example.com", address]},
        {"to": "a@example.com", "cc": [address]},
    ):
        with pytest.raises(Invalid):
            send("otp", variables=OTP, **values)
    if address:
        with pytest.raises(Invalid):
            send("otp", "a@example.com", OTP, reply_to=address)
    assert not QueuedEmail.objects.exists()
    assert not DeferredTask.objects.exists()


def test_a_mail_goes_to_each_address_once_and_to_twenty_at_most(db: None) -> None:
    email = send("otp", ["a@example.com", "a@example.com"], OTP, cc=["a@example.com", "b@example.com"])
    assert (email.to, email.cc) == (["a@example.com"], ["b@example.com"])
    for many in ([], [f"demo-{number}@example.com" for number in range(21)]):
        with pytest.raises(Invalid):
            send("otp", many, OTP)


def test_a_tenant_has_a_cap_a_day(tenant: Any, other_tenant: Any, settings: Any) -> None:
    settings.MAIL_DAILY_CAPS = {"invite": 2}
    enter_tenant(tenant)
    send("invite", "demo-1@example.com", INVITE)
    send("invite", "demo-2@example.com", INVITE)
    with pytest.raises(RateLimited) as refused:
        send("invite", "demo-3@example.com", INVITE)
    assert refused.value.code == "mail_cap_reached"
    assert 0 < refused.value.retry_after <= 86_400
    assert QueuedEmail.objects.count() == 2
    send("otp", "demo@example.com", OTP)
    enter_tenant(other_tenant)
    send("invite", "demo-3@example.com", INVITE)
    enter_tenant(tenant)
    QueuedEmail.objects.update(created_at=F("created_at") - timedelta(days=1))
    assert send("invite", "demo-3@example.com", INVITE).status == "queued"


def test_old_mails_are_forgotten(db: None) -> None:
    now = timezone.now()
    kept = {
        queued(status=status, created_at=now - timedelta(days=days)).id
        for status, days in (("sent", 29), ("cancelled", 29), ("failed", 89), ("queued", 99), ("sending", 99))
    }
    for status, days in (("sent", 31), ("cancelled", 31), ("failed", 91)):
        queued(status=status, created_at=now - timedelta(days=days))
    assert purge_old() == 3
    assert set(QueuedEmail.objects.values_list("id", flat=True)) == kept
