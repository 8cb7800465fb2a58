"""classify_urls on real workers: nothing lost, nothing doubled, nothing done twice."""

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
import mxnet as mx
import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import Client
from pictures import jpeg
from stubs import ByColour

import logoflow as lf
from logoflow.loading.augment import make_augs
from logoflow.web.bulk import dask_cluster as clusters
from logoflow.web.bulk import dispatch as work

HERE = Path(__file__).resolve().parent


@pytest.fixture
def run(cluster, tmp_path):
    """classify_urls with small shards, on the workers that all tests share."""

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
    found = run(tmp_path / "posts.csv", column="link", allow_private=True)
    assert found.rows == 27
    assert found.statuses == {"ok": 23, "refused": 3, "not_found": 1}
    table = rows(found.output)
    assert list(table.post) == [str(number) for number in range(27)]
    assert list(table.url[:23]) == urls[:23]
    assert set(table.model) == {"by-colour"}
    assert found.brands == {"red": 23}
    assert json.loads((found.output / "_summary.json").read_text())["rows"] == 27


def test_a_second_run_asks_for_nothing(server, run):
    urls = pictures(server, 25) + [f"{server.base}/missing"]
    first = run(urls)
    asked, before = len(server.asked), rows(first.output)
    second = run(urls, cluster="tcp://127.0.0.1:1")  # there is no need to connect
    assert len(server.asked) == asked == 26
    assert second.statuses == first.statuses == {"ok": 25, "not_found": 1}
    pd.testing.assert_frame_equal(rows(second.output), before)


def test_only_failures_are_asked_for_again(server, run):
    urls = [*pictures(server, 15), f"{server.base}/late.jpg", f"{server.base}/missing"]
    assert run(urls).statuses == {"ok": 15, "not_found": 2}
    server.asked.clear()
    server.pages["/late.jpg"] = jpeg("blue")
    assert run(urls, retry_failed=True).statuses == {"ok": 16, "not_found": 1}
    assert sorted(server.asked) == ["/late.jpg", "/missing"]


def test_an_input_that_grew_costs_what_is_new(server, run):
    urls = pictures(server, 34)
    run(urls[:15])
    server.asked.clear()
    assert run(urls).rows == 34
    assert sorted(server.asked) == sorted(f"/red/{n}.jpg" for n in range(15, 34))
    assert list(rows(run(urls).output).url) == urls


def test_equal_urls_are_fetched_once_wherever_they_are(server, run):
    urls = (pictures(server, 7) + [f"{server.base}/missing"]) * 5
    found = run(urls)
    assert len(server.asked) == 8
    assert found.statuses == {"ok": 35, "not_found": 5}
    assert list(rows(found.output).url) == urls


def test_nothing_is_overwritten(server, run, tmp_path):
    urls = pictures(server, 12)
    run(urls)
    before = rows(tmp_path / "out")
    other = ByColour()
    other.name = "other"
    for change, message in (
        ({"urls": urls[::-1]}, "the input has changed"),
        ({"urls": urls[:10]}, "become shorter"),
        ({"urls": urls, "classifier": other}, "model='by-colour', and this is model='other'"),
        ({"urls": urls, "top_k": 1}, "top_k=3, and this is top_k=1"),
        ({"urls": urls, "rows_per_shard": 5}, "rows_per_shard"),
    ):
        with pytest.raises(ValueError, match=message):
            run(**change)
    pd.testing.assert_frame_equal(rows(tmp_path / "out"), before)


def test_wrong_arguments_are_told_before_anything_is_fetched(server, run, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "_WAIT", 3)
    urls = pictures(server, 3)
    for options, error, message in (
        ({"read_names": True}, ValueError, "This one cannot read"),
        ({"level": "closest"}, ValueError, "There is no level 'closest'"),
        ({"views": 3}, TypeError, 'views=3 is now level="windows"'),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"rows_per_shard": 2.5}, ValueError, "rows_per_shard is 2.5"),
        ({"allow_private": "false"}, TypeError, "allow_private is 'false'"),
        ({"classifier": object()}, TypeError, "object cannot classify"),
        ({"classifier": "no/such/model"}, FileNotFoundError, "LogoClassifier.save"),
        ({"urls": "no.csv"}, FileNotFoundError, "no.csv"),
        ({"cluster": "tcp://127.0.0.1:1"}, ConnectionError, "No Dask scheduler answers"),
    ):
        with pytest.raises(error, match=message):
            run(**{"urls": urls, **options})
    assert not server.asked
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_an_input_that_goes_wrong_costs_nothing_that_is_under_way(server, run, tmp_path):
    urls = pictures(server, 20)

    def broken():
        yield from urls[:13]
        raise LookupError("the database went away")

    with pytest.raises(LookupError, match="the database went away"):
        run(broken(), rows_per_shard=5)
    assert list(rows(tmp_path / "out").url) == urls[:10]
    server.asked.clear()
    assert run(urls, rows_per_shard=5).statuses == {"ok": 20}
    assert len(server.asked) == 10


def test_a_row_of_a_csv_that_is_wrong_costs_itself(server, run, tmp_path):
    urls = pictures(server, 20)
    lines = [f"{url},{number}" for number, url in enumerate(urls)]
    lines[12] += ",one too many"
    (tmp_path / "posts.csv").write_text("\n".join(["url,id", *lines]))
    found = run(tmp_path / "posts.csv", rows_per_shard=5)
    assert found.statuses == {"ok": 19, "refused": 1}
    wrong = rows(found.output).iloc[12]
    assert wrong.status == "refused"
    assert wrong.url.startswith("line 14 has 3 fields for 2 columns: ")


def test_an_empty_input_has_no_rows(run):
    assert run([]).rows == 0


def test_a_picture_that_takes_workers_down_costs_its_own_row(server, run):
    urls = [*pictures(server, 3), f"{server.base}/blue/1.jpg"]
    found = run(urls, ByColour(deadly="blue"), rows_per_shard=2)
    table = rows(found.output)
    assert list(table.status) == ["ok", "ok", "ok", "crashed"]
    assert "took down each worker" in table.error[3]


def wait_for_nannies(client):
    """Wait until nannies know their workers: one that dies while it starts is not started again."""

    def state(dask_worker):
        return dask_worker.status.name

    while set(client.run(state, nanny=True).values()) - {"running"}:
        time.sleep(0.05)


def test_workers_that_are_killed_cost_nothing(server, run, cluster):
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
    found = run(urls, rows_per_shard=50)
    stop.set()
    killer.join()
    assert found.statuses == {"ok": 300}
    assert list(rows(found.output).url) == urls


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
    about = {"here": str(HERE), "base": server.base, "out": str(tmp_path / "out")}
    text = SCRIPT.format(**about, count=count, cluster=cluster)
    (tmp_path / "script.py").write_text(text)
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in a shell's background ignores Ctrl-C, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_shards(folder, count):
    until = time.monotonic() + 60
    while len(list(folder.glob("part-*.parquet"))) < count:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_client_that_is_killed_leaves_whole_shards_and_no_workers(server, run, tmp_path):
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
    server.asked.clear()
    server.delay = 0
    found = run(pictures(server, 600), rows_per_shard=20)
    assert found.statuses == {"ok": 600}
    assert list(rows(found.output).url) == pictures(server, 600)
    assert len(server.asked) == 600 - done


def test_ctrl_c_says_how_to_go_on(server, tmp_path):
    server.delay = 0.02
    process = start(server, tmp_path)
    wait_for_shards(tmp_path / "out", 2)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to workers too
    out, err = process.communicate(timeout=60)
    assert "finished" not in out
    done = len(rows(tmp_path / "out"))
    assert f"KeyboardInterrupt: Stopped. {done} rows are answered in" in err
    assert "the same call goes on from there" in err
    assert err.count("Traceback") == 1


def test_a_logo_classifier_answers_as_predict_does(server, run, tmp_path, small_root):
    mx.random.seed(0)
    net = lf.finetune_net(3, "efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=64)[1]
    classifier = lf.LogoClassifier(net, ["red", "blue", "no-logo"], augs)
    paths = [path for path, _ in lf.photos_of(small_root, "test_data")]
    with lf.serve_folder(small_root / "test_data") as base:
        urls = [f"{base}/{path.parent.name}/{path.name}" for path in paths]
        found = rows(run(urls, classifier, level="few-windows").output)
        saved = classifier.save(tmp_path / "model")
        again = run(urls, saved, level="few-windows")  # the same model, from its folder
    expected = classifier.predict(paths, level="few-windows")
    assert list(found.brand) == list(expected.brand)
    assert np.allclose(found.probability, expected.probability, atol=1e-5)
    top = [(one["brand"], one["probability"]) for one in found.top_k[0]]
    assert [name for name, _ in top] == [name for name, _ in expected.top_k[0]]
    assert again.statuses == {"ok": len(urls)}
    assert found.model[0].startswith("efficientnet_lite0-")


@contextmanager
def dask(*words):
    """A Dask scheduler or worker, as one starts it on another machine."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}  # a user's module has to be there too
    command = [sys.executable, "-m", "dask", *map(str, words)]
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
    """A scheduler in a process of its own: the process and its address."""
    file = tmp_path / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", 0, "--dashboard-address", "127.0.0.1:0"]
    with dask("scheduler", *words, "--scheduler-file", file) as process:
        until = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until
            time.sleep(0.05)
        yield process, json.loads(file.read_text())["address"]


def test_workers_elsewhere_do_the_work(server, run, tmp_path):
    with scheduler(tmp_path) as (_, address), dask("worker", address), dask("worker", address):
        found = run(pictures(server, 60), cluster=address)
    assert found.statuses == {"ok": 60}
    assert list(rows(found.output).url) == pictures(server, 60)


def test_workers_share_the_work(server, run, tmp_path):
    slow = ByColour(notes=str(tmp_path / "notes"), seconds=0.2)
    with clusters.local_cluster(workers=2, cores=1) as two, Client(two) as client:
        client.wait_for_workers(2)
        run(pictures(server, 120), slow, cluster=client)
    shares = Counter(line.split()[0] for line in (tmp_path / "notes").read_text().splitlines())
    assert sum(shares.values()) == 120
    assert len(shares) == 2
    assert min(shares.values()) >= 30


def test_a_scheduler_that_goes_away_is_told(server, run, tmp_path):
    server.delay = 0.05
    urls = pictures(server, 400)
    with scheduler(tmp_path) as (process, address), dask("worker", address):

        def kill():
            wait_for_shards(tmp_path / "out", 2)
            os.killpg(process.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(ConnectionError, match=r"scheduler is gone\. .* goes on from there"):
            run(urls, cluster=address, threads=2)
        killer.join()
    server.delay = 0
    server.asked.clear()
    assert run(urls).statuses == {"ok": 400}
    assert len(server.asked) < 400


def test_a_scheduler_that_goes_away_before_there_is_a_worker_is_told(run, tmp_path):
    with scheduler(tmp_path) as (process, address):
        killer = threading.Timer(3, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(ConnectionError, match="scheduler is gone"):
            run(["http://127.0.0.1:1/"], cluster=address)
        killer.join()


def test_workers_that_all_go_away_are_told(server, run, tmp_path, monkeypatch):
    server.delay = 0.05
    urls = pictures(server, 400)
    with scheduler(tmp_path) as (_, address), dask("worker", address) as worker:

        def kill():
            wait_for_shards(tmp_path / "out", 2)
            monkeypatch.setattr(clusters, "_WAIT", 3)
            os.killpg(worker.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(ConnectionError, match=r"All workers .* gone, .* goes on from there"):
            run(urls, cluster=address, threads=2)
        killer.join()
        assert 20 <= len(rows(tmp_path / "out")) < 400


def test_answers_that_went_away_with_the_last_worker_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(work, "_FETCH", 1)
    with (
        scheduler(tmp_path) as (_, address),
        dask("worker", address) as worker,
        Client(address) as client,
    ):
        future = client.submit(list, "ab")
        assert work._result(client, future) == ["a", "b"]
        monkeypatch.setattr(clusters, "_WAIT", 2)
        os.killpg(worker.pid, signal.SIGKILL)
        with pytest.raises(ConnectionError, match="All workers"):
            work._result(client, future)


def test_answers_that_went_away_with_the_scheduler_are_told(tmp_path):
    with scheduler(tmp_path) as (process, address), dask("worker", address):
        client = Client(address, timeout=20)
        future = client.submit(list, "ab")
        assert work._result(client, future) == ["a", "b"]
        os.killpg(process.pid, signal.SIGKILL)  # and before the client has noticed it:
        with pytest.raises(ConnectionError, match="scheduler is gone"):
            work._result(client, future)
        client.close(timeout=1)


def at_workers(client):
    """What the scheduler has for workers, and how many classifiers one of them holds."""

    def brought(dask_scheduler):
        return [name for name in dask_scheduler.worker_plugins if "logoflow" in name]

    def held():
        from logoflow.web.bulk import worker as tasks

        return len(tasks._shipped)

    return client.run_on_scheduler(brought), max(client.run(held).values())


def test_a_client_that_is_killed_leaves_its_classifier_until_the_next_one(server, run, tmp_path):
    server.delay = 0.02
    with scheduler(tmp_path) as (_, address), dask("worker", address), Client(address) as client:
        process = start(server, tmp_path, cluster=address)
        wait_for_shards(tmp_path / "out", 2)
        process.kill()
        process.communicate()
        names, held = at_workers(client)
        assert (len(names), held) == (1, 1)
        other = Client(address, name="of another run")
        with other, clusters.connected(other, "other", cloudpickle.dumps(ByColour())):
            run(pictures(server, 3), output=tmp_path / "next", cluster=address)
            names, held = at_workers(client)  # that of a client at work is left alone
            assert (len(names), held) == (1, 1)
            assert other.id in names[0]
        assert at_workers(client) == ([], 0)
