"""collectarr match: two CSV files in, one JSON line a row out, and how good that was."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectarr.__main__ import main


class Files:
    """A folder with the files of one test, and what the command says of them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def write(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def run(
        self, listed: str | bytes, library: str | bytes, *more: str, truth: str | None = None
    ) -> tuple[int, list[dict[str, Any]], str]:
        """Exit status, lines on stdout, stderr."""
        files = [self.write("list.csv", listed), self.write("library.csv", library)]
        if truth is not None:
            more = (*more, "--truth", self.write("truth.csv", truth))
        status = main(["match", *files, *more])
        captured = self.capsys.readouterr()
        return status, [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Files:
    return Files(tmp_path, capsys)


LIST = (
    "kind,title,year,imdb,tmdb,tvdb,trakt,original_title\n"
    "movie,Heat,1995,tt0113277,949,,,\n"
    'movie,"Matrix, The",1999,,,,,\n'
    "show,Dark,2017,,,,,\n"
    "movie,Alien,1979,,,,,\n"
)
LIBRARY = (
    "id,kind,title,year,imdb,tmdb,tvdb,trakt,original_title\n"
    "7,movie,Heat,1995,113277,,,,\n"
    "8,movie,The Matrix,1999,,,,,\n"
    "9,movie,Dark,2017,,,,,\n"
    "10,movie,Alien,1997,,,,,\n"
)


def test_each_row_gets_one_line_with_its_reason(files: Files) -> None:
    status, lines, err = files.run(LIST, LIBRARY)
    assert (status, err) == (0, "")
    assert [list(line) for line in lines] == [["row", "matched", "by", "why", "near"]] * 4
    assert [(line["row"], line["matched"], line["by"]) for line in lines] == [
        (1, ["7"], "imdb"),
        (2, ["8"], "title"),
        (3, [], None),
        (4, [], None),
    ]
    assert lines[0]["why"] == "Same IMDb id (tt0113277)."
    assert lines[3]["near"] == ["Alien (1997)"]


def test_only_kind_and_title_need_be_there(files: Files) -> None:
    status, lines, _ = files.run(
        "title,kind\nHeat (1995),Movie\n", "kind,id,title,year\nmovie,7,Heat,1995\n"
    )
    assert (status, lines[0]["matched"]) == (0, ["7"])


def test_files_from_elsewhere_are_read_as_they_come(files: Files) -> None:
    """With a mark at the start, Windows line ends, quotes, blank lines and other columns."""
    listed = (
        '\ufeffKind, Title ,note,Year\r\n\r\nmovie,"Good, the ""Bad""",x,1966.0\r\nshow,Dark\r\n'
    )
    library = (
        "id,kind,title,year\r\n7,movie,Good the Bad,1966-12-23\r\n8,show,Dark,n/a,,,,,more\r\n"
    )
    status, lines, _ = files.run(listed, library)
    assert status == 0
    assert [(line["row"], line["matched"]) for line in lines] == [(1, ["7"]), (2, [])]


def test_an_empty_list_is_no_failure(files: Files) -> None:
    assert files.run("kind,title\n", LIBRARY, truth="row,id\n") == (
        0,
        [],
        "precision 1.0000 (0 of 0)\nrecall 1.0000 (0 of 0)\n",
    )


def test_precision_and_recall_are_told_where_the_truth_is_known(files: Files) -> None:
    truth = "row,id\n1,7\n2,\n3,9\n4,10\n"
    status, _, err = files.run(LIST, LIBRARY, truth=truth)
    assert status == 0
    assert err == "precision 0.5000 (1 of 2)\nrecall 0.3333 (1 of 3)\n"


def test_several_lines_of_one_row_are_copies_each_of_them_right(files: Files) -> None:
    library = "id,kind,title,year\n1,movie,Heat,1995\n2,movie,Heat,1995\n"
    listed, truth = "kind,title,year\nmovie,Heat,1995\n", "row,id\n1,1\n1,2\n"
    _, lines, err = files.run(listed, library, truth=truth)
    assert sorted(lines[0]["matched"]) == ["1", "2"]
    assert err == "precision 1.0000 (2 of 2)\nrecall 1.0000 (1 of 1)\n"
    _, lines, err = files.run(listed, library, "--copies", "best", truth=truth)
    assert lines[0]["matched"] == ["1"]
    assert err == "precision 1.0000 (1 of 1)\nrecall 1.0000 (1 of 1)\n"


def test_rows_that_the_truth_does_not_name_are_not_judged(files: Files) -> None:
    _, _, err = files.run(LIST, LIBRARY, truth="row,id\n1,7\n")
    assert "not judged: 3" in err
    assert err.endswith("precision 1.0000 (1 of 1)\nrecall 1.0000 (1 of 1)\n")


def test_groups_are_told_one_by_one(files: Files) -> None:
    _, _, err = files.run(LIST, LIBRARY, truth="row,id,group\n1,7,ids\n2,8,names\n4,10,names\n")
    assert err.splitlines()[:2] == [
        "ids: precision 1.0000 (1 of 1), recall 1.0000 (1 of 1)",
        "names: precision 1.0000 (1 of 1), recall 0.5000 (1 of 2)",
    ]


@pytest.mark.parametrize(
    ("listed", "library", "truth", "told"),
    [
        (LIST.replace("show,", "series,"), LIBRARY, None, "line 4: the kind must be movie or show"),
        (LIST.replace(",Dark,", ",,"), LIBRARY, None, "line 4: the title is empty"),
        (LIST, LIBRARY.replace("8,movie", ",movie"), None, "line 3: the id is empty"),
        ("kind,name\nmovie,Heat\n", LIBRARY, None, "has no column title"),
        ("", LIBRARY, None, "has no column kind and no column title"),
        (LIST, LIST, None, "has no column id"),
        (LIST, LIBRARY, "row,id\n5,7\n", "'5' is no row of the list (1 to 4)"),
        (LIST, LIBRARY, "row,id\none,7\n", "'one' is no row"),
        (b"kind,title\nmovie,\xff\xfe\n", LIBRARY, None, "not a text in UTF-8"),
        (f"kind,title\nmovie,{'x' * 200_000}\n", LIBRARY, None, "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(
    files: Files, listed: str | bytes, library: str, truth: str | None, told: str
) -> None:
    status, lines, err = files.run(listed, library, truth=truth)
    assert (status, lines) == (2, [])
    assert told in err
    assert ".csv" in err


def test_a_file_that_is_not_there_is_named(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["match", str(tmp_path / "none.csv"), files.write("b.csv", LIBRARY)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, "none.csv cannot be read" in captured.err) == ("", True)


def test_it_needs_no_settings(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    assert files.run(LIST, LIBRARY)[0] == 0
