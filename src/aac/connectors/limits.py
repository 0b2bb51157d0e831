"""How fast a source may be asked: a bucket of tokens for each class of calls, corrected by what its answers say."""

from __future__ import annotations

import time
from threading import Lock
from typing import Protocol

from aac.records import record


class Clock(Protocol):
    """Time as waiting needs it."""

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits; Ctrl-C ends it."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@record
class Rate:
    """``calls`` within ``seconds``, as many at once as there are; ``left`` of them now, where an answer says it."""

    calls: int
    seconds: float
    left: int | None = None


class Bucket:
    """Lets calls of several threads through at a rate. A call takes one token; they come back evenly over time."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.calls)
        self._at = clock.now()
        self._under_way = 0
        self._lock = Lock()

    def take(self) -> None:
        """Counts a call, and waits until it may be made: behind those that wait already."""
        with self._lock:
            self._fill()
            self._tokens -= 1
            self._under_way += 1
            wait = -self._tokens * self._rate.seconds / self._rate.calls
        if wait > 0:
            self._clock.sleep(wait)

    def end(self) -> None:
        """A call that was let through has its answer, or gets none."""
        with self._lock:
            self._under_way -= 1

    def learn(self, rate: Rate) -> None:
        """Takes over what an answer says: it knows of others who use the account, and when its count begins anew; but
        not of our calls that are still under way."""
        if rate.calls < 1 or rate.seconds <= 0:
            return
        with self._lock:
            self._fill()
            self._rate = rate
            if rate.left is not None:
                self._tokens = float(rate.left - self._under_way)
            self._tokens = min(self._tokens, float(rate.calls))

    def drain(self) -> None:
        """There is nothing left: a call was refused because there were too many."""
        with self._lock:
            self._tokens = min(self._tokens, 0.0)

    def _fill(self) -> None:
        now = self._clock.now()
        gained = max(0.0, now - self._at) * self._rate.calls / self._rate.seconds
        self._tokens = min(float(self._rate.calls), self._tokens + gained)
        self._at = now
