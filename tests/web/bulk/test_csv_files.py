"""CSV files, as `read_parts` reads them."""

from logoflow.web.bulk.inputs import read_parts


def parts(source, column="url", rows=2):
    return list(read_parts(source, column, rows))


def urls(source):
    return [url for part in parts(source) for url in part["url"].to_pylist()]


def test_the_values_of_a_csv_stay_text(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text('id,picture,brand\n007,http://a/1.jpg,"one, two"\n8,,\n1e5,http://a/3.jpg,NA\n')
    first, second = parts(path, "picture")
    assert first.to_pydict() == {
        "url": ["http://a/1.jpg", ""],
        "id": ["007", "8"],
        "input_brand": ["one, two", ""],
    }
    assert second.to_pydict() == {"url": ["http://a/3.jpg"], "id": ["1e5"], "input_brand": ["NA"]}


def test_a_wrong_row_of_a_csv_does_not_affect_the_others(tmp_path):
    path = tmp_path / "posts.csv"
    page = "x" * 200_000
    path.write_bytes(
        b'url,id\nhttp://a/1.jpg,"two\nlines"\nhttp://a/?b,c,2\nhttp://a/\xff,caf\xe9\n'
        + f"http://a/4.jpg\nhttp://a/5.jpg,{page}\nhttp://a/6\0.jpg,6".encode()
    )
    assert [row for part in parts(path) for row in part.to_pylist()] == [
        {"url": "http://a/1.jpg", "id": "two\nlines"},
        {"url": "line 4 has 3 fields for 2 columns: ['http://a/?b', 'c', '2']", "id": ""},
        {"url": "http://a/\ufffd", "id": "caf\ufffd"},
        {"url": "http://a/4.jpg", "id": ""},
        {"url": "http://a/5.jpg", "id": page},
        {"url": "http://a/6\ufffd.jpg", "id": "6"},
    ]


def test_a_blank_line_is_a_row_of_a_csv_too(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("\nurl\nhttp://a/1.jpg\n\nhttp://a/3.jpg\n")
    assert urls(path) == ["http://a/1.jpg", "", "http://a/3.jpg"]


def test_columns_without_a_name_are_named_as_pandas_does(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text(",note,url,note\n0,a,http://a/1.jpg,b\n")
    expected = {"url": ["http://a/1.jpg"], "Unnamed: 0": ["0"], "note": ["a"], "note.1": ["b"]}
    assert parts(path)[0].to_pydict() == expected
