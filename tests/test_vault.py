"""Secrets at rest: sealed with one key, which is made once and read by its owner alone."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from collectarr.errors import StoreError
from collectarr.vault import Vault, fingerprint, secret_file


def test_what_was_sealed_is_opened_again() -> None:
    vault = Vault("a key")
    sealed = vault.seal("Größe 🔑")

    assert vault.open(sealed) == "Größe 🔑"
    assert "Größe" not in sealed
    assert vault.seal("Größe 🔑") != sealed
    assert Vault("a key").open(sealed) == "Größe 🔑"


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAA", "größe"])
def test_what_was_never_sealed_is_not_opened(sealed: str) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        Vault("a key").open(sealed)


def test_another_key_opens_nothing_and_says_what_to_do() -> None:
    sealed = Vault("a key").seal("the secret")

    with pytest.raises(StoreError, match="ENCRYPTION_KEY has changed") as caught:
        Vault("another key").open(sealed)

    assert caught.value.code == "encryption_key"
    assert "the secret" not in caught.value.message
    assert sealed not in caught.value.message


def test_a_sealed_secret_that_was_touched_is_not_opened() -> None:
    sealed = Vault("a key").seal("the secret")
    touched = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]

    with pytest.raises(StoreError):
        Vault("a key").open(touched)


def test_a_secret_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    old = os.umask(0)
    try:
        made = secret_file(path)
    finally:
        os.umask(old)

    assert len(made) >= 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_file(path) == made
    assert secret_file(path, "ignored") == made
    assert [file.name for file in path.parent.iterdir()] == ["secret"]
    assert secret_file(tmp_path / "other") != made


def test_a_secret_that_is_given_is_kept(tmp_path: Path) -> None:
    assert secret_file(tmp_path / "secret", "given") == "given"
    assert secret_file(tmp_path / "secret") == "given"


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for n in range(25):
            barrier, path = Barrier(8), tmp_path / f"secret{n}"

            def ask(barrier: Barrier = barrier, path: Path = path) -> str:
                barrier.wait()
                return secret_file(path)

            answers = {task.result() for task in [pool.submit(ask) for _ in range(8)]}
            assert answers == {path.read_text(encoding="ascii")}
    assert len(list(tmp_path.iterdir())) == 25


def test_what_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("half", encoding="ascii")

    assert secret_file(tmp_path / "secret") not in ("", "half")


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_key_is_refused_because_it_would_lock_nothing(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(StoreError, match="is empty"):
        secret_file(tmp_path / "secret")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()

    for path in (tmp_path / "binary", tmp_path / "folder", tmp_path / "binary" / "below"):
        with pytest.raises(StoreError, match=f"{path} cannot be used"):
            secret_file(path)


def test_a_fingerprint_tells_tokens_apart_without_telling_them() -> None:
    assert fingerprint("a token") == fingerprint("a token")
    assert fingerprint("a token") != fingerprint("a token ")
    assert "token" not in fingerprint("a token")
    assert len(fingerprint("")) == 64
