"""The next thing is got while the last one is written."""

from __future__ import annotations

import sys
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING

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

    given = ahead(items())
    assert not begun[0].is_set()
    for number in range(3):
        assert next(given) == number
        assert begun[number + MOST].wait(10)
        assert [event.is_set() for event in begun] == [at <= number + MOST for at in range(MOST + 4)]
    assert list(given) == list(range(3, MOST + 4))


def test_what_goes_wrong_is_told_behind_what_went_well() -> None:
    def items() -> Iterator[str]:
        yield "well"
        raise SourceError("broken")

    given = ahead(items())
    assert next(given) == "well"
    with pytest.raises(SourceError, match="broken"):
        next(given)
    assert list(ahead(iter(()))) == []


def test_who_stops_waits_for_nothing() -> None:
    going_on, ended = Event(), Event()

    def items() -> Iterator[int]:
        yield 1
        going_on.wait(10)
        ended.set()

    given = iter(ahead(items()))
    assert next(given) == 1
    del given
    assert not ended.is_set()
    going_on.set()
    assert ended.wait(10)


def test_threads_take_shorter_turns_only_as_long_as_something_is_got() -> None:
    usual = sys.getswitchinterval()
    given = iter(ahead(iter((1, 2))))
    assert sys.getswitchinterval() == usual
    assert next(given) == 1
    assert (sys.getswitchinterval(), usual > TURN) == (pytest.approx(TURN), True)
    del given
    assert sys.getswitchinterval() == usual
