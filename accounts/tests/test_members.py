"""The members of a team: listed, changed, taken away and given back; nobody acts upwards."""

import pytest
from django.db import connection

from accounts.models import Membership, Session
from accounts.tests.team import count_users, field_errors, history_of, invited, problem, rows, state, used
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import PASSWORD, grants, make_seat, make_tenant, make_user

NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"


@pytest.fixture
def admin(member):
    return member("tenant_admin")


def changes(client, seat):
    """Every way to change a seat, as responses."""
    path = f"/users/{seat.id}"
    return [
        client.patch(path, {"firstName": "Changed"}),
        client.patch(f"{path}/role", {"role": "staff"}),
        client.put(f"{path}/permissions", {"permissions": {}}),
        client.patch(f"{path}/settings", {"language": "hi-IN"}),
        client.patch(f"{path}/reactivate"),
        client.delete(path),
    ]


def test_nobody_acts_upwards(member, tenant):
    top, middle = make_seat(tenant, "tenant_admin"), make_seat(tenant, "admin")
    full = grants(user_management=["view", "create", "edit", "delete"])
    for client, seat in (
        (member("admin"), top),
        (Client(make_seat(tenant, "manager", permissions=full)), middle),
        (Client(make_seat(tenant, "staff", permissions=full)), make_seat(tenant, "manager")),
    ):
        before = state(seat)
        for response in changes(client, seat):
            assert problem(response) == (403, "permission_denied"), response.content
        assert state(seat) == before


def test_other_tenants_seats_are_not_there(admin, other_tenant):
    seat = make_seat(other_tenant)
    for response in changes(admin, seat):
        assert problem(response) in {(404, "not_found"), (400, "invalid")}
    for suffix in ("", "/permissions", "/settings", "/organization-access"):
        assert problem(admin.get(f"/users/{seat.id}{suffix}")) == (404, "not_found")
    assert state(seat)[-1] == 1


def test_a_member_in_detail(admin, tenant):
    boss = make_seat(tenant, "manager", first_name="Boss", last_name="Demo")
    seat = make_seat(tenant, first_name="Asha", last_name="Demo", manager=boss, department="Sales")
    response = admin.get(f"/users/{seat.id}")
    assert response["ETag"] == '"1"'
    body = response.json()
    assert {name: body[name] for name in ("id", "userId", "inviteId", "name", "role", "status", "department")} == {
        "id": str(seat.id), "userId": str(seat.user_id), "inviteId": None, "name": "Asha Demo", "role": "staff",
        "status": "active", "department": "Sales",
    }  # fmt: skip
    assert body["manager"] == {"id": str(boss.id), "name": "Boss Demo"}
    assert body == next(row for row in rows(admin) if row["id"] == str(seat.id))


def test_an_invitation_is_no_seat(admin, tenant, mailbox):
    answer, _ = invited(admin, mailbox)
    assert problem(admin.get(f"/users/{answer['id']}")) == (404, "not_found")
    assert problem(admin.patch(f"/users/{answer['id']}", {"lastName": "X"})) == (404, "not_found")


def test_the_list_and_its_filters(admin, tenant, other_tenant, mailbox):
    admin.seat.first_name = "Zed"
    admin.seat.save()
    boss = make_seat(tenant, "manager", first_name="Boss", last_name="One", department="Sales")
    make_seat(tenant, first_name="Asha", last_name="Two", manager=boss, department="sales")
    make_seat(tenant, first_name="Left", last_name="Three", is_active=False)
    make_seat(other_tenant, first_name="Foreign")
    answer, _ = invited(admin, mailbox, firstName="Pending", lastName="Four", managerId=str(boss.id))
    zed = admin.seat.first_name

    def names(query):
        return [row["firstName"] for row in rows(admin, query)]

    assert names("sortBy=name") == ["Asha", "Boss", "Left", "Pending", zed]
    assert names("") == ["Pending", "Left", "Asha", "Boss", zed]
    assert names("sortBy=role&sortOrder=desc")[:2] == [zed, "Boss"]
    assert names("status=active&sortBy=name") == ["Asha", "Boss", zed]
    assert names("status=inactive") == ["Left"]
    assert names("status=inactive,pending&sortBy=name") == ["Left", "Pending"]
    assert names("role=manager,tenant_admin&sortBy=name") == ["Boss", zed]
    assert names(f"managerId={boss.id}&sortBy=name") == ["Asha", "Pending"]
    assert names(f"managerId={NOBODYS}") == []
    assert names("department=SALES&sortBy=name") == ["Asha", "Boss"]
    assert names("search=asha%20t") == ["Asha"]
    assert names("search=DEMO.NEW@") == ["Pending"]
    assert names("search=%25") == []
    [row] = rows(admin, "status=pending")
    assert (row["id"], row["inviteId"], row["userId"], row["status"]) == (
        answer["id"],
        answer["id"],
        None,
        "pending",
    )
    assert row["expiresAt"] == answer["expiresAt"]
    assert field_errors(admin.get("/users?status=gone")) == {("status", "invalid_choice")}
    assert problem(admin.get("/users?stat=active")) == (400, "unknown_parameter")


def test_the_list_is_walked_by_cursors(admin, tenant):
    for number in range(5):
        make_seat(tenant, first_name=f"N{number}")
    for sort in ("name", "createdAt", "role", "lastLoginAt"):
        for direction in ("asc", "desc"):
            query, seen = f"limit=2&sortBy={sort}&sortOrder={direction}", []
            page = admin.get(f"/users?{query}").json()
            while True:
                seen += [row["id"] for row in page["data"]]
                if not page["pagination"]["nextCursor"]:
                    break
                page = admin.get(f"/users?{query}&cursor={page['pagination']['nextCursor']}").json()
            whole = [row["id"] for row in rows(admin, f"sortBy={sort}&sortOrder={direction}&limit=100")]
            assert seen == whole
            assert len(set(whole)) == 6


def test_two_thousand_seats_cost_the_same_queries(admin, tenant, queries):
    admin.get("/users")
    boss = make_seat(tenant, "manager")
    users = type(boss.user).objects.bulk_create(
        type(boss.user)(email=f"demo-{n}@example.com", email_key=f"demo-{n}@example.com") for n in range(2000)
    )
    Membership.objects.bulk_create(
        Membership(tenant=tenant, user=user, role="staff", first_name=f"Demo {n}", manager=boss)
        for n, user in enumerate(users)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE public.membership")
    for query, count in (("limit=100", 4), ("limit=1", 4), ("search=demo-19&limit=100&sortBy=name", 4)):
        with queries() as seen:
            assert admin.get(f"/users?{query}").status_code == 200
        assert len(seen) == count, query  # the caller, the page, the count, the managers' names
    with queries() as seen:
        forest = admin.get("/users/hierarchy").json()["data"]
    assert len(seen) == 2
    assert sorted(len(tree["reports"]) for tree in forest) == [0, 2000]


def test_the_scope_of_user_management_is_of_seats(member, tenant, admin, mailbox):
    lead = member("manager")  # scope team
    below = make_seat(tenant, manager=lead.seat)
    deeper = make_seat(tenant, manager=below)
    peer = make_seat(tenant, "manager")
    ids = {str(seat.id) for seat in (lead.seat, below, deeper)}
    invited(admin, mailbox)
    assert {row["id"] for row in rows(lead)} == ids
    assert problem(lead.get(f"/users/{peer.id}")) == (404, "not_found")
    assert problem(lead.patch(f"/users/{peer.id}", {"managerId": str(lead.seat.id)})) == (404, "not_found")
    assert field_errors(lead.patch(f"/users/{deeper.id}", {"managerId": str(peer.id)})) == {
        ("managerId", "does_not_exist")
    }
    assert lead.patch(f"/users/{deeper.id}", {"managerId": str(lead.seat.id)}).status_code == 200
    own = member(user_management=["view", "export"], scope="own")
    assert [row["id"] for row in rows(own)] == [str(own.seat.id)]


def test_names_phone_and_place_in_the_team(admin, tenant):
    boss, seat = make_seat(tenant, "manager"), make_seat(tenant)
    body = {"firstName": "New", "lastName": "", "phone": "98765 43210", "designation": "Head", "department": "Sales",
            "managerId": str(boss.id)}  # fmt: skip
    response = admin.patch(f"/users/{seat.id}", body, headers={"If-Match": '"1"'})
    assert response.status_code == 200
    assert response["ETag"] == '"2"'
    assert {name: response.json()[name] for name in body} == {**body, "phone": "+919876543210"}
    [(kind, action, changed)] = history_of(tenant, seat.id)
    assert (kind, action) == ("accounts.Membership", "updated")
    assert changed["managerId"] == [None, str(boss.id)]
    assert changed["phone"] == ["", "+919876543210"]
    # what was read may be sent back
    assert admin.patch(f"/users/{seat.id}", response.json()).json()["version"] == 2
    stale = admin.patch(f"/users/{seat.id}", {"lastName": "X"}, headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "version_mismatch")
    assert admin.patch(f"/users/{seat.id}", {"managerId": None}).json()["managerId"] is None
    assert field_errors(admin.patch(f"/users/{seat.id}", {"firstName": "", "shoe": 1})) == {
        ("shoe", "unknown_field")
    }


def test_nobody_reports_to_themselves_in_a_circle(admin, tenant, other_tenant):
    top = make_seat(tenant, "manager")
    middle = make_seat(tenant, manager=top)
    low = make_seat(tenant, manager=middle)
    for seat, manager in ((top, top), (top, middle), (top, low), (middle, low)):
        before = state(seat)
        response = admin.patch(f"/users/{seat.id}", {"managerId": str(manager.id)})
        assert problem(response) == (409, "manager_cycle")
        assert state(seat) == before
    for wrong in (make_seat(other_tenant).id, make_seat(tenant, is_active=False).id, NOBODYS, "nothing"):
        assert field_errors(admin.patch(f"/users/{low.id}", {"managerId": str(wrong)})) == {
            ("managerId", "does_not_exist")
        }
    assert admin.patch(f"/users/{low.id}", {"managerId": str(top.id)}).status_code == 200


def test_a_hierarchy_has_a_bottom(admin, tenant):
    chain = [make_seat(tenant)]
    for _ in range(49):
        chain.append(make_seat(tenant, manager=chain[-1]))
    one = make_seat(tenant)
    two = make_seat(tenant, manager=one)
    assert problem(admin.patch(f"/users/{one.id}", {"managerId": str(chain[-1].id)})) == (
        409,
        "hierarchy_too_deep",
    )
    assert problem(admin.patch(f"/users/{one.id}", {"managerId": str(chain[-2].id)})) == (
        409,
        "hierarchy_too_deep",
    )
    assert admin.patch(f"/users/{two.id}", {"managerId": str(chain[-2].id)}).status_code == 200
    body = {"email": "demo.new@example.com", "role": "staff", "managerId": str(chain[-1].id)}
    assert problem(admin.post("/users/invite", body)) == (409, "hierarchy_too_deep")


def test_the_hierarchy_is_a_forest_of_active_seats(admin, member, tenant, other_tenant, queries):
    head = make_seat(tenant, "manager", first_name="A", last_name="")
    left = make_seat(tenant, first_name="B", last_name="", manager=head)
    right = make_seat(tenant, "manager", first_name="C", last_name="", manager=head)
    low = make_seat(tenant, first_name="D", last_name="", manager=right)
    make_seat(tenant, first_name="E", manager=right, is_active=False)
    make_seat(other_tenant)
    tree = {
        "id": str(head.id), "name": "A", "role": "manager", "reports": [
            {"id": str(left.id), "name": "B", "role": "staff", "reports": []},
            {"id": str(right.id), "name": "C", "role": "manager", "reports": [
                {"id": str(low.id), "name": "D", "role": "staff", "reports": []},
            ]},
        ],
    }  # fmt: skip
    with queries() as seen:
        body = admin.get("/users/hierarchy").json()
    assert len(seen) == 2  # the caller, the forest
    alone = {"id": str(admin.seat.id), "name": admin.seat.name, "role": "tenant_admin", "reports": []}
    assert body == {"data": [tree, alone], "pagination": None}
    assert Client(right).get("/users/hierarchy").json()["data"] == [tree["reports"][1]]
    own = Client(
        make_seat(tenant, manager=low, permissions=grants("own", user_management=["view"]), first_name="F")
    )
    make_seat(tenant, manager=own.seat)
    assert [(one["id"], one["reports"]) for one in own.get("/users/hierarchy").json()["data"]] == [
        (str(own.seat.id), [])
    ]


def test_a_deactivated_member_is_out_at_once(admin, tenant):
    count_users(tenant)
    seat = make_seat(tenant)
    count_users(tenant)
    session = Client().post("/auth/login", {"email": seat.user.email, "password": PASSWORD}).json()
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {session['accessToken']}")
    assert client.get("/users/me").status_code == 200
    assert admin.delete(f"/users/{seat.id}").status_code == 204
    assert problem(client.get("/users/me")) == (401, "token_revoked")
    assert problem(Client(seat).get("/users/me")) == (403, "account_deactivated")
    refresh = {"refreshToken": session["refreshToken"]}
    assert problem(Client().post("/auth/refresh", refresh)) == (401, "token_revoked")
    assert used(tenant) == 1
    assert [row[1:] for row in history_of(tenant, seat.id)] == [("deactivated", {"isActive": [True, False]})]
    assert problem(admin.delete(f"/users/{seat.id}")) == (409, "invalid_transition")
    # given back, nothing of before lives again
    assert admin.patch(f"/users/{seat.id}/reactivate").json()["status"] == "active"
    assert problem(client.get("/users/me")) == (401, "token_revoked")
    assert Session.objects.filter(seat=seat, revoked_at=None).count() == 0


def test_a_leavers_reports_move_up(admin, tenant, mailbox):
    top = make_seat(tenant, "manager")
    leaver = make_seat(tenant, "manager", manager=top)
    report, gone = make_seat(tenant, manager=leaver), make_seat(tenant, manager=leaver, is_active=False)
    invited(admin, mailbox, managerId=str(leaver.id))
    count_users(tenant)
    assert admin.delete(f"/users/{leaver.id}").status_code == 204
    assert state(report)[3:] == (top.id, 2)
    assert state(gone)[3:] == (top.id, 2)
    assert state(leaver)[3] == top.id
    assert history_of(tenant, report.id) == [
        ("accounts.Membership", "updated", {"managerId": [str(leaver.id), str(top.id)]})
    ]
    [row] = admin.get("/users/invites").json()["data"]
    assert row["managerId"] == str(top.id)
    assert admin.delete(f"/users/{top.id}").status_code == 204
    assert state(report)[3] is None
    assert state(leaver)[3] is None


def test_the_last_tenant_admin_stays(admin, tenant, member):
    count_users(tenant)
    before = state(admin.seat)
    assert problem(admin.delete(f"/users/{admin.seat.id}")) == (409, "last_tenant_admin")
    assert problem(admin.patch(f"/users/{admin.seat.id}/role", {"role": "admin"})) == (
        403,
        "permission_denied",
    )
    make_seat(tenant, "tenant_admin", is_active=False)
    make_seat(tenant, "tenant_admin", user=make_user(is_active=False))
    assert problem(admin.delete(f"/users/{admin.seat.id}")) == (409, "last_tenant_admin")
    assert state(admin.seat) == before
    second = make_seat(tenant, "tenant_admin")
    count_users(tenant)
    assert admin.delete(f"/users/{second.id}").status_code == 204
    assert problem(admin.delete(f"/users/{admin.seat.id}")) == (409, "last_tenant_admin")


def test_reactivated_with_what_they_had_within_the_limit(admin, tenant, limited):
    permissions = grants("team", leads=["view", "edit"])
    seat = make_seat(tenant, permissions=permissions, is_active=False)
    count_users(tenant)
    limited(1)
    response = admin.patch(f"/users/{seat.id}/reactivate")
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "users", "used": 1, "limit": 1}
    assert state(seat) == ("staff", permissions, False, None, 1)
    limited(2)
    assert admin.patch(f"/users/{seat.id}/reactivate").status_code == 200
    assert state(seat) == ("staff", permissions, True, None, 2)
    assert used(tenant) == 2
    assert problem(admin.patch(f"/users/{seat.id}/reactivate")) == (409, "invalid_transition")
    assert [row[1] for row in history_of(tenant, seat.id)] == ["reactivated"]


def test_settings_are_the_seats(admin, tenant, other_tenant):
    seat = make_seat(tenant)
    elsewhere = make_seat(other_tenant, user=seat.user)
    path = f"/users/{seat.id}/settings"
    defaults = {
        "timezone": "Asia/Kolkata", "language": "en-IN", "dateFormat": "DD/MM/YYYY",
        "notifications": {"leadAssigned": True, "reminders": True},
    }  # fmt: skip
    assert admin.get(path).json() == defaults
    answer = admin.patch(path, {"dateFormat": "YYYY-MM-DD", "notifications": {"reminders": False}})
    assert answer["ETag"] == '"2"'
    changed = defaults | {
        "dateFormat": "YYYY-MM-DD",
        "notifications": {"leadAssigned": True, "reminders": False},
    }
    assert answer.json() == changed == admin.get(path).json()
    admin.patch(path, {"notifications": {"leadAssigned": False}, "timezone": "Asia/Dubai"})
    assert admin.get(path).json()["notifications"] == {"leadAssigned": False, "reminders": False}
    for body, error in (
        ({"timezone": "Mars/Base"}, ("timezone", "invalid_choice")),
        ({"language": "english"}, ("language", "invalid")),
        ({"dateFormat": "D"}, ("dateFormat", "invalid_choice")),
        ({"notifications": {"pigeons": True}}, ("notifications.pigeons", "unknown_field")),
        ({"theme": "dark"}, ("theme", "unknown_field")),
    ):
        assert field_errors(admin.patch(path, body)) == {error}
    elsewhere.refresh_from_db()
    assert elsewhere.settings == {}
    assert len(history_of(tenant, seat.id)) == 2


def test_which_tenants_of_a_user_the_caller_administers(tenant, other_tenant):
    branch = make_tenant("Demo Branch", parent=tenant)
    person = make_seat(tenant)
    in_branch = make_seat(branch, "manager", user=person.user, is_active=False)
    elsewhere = make_seat(other_tenant, user=person.user)

    def found(client):
        body = client.get(f"/users/{person.id}/organization-access").json()
        assert body["pagination"] is None
        return {row["seatId"] for row in body["data"]}

    boss = make_seat(tenant, "admin")
    assert found(Client(boss)) == {str(person.id), str(in_branch.id)}
    assert found(Client(make_seat(tenant, permissions=grants(user_management=["view"])))) == set()
    both = Client(boss)
    make_seat(other_tenant, "admin", user=boss.user)
    assert found(both) == {str(person.id), str(in_branch.id), str(elsewhere.id)}
    row = both.get(f"/users/{person.id}/organization-access").json()["data"][0]
    assert row == {
        "id": str(branch.id), "name": "Demo Branch", "slug": branch.slug, "isRoot": False, "parentId": str(tenant.id),
        "status": "active", "seatId": str(in_branch.id), "role": "manager", "isActive": False,
    }  # fmt: skip
