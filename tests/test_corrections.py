"""Corrections in SQLite and in PostgreSQL: kept, found again, taken back, never lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from databases import postgresql
from drawings import drawn
from programs import run
from sqlalchemy import Engine, create_engine, event, text

from inkdigits import Ink
from inkdigits.corrections import Correction, CorrectionStore, Receipt
from inkdigits.corrections.exchange import grey_png
from inkdigits.corrections.schema import metadata, migrate
from inkdigits.errors import (
    InvalidCorrection,
    StoreFull,
    StoreUnavailable,
    UnknownCorrection,
)
from inkdigits.web.schemas import MAX_SHOWN

SEVEN = Correction(drawn("7"), "7", "1", 0.61, "inkdigits", "1.1.0", "Ann")
KILLS = 100

# Opens the store argv[1], keeps corrections and says the id of each on stdout once it is kept. It
# starts over and over again in a new process, as each is killed.
WRITER = """
import os, sys, time
from inkdigits import Ink
from inkdigits.corrections import Correction, CorrectionStore

for round in range(int(sys.argv[2])):
    sys.stdin.readline()
    child = os.fork()
    if not child:
        with CorrectionStore(sys.argv[1]) as store:
            for number in range(1_000_000):
                ink = Ink([[[round, number, time.time()]]])
                receipt = store.add(Correction(ink, "1"))
                os.write(1, f"{receipt.id}\\n".encode())
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL."""
    with postgresql() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sub' / 'corrections.sqlite'}"
        return
    address = request.getfixturevalue("postgres")
    yield address
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[CorrectionStore]:
    with CorrectionStore(url) as store:
        yield store


def test_what_is_kept_is_found_again_after_the_store_was_closed(url: str) -> None:
    made = datetime(2026, 11, 22, 12, 30, 15, 250_000, UTC)
    picture = grey_png(drawn("8").draw(100, 140, 8))
    rest = Correction(picture, None)
    with CorrectionStore(url) as store:
        assert len(store) == 0
        first = store.add(SEVEN, made)
        second = store.add(rest)
        assert first.is_new
        assert second.is_new
    with CorrectionStore(url) as store:
        kept = store.get(first.id)
        assert (kept.id, kept.time, kept.correction) == (first.id, made, SEVEN)
        assert store.get(second.id).correction == rest
        assert abs(store.get(second.id).time.timestamp() - time.time()) < 60
        assert [one.id for one in store] == [first.id, second.id]
        assert len(store) == 2


def test_points_with_time_and_pressure_come_back_as_they_were(store: CorrectionStore) -> None:
    ink = Ink([[[0.1, 1 / 3, 1_763_856_000_123, 0.5], [1e9, -1e-9, 1_763_856_000_140, 1]]])
    assert store.get(store.add(Correction(ink, "1")).id).correction.shown == ink


def test_the_same_correction_is_kept_once_and_has_one_token(store: CorrectionStore) -> None:
    first = store.add(SEVEN)
    again = store.add(Correction(drawn("7"), "7"))
    assert (again.id, again.token, again.is_new) == (first.id, first.token, False)
    assert store.get(first.id).correction == SEVEN  # left as it was
    assert store.add(Correction(drawn("7"), "1")).is_new
    assert store.add(Correction(drawn("7"), None)).is_new
    assert len(store) == 3


def test_only_its_own_token_belongs_to_a_correction(store: CorrectionStore, url: str) -> None:
    first, second = store.add(SEVEN), store.add(Correction(drawn("2"), "2"))
    assert store.is_token(first.id, first.token)
    assert not store.is_token(second.id, first.token)
    assert not store.is_token(first.id, "")
    assert not store.is_token(first.id, "é")
    with CorrectionStore(url) as other:
        assert other.token(first.id) == first.token  # the key is in the database


def test_what_is_deleted_is_gone(store: CorrectionStore) -> None:
    receipt = store.add(SEVEN)
    store.delete(receipt.id)
    for act in (store.get, store.delete):
        with pytest.raises(UnknownCorrection, match=f"no correction '{receipt.id}'"):
            act(receipt.id)
    assert store.add(SEVEN).is_new


def test_a_full_store_takes_nothing_new_until_something_is_deleted(url: str) -> None:
    new = Correction(drawn("3"), "3")
    with CorrectionStore(url, 2) as store:
        first = store.add(SEVEN)
        store.add(Correction(drawn("2"), "2"))
        for _ in range(2):
            with pytest.raises(StoreFull, match=r"at most 2 .* export and delete"):
                store.add(new)
        assert store.add(SEVEN) == Receipt(first.id, first.token, is_new=False)
        store.delete(first.id)
        assert store.add(new).is_new
        with pytest.raises(StoreFull):
            store.add(SEVEN)
        assert len(store) == 2
    with CorrectionStore(url, 1) as lowered, pytest.raises(StoreFull):
        lowered.add(SEVEN)
    with CorrectionStore(url) as unlimited:
        assert unlimited.add(SEVEN).is_new


def test_several_are_kept_all_or_none(url: str) -> None:
    two, three = (Correction(drawn(digit), digit) for digit in "23")
    with CorrectionStore(url, 2) as store:
        with pytest.raises(StoreFull):
            store.add_all([SEVEN, two, three])
        assert len(store) == 0
        first, second, again = store.add_all([SEVEN, two, SEVEN])
        assert (first.is_new, second.is_new, again.is_new) == (True, True, False)
        assert (again.id, again.token) == (first.id, first.token)
        assert store.get(second.id).correction == two
        assert not any(receipt.is_new for receipt in store.add_all([two, SEVEN]))
        assert store.add_all([]) == []


def test_a_store_sees_when_it_counts_again_what_others_did(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.corrections.store.COUNTED_SECONDS", 0)
    two, three = (Correction(drawn(digit), digit) for digit in "23")
    with CorrectionStore(url, 2) as store, CorrectionStore(url, 2) as other:
        first = store.add(SEVEN)
        other.add(two)
        with pytest.raises(StoreFull):
            store.add(three)
        other.delete(first.id)
        assert store.add(three).is_new


def test_a_store_counts_once_a_second(url: str) -> None:
    counts: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        counts.extend([statement] if "count(" in statement else [])

    event.listen(Engine, "before_cursor_execute", note)
    began = time.monotonic()
    with CorrectionStore(url, 50) as store:
        for number in range(50):
            store.add(Correction(Ink([[[number, 0]]]), "1"))
        for _ in range(50):
            with pytest.raises(StoreFull):
                store.add(SEVEN)
    event.remove(Engine, "before_cursor_execute", note)
    assert 1 <= len(counts) <= 2 + time.monotonic() - began


@pytest.mark.parametrize("kind", ["strokes", "picture"])
def test_the_largest_correction_takes_270_kb_of_disk(url: str, kind: str) -> None:
    name = "\N{GRINNING FACE}" * 100
    chance = np.random.default_rng(0)
    with CorrectionStore(url) as store:
        before = _disk(url)
        for _ in range(40):
            shown: Ink | bytes = chance.bytes(MAX_SHOWN)
            if kind == "strokes":
                shown = Ink([chance.random((6000, 2))])
                assert 0.9 * MAX_SHOWN < len(shown.to_json()) <= MAX_SHOWN
            store.add(Correction(shown, None, name, 0.5, name, name, name))
        assert _disk(url) - before < 40 * 270_000


def _disk(url: str) -> int:
    """Bytes that a database takes, but for its log of what is being written."""
    size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    if url.startswith("postgresql"):
        size = "SELECT pg_total_relation_size('corrections')"
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found: int = connection.scalar(text(size))
    engine.dispose()
    return found


def test_all_are_gone_through_from_any_point_on_the_oldest_first(
    store: CorrectionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.corrections.store.PAGE", 3)
    for number in range(10):
        moment = datetime.fromtimestamp(1000 + number // 4, UTC)  # several at a time
        store.add(Correction(Ink([[[number, 0]]]), "1"), moment)
    every = list(store)
    assert [one.time.timestamp() for one in every] == [1000] * 4 + [1001] * 4 + [1002] * 2
    assert list(store.since(limit=4)) == every[:4]
    for place in range(10):
        assert list(store.since(every[place].place)) == every[place + 1 :]
    assert list(store.since(every[2].place, limit=5)) == every[3:8]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shown": Ink([])}, "Nothing is drawn"),
        ({"label": ""}, "label: 1 to 100 characters"),
        ({"label": "1" * 101}, "label: 1 to 100"),
        ({"writer": "a\0b"}, "writer: 1 to 100"),
        ({"model": "a\nb"}, "model: 1 to 100"),
        ({"confidence": 1.01}, "confidence: a number from 0 to 1"),
        ({"confidence": float("nan")}, "confidence: a number from 0 to 1"),
    ],
)
def test_what_says_nothing_is_no_correction(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidCorrection, match=message):
        Correction(**{"shown": drawn("1"), "label": "1", **wrong})  # type: ignore[arg-type]


def test_threads_and_stores_write_at_once(url: str) -> None:
    failed = []

    def write(store: CorrectionStore, writer: int) -> None:
        try:
            for number in range(25):
                store.add(Correction(Ink([[[number, writer]]]), "1"))
                store.add(Correction(Ink([[[number, -1]]]), "1"))  # the same from all
                same = [Correction(Ink([[[number, -2 - row]]]), "1") for row in range(2)]
                store.add_all(same if writer % 2 else same[::-1])
        except StoreUnavailable as error:
            failed.append(error)

    with CorrectionStore(url) as first, CorrectionStore(url) as second:
        threads = [
            threading.Thread(target=write, args=((first, second)[writer % 2], writer))
            for writer in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert len(first) == len(second) == 6 * 25 + 3 * 25


def test_stores_that_start_at_once_make_the_tables_once(url: str) -> None:
    code = f"from inkdigits.corrections import CorrectionStore; CorrectionStore({url!r}).close()"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed_100_times(url: str) -> None:
    with CorrectionStore(url):
        pass
    acknowledged: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WRITER, url, str(KILLS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(KILLS):
            process.stdin.write("\n")
            process.stdin.flush()
            child = 0
            killed = False
            while (line := process.stdout.readline().strip()) != "gone":
                assert line
                if line.startswith("pid "):
                    child = int(line.split()[1])
                else:
                    acknowledged.append(line)
                if child and not killed and len(line) == 32:  # it writes: soon is in mid-write
                    time.sleep(0.0001 * number)
                    os.kill(child, signal.SIGKILL)
                    killed = True
    assert process.returncode == 0
    assert len(acknowledged) >= KILLS
    with CorrectionStore(url) as store:
        kept = {one.id for one in store}
        assert kept >= set(acknowledged)
        assert len(kept) <= len(acknowledged) + KILLS  # at most one each time was still unsaid
        assert store.add(SEVEN).is_new


def test_the_tables_are_what_the_steps_leave(url: str) -> None:
    with CorrectionStore(url):
        pass
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_to_migrate_again_changes_nothing(store: CorrectionStore, url: str) -> None:
    receipt = store.add(SEVEN)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
    assert store.get(receipt.id).correction == SEVEN


def test_a_database_of_a_later_version_is_left_alone(url: str) -> None:
    with CorrectionStore(url) as store:
        store.add(SEVEN)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="later version of inkdigits"):
        CorrectionStore(url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM corrections")) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", r"cannot be read; it should look like sqlite:"),
        ("mysql://a@b/c", "SQLite or PostgreSQL, not in mysql"),
        ("postgresql://me:secret@127.0.0.1:1/x", r"me:\*\*\*@.* could not be opened: .*refused"),
    ],
)
def test_a_database_that_cannot_be_had_is_told_without_its_password(
    address: str, message: str
) -> None:
    with pytest.raises(StoreUnavailable, match=message) as caught:
        CorrectionStore(address)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_named_wrong_is_not_made_to_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "typo" / "c.sqlite"
    for words in (["list"], ["export", tmp_path / "all.jsonl"], ["show", "1"], ["delete", "1"]):
        done = run("corrections", *words, "--database", f"sqlite:///{missing}")
        assert done.returncode == 2
        told = f"inkdigits: {missing}: there is no database of corrections.\n"
        assert done.stderr.decode() == told
    with pytest.raises(StoreUnavailable, match="there is no database of corrections"):
        CorrectionStore(f"sqlite:///{missing}", read_only=True)
    assert not missing.parent.exists()


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("dear " * 1000, encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        CorrectionStore(f"sqlite:///{path}")
    assert path.read_text(encoding="utf-8") == "dear " * 1000
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"folder .* cannot be made"):
        CorrectionStore(f"sqlite:///{tmp_path / 'file' / 'below' / 'c.sqlite'}")


def test_the_default_is_a_file_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data")
    with CorrectionStore() as store:
        store.add(SEVEN)
    assert (tmp_path / "data" / "corrections.sqlite").is_file()
