"""The next things are got, and what is asked for each, while the last one is written."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from threading import Event, Timer, current_thread, main_thread
from threading import enumerate as enumerate_threads
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from aac.connectors.ahead import MOST, TURN, ahead
from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_some_items_are_got_ahead_in_another_thread_and_no_more() -> None:
    begun = [Event() for _ in range(MOST + 4)]

    def items() -> Iterator[int]:
        assert current_thread() is not main_thread()
        for number, event in enumerate(begun):
            event.set()
            yield number

    given = ahead(items(), str, 1)
    assert not begun[0].is_set()
    for number in range(3):
        assert next(given) == (number, str(number))
        assert begun[number + MOST].wait(10)
        assert [event.is_set() for event in begun] == [at <= number + MOST for at in range(MOST + 4)]
    assert list(given) == [(number, str(number)) for number in range(3, MOST + 4)]


def test_several_are_asked_for_at_once_and_told_in_order() -> None:
    at_once = 3
    asked, answered = [Event() for _ in range(9)], [Event() for _ in range(9)]

    def ask(number: int) -> str:
        asked[number].set()
        assert answered[number].wait(10)
        return str(number)

    given = ahead(iter(range(9)), ask, at_once)
    answered[1].set()
    answered[3].set()  # the first one is the last to be answered
    thread = Timer(0.2, answered[0].set)
    thread.start()
    assert next(given) == (0, "0")
    thread.join()
    assert (next(given), asked[5].wait(10)) == ((1, "1"), True)
    assert [event.is_set() for event in asked[6:]] == [False, False, False]  # 2, 4 and 5 are not answered yet
    for event in answered:
        event.set()
    assert list(given) == [(number, str(number)) for number in range(2, 9)]


def test_what_is_asked_for_one_after_the_other_is_asked_in_order() -> None:
    done: list[str] = []

    def items() -> Iterator[int]:
        for number in range(3):
            done.append(f"got {number}")
            yield number

    assert [number for number, _ in ahead(items(), lambda number: done.append(f"asked {number}"), 1)] == [0, 1, 2]
    assert done == ["got 0", "asked 0", "got 1", "asked 1", "got 2", "asked 2"]


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_goes_wrong_is_told_behind_what_went_well(at_once: int) -> None:
    def items() -> Iterator[str]:
        yield "well"
        raise SourceError("broken")

    given = ahead(items(), len, at_once)
    assert next(given) == ("well", 4)
    with pytest.raises(SourceError, match="broken"):
        next(given)
    assert list(ahead(iter(()), len, at_once)) == []


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_is_asked_for_in_vain_is_told_behind_what_went_well(at_once: int) -> None:
    given = ahead(iter((3, 2, 0, 1)), lambda number: 6 // number, at_once)
    assert [next(given), next(given)] == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        next(given)


def test_no_thread_is_left_when_something_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(found: Future[Any], timeout: float | None = None) -> BaseException | None:
        error = Future[Any].exception(found, timeout)
        sleep(0.002)  # others go on meanwhile
        return error

    monkeypatch.setattr("aac.connectors.ahead._Found.exception", slow)
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            list(ahead(iter(range(40)), lambda number: 6 // (number - 5), 4))
    left = [thread for thread in enumerate_threads() if "fill" in thread.name]
    for thread in left:
        thread.join(1)
    assert [thread for thread in left if thread.is_alive()] == []


def test_who_stops_waits_for_nothing() -> None:
    going_on, ended = Event(), Event()

    def items() -> Iterator[int]:
        yield 1
        going_on.wait(10)
        ended.set()

    given = iter(ahead(items(), str, 2))
    assert next(given) == (1, "1")
    del given
    assert not ended.is_set()
    going_on.set()
    assert ended.wait(10)


def test_threads_take_shorter_turns_only_as_long_as_something_is_got() -> None:
    usual = sys.getswitchinterval()
    given = iter(ahead(iter((1, 2)), str, 1))
    assert sys.getswitchinterval() == usual
    assert next(given) == (1, "1")
    assert (sys.getswitchinterval(), usual > TURN) == (pytest.approx(TURN), True)
    del given
    assert sys.getswitchinterval() == usual
