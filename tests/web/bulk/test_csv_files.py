"""CSV files, as `read_parts` reads them."""

import pytest

from logoflow.web.bulk.inputs import read_parts


def parts(source, column="url", rows=2):
    return list(read_parts(source, column, rows))


def urls(source):
    return [url for part in parts(source) for url in part["url"].to_pylist()]


def test_text_that_looks_like_a_number_stays_as_it_is_written(tmp_path):
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
    with pytest.warns(UserWarning, match="posts.csv is not UTF-8 throughout"):
        tables = parts(path)
    assert [row for part in tables for row in part.to_pylist()] == [
        {"url": "http://a/1.jpg", "id": "two\nlines"},
        {"url": "line 4 has 3 fields for 2 columns: ['http://a/?b', 'c', '2']", "id": ""},
        {"url": "http://a/ÿ", "id": "café"},
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
    expected = {"url": ["http://a/1.jpg"], "Unnamed: 0": [0], "note": ["a"], "note.1": ["b"]}
    assert parts(path)[0].to_pydict() == expected


def test_columns_of_numbers_keep_their_types_in_all_parts(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text(
        "url,likes,share,sold,code,note\nhttp://a/1.jpg,3,1,true,007,\n"
        "http://a/2.jpg,,0.5,FALSE,8,\nhttp://a/3.jpg,-4,2e3,true,9,\n"
    )
    tables = parts(path)
    assert [row for part in tables for row in part.to_pylist()] == [
        {
            "url": "http://a/1.jpg",
            "likes": 3,
            "share": 1.0,
            "sold": True,
            "code": "007",
            "note": "",
        },
        {
            "url": "http://a/2.jpg",
            "likes": None,
            "share": 0.5,
            "sold": False,
            "code": "8",
            "note": "",
        },
        {"url": "http://a/3.jpg", "likes": -4, "share": 2e3, "sold": True, "code": "9", "note": ""},
    ]
    assert len({part.schema for part in tables}) == 1


@pytest.mark.parametrize("first_line", ["", "sep=;\n"])
def test_semicolons_and_western_european_text_of_excel_are_read(tmp_path, first_line):
    path = tmp_path / "posts.csv"
    path.write_bytes((first_line + "url;shop\nhttp://a/?b,c;Café Nestlé\n").encode("cp1252"))
    with pytest.warns(UserWarning, match="Windows-1252"):
        (part,) = parts(path)
    assert part.to_pydict() == {"url": ["http://a/?b,c"], "shop": ["Café Nestlé"]}
