"""Leads from files: what comes of every row, for odd files, duplicates, limits and refusals."""

import csv
import io

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Lead, LeadCompany, LeadSource, LeadTag
from crm.tests.imports import codes, counts, csv_text, error_file, upload
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.imports import engine
from nextgenerp.core.models import HistoryEntry, Import, ImportFailure
from nextgenerp.core.tenancy import enter_tenant

HEADER = ["Name", "Mobile No.", "E-mail ID", "Company Name", "Estimated Value", "Tags", "Lead Source"]


@pytest.fixture
def limited():
    """``limited(3)``: the plan allows so many leads."""

    def limit(leads):
        entitlements.answer_with(lambda tenant: Entitlements({"leads": leads}))

    provider = entitlements._provider
    yield limit
    entitlements.answer_with(provider)


@pytest.fixture(autouse=True)
def inside(tenant, settings, tmp_path):
    """Tests look into the tenant's tables, and files go nowhere else."""
    settings.VAR_DIR = tmp_path
    enter_tenant(tenant)


def stored(tenant):
    enter_tenant(tenant)
    return Lead.objects.select_related("company", "source", "status").order_by("lead_number")


def odd_rows(n=400):
    """A file as it comes: Hindi names, rupees as people write them, 3 % bad rows, blank ones, repetitions."""
    rows = [HEADER]
    for i in range(n):
        name = ("आशा नमूना", "Ravi Kumar Demo", "Meena")[i % 3]
        phone = ("+91 98000 {:05d}", "098000{:05d}", "98000-{:05d}")[i % 3].format(i)
        email, company = f"demo-lead-{i}@example.com", f"Demo Traders {i % 7}"
        row = [name, phone, email, company, "₹1,23,456.50", "VIP; Hot", "IndiaMART"]
        if i % 33 == 5:
            row[1] = "9.19876E+11"
        elif i % 50 == 7:
            row = [""] * 7
        elif i % 50 == 9:
            row[2], row[1] = "DEMO-LEAD-1@EXAMPLE.COM", ""
        rows.append(row)
    return rows


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("utf-16", "\t"), ("utf-8", ";")])
def test_odd_file(member, tenant, encoding, delimiter):
    client = member(leads=["create", "view"])
    answer = upload(client, csv_text(odd_rows(), delimiter).encode(encoding), createMissing=["tags"])

    assert answer.status_code == 200
    assert answer.json()["status"] == "completed"
    bad = [i for i in range(400) if i % 33 == 5]
    assert counts(answer) == (400, 372, 0, 8, 12, 8)
    assert codes(answer) == [(i + 2, "Mobile No.", "phone_exponent") for i in bad]
    leads = stored(tenant)
    assert [lead.lead_number for lead in leads] == [f"LD-{i:05d}" for i in range(1, 373)]
    first, second = leads[0], leads[1]
    assert (first.first_name, first.last_name, first.phone) == ("आशा", "नमूना", "+919800000000")
    assert (second.first_name, second.last_name) == ("Ravi Kumar", "Demo")
    assert (str(first.estimated_value), first.source.name, first.company.name) == (
        "123456.50", "IndiaMART", "Demo Traders 0",
    )  # fmt: skip
    assert sorted(tag.name for tag in first.tags.all()) == ["Hot", "VIP"]
    assert (first.status.name, first.assigned_to_id, first.created_by_id) == (
        "New",
        client.seat.id,
        client.seat.id,
    )
    assert LeadCompany.objects.count() == 7
    assert entitlements.used("leads") == 372
    history = HistoryEntry.objects.filter(record_type="crm.Lead")
    assert history.count() == 372
    entry = history.get(record_id=first.id)
    assert (entry.action, entry.changes, entry.seat_id, entry.user_id, str(entry.import_id)) == (
        "created", {}, client.seat.id, client.seat.user_id, answer.json()["id"],
    )  # fmt: skip
    assert [card.id for card in leads.order_by("position")] == [card.id for card in leads.order_by("-id")]


def test_windows_1252(member, tenant):
    answer = upload(member(leads=["create"]), "Name;E-Mail\r\nZoë Démo;zoe@example.com\r\n".encode("cp1252"))
    assert counts(answer) == (1, 1, 0, 0, 0, 0)
    assert stored(tenant).get().first_name == "Zoë"


def test_derived_columns_are_those_of_single_leads(member, tenant):
    upload(member(leads=["create"]), csv_text(odd_rows(20)), createMissing=["tags"])
    for lead in stored(tenant):
        imported = (lead.email_key, lead.name_key, lead.search_text)
        lead.derive()
        assert (lead.email_key, lead.name_key, lead.search_text) == imported


def test_result_has_the_published_shape(member):
    answer = upload(member(leads=["create"]), "Name,Email\nAsha Demo,asha@example.com\n")
    assert list(answer.json()) == [
        "id", "status", "total", "processed", "created", "updated", "skipped", "failed", "blank", "errors", "errorFile",
    ]  # fmt: skip
    assert answer.json()["errors"] == []
    assert answer.json()["errorFile"] is None


def test_row_errors(member, tenant):
    answer = upload(
        member(leads=["create"]),
        "First Name,Last Name,Email,Phone,Status,Lost Reason,Source,Tags,Assigned To,Rating,Website\n"
        ",,a@example.com,,,,,,,\n"  # neither name nor company
        "Asha,,,,,,,,,,example.com\n"  # neither e-mail nor phone
        "Asha,,b@example.com,,Lost,,,,,\n"
        "Asha,,c@example.com,,Nowhere,,Moon,Unknown,nobody@example.com,tepid,javascript:x\n"
        "Asha,,d@example.com,,Lost,Too dear,,,,Hot\n"
        'Asha,"unclosed\n',
    )
    assert codes(answer) == [
        (2, "First Name", "required"),
        (3, "Email", "required"),
        (4, "Lost Reason", "required"),
        (5, "Status", "does_not_exist"),
        (5, "Source", "does_not_exist"),
        (5, "Tags", "does_not_exist"),
        (5, "Assigned To", "does_not_exist"),
        (5, "Rating", "invalid_choice"),
        (5, "Website", "invalid"),
        (7, "", "unclosed_quote"),
    ]
    assert answer.json()["errors"][4] == {
        "row": 5, "column": "Source", "code": "does_not_exist", "value": "Moon", "detail": 'There is no source "Moon".',
    }  # fmt: skip
    assert counts(answer) == (6, 1, 0, 0, 5, 0)
    lead = stored(tenant).get()
    assert (lead.status.name, lead.lost_reason, lead.rating) == ("Lost", "Too dear", "hot")


def test_missing_sources_and_tags_are_created_when_asked(member, tenant):
    file = (
        "Name,Email,Source,Tags\n"
        "Asha Demo,a@example.com,Trade Fair,new tag\n"
        "Ravi Demo,b@example.com,TRADE FAIR,New Tag\n"
    )
    answer = upload(member(leads=["create"]), file, createMissing=["tags", "sources"])
    assert counts(answer) == (2, 2, 0, 0, 0, 0)
    assert [lead.source.name for lead in stored(tenant)] == ["Trade Fair", "Trade Fair"]
    assert LeadSource.objects.filter(name__iexact="trade fair").count() == 1
    assert list(LeadTag.objects.values_list("name", flat=True)) == ["new tag"]


# --- duplicates


EXISTING = "Name,Email,Phone\nAsha Demo,asha@example.com,9800000001\nRavi Demo,ravi@example.com,9800000002\n"
AGAIN = (
    "Name,Email,Phone,City,Tags\n"
    "Asha Neu,ASHA@example.com,,Pune,VIP\n"  # the first one by e-mail
    "Neu Demo,neu@example.com,9800000003,Pune,\n"
    "Neu Twice,,9800000003,Delhi,\n"  # the row before, by phone
    "Both Demo,asha@example.com,9800000002,Pune,\n"  # two different ones
)


@pytest.mark.parametrize(
    ("mode", "expected", "errors"),
    [
        ("skip", (4, 1, 0, 3, 0, 0), []),
        ("error", (4, 1, 0, 0, 3, 0), [(2, "", "duplicate"), (4, "", "duplicate"), (5, "", "duplicate")]),
        ("update", (4, 1, 2, 0, 1, 0), [(5, "", "ambiguous_match")]),
        ("create", (4, 4, 0, 0, 0, 0), []),
    ],
)
@pytest.mark.parametrize("batch", [1, 2, 2000])
def test_duplicates(member, tenant, monkeypatch, mode, expected, errors, batch):
    client = member(leads=["create", "edit"])
    upload(client, EXISTING)
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    answer = upload(client, AGAIN, onDuplicate=mode, createMissing=["tags"])
    assert counts(answer) == expected
    assert codes(answer) == errors
    leads = {lead.lead_number: lead for lead in stored(tenant)}
    assert len(leads) == 2 + expected[1]
    if mode == "update":
        asha, new = leads["LD-00001"], leads["LD-00003"]
        assert (asha.first_name, asha.last_name, asha.email, asha.city) == (
            "Asha",
            "Neu",
            "ASHA@example.com",
            "Pune",
        )
        assert (asha.phone, asha.version) == ("+919800000001", 2)
        assert (new.last_name, new.email, new.city) == ("Twice", "neu@example.com", "Delhi")
        entry = HistoryEntry.objects.get(record_id=asha.id, action="updated")
        assert entry.changes == {
            "lastName": ["Demo", "Neu"], "email": ["asha@example.com", "ASHA@example.com"],
            "city": ["", "Pune"], "tags": [[], ["VIP"]],
        }  # fmt: skip
        assert str(entry.import_id) == answer.json()["id"]
    else:
        assert (leads["LD-00001"].last_name, leads["LD-00001"].version) == ("Demo", 1)


def test_match_on_phone_alone(member):
    client = member(leads=["create"])
    upload(client, EXISTING)
    answer = upload(client, "Name,Email,Phone\nOther,asha@example.com,9800000009\n", matchOn=["phone"])
    assert counts(answer) == (1, 1, 0, 0, 0, 0)


def test_updating_what_is_the_same_writes_nothing(member, tenant):
    client = member(leads=["create", "edit"])
    upload(client, EXISTING)
    assert counts(upload(client, EXISTING, onDuplicate="update")) == (2, 0, 2, 0, 0, 0)
    assert list(stored(tenant).values_list("version", flat=True)) == [1, 1]
    assert HistoryEntry.objects.filter(action="updated").count() == 0


def test_update_reaches_no_further_than_the_caller(member, tenant):
    upload(member(leads=["create"]), EXISTING)
    narrow = member(leads=["create", "edit"], scope="own")
    answer = upload(narrow, "Name,Email\nTaken Over,asha@example.com\n", onDuplicate="update")
    assert codes(answer) == [(2, "", "permission_denied")]
    assert stored(tenant).first().last_name == "Demo"


def test_update_needs_can_edit(member, tenant):
    answer = upload(member(leads=["create"]), EXISTING, onDuplicate="update")
    assert (answer.status_code, answer.json()["action"]) == (403, "canEdit")
    assert stored(tenant).count() == Import.objects.count() == 0


def test_update_moves_status_with_its_reason(member, tenant):
    client = member(leads=["create", "edit"])
    upload(client, EXISTING)
    before = stored(tenant)[0]
    upload(client, "Email,Status,Lost Reason\nasha@example.com,Lost,Too dear\n", onDuplicate="update")
    lost = stored(tenant)[0]
    assert (lost.status.name, lost.lost_reason) == ("Lost", "Too dear")
    assert lost.position < before.position
    upload(client, "Email,Status\nasha@example.com,new\n", onDuplicate="update")
    assert (stored(tenant)[0].status.name, stored(tenant)[0].lost_reason) == ("New", "")


# --- limits, dry runs, the database's own refusals


@pytest.mark.parametrize("batch", [2, 2000])
@pytest.mark.parametrize("dry", [False, True])
def test_rows_beyond_the_limit_fail(member, tenant, limited, monkeypatch, batch, dry):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    limited(3)
    rows = [["Name", "Email"], *([f"Demo {i}", f"demo-lead-{i}@example.com"] for i in (1, 2, 3, 4, 5, 5))]
    answer = upload(member(leads=["create"]), csv_text(rows), dryRun=dry)
    assert counts(answer) == (6, 3, 0, 0, 3, 0)
    assert codes(answer) == [(row, "", "plan_limit_reached") for row in (5, 6, 7)]
    assert stored(tenant).count() == entitlements.used("leads") == (0 if dry else 3)


@pytest.mark.parametrize("batch", [1, 2, 2000])
@pytest.mark.parametrize("mode", ["skip", "update", "error", "create"])
def test_a_dry_run_counts_as_the_import_will(member, tenant, monkeypatch, batch, mode):
    client = member(leads=["create", "edit"])
    upload(client, EXISTING)
    before = list(stored(tenant).values())
    entries = HistoryEntry.objects.count()
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    dry = upload(client, AGAIN, onDuplicate=mode, createMissing=["tags", "sources"], dryRun=True)
    assert list(stored(tenant).values()) == before
    assert (HistoryEntry.objects.count(), LeadTag.objects.count(), entitlements.used("leads")) == (
        entries,
        0,
        2,
    )
    real = upload(client, AGAIN, onDuplicate=mode, createMissing=["tags", "sources"])
    assert counts(dry) == counts(real)
    assert codes(dry) == codes(real)


def test_a_row_the_database_refuses_fails_alone(member, tenant):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lead ADD CONSTRAINT only_here CHECK (city <> 'Refused')")
    rows = [["Name", "Email", "City", "Tags"]]
    for i in range(200):
        same = i // 2 if i in (71, 72) else i
        city = "Refused" if i in (3, 70, 199) else "Pune"
        rows.append([f"Demo {i}", f"demo-lead-{same}@example.com", city, "new"])
    answer = upload(member(leads=["create"]), csv_text(rows), createMissing=["tags"])
    assert codes(answer) == [(i + 2, "", "invalid") for i in (3, 70, 199)]
    assert counts(answer) == (200, 195, 0, 2, 3, 0)
    assert [lead.lead_number for lead in stored(tenant)][-1] == "LD-00195"
    assert entitlements.used("leads") == 195
    assert {lead.tags.get().name for lead in stored(tenant)} == {"new"}


def test_a_dry_run_knows_the_limit_beside_refused_rows(member, tenant, limited, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lead ADD CONSTRAINT only_here CHECK (city <> 'Refused')")
    monkeypatch.setattr(engine, "BATCH_ROWS", 4)
    limited(7)
    rows = [[f"Demo {i}", f"demo-lead-{i}@example.com", "Refused" if i == 7 else ""] for i in range(1, 10)]
    for dry in (True, False):
        answer = upload(member(leads=["create"]), csv_text([["Name", "Email", "City"], *rows]), dryRun=dry)
        assert counts(answer) == (9, 7, 0, 0, 2, 0)
        assert codes(answer) == [(8, "", "invalid"), (10, "", "plan_limit_reached")]


# --- files that are refused, options, mapping


@pytest.mark.parametrize(
    ("content", "name", "status", "field", "code"),
    [
        (b"", "leads.csv", 400, "file", "empty_file"),
        (b"Name,Email\n", "leads.exe", 400, "file", "unsupported_format"),
        (b"%PDF-1.7", "leads.csv", 400, "file", "unsupported_format"),
        (b"Name,Name\nx,y\n", "leads.csv", 400, "file", "duplicate_header"),
        (b"Colour,Shape\nred,round\n", "leads.csv", 400, "file", "no_columns"),
        (b"Phone,Mobile\n9800000001,9800000002\n", "leads.csv", 400, "mapping", "duplicate_field"),
    ],
)
def test_refused_files(member, tenant, settings, content, name, status, field, code):
    answer = upload(member(leads=["create"]), content, name=name)
    assert answer.status_code == status
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    enter_tenant(tenant)
    assert Import.objects.count() == 0
    assert list((settings.VAR_DIR / "imports" / tenant.schema_name).glob("*")) == []


def test_too_large(member, settings):
    settings.MAX_IMPORT_BYTES = 100
    assert upload(member(leads=["create"]), "Name,Email\n" + "x" * 100).status_code == 413


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"matchOn": ["name"]}, "options.matchOn"),
        ({"createMissing": ["companies"]}, "options.createMissing"),
        ({"onDuplicate": "merge"}, "options.onDuplicate"),
        ({"dateFormat": "mdy"}, "options.dateFormat"),
        ({"dryrun": True}, "options.dryrun"),
    ],
)
def test_refused_options(member, tenant, options, field):
    answer = upload(member(leads=["create"]), EXISTING, **options)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert stored(tenant).count() == 0


def test_mapping(member, tenant):
    client = member(leads=["create"])
    file = "Who,Where,Mail\nAsha Demo,Pune,asha@example.com\n"
    answer = upload(client, file, mapping={"Who": "name", "Where": None})
    assert counts(answer) == (1, 1, 0, 0, 0, 0)
    assert (stored(tenant).get().first_name, stored(tenant).get().city) == ("Asha", "")
    wrong = upload(client, file, mapping={"Who": "nickname"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "unknown_field")
    for broken in ("{", '["Who"]', '{"Who": ["name"]}'):
        body = {"file": io.BytesIO(file.encode()), "mapping": broken}
        assert client.post("/leads/import", body, format="multipart").status_code == 400


def test_dates(member, tenant):
    file = "Name,Email,Close Date\nA Demo,a@example.com,05/06/2026\nB Demo,b@example.com,13/06/2026\n"
    answer = upload(member(leads=["create"]), file, dateFormat="ymd")
    assert codes(answer) == [(2, "Close Date", "invalid_date"), (3, "Close Date", "invalid_date")]
    upload(member(leads=["create"]), file)
    assert [str(lead.expected_close_date) for lead in stored(tenant)] == ["2026-06-05", "2026-06-13"]


# --- errors to correct, rows, round trips


def test_corrected_errors_import(member, tenant):
    client = member(leads=["create", "view"])
    answer = upload(
        client, "Name,Notes,Mobile No.\nAsha Demo,=1+1,98\nRavi Demo,plain,9800000002\n'=Meena,,\n"
    )
    text = error_file(client, answer)
    assert text == (
        "Name,Notes,Mobile No.,Error\r\n"
        "Asha Demo,'=1+1,98,Mobile No.: This is not a valid phone number.\r\n"
        "'=Meena,,,An e-mail address or a phone number is needed.\r\n"
    )
    corrected = text.replace(",98,", ",9800000001,").replace("'=Meena,,,", "'=Meena,,9800000003,")
    again = upload(client, corrected)
    assert counts(again) == (2, 2, 0, 0, 0, 0)
    assert sorted(stored(tenant).values_list("first_name", flat=True)) == ["=Meena", "Asha", "Ravi"]
    twice = upload(client, text)
    assert error_file(client, twice) == text


def test_cells_beyond_the_headers_are_not_lost(member):
    client = member(leads=["create", "view"])
    answer = upload(client, "Name,Email\nAsha,asha@example.com,more,cells\n")
    assert codes(answer) == [(2, "", "too_many_cells")]
    assert error_file(client, answer).splitlines()[1] == (
        'Asha,asha@example.com,"This row has 4 cells, the header has 2.",more,cells'
    )


def test_rows(member, tenant):
    client = member(leads=["create", "view"])
    answer = client.post(
        "/leads/import/rows",
        {
            "rows": [
                {
                    "firstName": "Asha",
                    "email": "asha@example.com",
                    "estimatedValue": 1200.5,
                    "tags": ["VIP", "Hot"],
                },
                {"firstName": "'=Ravi", "phone": "12"},
                {"firstName": "'=Meena", "phone": "9800000003", "email": None},
                {},
            ],
            "options": {"createMissing": ["tags"]},
        },
    )
    assert counts(answer) == (4, 2, 0, 0, 1, 1)
    assert codes(answer) == [(2, "phone", "invalid_phone")]
    first, second = stored(tenant)
    assert (str(first.estimated_value), sorted(tag.name for tag in first.tags.all())) == (
        "1200.50",
        ["Hot", "VIP"],
    )
    assert second.first_name == "'=Meena"


@pytest.mark.parametrize(
    "body",
    [
        {"rows": []},
        {"rows": [{"nickname": "Asha"}]},
        {"rows": [{"firstName": {"is": "Asha"}}]},
        {"rows": [{"firstName": "Asha"}] * 1001},
        {"rows": [{"firstName": "Asha"}], "option": {}},
    ],
)
def test_refused_rows(member, tenant, body):
    answer = member(leads=["create"]).post("/leads/import/rows", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    enter_tenant(tenant)
    assert Import.objects.count() == 0


def test_rows_are_imported_once_with_a_key(member, tenant):
    client = member(leads=["create"])
    body = {
        "rows": [{"firstName": "Asha", "email": "asha@example.com"}],
        "options": {"onDuplicate": "create"},
    }
    first, second = (client.post("/leads/import/rows", body, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))
    assert first.json() == second.json()
    assert stored(tenant).count() == 1


VOLATILE = ("leadNumber", "lastActivityAt", "createdAt", "updatedAt")


def exported(client):
    text = b"".join(client.get("/leads/export").streaming_content).decode("utf-8-sig")
    rows = csv.DictReader(text.splitlines(True))
    return text, [{name: cell for name, cell in row.items() if name not in VOLATILE} for row in rows]


def test_export_imports_again(member, tenant):
    client = member(leads=["create", "view", "export"])
    header = "First Name,Company,Email,Phone,Requirement,Tags,Value,Follow Up,Rating,Status,Lost Reason"
    rows = [header.split(",")]
    awkward = ["=1+1", "'=x", "''@y", "+91", "-5", "＝z", 'say "hi", then\ngo', "  नमस्ते  ", "\ttab", "plain"]
    for i, text in enumerate(awkward):
        status = ["New", "Lost"][i % 2]
        email, phone, tags = f"demo-lead-{i}@example.com", f"98000{i:05d}", "VIP;Hot" if i % 3 else ""
        rows.append(
            [text, text, email, phone, text, tags, f"{i}.5", "2026-03-01 14:30", "Hot", status, "Too dear"]
        )
    answer = upload(client, csv_text(rows), createMissing=["tags"])
    assert counts(answer) == (10, 10, 0, 0, 0, 0)
    text, before = exported(client)
    enter_tenant(tenant)
    Lead.objects.all().delete()
    assert counts(upload(client, text)) == (10, 10, 0, 0, 0, 0)
    after = exported(client)[1]
    assert sorted(after, key=lambda row: row["email"]) == sorted(before, key=lambda row: row["email"])


# --- any table at all

CELLS = {
    "Name": ["", "Asha Demo", "Ravi", "x" * 101, "a\x01b", " "],
    "Email": ["", "a@example.com", "A@EXAMPLE.COM", "b@example.com", "c@example.com", "broken"],
    "Phone": ["", "9800000001", "+91 98000 00001", "9800000002", "123"],
    "City": ["", "Pune", "Delhi"],
}
TABLES = st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), max_size=12)


@pytest.fixture
def importer(member):
    return member(leads=["create", "edit", "view"])


@given(
    table=TABLES,
    mode=st.sampled_from(["skip", "update", "create", "error"]),
    match=st.sampled_from([["email"], ["phone"], ["email", "phone"]]),
    batch=st.integers(1, 5),
    dry=st.booleans(),
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_counted_once(importer, tenant, monkeypatch, table, mode, match, batch, dry):
    enter_tenant(tenant)
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    before = Lead.objects.count()
    answer = upload(importer, csv_text([list(CELLS), *table]), onDuplicate=mode, matchOn=match, dryRun=dry)
    total, created, updated, _, failed, blank = counts(answer)
    enter_tenant(tenant)
    entries = HistoryEntry.objects.filter(import_id=answer.json()["id"])
    assert total == len(table)
    assert blank == sum(not any(cell.strip() for cell in row) for row in table)
    assert Lead.objects.count() - before == (0 if dry else created)
    assert entries.filter(action="created").count() == (0 if dry else created)
    assert entries.filter(action="updated").count() <= updated
    assert ImportFailure.objects.filter(batch=answer.json()["id"]).count() == failed
    assert entitlements.used("leads") == Lead.objects.count()
    if not dry and mode == "skip" and len(match) == 2:  # what was stored is found again
        again = upload(importer, csv_text([list(CELLS), *table]), matchOn=match, dryRun=True)
        assert counts(again)[1] == 0
