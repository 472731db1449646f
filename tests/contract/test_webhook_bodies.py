"""Whatever bytes come to a webhook address, from whomever: never an error of ours."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.house import EMBY_KEY, House, house

FILM = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "emby_webhooks.json").read_text(encoding="utf-8")
)["library.new"]
CONTENT_TYPES = st.sampled_from(
    [
        *("application/json", "text/plain", "multipart/form-data", "x", "", "/", "a/b; charset=x"),
        *("multipart/form-data; boundary=b", "application/x-www-form-urlencoded; charset=utf-7"),
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=", "text/html"),
    ]
)
PART = 'Content-Disposition: form-data; name="data"'
PIECES = st.lists(
    st.sampled_from(
        [
            *(b"--b\r\n", b"--b--\r\n", PART.encode(), b"\r\n\r\n", b"\r\n", b"data=", b"{}", b"%"),
            *(b"Content-Encoding: deflate\r\n", b"Content-Transfer-Encoding: base64\r\n", b"\xff"),
            *(b"Content-Type: multipart/mixed; boundary=c\r\n", b"Content-Length: x\r\n", b"&;="),
            *(b"Content-Type: text/plain; charset=utf-16\r\n", b'filename="x"', b"; ", b"\0"),
            json.dumps(FILM).encode(),
        ]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["Event", "Item", "Server", "Id", "Type", "Name"]), inner)
    ),
    max_leaves=12,
)
EVENTS = st.sampled_from(["library.new", "library.deleted", "system.webhooktest", "x"]) | ODD
SHAPED = st.fixed_dictionaries({"Event": EVENTS, "Item": ODD, "Server": ODD})
NO_ERROR_OF_OURS = {202, 400, 404, 409, 413, 415}
FEW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("webhooks") / "data") as standing:
        standing.answer("POST", "/servers", {"url": standing.emby_url, "api_key": EMBY_KEY})
        yield standing


@pytest.fixture(scope="module")
def address(home: House) -> str:
    return home.url + str(home.answer("POST", "/servers/1/webhook")["path"])


def _send(home: House, address: str, body: bytes, content_type: str) -> int:
    headers = {"Content-Type": content_type}
    return home.http.post(address, data=body, headers=headers, timeout=30).status_code


@given(body=PIECES, content_type=CONTENT_TYPES)
@FEW
def test_no_bytes_are_too_odd(home: House, address: str, body: bytes, content_type: str) -> None:
    assert _send(home, address, body, content_type) in NO_ERROR_OF_OURS
    assert _send(home, f"{address}x", body, content_type) in {400, 404, 413, 415}


# Of a form that it cannot read, aiohttp leaves it to the garbage collector to close the files.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "headers",
    [
        "Content-Encoding: deflate",
        "Content-Encoding: gzip",
        "Content-Encoding: nonsense",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Transfer-Encoding: nonsense",
        "Content-Type: text/plain; charset=utf-16",
        "Content-Type: text/plain; charset=nonsense",
        "Content-Type: text/plain; charset=punycode",
        "Content-Type: multipart/mixed; boundary=c",
        "Content-Type: multipart/mixed",
        "Content-Length: x",
        "Content-Length: 99999999999999999999",
        "no header at all",
        "A" * 10_000,
    ],
)
@pytest.mark.parametrize("content", [b"{}", b"\xff\xfe\xd8", b"AAA", b"", b"--c\r\n\r\n--c--"])
def test_no_part_of_a_form_is_too_odd(
    home: House, address: str, headers: str, content: bytes
) -> None:
    for name in (b'name="data"', b'name="data"; filename="x"', b"name=", b""):
        part = b"Content-Disposition: form-data; " + name + b"\r\n" + headers.encode()
        body = b"--b\r\n" + part + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
        status = _send(home, address, body, "multipart/form-data; boundary=b")
        assert status in NO_ERROR_OF_OURS, name


@given(payload=SHAPED | ODD, form=st.booleans())
@FEW
def test_no_json_is_too_odd(home: House, address: str, payload: Any, form: bool) -> None:
    text = json.dumps(payload)
    if form:
        status = home.http.post(address, data={"data": text}, timeout=30).status_code
    else:
        status = _send(home, address, text.encode(), "application/json")
    assert status in NO_ERROR_OF_OURS


def test_after_all_of_that_it_still_listens(home: House, address: str) -> None:
    film = {**FILM, "Server": {}, "Item": {**FILM["Item"], "ServerId": None}}
    assert _send(home, address, json.dumps(film).encode(), "application/json") == 202
    (last, *_) = home.answer("GET", "/servers/1/live")["deliveries"]
    assert (last["event"], last["outcome"], last["item_id"]) == ("library.new", "waiting", "77360")
