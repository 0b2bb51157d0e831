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


TRIFLE = 1e-9
"""Seconds that are lost in sums of floats, and no wait."""
FEW = 10
"""Calls of a rate that may all be made at once; of more a tenth may."""


class Bucket:
    """Lets calls of several threads through at a rate. A call takes one token; they come back evenly over time.

    A bucket of more than a few calls holds a tenth of them, and the others come back within the rate's seconds: so no
    window of these, wherever it begins, has more calls than the rate. That is how services count them.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = self._most
        self._at = clock.now()
        self._under_way = 0
        self._lock = Lock()

    def take(self) -> None:
        """Counts a call as under way, and waits until it may be made: behind those that wait already."""
        with self._lock:
            self._under_way += 1
            self._fill()
            self._tokens -= 1
            wait = -self._tokens / self._a_second
        if wait > TRIFLE:
            self._clock.sleep(wait)

    def end(self) -> None:
        """A call is not under way any more."""
        with self._lock:
            self._under_way -= 1

    def learn(self, rate: Rate) -> None:
        """Takes over what an answer says: it knows of others who use the account, but not of our calls that are still
        under way. When there is more left than we thought, the tokens still come back evenly."""
        if rate.calls < 1 or rate.seconds <= 0:
            return
        with self._lock:
            self._fill()
            self._rate = rate
            left = self._most if rate.left is None else float(rate.left - self._under_way)
            self._tokens = min(self._tokens, self._most, left)

    def drain(self, seconds: float) -> None:
        """There is nothing left, for all threads: a call was refused because there were too many, and for ``seconds``
        others would be."""
        with self._lock:
            self._fill()
            self._tokens = min(self._tokens, 0.0, 1 - seconds * self._a_second)

    @property
    def _most(self) -> float:
        """Calls that may be made at once."""
        return float(self._rate.calls if self._rate.calls <= FEW else self._rate.calls / 10)

    @property
    def _a_second(self) -> float:
        """Tokens that come back each second."""
        calls = self._rate.calls if self._rate.calls <= FEW else self._rate.calls - self._most
        return calls / self._rate.seconds

    def _fill(self) -> None:
        now = self._clock.now()
        gained = max(0.0, now - self._at) * self._a_second
        self._tokens = min(self._most, self._tokens + gained)
        self._at = now
