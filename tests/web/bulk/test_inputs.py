import gzip

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from logoflow.web.bulk.inputs import read_parts

URLS = [f"http://example.com/{number}.jpg" for number in range(5)]


def parts(source, column="url", rows=2):
    return list(read_parts(source, column, rows))


def urls(source, column="url"):
    return [url for part in parts(source, column) for url in part["url"].to_pylist()]


@pytest.mark.parametrize("kind", [list, tuple, iter, pd.Series])
def test_any_iterable_of_urls_is_cut_into_parts(kind):
    assert [part["url"].to_pylist() for part in parts(kind(URLS))] == [
        URLS[:2],
        URLS[2:4],
        URLS[4:],
    ]


def test_a_single_url_is_a_list_of_one():
    assert urls(URLS[0]) == URLS[:1]


def test_a_missing_url_stays_a_row():
    missing = [None, float("nan"), pd.NA, pd.NaT]
    assert urls([URLS[0], *missing, "", 7]) == [URLS[0], None, None, None, None, "", "7"]
    assert urls(pd.Series([URLS[0], None], dtype="string")) == [URLS[0], None]


def test_a_value_that_is_no_url_stays_a_row():
    assert urls([np.array([1, 2]), ["a"]]) == ["[1 2]", "['a']"]
    frame = pd.DataFrame({"url": ["a", 5, pd.NA], "note": [1, "b", None], "n": [1, 2, 3]})
    assert parts(frame, rows=3)[0].to_pydict() == {
        "url": ["a", "5", None],
        "note": ["1", "b", None],
        "n": [1, 2, 3],
    }


def test_a_text_file_has_a_row_per_line(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_bytes("\ufeff".encode() + b" http://a/1.jpg \r\n\nhttp://b/\xff.jpg\nhttp://c/\n")
    expected = ["http://a/1.jpg", "", "http://b/ÿ.jpg", "http://c/"]
    with pytest.warns(UserWarning, match="urls.txt is not UTF-8 throughout"):
        assert urls(path) == expected


def test_tsv_and_compressed_files_are_read_too(tmp_path):
    path = tmp_path / "posts.TSV.gz"
    path.write_bytes(gzip.compress(b"url\tid\nhttp://a/1.jpg\t1\n"))
    assert parts(path)[0].to_pydict() == {"url": ["http://a/1.jpg"], "id": [1]}


def test_a_text_file_may_be_compressed(tmp_path):
    path = tmp_path / "urls.txt.gz"
    path.write_bytes(gzip.compress(b"http://a/1.jpg\nhttp://a/2.jpg\n"))
    assert urls(path) == ["http://a/1.jpg", "http://a/2.jpg"]


@pytest.mark.parametrize("name", ["a.feather", "a.csv.zip", "a.txt.zst", "a.parquet.gz", "a.json"])
def test_files_of_other_formats_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"http://a/1.jpg\n")
    with pytest.raises(ValueError, match=f"{name} has a format that is not read"):
        parts(tmp_path / name)


def test_parquet_files_with_an_empty_column_are_read_with_the_others(tmp_path):
    pq.write_table(pa.table({"url": URLS[:2], "note": [None] * 2}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"url": [None] * 2, "note": ["b", None]}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"url": URLS[2:4], "likes": [1, 2]}), tmp_path / "c.parquet")
    for rows in (2, 3):
        tables = parts(tmp_path, rows=rows)
        types = {"url": pa.string(), "note": pa.string(), "likes": pa.int64()}
        assert all(dict(zip(p.schema.names, p.schema.types, strict=True)) == types for p in tables)
        assert pa.concat_tables(tables).to_pydict() == {
            "url": [*URLS[:2], None, None, *URLS[2:4]],
            "note": [None, None, "b", None, None, None],
            "likes": [None, None, None, None, 1, 2],
        }
    pq.write_table(pa.table({"url": URLS, "likes": ["many"] * 5}), tmp_path / "d.parquet")
    with pytest.raises(ValueError, match="columns of the same name and different types .*likes"):
        parts(tmp_path)


def test_parquet_keeps_its_types_whatever_its_row_groups(tmp_path):
    table = pa.table({"id": range(5), "link": URLS})
    pq.write_table(table, tmp_path / "b.parquet", row_group_size=3)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1)
    for source in (tmp_path, tmp_path / "a.parquet"):
        tables = parts(source, "link")
        assert {part.schema.field("id").type for part in tables} == {pa.int64()}
        assert [part.num_rows for part in tables][:2] == [2, 2]
    assert urls(tmp_path, "link") == URLS + URLS


def test_a_frame_keeps_its_types():
    frame = pd.DataFrame({"link": URLS, "likes": range(5)})
    assert parts(frame, "link", 10)[0].to_pydict() == {"url": URLS, "likes": list(range(5))}


def test_columns_with_a_name_of_the_answers_get_a_prefix():
    frame = pd.DataFrame({"link": URLS, "url": "page", "status": 1, "note": 2})
    names = ["url", "input_url", "input_status", "note"]
    assert parts(frame, "link")[0].column_names == names
    with pytest.raises(ValueError, match="Rename the input's column 'input_url'"):
        parts(frame.rename(columns={"note": "input_url"}), "link")


def test_an_input_that_cannot_be_read_says_which_and_why(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        read_parts(tmp_path / "no.csv", "url", 2)
    with pytest.raises(FileNotFoundError, match="No .parquet files"):
        parts(tmp_path)
    for name, content, message in (
        ("a.csv", b"link\nhttp://a/\n", r"a\.csv: no column 'url'.* there are 'link'"),
        ("b.csv", b"", "b.csv cannot be read"),
        ("c.csv.gz", gzip.compress(b"url\na\n" * 999)[:-9], "c.csv.gz cannot be read to its end"),
        ("d.csv", b'url\na\nb\n"c\nd\n', "d.csv, line 4: a quote in this row is never closed"),
        ("f.csv", b"url,id\nhttp://a/,1,\n", "f.csv: its rows have more fields"),
        ("e.parquet", b"PAR1 not really", "e.parquet cannot be read as Parquet"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            parts(path)
    with pytest.raises(TypeError, match="int holds no URLs"):
        parts(7)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["urls.txt", "urls.csv"])
def test_text_may_be_in_any_unicode_encoding(tmp_path, name, encoding):
    header = "url\r\n" if name.endswith("csv") else ""
    (tmp_path / name).write_bytes(f"{header}http://a/é.jpg\r\nhttp://a/2.jpg\r\n".encode(encoding))
    assert urls(tmp_path / name) == ["http://a/é.jpg", "http://a/2.jpg"]


def test_an_input_without_rows_is_one_part_with_its_columns(tmp_path):
    (tmp_path / "none.csv").write_text("url,post\n")
    (tmp_path / "none.txt").write_text("")
    pq.write_table(pa.table({"url": pa.array([], pa.string())}), tmp_path / "none.parquet")
    frame = pd.DataFrame({"url": [], "post": []})
    names = []
    for source in (
        tmp_path / "none.csv",
        tmp_path / "none.txt",
        tmp_path / "none.parquet",
        [],
        frame,
    ):
        (part,) = parts(source)
        assert part.num_rows == 0
        names.append(part.column_names)
    assert names == [["url", "post"], ["url"], ["url"], ["url"], ["url", "post"]]


def test_the_number_of_rows_is_known_from_the_first_part_on(tmp_path):
    frame = pd.DataFrame({"url": URLS})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.txt").write_text("\n".join(URLS))
    for source in (URLS, frame, frame.url, *(tmp_path / f"a.{end}" for end in ("csv", "txt"))):
        rows = read_parts(source, "url", 2)
        assert next(rows).num_rows == 2
        assert rows.rows == 5
    pq.write_table(pa.table({"url": URLS}), tmp_path / "b.parquet")
    folder = read_parts(tmp_path, "url", 2)
    next(folder)
    assert (folder.rows, read_parts(URLS[0], "url", 2).rows) == (10, 1)
    assert read_parts(iter(URLS), "url", 2).rows is None


def test_home_and_file_addresses_are_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "urls.txt").write_text("http://a/1.jpg\n")
    for source in ("~/urls.txt", "$HOME/urls.txt", f"file://{tmp_path}/urls.txt"):
        assert urls(source) == ["http://a/1.jpg"]


def test_files_in_a_storage_are_read():
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/lists/urls.csv", b"url,id\nhttp://a/1.jpg,5\n")
    (part,) = parts("memory://lists/urls.csv")
    assert part.to_pydict() == {"url": ["http://a/1.jpg"], "id": [5]}
    with pytest.raises(FileNotFoundError, match="memory://lists/none.csv"):
        parts("memory://lists/none.csv")
