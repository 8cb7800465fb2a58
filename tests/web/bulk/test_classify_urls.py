"""classify_urls on real workers: no row is lost or repeated, and no work is done twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import cloudpickle
import fsspec
import mxnet as mx
import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import Client
from distributed.scheduler import KilledWorker
from pictures import jpeg
from stubs import ByColour

import logoflow as lf
from logoflow.loading.augment import make_augs
from logoflow.utils.paths import cache_home
from logoflow.web.bulk import dask_cluster, dispatch

HERE = Path(__file__).resolve().parent


@pytest.fixture
def run(cluster, tmp_path):
    """Call classify_urls with small shards, on the workers that all tests share."""

    def classify(urls, classifier=None, output=tmp_path / "out", **options):
        options = {"cluster": cluster, "rows_per_shard": 10, "allow_private": True, **options}
        return lf.classify_urls(urls, classifier or ByColour(), output, **options)

    return classify


def pictures(server, count, colour="red"):
    return [f"{server.base}/{colour}/{number}.jpg" for number in range(count)]


def rows(folder):
    return pd.read_parquet(folder)


def test_one_row_per_row_of_the_input(server, run, tmp_path):
    urls = pictures(server, 23) + [
        f"{server.base}/missing",
        "nonsense",
        None,
        "http://169.254.1.1/",
    ]
    posts = pd.DataFrame({"link": urls, "post": range(len(urls))})
    posts.to_csv(tmp_path / "posts.csv", index=False)
    summary = run(tmp_path / "posts.csv", column="link", allow_private=True)
    assert summary.rows == 27
    assert summary.statuses == {"ok": 23, "refused": 3, "not_found": 1}
    table = rows(summary.output)
    assert list(table.post) == list(range(27))
    assert list(table.url[:23]) == urls[:23]
    assert set(table.model) == {"by-colour"}
    assert summary.brands == {"red": 23}
    assert json.loads((summary.output / "_summary.json").read_text())["rows"] == 27


def test_a_second_run_fetches_nothing(server, run):
    urls = pictures(server, 25) + [f"{server.base}/missing"]
    first = run(urls)
    requests, before = len(server.requests), rows(first.output)
    second = run(urls, cluster="tcp://127.0.0.1:1")  # no connection is needed
    assert len(server.requests) == requests == 26
    assert second.statuses == first.statuses == {"ok": 25, "not_found": 1}
    pd.testing.assert_frame_equal(rows(second.output), before)


def test_only_failures_are_fetched_again_on_request(server, run):
    urls = [*pictures(server, 15), f"{server.base}/late.jpg", f"{server.base}/missing"]
    assert run(urls).statuses == {"ok": 15, "not_found": 2}
    server.requests.clear()
    server.pages["/late.jpg"] = jpeg("blue")
    assert run(urls, retry_failed=True).statuses == {"ok": 16, "not_found": 1}
    assert sorted(server.requests) == ["/late.jpg", "/missing"]


def test_only_the_new_rows_of_an_input_that_grew_are_fetched(server, run):
    urls = pictures(server, 34)
    run(urls[:15])
    server.requests.clear()
    assert run(urls).rows == 34
    assert sorted(server.requests) == sorted(f"/red/{n}.jpg" for n in range(15, 34))
    assert list(rows(run(urls).output).url) == urls


def test_equal_urls_are_fetched_once_also_across_shards(server, run):
    urls = (pictures(server, 7) + [f"{server.base}/missing"]) * 5
    summary = run(urls)
    assert len(server.requests) == 8
    assert summary.statuses == {"ok": 35, "not_found": 5}
    assert list(rows(summary.output).url) == urls


def test_answers_of_another_input_or_other_options_are_not_overwritten(server, run, tmp_path):
    urls = pictures(server, 12)
    run(urls)
    before = rows(tmp_path / "out")
    other = ByColour()
    other.name = "other"
    for change, message in (
        ({"urls": urls[::-1]}, "the input has changed"),
        ({"urls": urls[:10]}, "has become shorter"),
        ({"urls": urls, "classifier": other}, "model='by-colour', and this call has model='other'"),
        ({"urls": urls, "top_k": 1}, "top_k=3, and this call has top_k=1"),
        ({"urls": urls, "rows_per_shard": 5}, "rows_per_shard"),
    ):
        with pytest.raises(ValueError, match=message):
            run(**change)
    pd.testing.assert_frame_equal(rows(tmp_path / "out"), before)


def test_wrong_arguments_raise_before_anything_is_fetched(server, run, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "_WORKER_TIMEOUT", 3)
    urls = pictures(server, 3)
    for options, error, message in (
        ({"read_names": True}, ValueError, "This one cannot read"),
        ({"level": "closest"}, ValueError, "There is no level 'closest'"),
        ({"views": 3}, TypeError, 'views=3 is now level="windows"'),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"rows_per_shard": 2.5}, ValueError, "rows_per_shard is 2.5"),
        ({"allow_private": "no"}, TypeError, "allow_private is 'no'"),
        ({"classifier": object()}, TypeError, "object cannot classify"),
        ({"classifier": "no/such/model"}, FileNotFoundError, "LogoClassifier.save"),
        ({"urls": "no.csv"}, FileNotFoundError, "no.csv"),
        ({"cluster": "tcp://127.0.0.1:1"}, ConnectionError, "No Dask scheduler answers"),
    ):
        with pytest.raises(error, match=message):
            run(**{"urls": urls, **options})
    assert not server.requests
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_jobs_in_progress_are_finished_when_the_input_raises(server, run, tmp_path):
    urls = pictures(server, 20)

    def broken():
        yield from urls[:13]
        raise LookupError("the database went away")

    with pytest.raises(LookupError, match="the database went away"):
        run(broken(), rows_per_shard=5)
    assert list(rows(tmp_path / "out").url) == urls[:10]
    server.requests.clear()
    assert run(urls, rows_per_shard=5).statuses == {"ok": 20}
    assert len(server.requests) == 10


def test_a_wrong_row_of_a_csv_fails_alone(server, run, tmp_path):
    urls = pictures(server, 20)
    lines = [f"{url},{number}" for number, url in enumerate(urls)]
    lines[12] += ",one too many"
    (tmp_path / "posts.csv").write_text("\n".join(["url,id", *lines]))
    summary = run(tmp_path / "posts.csv", rows_per_shard=5)
    assert summary.statuses == {"ok": 19, "refused": 1}
    wrong = rows(summary.output).iloc[12]
    assert wrong.status == "refused"
    assert wrong.url.startswith("line 14 has 3 fields for 2 columns: ")


def test_an_empty_input_has_no_rows(run):
    assert run([]).rows == 0


@pytest.mark.slow
def test_a_picture_that_crashes_workers_fails_alone(server, run):
    urls = [*pictures(server, 3), f"{server.base}/blue/1.jpg"]
    summary = run(urls, ByColour(deadly="blue"), rows_per_shard=2)
    table = rows(summary.output)
    assert list(table.status) == ["ok", "ok", "ok", "crashed"]
    assert "took down each worker" in table.error[3]


def wait_for_nannies(client):
    """Wait until all workers run: Dask does not restart a worker that dies while it starts."""

    def state(dask_worker):
        return dask_worker.status.name

    while set(client.run(state, nanny=True).values()) - {"running"}:
        time.sleep(0.05)


@pytest.mark.slow
def test_no_row_is_lost_when_workers_are_killed(server, run, cluster):
    server.delay = 0.02
    urls = pictures(server, 300)
    stop = threading.Event()

    def kill():
        for _ in range(2):
            if stop.wait(0.6):
                return
            cluster.run(os.kill, os.getpid(), 0)  # waits until there is a worker
            wait_for_nannies(cluster)
            for pid in cluster.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    summary = run(urls, rows_per_shard=50)
    stop.set()
    killer.join()
    assert summary.statuses == {"ok": 300}
    assert list(rows(summary.output).url) == urls


SCRIPT = """
import sys
sys.path.insert(0, {here!r})
import logoflow as lf
from stubs import ByColour
if __name__ == "__main__":
    urls = [f"{base}/red/{{n}}.jpg" for n in range({count})]
    options = {{"cluster": {cluster!r}, "allow_private": True, "threads": 2}}
    lf.classify_urls(urls, ByColour(), {out!r}, rows_per_shard=20, **options)
    print("finished")
"""


def start(server, tmp_path, count=600, cluster=None):
    text = SCRIPT.format(
        here=str(HERE),
        base=server.base,
        out=str(tmp_path / "out"),
        count=count,
        cluster=cluster,
    )
    (tmp_path / "script.py").write_text(text)
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A background job of a shell ignores Ctrl-C, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_shards(folder, count):
    until = time.monotonic() + 180  # a busy machine takes a minute to start
    while len(list(folder.glob("part-*.parquet"))) < count:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_client_leaves_complete_shards_and_no_workers(server, run, tmp_path):
    server.delay = 0.02
    process = start(server, tmp_path)
    wait_for_shards(tmp_path / "out", 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    until = time.monotonic() + 30
    while any(worker.is_running() and worker.status() != "zombie" for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.1)
    done = len(rows(tmp_path / "out"))
    assert 40 <= done < 600
    server.requests.clear()
    server.delay = 0
    summary = run(pictures(server, 600), rows_per_shard=20)
    assert summary.statuses == {"ok": 600}
    assert list(rows(summary.output).url) == pictures(server, 600)
    assert len(server.requests) == 600 - done


@pytest.mark.slow
def test_ctrl_c_says_how_to_continue(server, tmp_path):
    server.delay = 0.02
    process = start(server, tmp_path)
    wait_for_shards(tmp_path / "out", 2)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    out, err = process.communicate(timeout=60)
    assert "finished" not in out
    done = len(rows(tmp_path / "out"))
    assert f"KeyboardInterrupt: Stopped. {done} rows are answered in" in err
    assert "Make the same call again" in err
    assert err.count("Traceback") == 1


@pytest.mark.slow
def test_a_logo_classifier_answers_as_predict_does(server, run, tmp_path, small_root):
    mx.random.seed(0)
    net = lf.finetune_net(3, "efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=64)[1]
    classifier = lf.LogoClassifier(net, ["red", "blue", "no-logo"], augs)
    paths = [path for path, _ in lf.photos_of(small_root, "test_data")]
    with lf.serve_folder(small_root / "test_data") as base:
        urls = [f"{base}/{path.parent.name}/{path.name}" for path in paths]
        answers = rows(run(urls, classifier, level="few-windows").output)
        saved = classifier.save(tmp_path / "model")
        again = run(urls, saved, level="few-windows")  # the same model, from its folder
    expected = classifier.predict(paths, level="few-windows")
    assert list(answers.brand) == list(expected.brand)
    assert np.allclose(answers.probability, expected.probability, atol=1e-5)
    top = [(pair["brand"], pair["probability"]) for pair in answers.top_k[0]]
    assert [name for name, _ in top] == [name for name, _ in expected.top_k[0]]
    assert again.statuses == {"ok": len(urls)}
    assert answers.model[0].startswith("efficientnet_lite0-")


@contextmanager
def dask(*arguments):
    """Run a Dask scheduler or worker by its command, as on another machine."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}  # workers need a user's modules too
    command = [sys.executable, "-m", "dask", *map(str, arguments)]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, start_new_session=True, **options)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def scheduler(tmp_path):
    """Run a scheduler in a process of its own; yield the process and the address."""
    file = tmp_path / "scheduler.json"
    address = ["--host", "127.0.0.1", "--port", 0, "--dashboard-address", "127.0.0.1:0"]
    with dask("scheduler", *address, "--scheduler-file", file) as process:
        until = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process, json.loads(file.read_text())["address"]


@pytest.mark.slow
def test_workers_of_another_scheduler_do_the_work(server, run, tmp_path):
    with scheduler(tmp_path) as (_, address), dask("worker", address), dask("worker", address):
        summary = run(pictures(server, 60), cluster=address)
    assert summary.statuses == {"ok": 60}
    assert list(rows(summary.output).url) == pictures(server, 60)


@pytest.mark.slow
def test_workers_share_the_work(server, run, tmp_path):
    slow = ByColour(log=str(tmp_path / "log"), seconds=0.2)
    with dask_cluster.local_cluster(workers=2, cores=1) as two, Client(two) as client:
        client.wait_for_workers(2)
        run(pictures(server, 120), slow, cluster=client)
    shares = Counter(line.split()[0] for line in (tmp_path / "log").read_text().splitlines())
    assert sum(shares.values()) == 120
    assert len(shares) == 2
    assert min(shares.values()) >= 30


@pytest.mark.slow
def test_a_scheduler_that_goes_away_raises(server, run, tmp_path):
    server.delay = 0.05
    urls = pictures(server, 400)
    with scheduler(tmp_path) as (process, address), dask("worker", address):

        def kill():
            wait_for_shards(tmp_path / "out", 2)
            os.killpg(process.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(ConnectionError, match=r"scheduler is gone\. .* continues from there"):
            run(urls, cluster=address, threads=2)
        killer.join()
    server.delay = 0
    server.requests.clear()
    assert run(urls).statuses == {"ok": 400}
    assert len(server.requests) < 400


@pytest.mark.slow
def test_a_scheduler_that_goes_away_before_a_worker_joins_raises(run, tmp_path):
    with scheduler(tmp_path) as (process, address):
        killer = threading.Timer(3, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(ConnectionError, match="scheduler is gone"):
            run(["http://127.0.0.1:1/"], cluster=address)
        killer.join()


@pytest.mark.slow
def test_a_run_ends_when_all_workers_go_away(server, run, tmp_path, monkeypatch):
    server.delay = 0.05
    urls = pictures(server, 400)
    with scheduler(tmp_path) as (_, address), dask("worker", address) as worker:

        def kill():
            wait_for_shards(tmp_path / "out", 2)
            monkeypatch.setattr(dask_cluster, "_WORKER_TIMEOUT", 3)
            os.killpg(worker.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(ConnectionError, match=r"All workers .* gone .* continues from there"):
            run(urls, cluster=address, threads=2)
        killer.join()
        assert 20 <= len(rows(tmp_path / "out")) < 400


@pytest.mark.slow
def test_answers_lost_with_the_last_worker_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(dispatch, "_RESULT_TIMEOUT", 1)
    with (
        scheduler(tmp_path) as (_, address),
        dask("worker", address) as worker,
        Client(address) as client,
    ):
        future = client.submit(list, "ab")
        assert dispatch._result(client, future) == ["a", "b"]
        monkeypatch.setattr(dask_cluster, "_WORKER_TIMEOUT", 2)
        os.killpg(worker.pid, signal.SIGKILL)
        with pytest.raises(ConnectionError, match="All workers"):
            dispatch._result(client, future)


def test_a_task_whose_answers_were_lost_and_whose_next_worker_crashed_is_a_suspect(
    cluster, monkeypatch
):
    def killed(timeout):
        raise KilledWorker("answer_urls-1", None, 2)

    future = cluster.submit(list, "ab")
    monkeypatch.setattr(future, "result", killed)  # the crash comes after `future.exception`
    assert dispatch._result(cluster, future) is None


@pytest.mark.slow
def test_answers_lost_with_the_scheduler_raise(tmp_path):
    with scheduler(tmp_path) as (process, address), dask("worker", address):
        client = Client(address, timeout=20)
        future = client.submit(list, "ab")
        assert dispatch._result(client, future) == ["a", "b"]
        os.killpg(process.pid, signal.SIGKILL)  # the next call comes before the client notices:
        with pytest.raises(ConnectionError, match="scheduler is gone"):
            dispatch._result(client, future)
        client.close(timeout=1)


def at_workers(client):
    """Return the scheduler's plugins of logoflow, and how many classifiers a worker holds."""

    def plugins(dask_scheduler):
        return [name for name in dask_scheduler.worker_plugins if "logoflow" in name]

    def held():
        from logoflow.web.bulk import classifiers

        return len(classifiers._digest_of_run)

    return client.run_on_scheduler(plugins), max(client.run(held).values())


@pytest.mark.slow
def test_the_classifier_of_a_killed_client_is_removed_by_the_next_client(server, run, tmp_path):
    server.delay = 0.02
    with scheduler(tmp_path) as (_, address), dask("worker", address), Client(address) as client:
        process = start(server, tmp_path, cluster=address)
        wait_for_shards(tmp_path / "out", 2)
        process.kill()
        process.communicate()
        names, held = at_workers(client)
        assert (len(names), held) == (1, 1)
        other = Client(address, name="of another run")
        with other, dask_cluster.connected(other, "other", cloudpickle.dumps(ByColour())):
            run(pictures(server, 3), output=tmp_path / "next", cluster=address)
            names, held = at_workers(client)  # the classifier of a working client stays
            assert (len(names), held) == (1, 1)
            assert other.id in names[0]
        assert at_workers(client) == ([], 0)


def test_an_input_without_rows_gives_a_table_with_all_columns(tmp_path):
    (tmp_path / "none.csv").write_text("url,post\n")
    for _ in range(2):  # also when the same call is made again
        summary = lf.classify_urls(
            tmp_path / "none.csv", ByColour(), tmp_path / "out", cluster="no"
        )
        assert (summary.rows, summary.statuses) == (0, {})
    table = rows(tmp_path / "out")
    assert len(table) == 0
    assert table.columns.tolist()[:3] == ["url", "status", "error"]
    assert table.columns.tolist()[-1] == "post"


def test_answers_go_to_a_storage_and_a_second_call_continues_there(server, run):
    memory = fsspec.filesystem("memory")
    urls = pictures(server, 3)
    first = run(urls, output="memory://answers/posts")
    assert (first.output, first.statuses) == ("memory://answers/posts", {"ok": 3})
    assert len(pd.read_parquet("memory://answers/posts/part-000000.parquet")) == 3
    server.requests.clear()
    assert run(urls, output="memory://answers/posts").rows == 3
    assert not server.requests
    assert not list((cache_home() / "uploads").glob("*"))
    assert memory.exists("/answers/posts/_summary.json")


def test_options_for_fetching_reach_the_workers(server, run):
    summary = run(pictures(server, 1), max_bytes=10)
    assert summary.statuses == {"too_large": 1}
    with pytest.raises(TypeError, match="no argument 'max_byte'.*max_bytes"):
        run(pictures(server, 1), max_byte=10)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A current folder with photos of two colours."""
    folder = tmp_path / "photos"
    (folder / "new").mkdir(parents=True)
    (folder / "red.jpg").write_bytes(jpeg("red", 1))
    (folder / "new" / "blue.jpg").write_bytes(jpeg("blue", 2))
    monkeypatch.chdir(folder)
    return folder


def test_files_are_read_beside_urls_in_the_order_of_the_input(server, run, photos):
    entries = [f"{server.base}/red/1.jpg", "red.jpg", photos / "new/blue.jpg", "none.jpg"]
    entries += [f"file://{photos}/red.jpg", "red.jpg", "new", f"{server.base}/missing"]
    pd.DataFrame({"picture": entries, "id": range(8)}).to_csv("posts.csv", index=False)
    cached = list(cache_home().rglob("*"))
    summary = run("posts.csv", column="picture", allow_files=True, rows_per_shard=3)
    table = rows(summary.output)
    statuses = ["ok", "ok", "ok", "not_found", "ok", "ok", "unreadable", "not_found"]
    assert table.status.tolist() == statuses
    assert table.brand.dropna().tolist() == ["red", "red", "blue", "red", "red"]
    assert (table.url.tolist(), table.id.tolist()) == (list(map(str, entries)), list(range(8)))
    assert table.final_url[1] == f"file://{photos}/red.jpg"
    assert table.sha256[0] == table.sha256[1]
    assert table.error[3] == f"there is no file {photos}/none.jpg"
    assert list(cache_home().rglob("*")) == cached
    (photos / "red.jpg").unlink()  # a second call reads nothing again
    assert run("posts.csv", column="picture", allow_files=True, rows_per_shard=3) is not None
    pd.testing.assert_frame_equal(rows(summary.output), table)


def test_by_default_a_list_cannot_read_files(server, run, photos):
    entries = [f"{server.base}/red/1.jpg", "red.jpg", f"file://{photos}/red.jpg", "s3://b/a.jpg"]
    summary = run(entries)
    table = rows(summary.output)
    assert table.status.tolist() == ["ok", "refused", "refused", "refused"]
    assert all("allow_files=True" in error for error in table.error[1:])


def test_a_call_with_other_options_says_what_it_does_not_do_again(server, run, photos, caplog):
    entries = [f"{server.base}/red/1.jpg", "red.jpg", "none.jpg"]
    run(entries)
    with pytest.warns(UserWarning, match="2 rows failed .* with allow_files=False") as warned:
        assert run(entries, allow_files=True).statuses == {"ok": 1, "refused": 2}
    assert "retry_failed=True" in str(warned[0].message)
    assert warned[0].filename == __file__
    retried = run(entries, allow_files=True, retry_failed="true")
    assert retried.statuses == {"ok": 2, "not_found": 1}
    with caplog.at_level("INFO", "logoflow"):
        run(entries, allow_files=True)
    assert "1 row failed in an earlier run and keep" in caplog.text
    assert len(server.requests) == 1


def test_addresses_of_fsspec_are_read_beside_urls(server, tmp_path):
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/photos/blue.jpg", jpeg("blue", 2))
    entries = [f"{server.base}/red/1.jpg", "memory://photos/blue.jpg", "memory://photos/none.jpg"]
    options = {"processes": False, "dashboard_address": None}  # in this process, whose memory it is
    with Client(n_workers=1, threads_per_worker=1, **options) as client:
        output, allowed = tmp_path / "out", {"allow_private": True, "allow_files": True}
        summary = lf.classify_urls(entries, ByColour(), output, cluster=client, **allowed)
    assert rows(summary.output).status.tolist() == ["ok", "ok", "not_found"]
    assert summary.brands == {"red": 1, "blue": 1}


@pytest.mark.slow
def test_a_photo_that_crashes_workers_fails_alone(run, photos):
    entries = ["red.jpg", "new/blue.jpg"] * 2
    summary = run(entries, ByColour(deadly="blue"), allow_files=True)
    assert rows(summary.output).status.tolist() == ["ok", "crashed"] * 2


def test_papermills_true_counts_and_other_words_do_not(server, run):
    assert run(pictures(server, 1), retry_failed="true").statuses == {"ok": 1}
    with pytest.raises(TypeError, match="retry_failed is 'yes'"):
        run(pictures(server, 1), retry_failed="yes")


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_told_so(server, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(HERE)!r})\n"
        "import logoflow as lf\nfrom stubs import ByColour\n"
        f"lf.classify_urls([{pictures(server, 1)[0]!r}], ByColour(), {str(tmp_path / 'out')!r})\n"
    )
    with subprocess.Popen(
        [sys.executable, script], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            _, stderr = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    first, last = (stderr.split("Traceback")[index] for index in (1, -1))
    for message in (first, last):  # of the worker, and of the script itself
        assert 'below this line, indented:\n\n    if __name__ == "__main__":' in message
