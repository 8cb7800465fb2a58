import pyarrow as pa
import pytest

from logoflow.web.bulk.jobs import complete_answers, plan_jobs
from logoflow.web.bulk.seen_urls import SeenUrls
from logoflow.web.bulk.shards import Answer, write_shard


@pytest.fixture
def planned(tmp_path):
    def jobs(*parts, retry_failed=False):
        tables = [pa.table({"url": pa.array(urls, pa.string())}) for urls in parts]
        return list(plan_jobs(tables, tmp_path, SeenUrls(), retry_failed))

    return jobs


def write(job, folder, fetched):
    answers = complete_answers(job, fetched, folder)
    write_shard(folder, job.number, job.part, answers, "model")
    return answers


def ok(brand):
    return Answer("ok", brand=brand)


def test_each_url_is_fetched_once(planned, tmp_path):
    first, second = planned(["a", "b", "a"], ["b", "c", None])
    assert (first.urls_to_fetch, first.answered_in) == (["a", "b"], {})
    assert (second.urls_to_fetch, second.answered_in) == (["c", ""], {"b": 0})
    assert write(first, tmp_path, [ok("A"), ok("B")]) == [ok("A"), ok("B"), ok("A")]
    assert write(second, tmp_path, [ok("C"), Answer("refused")])[0] == ok("B")


def test_spaces_around_a_url_are_stripped(planned, tmp_path):
    first, second = planned([" a\n", "a"], ["\ta"])
    assert (first.urls_to_fetch, second.urls_to_fetch, second.answered_in) == (["a"], [], {"a": 0})
    write(first, tmp_path, [ok("A")])
    assert write(second, tmp_path, []) == [ok("A")]
    assert second.part["url"].to_pylist() == ["\ta"]


def test_urls_with_an_answer_are_not_fetched_again(planned, tmp_path):
    write(planned(["a", "b"])[0], tmp_path, [ok("A"), Answer("timeout")])
    (same,) = planned(["a", "b"])
    assert same.done
    (longer,) = planned(["a", "b", "a", "c", "b"])
    assert not longer.done
    assert longer.urls_to_fetch == ["c"]
    assert write(longer, tmp_path, [ok("C")])[2:] == [ok("A"), ok("C"), Answer("timeout")]


def test_failures_are_fetched_again_on_request(planned, tmp_path):
    parts = ["a", "b"], ["b", "c"]
    first, second = planned(*parts)
    write(first, tmp_path, [ok("A"), Answer("timeout")])
    write(second, tmp_path, [ok("C")])
    assert [job.done for job in planned(*parts)] == [True, True]
    first, second = planned(*parts, retry_failed=True)
    assert (first.urls_to_fetch, second.urls_to_fetch, second.answered_in) == (["b"], [], {"b": 0})
    write(first, tmp_path, [ok("B")])
    assert write(second, tmp_path, []) == [ok("B"), ok("C")]
    assert all(job.done for job in planned(*parts, retry_failed=True))
