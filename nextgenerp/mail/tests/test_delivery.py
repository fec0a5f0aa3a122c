"""From a service to the recipient: what a rollback, a kill, a refusal and two workers at once do to a mail."""

import os
import signal
import subprocess
import sys
import threading
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django_q.models import OrmQ

from accounts.models import User
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tasks import run_due, run_one
from nextgenerp.core.tenancy import enter_tenant, leave_tenant, tenant_context
from nextgenerp.database.models import DeferredTask
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services import send
from nextgenerp.mail.tasks import deliver
from nextgenerp.mail.tests.conftest import OTP
from nextgenerp.mail.tests.smtp_server import SmtpServer
from nextgenerp.testing.client import Client

Status = QueuedEmail.Status
EML_BACKEND = "nextgenerp.mail.backends.EmlFileBackend"


def make_due() -> None:
    """Let every lease and every delay run out."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.deferred_task SET due_at = now() - interval '1 hour'")


def reread(email: QueuedEmail) -> QueuedEmail:
    return QueuedEmail.objects.get(id=email.id)


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a process that works on the test's own database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"]))
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "nextgenerp.settings.test", **more}


@transaction.atomic
def send_and_fail() -> None:
    send("otp", "demo@example.com", OTP)
    raise ZeroDivisionError


def test_a_committed_mail_is_sent_and_its_code_forgotten(committing: None, smtp: SmtpServer) -> None:
    email = send("otp", "demo@example.com", {**OTP, "name": "Déمo <b>"}, cc=["copy@example.com"])
    assert OrmQ.objects.count() == 1
    assert run_due() == 1
    mail = smtp.mails[0]
    assert smtp.recipients == [["demo@example.com", "copy@example.com"]]
    assert (mail["To"], mail["Cc"], mail["From"]) == (
        "demo@example.com", "copy@example.com", django_settings.MAIL_FROM,
    )  # fmt: skip
    assert mail["Subject"] == "Your NextGenERP verification code"
    assert mail["Message-ID"] == f"<{email.id}@nextgenerp.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "your verification code is 482915" in mail.get_body(("plain",)).get_content()
    assert "Hello Déمo &lt;b&gt;," in mail.get_body(("html",)).get_content()
    sent = reread(email)
    assert (sent.status, sent.attempts, sent.error, sent.claim) == (Status.SENT, 1, "", None)
    assert sent.sent_at is not None
    assert (sent.body_text, sent.body_html) == ("", "")
    assert not DeferredTask.objects.exists()


def test_a_rollback_sends_nothing(committing: None, smtp: SmtpServer) -> None:
    with pytest.raises(ZeroDivisionError):
        send_and_fail()
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            send_and_fail()
        send("otp", "kept@example.com", OTP)
    assert OrmQ.objects.count() == 1
    assert run_due() == 1
    assert smtp.recipients == [["kept@example.com"]]
    assert QueuedEmail.objects.count() == 1


def test_many_mails_of_one_transaction_wake_the_worker_once(committing: None) -> None:
    with transaction.atomic():
        for number in range(5):
            send("otp", f"demo-{number}@example.com", OTP)
        assert OrmQ.objects.count() == 0
    assert OrmQ.objects.count() == 1
    assert DeferredTask.objects.count() == 5


def test_a_header_cannot_be_smuggled_in_by_a_value(committing: None, smtp: SmtpServer) -> None:
    values = {
        "subject": "Quotation\r\nBcc: other@example.com", "recipient": "Demo\r\nBcc: other@example.com",
        "message": "Hello\r\n.\r\nQUIT\r\nBcc: other@example.com", "document": "QT-1", "company": "Demo Works",
    }  # fmt: skip
    send("document", "demo@example.com", values)
    run_due()
    assert smtp.recipients == [["demo@example.com"]]
    mail = smtp.mails[0]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Quotation Bcc: other@example.com"
    assert "\r\n.\r\n" in mail.get_body(("plain",)).get_content()


def test_attachments_come_from_the_tenant_that_sends(
    committing: None, committed_tenant: Any, smtp: SmtpServer
) -> None:
    with tenant_context(committed_tenant):
        path = default_storage.save("demo/quotation.pdf", ContentFile(b"%PDF-1.7 demo"))
        stored = StoredFile.objects.create(
            record_type="seat", record_id=committed_tenant.id, name="QT-1.pdf", path=path,
            content_type="application/pdf", size=13, sha256="0" * 64,
        )  # fmt: skip
        values = dict.fromkeys(("subject", "recipient", "message", "document", "company"), "Demo")
        send("document", "demo@example.com", values, attachments=[stored.id], reply_to="sales@example.com")
        gone = send("document", "demo@example.com", values, attachments=[committed_tenant.id])
    run_due()
    assert smtp.mails[0]["Reply-To"] == "sales@example.com"
    attached = list(smtp.mails[0].iter_attachments())
    assert [(one.get_filename(), one.get_content_type()) for one in attached] == [
        ("QT-1.pdf", "application/pdf")
    ]
    assert attached[0].get_content() == b"%PDF-1.7 demo"
    assert len(smtp.mails) == 1
    assert reread(gone).status == Status.FAILED
    assert "is gone" in reread(gone).error


def test_a_mail_whose_server_is_away_waits_longer_each_time_and_fails_at_last(
    operator: User, smtp: SmtpServer
) -> None:
    smtp.refuse["demo@example.com"] = 451
    email = send("otp", "demo@example.com", OTP)
    for attempt in range(1, 12):
        make_due()
        assert run_due() == 1
        waiting = reread(email)
        assert (waiting.status, waiting.attempts, waiting.claim) == (Status.QUEUED, attempt, None)
        assert "451" in waiting.error
    make_due()
    assert run_due() == 1
    failed = reread(email)
    assert (failed.status, failed.attempts) == (Status.FAILED, 12)
    assert "451" in failed.error
    assert "482915" in failed.body_text
    task = DeferredTask.objects.get()
    assert task.failed_at is not None
    assert run_due() == 0

    smtp.refuse.clear()
    assert Client(user=operator).post(f"/email/queue/{email.id}/retry").status_code == 200
    assert run_due() == 1
    assert reread(email).status == Status.SENT
    assert smtp.recipients == [["demo@example.com"]]


def test_a_recipient_refused_for_good_is_not_tried_again(committing: None, smtp: SmtpServer) -> None:
    smtp.refuse["nobody@example.com"] = 550
    email = send("otp", "nobody@example.com", OTP)
    assert run_due() == 1
    failed = reread(email)
    assert (failed.status, failed.attempts) == (Status.FAILED, 1)
    assert "550" in failed.error


def test_an_unreachable_server_is_tried_again(committing: None, smtp: SmtpServer, settings: Any) -> None:
    with SmtpServer() as other:
        settings.EMAIL_PORT = other.port
    email = send("otp", "demo@example.com", OTP)
    run_due()
    assert reread(email).status == Status.QUEUED
    assert "ConnectionRefusedError" in reread(email).error
    settings.EMAIL_PORT = smtp.port
    make_due()
    run_due()
    assert reread(email).status == Status.SENT


def test_a_killed_worker_loses_no_mail_and_repeats_only_the_one_in_flight(
    committing: None, smtp: SmtpServer
) -> None:
    first = send("otp", "first@example.com", OTP)
    second = send("otp", "second@example.com", OTP)
    smtp.answering.clear()
    program = "import django; django.setup(); from nextgenerp.core.tasks import run_due; run_due()"
    environment = child_environment(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=str(smtp.port),
    )
    worker = subprocess.Popen([sys.executable, "-c", program], env=environment)
    try:
        assert smtp.received_one.wait(60)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    smtp.answering.set()
    assert reread(first).status == Status.SENDING
    assert DeferredTask.objects.count() == 2

    make_due()  # the server may not have noticed the death yet
    assert run_due() == 2
    assert [(reread(mail).status, reread(mail).attempts) for mail in (first, second)] == [
        (Status.SENT, 2),
        (Status.SENT, 1),
    ]
    assert smtp.recipients[0] == ["first@example.com"]
    assert sorted(smtp.recipients[1:]) == [["first@example.com"], ["second@example.com"]]
    assert sorted(mail["Message-ID"] for mail in smtp.mails) == sorted(
        [first.message_id, first.message_id, second.message_id]
    )
    assert not DeferredTask.objects.exists()


def test_a_mail_that_kills_its_worker_every_time_fails_at_last(committing: None, smtp: SmtpServer) -> None:
    email = send("otp", "demo@example.com", OTP)
    with connection.cursor() as cursor:  # as twelve killed workers leave it
        cursor.execute("UPDATE public.deferred_task SET attempts = 12")
    QueuedEmail.objects.filter(id=email.id).update(status=Status.SENDING, attempts=12)
    assert run_due() == 1
    failed = reread(email)
    assert (failed.status, failed.error) == (Status.FAILED, "WorkerLost()")
    assert smtp.mails == []


def test_a_delivery_whose_mail_was_taken_over_writes_nothing(committing: None, smtp: SmtpServer) -> None:
    email = send("otp", "demo@example.com", OTP)
    smtp.answering.clear()
    slow = threading.Thread(target=in_thread, args=(deliver, str(email.id)))
    slow.start()
    assert smtp.received_one.wait(60)
    taken_over = QueuedEmail.objects.get(id=email.id)
    taken_over.claim, taken_over.attempts = taken_over.id, 2
    taken_over.save()
    smtp.answering.set()
    slow.join()
    after = reread(email)
    assert (after.status, after.claim, after.attempts) == (Status.SENDING, email.id, 2)
    assert after.sent_at is None


def test_cancelling_and_sending_at_once_leaves_one_winner(operator: User, mailoutbox: list[Any]) -> None:
    outcomes = []
    for number in range(25):
        email = send("otp", f"demo-{number}@example.com", OTP)
        barrier = threading.Barrier(2)
        answers: list[int] = []

        def cancel(path: str, barrier: threading.Barrier, answers: list[int]) -> None:
            client = Client(user=operator)
            barrier.wait()
            answers.append(client.post(path).status_code)

        def work(email_id: str, barrier: threading.Barrier) -> None:
            barrier.wait()
            deliver(email_id)

        together(
            (cancel, f"/email/queue/{email.id}/cancel", barrier, answers), (work, str(email.id), barrier)
        )
        received = sum(mail.to == email.to for mail in mailoutbox)
        outcomes.append((answers[0], reread(email).status, received))
    assert set(outcomes) <= {(200, "cancelled", 0), (409, "sent", 1)}


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("cancel", Status.QUEUED, Status.SENDING), ("retry", Status.FAILED, Status.QUEUED)],
)
def test_an_operator_waits_for_who_has_the_mail_in_hand(
    operator: User, action: str, before: str, after: str
) -> None:
    email = send("otp", "demo@example.com", OTP)
    DeferredTask.objects.all().delete()
    QueuedEmail.objects.filter(id=email.id).update(status=before)
    answers: list[int] = []

    def act() -> None:
        answers.append(Client(user=operator).post(f"/email/queue/{email.id}/{action}").status_code)

    thread = threading.Thread(target=in_thread, args=(act,))
    with transaction.atomic():
        QueuedEmail.objects.filter(id=email.id).update(status=after)
        thread.start()
        while thread.is_alive() and not somebody_waits():
            threading.Event().wait(0.01)
    thread.join()
    assert answers == [409]
    assert reread(email).status == after
    assert not DeferredTask.objects.exists()


def somebody_waits() -> bool:
    """Whether a session waits for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        )
        return cursor.fetchone()[0] > 0


def test_several_workers_send_each_mail_once(committing: None, mailoutbox: list[Any]) -> None:
    wanted = {f"demo-{number}@example.com" for number in range(40)}
    for address in wanted:
        send("otp", address, OTP)
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        run_due()

    together(*[(work,)] * 4)
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(wanted)
    assert QueuedEmail.objects.filter(status=Status.SENT, attempts=1).count() == 40
    assert not DeferredTask.objects.exists()


def test_urgent_mails_go_first(committing: None, mailoutbox: list[Any]) -> None:
    values = dict.fromkeys(("name", "lead", "number", "assigned_by", "url"), "Demo")
    send("lead_assigned", "later@example.com", values)
    send("otp", "now@example.com", OTP)
    run_due()
    assert [mail.to for mail in mailoutbox] == [["now@example.com"], ["later@example.com"]]


def test_a_mail_of_a_suspended_tenant_is_sent_all_the_same(
    tenant: Any, settings: Any, mailoutbox: list[Any]
) -> None:
    enter_tenant(tenant)
    send("otp", "demo@example.com", OTP)
    leave_tenant()
    type(tenant).objects.filter(id=tenant.id).update(status="suspended")
    assert run_one()
    assert [mail.to for mail in mailoutbox] == [["demo@example.com"]]


def test_development_writes_readable_files(committing: None, settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_DIR = EML_BACKEND, tmp_path / "mail"
    send("otp", "first+tag@example.com", OTP)
    run_due()
    send("otp", "o'demo/second@example.com", OTP)
    run_due()
    files = sorted(settings.MAIL_DIR.iterdir())
    assert [file.name.split("-", 1)[1][:-13] for file in files] == [
        "first+tag@example.com", "o_demo_second@example.com",
    ]  # fmt: skip
    assert all(file.suffix == ".eml" and file.stat().st_mode & 0o077 == 0 for file in files)
    assert "your verification code is 482915" in files[0].read_text()
    mail = message_from_bytes(files[1].read_bytes(), policy=policy.default)
    assert mail["To"] == "o'demo/second@example.com"


def test_the_worker_sends_what_a_service_committed(committing: None, tmp_path: Path) -> None:
    """The whole chain: outbox, wake, django-q2, delivery, heartbeat."""
    environment = child_environment(EMAIL_BACKEND=EML_BACKEND, VAR_DIR=str(tmp_path), WORKER_PROCESSES="1")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"], env=environment, start_new_session=True
    )
    try:
        email = send("otp", "demo@example.com", OTP)
        while worker.poll() is None and reread(email).status != Status.SENT:
            threading.Event().wait(0.05)
        assert reread(email).status == Status.SENT
        assert [file.suffix for file in tmp_path.rglob("*demo@example.com*")] == [".eml"]
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def together(*calls: tuple[Any, ...]) -> None:
    """Run functions in threads of their own, to the end of the last."""
    threads = [threading.Thread(target=in_thread, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_thread(function: Any, *arguments: Any) -> None:
    try:
        function(*arguments)
    finally:
        connection.close()
