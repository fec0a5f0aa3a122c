def test_unknown_path_is_a_problem(anonymous, db):
    response = anonymous.get("/nothing/here")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
