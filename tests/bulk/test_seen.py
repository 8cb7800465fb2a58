from logoflow.bulk.seen import SeenUrls


def test_a_url_is_answered_where_it_comes_first():
    seen = SeenUrls()
    assert seen.homes(["a", "b", "a"], 0) == [0, 0, 0]
    assert seen.homes(["c", "b", "\ud800"], 1) == [1, 0, 1]
    assert seen.homes(["\ud800", "d", ""], 2) == [1, 2, 2]
    seen.close()
