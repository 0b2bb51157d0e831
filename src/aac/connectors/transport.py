"""How all sources are asked over HTTP: one place for limits, retries, tokens, timeouts, secrets and recordings.

A `Service` says what is particular to a source: where it is, which hosts its secrets may be sent to, how fast it may be
asked and how its answers tell that. Calls only ever read, so any may be made again. Ctrl-C ends a call and every wait.
"""

from __future__ import annotations

import json
import random
import re
import weakref
from dataclasses import field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from aac.connectors.limits import Bucket, SystemClock
from aac.connectors.recording import Exchange
from aac.connectors.redacting import Redactor
from aac.errors import SourceError, UnfinishedError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from httpx2 import Client, Response

    from aac.connectors.limits import Clock, Rate
    from aac.connectors.recording import Recording
    from aac.connectors.redacting import Shown

CONNECT_SECONDS, READ_SECONDS = 10, 60
"""The longest waits for a connection, and for the next bytes of an answer."""
ANSWER_SECONDS = 300
"""The longest that one answer may take from its first byte to its last."""
MOST_BYTES = 256 * 1024 * 1024
"""The longest answer that is read."""
ATTEMPTS = 6
"""How often a call is made before we give up."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds of the first wait after a failure, which doubles each time, and of the longest."""
MOST_PATIENCE = 300.0
"""Seconds that a source may ask us to wait within one pull; for more the pull ends and the next one goes on."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""This machine, for recordings and tests: the only hosts that are asked without encryption."""
BROKEN_JSON = "json_invalid"
"""What pydantic calls JSON that is none."""
UNAUTHORISED, TOO_MANY, REFUSED, FAILED, BROKEN = 401, 429, 300, 400, 500
"""Statuses (RFC 9110, RFC 6585), the last three being where others than answers, refusals and failures begin."""
HALVES = re.compile(rb"(?is)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\(?!ud[89a-f]).)|\\ud[89a-f][0-9a-f]{2}")
"""What JSON escapes: a whole character as the group, or half a one."""


Shape: TypeAlias = Any
"""A type of plain data that an answer is read as."""


class RefusedError(SourceError):
    """A source understood a call and refuses it; ``status`` and ``answer`` are what it said."""

    def __init__(self, message: str, status: int, answer: Any) -> None:
        super().__init__(message)
        self.status = status
        self.answer = answer


class OverError(UnfinishedError):
    """What may be asked today was asked."""


@record
class Call:
    """``path`` begins with a slash; ``data`` is sent as JSON, ``form`` as a form. ``kind``: the class of its limit.

    ``is_text``: the answer is text and no JSON. ``headers``: beside those that let us in. ``base``: where it goes, if
    elsewhere than most calls to the service. ``shape``: what its answer is at least, another one being none: a type of
    which the answer is read, without what that does not name.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    data: Any = None
    form: Mapping[str, str] | None = None
    kind: str = "general"
    is_text: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    base: str = ""
    shape: Shape = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@record
class Answer:
    """``data`` is the JSON of the answer, or its text; ``headers`` in small letters; ``at``: the server's own time, if
    it says."""

    status: int
    data: Any
    headers: Mapping[str, str]

    @property
    def at(self) -> datetime | None:
        return _moment(self.headers.get("date", ""))


@record
class Renewal:
    """The ``call`` that gets another token, and what to do with its answer."""

    call: Call
    take: Callable[[Answer], None]


class Access(Protocol):
    """How we may ask: with a token that lasts, or with one that is renewed."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be seen nowhere."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What a call carries; raises SourceError when there is no secret."""
        ...

    def renewal(self) -> Renewal | None:
        """How another token is got, or null when this is the only one."""
        ...

    def refused(self) -> str:
        """What to do when the source does not let us in."""
        ...


@record
class Service:
    """A source behind HTTP. ``name``: as its users call it. ``extra``: the extra of our package that brings HTTP.

    ``hosts``: who may be sent its secrets, beside this machine. ``rates`` by class; ``rate_told``: what the headers of
    an answer to a class say about its rate. ``is_over``: whether a refusal of too many calls is for the rest of the
    day. ``told``: what a refusal says, in words. ``are_too_many``: whether one with another status than 429 is of too
    many calls, too. ``meanings``: of statuses that it alone has.
    """

    name: str
    extra: str
    base: str
    hosts: Collection[str]
    rates: Mapping[str, Rate]
    rate_told: Callable[[str, Mapping[str, str]], Rate | None]
    is_over: Callable[[Any], bool]
    told: Callable[[Any], str]
    are_too_many: Callable[[Any], bool] = lambda _: False
    meanings: Mapping[int, str] = field(default_factory=dict[int, str])


class Transport:
    """Asks one service, and may be used by several threads. ``budget``: the most calls of this pull, null: as many as
    it takes.

    Raises SourceError for an address outside the service's hosts, and when the library for HTTP is not installed.
    """

    def __init__(
        self,
        service: Service,
        access: Access,
        budget: int | None = None,
        recording: Callable[[Redactor], Recording | None] = lambda _: None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.calls = 0
        self.told_limits: dict[str, str] = {}
        self.redactor = Redactor(*access.secrets)
        self._service = service
        self._access = access
        self._budget = budget
        self._recording = recording(self.redactor)
        self._clock = clock or SystemClock()
        self._chance = chance
        self._buckets = {kind: Bucket(rate, self._clock) for kind, rate in service.rates.items()}
        self._client = _client(service)
        weakref.finalize(self, self._client.close)  # once no thread is within a call any more
        self._counting, self._renewing = Lock(), Lock()

    @property
    def is_in_order(self) -> bool:
        """Whether calls are to be made one after the other: of a budget all is for what comes first, and a recording is
        read in the order in which things were asked."""
        return self._budget is not None or self._recording is not None

    def close(self) -> None:
        """Ends all connections."""
        self._client.close()

    def pause(self, seconds: float) -> None:
        """Waits for what a service is still working at."""
        self._clock.sleep(seconds)

    def ask(self, call: Call) -> Answer:
        """The answer to a call. Raises RefusedError for what the source refuses, UnfinishedError when nothing more may
        be asked for now, SourceError when it gives no answer that can be used."""
        renewed = False
        for attempt in range(ATTEMPTS):
            headers = self._access.headers()
            answer = self._tried(call, headers)
            match answer:
                case str():
                    self._wait(call, attempt, None, answer)
                case Answer(status=status) if status == UNAUTHORISED:
                    if renewed:
                        raise RefusedError(self._unaccepted(call), status, answer.data)
                    if not self._renewed(headers):
                        raise RefusedError(self._access.refused(), status, answer.data)
                    renewed = True
                case Answer(status=status) if self._are_too_many(answer) or status >= BROKEN:
                    self._refuse_for_today(answer)
                    self._wait(call, attempt, self._asked_to_wait(answer), self._told(answer))
                case Answer(status=status) if status >= REFUSED:  # redirects too: nobody is followed elsewhere
                    raise RefusedError(self._refusal(call, answer), status, answer.data)
                case _:
                    return answer
        raise SourceError(self._unaccepted(call))

    def _unaccepted(self, call: Call) -> str:
        return f"{self._service.name} does not accept {call} although the token is new: run `aac pull` again"

    def _renewed(self, headers: Mapping[str, str]) -> bool:
        """Gets another token than that of some headers, unless somebody has; false if there is none to get."""
        with self._renewing:
            return self._access.headers() != headers or self._renew()

    def _renew(self) -> bool:
        renewal = self._access.renewal()
        if renewal is None:
            return False
        call = renewal.call
        for attempt in range(ATTEMPTS):
            answer = self._tried(call, {})
            if isinstance(answer, str) or self._are_too_many(answer) or answer.status >= BROKEN:
                told = answer if isinstance(answer, str) else self._told(answer)
                self._wait(call, attempt, None if isinstance(answer, str) else self._asked_to_wait(answer), told)
            elif answer.status >= REFUSED:
                told = self.redactor.text(self._service.told(answer.data))
                raise RefusedError(self._access.refused() + (f" ({told})" if told else ""), answer.status, answer.data)
            else:
                renewal.take(answer)
                self.redactor.add(*self._access.secrets)
                return True
        return False

    def _tried(self, call: Call, headers: Mapping[str, str]) -> Answer | str:
        """The answer to a call that is made once, or why there is none that can be used."""
        self._count()
        bucket = self._buckets[call.kind]
        try:
            bucket.take()
            came = self._sent(call, headers)
        finally:
            bucket.end()
        if isinstance(came, str):
            return came
        status, told, body = came
        try:
            answer = Answer(status, _read(call, status, body), told)
        except (ValueError, RecursionError) as error:
            answer = self._unread(call, error)
        if self._recording is not None:
            self._record(self._recording, call, status, told, body)
        rate = self._service.rate_told(call.kind, told)
        if rate is not None:
            bucket.learn(rate)
        if isinstance(answer, Answer) and self._are_too_many(answer):
            asked = self._asked_to_wait(answer) or 0.0
            bucket.drain(asked if asked <= MOST_PATIENCE else 0.0)  # nobody sleeps longer: this pull is over
        self.told_limits |= {name: value for name, value in told.items() if "limit" in name}
        return answer

    def _count(self) -> None:
        with self._counting:
            if self._budget is not None and self.calls >= self._budget:
                made = f"the {self._budget:,} calls of `max_calls` were made"
                raise OverError(
                    f"{made}: run `aac pull` again, which goes on from there",
                    f"{made} before a single step was: write a greater number",
                )
            self.calls += 1

    def _record(
        self, recording: Recording, call: Call, status: int, told: Mapping[str, str], body: bytes
    ) -> None:  # fmt: skip
        """Writes the whole of an answer down. One of which a part is missing is asked for again, and is not."""
        try:
            whole = _read(replace(call, shape=None), status, body)
        except (ValueError, RecursionError):
            return
        answer = None if call.form is not None else whole  # the answer to a form holds tokens
        recording.add(Exchange(call.method, _address(call), call.data, status, told, answer))

    def _unread(self, call: Call, error: ValueError | RecursionError) -> str:
        """Why an answer is none."""
        if isinstance(error, ValidationError) and error.errors()[0]["type"] != BROKEN_JSON:
            return f"the answer is not what {self._service.name} documents"
        return f"the answer is no {'text' if call.is_text else 'JSON'}, or not all of it"

    def _sent(self, call: Call, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes] | str:
        """The status, the headers and the body of what comes back, or why nothing does."""
        import httpx2

        if call.base:
            _is_here(self._service, call.base)
        request = self._client.build_request(
            call.method,
            (call.base or self._service.base).rstrip("/") + call.path,
            params=dict(call.query) or None,
            headers={**headers, **call.headers, **({"Accept": "text/csv, text/plain"} if call.is_text else {})},
            json=call.data,
            data=dict(call.form) if call.form is not None else None,
        )
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._body(response)
            finally:
                response.close()
        except (httpx2.TransportError, httpx2.DecodingError, httpx2.StreamError) as error:
            return self.redactor.text(f"{type(error).__name__}: {error}")
        if isinstance(body, str):
            return body
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        return response.status_code, told, body if call.is_text else _whole(body)

    def _body(self, response: Response) -> bytes | str:
        """All of an answer, or why not."""
        parts, length, end = list[bytes](), 0, self._clock.now() + ANSWER_SECONDS
        for part in response.iter_bytes():
            parts.append(part)
            length += len(part)
            if length > MOST_BYTES:
                raise SourceError(f"{self._service.name} sends more than {MOST_BYTES:,} bytes at once")
            if self._clock.now() > end:
                return f"the answer did not end within {ANSWER_SECONDS} seconds"
        return b"".join(parts)

    def _wait(self, call: Call, attempt: int, asked: float | None, why: str) -> None:
        """Waits before the next attempt, as long as we were asked to or else by chance; raises after the last."""
        if attempt + 1 == ATTEMPTS:
            raise SourceError(f"{self._service.name} gives no answer to {call}: {why or 'nothing is said why'}")
        if asked is None:
            asked = self._chance() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
        if asked > MOST_PATIENCE:
            raise OverError(
                f"{self._service.name} asks to wait {asked:,.0f} seconds: run `aac pull` again after that, which goes "
                "on from there"
            )
        self._clock.sleep(asked)

    def _asked_to_wait(self, answer: Answer) -> float | None:
        """The seconds of Retry-After: a number, or the moment until which (RFC 9110, 10.2.3)."""
        given = answer.headers.get("retry-after", "").strip()
        if given.isdecimal():
            return float(given)
        until = _moment(given)
        return max(0.0, (until - (answer.at or datetime.now(UTC))).total_seconds()) if until is not None else None

    def _are_too_many(self, answer: Answer) -> bool:
        return answer.status == TOO_MANY or (answer.status >= FAILED and self._service.are_too_many(answer.data))

    def _refuse_for_today(self, answer: Answer) -> None:
        if self._are_too_many(answer) and self._service.is_over(answer.data):
            raise OverError(
                f"{self._service.name} allows no more calls today: run `aac pull` again tomorrow, which goes on from "
                "there"
            )

    def _told(self, answer: Answer) -> str:
        words = (str(answer.status), self._service.told(answer.data), self._service.meanings.get(answer.status, ""))
        return self.redactor.text(" ".join(filter(None, words)))

    def _refusal(self, call: Call, answer: Answer) -> str:
        return f"{self._service.name} refuses {call}: {self._told(answer)}"


def _moment(given: str) -> datetime | None:
    """A moment of a header; null where it is none."""
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _whole(body: bytes) -> bytes:
    """JSON in which half a character, as of an emoji that was cut in two, is U+FFFD: no file could hold it."""
    if b"\\" not in body or (b"\\ud" not in body and b"\\uD" not in body):
        return body  # a single byte is looked for many times as fast
    return HALVES.sub(lambda found: found[1] or rb"\ufffd", body)


def _read(call: Call, status: int, body: bytes) -> Any:
    """What an answer says. Raises ValueError or RecursionError when it is not what its call says that it is."""
    if status >= REFUSED:
        return _plain(body)
    if call.is_text:
        return body.decode()
    if call.shape is not None:
        return _reader(call.shape).validate_json(body, strict=True)
    return json.loads(body.decode()) if body else None


def _plain(body: bytes) -> Any:
    """The JSON of a body; null where it has none: what stands before a service may answer in other ways."""
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        return None


@cache
def _reader(shape: Shape) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _address(call: Call) -> str:
    """The path and the query of a call, as a recording names it."""
    query = "&".join(f"{name}={value}" for name, value in sorted(call.query.items()))
    return call.path + (f"?{query}" if query else "")


def _is_here(service: Service, base: str) -> bool:
    """Whether an address is of this machine; raises SourceError when it is of nobody who may be sent secrets."""
    try:
        there = urlsplit(base)
        scheme, host, port = there.scheme, there.hostname, there.port
    except ValueError:  # brackets that are not closed, a port that is no number
        scheme, host, port = "", "", None
    here = host in LOOPBACK
    if not here and (scheme != "https" or host not in service.hosts or port not in (None, 443)):
        known = ", ".join(f"`https://{host}`" for host in sorted(service.hosts))
        raise SourceError(f"`{base}` is no address of {service.name}: its secrets are only sent to {known}")
    return here


def _client(service: Service) -> Client:
    here = _is_here(service, service.base)
    try:
        import httpx2
    except ModuleNotFoundError:
        needed = f'pip install "alignment-as-code[{service.extra}]"'
        raise SourceError(f"reading {service.name} needs a library for HTTP: run `{needed}`") from None
    return httpx2.Client(
        headers={"User-Agent": "aac", "Accept": "application/json"},
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=not here,
    )


def recording_to(path: Path | None, shown: Shown) -> Callable[[Redactor], Recording | None]:
    """What writes exchanges to a file; nothing if there is none."""
    from aac.connectors.recording import Recording

    return lambda redactor: Recording(path, redactor, shown) if path is not None else None
