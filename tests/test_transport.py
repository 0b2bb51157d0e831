"""The one way sources are asked over HTTP, on a real server that answers badly."""

from __future__ import annotations

import json
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from aac.connectors import transport
from aac.connectors.limits import FEW, Bucket, Rate
from aac.connectors.recording import read_recording
from aac.connectors.redacting import Redactor, Shown, masked
from aac.connectors.transport import Answer, Call, RefusedError, Renewal, Service, Transport, recording_to
from aac.errors import SourceError, UnfinishedError
from tests.fakes.scripted import Scripted, scripted
from tests.fakes.unwell import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from tests.fakes.unwell import Answered, Asked

SECRET = "s3cret/of+ours"
FAST = Rate(1000, 1)
LIMITED = {"x-limit-max": "100", "x-limit-left": "40", "x-limit-seconds": "10"}


@dataclass
class Still:
    """A clock that only waiting moves."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list[float])
    step: float = 0.0

    def now(self) -> float:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.time += seconds


class Stopped(Still):
    """A clock that stands still while somebody waits, as others do something meanwhile."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Token:
    """A token, and those that follow it."""

    token: str = SECRET
    others: list[str] = field(default_factory=list[str])

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token, *self.others)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Token {self.token}"}

    def renewal(self) -> Renewal | None:
        return Renewal(Call("POST", "/token", form={"old": self.token}), self.renewed) if self.others else None

    def renewed(self, answer: Answer) -> None:
        assert answer.data["token"] in self.others
        self.token = answer.data["token"]

    def refused(self) -> str:
        return "the CRM does not let us in"


def rate_told(kind: str, headers: Mapping[str, str]) -> Rate | None:
    if kind == "general" and "x-limit-max" in headers:
        return Rate(int(headers["x-limit-max"]), float(headers["x-limit-seconds"]), int(headers["x-limit-left"]))
    return None


def service(url: str, rate: Rate) -> Service:
    def told(answer: Any) -> str:
        return str(answer["message"]) if answer and "message" in answer else ""

    def is_over(answer: Any) -> bool:
        return bool(answer) and "policy" in answer

    rates = {"general": rate, "search": Rate(2, 1)}
    return Service("the CRM", "crm", url, {"crm.example.com"}, rates, rate_told, is_over, told)


@contextmanager
def asking(
    *answers: Scripted, clock: Still | None = None, rate: Rate = FAST, **given: Any
) -> Generator[tuple[Transport, Any, Still]]:
    still = clock or Still()
    with scripted(*answers) as script:
        access = given.pop("access", Token())
        made = Transport(service(script.url, rate), access, clock=still, chance=lambda: 0.5, **given)
        try:
            yield made, script, still
        finally:
            made.close()


def answered(data: object, status: int = 200, **headers: str) -> Scripted:
    return Scripted(
        status, json.dumps(data).encode(), {name.replace("_", "-"): value for name, value in headers.items()}
    )


WELL = answered({"id": 1})
ASK = Call("GET", "/deals", {"after": "a b"})


def test_a_call_and_its_answer() -> None:
    with asking(answered({"id": 1}, Date="Thu, 26 Nov 2026 10:00:00 GMT")) as (made, script, _):
        answer = made.ask(ASK)
        made.ask(Call("POST", "/search", data={"limit": 2}))
    assert (answer.data, answer.at) == ({"id": 1}, datetime(2026, 11, 26, 10, tzinfo=UTC))
    first, second = script.got
    assert (first.method, first.path, first.headers["Authorization"]) == ("GET", "/deals?after=a+b", f"Token {SECRET}")
    assert (second.method, json.loads(second.body)) == ("POST", {"limit": 2})


@pytest.mark.parametrize(
    "bad",
    [
        Scripted(500, b'{"message": "oops"}'),
        Scripted(503, b"<html>"),
        Scripted(body=b'{"id": 1}', cut=4),
        Scripted(body=b'{"id": '),
        Scripted(body=b"[" * 200_000),
        Scripted(body=b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"}),
        Scripted(429, b"{}"),
    ],
    ids=["failed", "failed without JSON", "cut short", "no JSON", "too deep", "malformed", "too many"],
)
def test_what_goes_wrong_is_tried_again_after_a_wait_by_chance_that_doubles(bad: Scripted) -> None:
    with asking(bad, bad, bad, WELL) as (made, script, clock):
        assert made.ask(ASK).data == {"id": 1}
    assert len(script.got) == 4
    assert [each for each in clock.slept if each >= 0.5] == [0.5, 1.0, 2.0]  # half of 1, 2 and 4


class Numbered(TypedDict):
    id: int


def test_an_answer_of_another_shape_is_none(tmp_path: Path) -> None:
    asked, path = replace(ASK, shape=Numbered), tmp_path / "calls.jsonl"
    answers = (answered({"id": "x"}), answered(None), answered({"id": 1, "left": 7}))
    with asking(*answers, recording=recording_to(path, Shown(keys=frozenset({"id", "left"})))) as (made, script, _):
        assert made.ask(asked).data == {"id": 1}  # what the shape does not name is left out
    told = [exchange.answer for exchange in read_recording(path)]
    assert (len(script.got), told[1:]) == (3, [None, {"id": 1, "left": 7}])  # what is wrong can be reported, whole
    assert told[0].keys() == {"id"}
    with (
        asking(answered({"id": "x"})) as (made, _, _),
        pytest.raises(SourceError, match="gives no answer to GET /deals: the answer is not what the CRM documents"),
    ):
        made.ask(asked)


@pytest.mark.parametrize(
    ("given", "waited"),
    [("Thu, 26 Nov 2026 10:00:07 -0000", 7.0), ("\xb2", 0.5), ("Thu, 26 Nov 99999999999999 10:00:00 GMT", 0.5)],
)
def test_a_wait_that_is_written_oddly(given: str, waited: float) -> None:
    odd = answered({}, 429, Retry_After=given, Date="Thu, 26 Nov 2026 10:00:00 GMT")
    with asking(odd, WELL) as (made, _, clock):
        assert made.ask(ASK).data == {"id": 1}
    assert waited in clock.slept


def test_waits_by_chance_have_an_end() -> None:
    with (
        asking(Scripted(500, b'{"message": "oops"}')) as (made, script, clock),
        pytest.raises(SourceError, match="the CRM gives no answer to GET /deals: 500 oops"),
    ):
        made.ask(ASK)
    assert (len(script.got), clock.slept) == (6, [0.5, 1.0, 2.0, 4.0, 8.0])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Thu, 26 Nov 2026 10:00:09 GMT", "Date": "Thu, 26 Nov 2026 10:00:00 GMT"}, 9.0),
        ({"Retry-After": "soon"}, 0.5),
    ],
)
def test_who_asks_us_to_wait_is_obeyed(headers: dict[str, str], seconds: float) -> None:
    with asking(Scripted(429, b"{}", headers), WELL) as (made, _, clock):
        assert made.ask(ASK).data == {"id": 1}
    assert clock.slept[0] == seconds


def test_a_wait_that_is_too_long_for_a_pull_ends_it_and_the_next_goes_on() -> None:
    with (
        asking(Scripted(429, b"{}", {"Retry-After": "301"})) as (made, _, clock),
        pytest.raises(UnfinishedError, match="asks to wait 301 seconds: run `aac pull` again after that"),
    ):
        made.ask(ASK)
    assert clock.slept == []


def test_no_thread_sleeps_longer_than_a_pull_may_wait() -> None:
    with asking(Scripted(429, headers={"Retry-After": "86400"}), WELL) as (made, _, clock):
        with pytest.raises(UnfinishedError):
            made.ask(ASK)
        assert made.ask(ASK).data == {"id": 1}  # as another thread may, whose page is in front
    assert sum(clock.slept) < 1


def test_the_limit_of_a_day_is_not_waited_for() -> None:
    with (
        asking(answered({"policy": "DAILY"}, 429)) as (made, _, clock),
        pytest.raises(UnfinishedError, match="allows no more calls today"),
    ):
        made.ask(ASK)
    assert clock.slept == []


def test_calls_have_a_budget_that_counts_every_attempt() -> None:
    with asking(Scripted(500), WELL, budget=3) as (made, script, _):
        made.ask(ASK)
        made.ask(ASK)
        with pytest.raises(UnfinishedError, match="the 3 calls of `max_calls` were made: run `aac pull` again"):
            made.ask(ASK)
    assert (len(script.got), UnfinishedError.exit_code) == (3, 3)


def test_an_expired_token_is_renewed_once() -> None:
    new = answered({"token": "n3w-token"})
    with asking(answered({}, 401), new, WELL, access=Token(others=["n3w-token"])) as (made, script, _):
        assert made.ask(ASK).data == {"id": 1}
        assert made.redactor.text("with n3w-token") == "with …"
    sent = [(got.path, got.headers.get("Authorization"), got.body) for got in script.got]
    assert sent == [
        ("/deals?after=a+b", f"Token {SECRET}", b""),
        ("/token", None, b"old=s3cret%2Fof%2Bours"),
        ("/deals?after=a+b", "Token n3w-token", b""),
    ]
    with (
        asking(answered({}, 401), new, answered({}, 401), access=Token(others=["n3w-token"])) as (made, script, _),
        pytest.raises(RefusedError, match="does not accept GET /deals although the token is new"),
    ):
        made.ask(ASK)
    assert len(script.got) == 3
    with (
        asking(answered({}, 401)) as (made, script, _),
        pytest.raises(RefusedError, match="does not let us in"),
    ):
        made.ask(ASK)
    assert len(script.got) == 1


@pytest.mark.parametrize("status", [301, 400, 403, 404])
def test_a_refusal_is_told_and_not_repeated(status: int) -> None:
    answer = Scripted(status, b'{"message": "no such thing"}', {"Location": "http://127.0.0.1:1/elsewhere"})
    with (
        asking(answer) as (made, script, _),
        pytest.raises(RefusedError, match=f"the CRM refuses GET /deals: {status} no such thing") as refused,
    ):
        made.ask(ASK)
    assert (refused.value.status, refused.value.answer) == (status, {"message": "no such thing"})
    assert len(script.got) == 1


def test_an_answer_that_drips_is_given_up() -> None:
    with (
        asking(WELL, clock=Still(step=400.0)) as (made, _, clock),
        pytest.raises(SourceError, match="did not end within 300 seconds"),
    ):
        made.ask(ASK)
    assert len(clock.slept) == 5


def test_an_answer_that_does_not_begin_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    with asking(Scripted(seconds=0.5), WELL) as (made, script, clock):
        assert made.ask(ASK).data == {"id": 1}
    assert (len(script.got), clock.slept) == (2, [0.5])


def test_nobody_there() -> None:
    with scripted(WELL) as script:
        url = script.url
    made = Transport(service(url, Rate(10, 1)), Token(), clock=Still())
    with pytest.raises(SourceError, match="the CRM gives no answer to GET /deals: ConnectError"):
        made.ask(ASK)
    made.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com",
        "http://crm.example.com",
        "https://crm.example.com:8443",
        "https://crm.example.com.evil.org",
        "https://crm.example.com@evil.org",
        "https://crm.example.com:abc",
        "https://[crm.example.com",
    ],
)
def test_secrets_go_to_known_hosts_only(url: str) -> None:
    with pytest.raises(SourceError, match="no address of the CRM: its secrets are only sent to `https://crm"):
        Transport(service(url, Rate(10, 1)), Token())
    with (
        closing(Transport(service("https://crm.example.com", Rate(10, 1)), Token())) as made,
        pytest.raises(SourceError, match="no address of the CRM"),
    ):
        made.ask(Call("POST", "/token", form={"secret": "x"}, base=url))


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx2", None)
    with pytest.raises(SourceError, match=r'run `pip install "alignment-as-code\[crm\]"`'):
        Transport(service("https://crm.example.com", Rate(10, 1)), Token())


def test_the_rate_is_kept_and_learned_by_class() -> None:
    with asking(Scripted(headers=LIMITED), rate=Rate(1, 1)) as (made, _, clock):
        made.ask(ASK)
        made.ask(ASK)
        assert clock.slept == [0.111111]  # of a hundred in ten seconds ninety come back evenly, whatever we thought
        clock.time += 10
        for _ in range(12):
            made.ask(ASK)
        assert clock.slept == [0.111111] * 3  # and ten may be made at once
        for _ in range(4):
            made.ask(Call("GET", "/search", kind="search"))
        assert clock.slept == [*[0.111111] * 3, 0.5, 0.5]
        assert made.told_limits == LIMITED


@given(st.integers(1, 200), st.floats(0.1, 60), st.lists(st.floats(0, 3), max_size=60))
def test_a_bucket_never_lets_more_through_than_its_rate(calls: int, seconds: float, pauses: list[float]) -> None:
    clock = Still()
    bucket = Bucket(Rate(calls, seconds), clock)
    taken: list[float] = []
    for pause in pauses:
        clock.time += pause
        bucket.take()
        taken.append(clock.time)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            allowed = calls + (taken[last] - start) * calls / seconds
            assert last - first + 1 <= allowed + 1e-6
            if calls > FEW and taken[last] - start < seconds - 1e-6:
                assert last - first + 1 <= calls  # in a window of that length, wherever it begins


def test_a_bucket_that_is_told_of_others_waits() -> None:
    clock = Still()
    bucket = Bucket(Rate(100, 10), clock)
    bucket.learn(Rate(100, 10, left=0))
    bucket.take()
    assert clock.slept == [0.111111]


def test_an_answer_lowers_what_is_left_and_never_raises_it() -> None:
    clock = Still()
    bucket = Bucket(Rate(100, 10), clock)
    for _ in range(10):
        bucket.take()
        bucket.end()
    bucket.learn(Rate(100, 10, left=90))  # all at once they would be too many for the seconds that follow
    bucket.take()
    assert clock.slept == [0.111111]


def test_who_is_told_to_wait_waits_in_all_threads() -> None:
    clock = Stopped()
    bucket = Bucket(Rate(100, 10), clock)
    bucket.drain(5)
    bucket.take()
    clock.time += 5  # whoever was told has waited meanwhile
    bucket.take()
    assert clock.slept == [5.0, pytest.approx(1 / 9)]


def test_who_waits_for_a_call_waits_behind_those_that_wait() -> None:
    clock = Stopped()
    bucket = Bucket(Rate(2, 1), clock)
    for _ in range(5):
        bucket.take()
    assert clock.slept == [0.5, 1.0, 1.5]


def test_an_answer_does_not_know_of_calls_that_are_under_way() -> None:
    clock = Still()
    bucket = Bucket(Rate(100, 10), clock)
    for _ in range(3):
        bucket.take()
    bucket.end()
    bucket.learn(Rate(100, 10, left=2))  # for the two whose answers are still to come
    bucket.take()
    assert clock.slept == [0.111111]


@contextmanager
def two_at_once(replied: Callable[[Asked], Answered]) -> Generator[tuple[Transport, list[str]]]:
    """A transport whose first two calls are only answered once both are there, and what was asked."""
    asked: list[str] = []
    both = Barrier(2)

    def reply(call: Asked) -> Answered:
        asked.append(f"{call.method} {call.path}")
        if len(asked) <= 2:
            both.wait(10)
        return replied(call)

    with serving(reply, deque(), {}) as url:
        made = Transport(service(url, FAST), Token(others=["n3w-token"]), chance=lambda: 0.0)
        with closing(made), ThreadPoolExecutor(2) as threads:
            assert [answer.data for answer in threads.map(made.ask, [ASK] * 4)] == [{"id": 1}] * 4
            yield made, asked


def test_several_threads_ask_at_once() -> None:
    with two_at_once(lambda _: (200, {}, b'{"id": 1}')) as (made, asked):
        assert (made.calls, asked) == (4, ["GET /deals"] * 4)


def test_a_token_is_renewed_once_for_all_threads() -> None:
    def reply(call: Asked) -> Answered:
        if call.path == "/token":
            return 200, {}, b'{"token": "n3w-token"}'
        return (200 if call.headers["Authorization"] == "Token n3w-token" else 401), {}, b'{"id": 1}'

    with two_at_once(reply) as (_, asked):
        assert (asked.count("POST /token"), asked.count("GET /deals")) == (1, 6)


def test_a_secret_is_in_no_log_no_error_and_no_recording(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "new" / "calls.jsonl"
    repeated = answered({"message": f"bad {SECRET} and Bearer abc.def and pat-eu1-0123-4567-89ab", "name": "Ada"}, 400)
    recording = recording_to(path, Shown(frozenset({"message"})))
    with (
        asking(repeated, recording=recording) as (made, _, _),
        pytest.raises(SourceError) as refused,
    ):
        made.ask(Call("POST", "/search", {"q": SECRET}, data={"query": SECRET}))
    told = [str(refused.value), caplog.text, path.read_text()]
    for text in told:
        assert SECRET not in text
    assert "bad … and … and …" in told[0]
    (exchange,) = read_recording(path)
    assert exchange.data == {"query": "…"}
    assert exchange.answer == {"message": "bad … and … and …", "name": "xxx"}


def test_what_people_wrote_is_unreadable_and_keeps_its_form() -> None:
    answer = {
        "id": "42", "at": "2026-01-02T03:04:05.678Z", "day": "2026-01-02", "is_open": "true", "none": None, "n": 7,
        "name": "Zoë O'Neil", "phone": "+49 30 1234", "owner": {"email": "a.b@c.de"}, "tags": ["Big", "id"],
    }  # fmt: skip
    assert masked(answer, Shown(frozenset({"id"}))) == {
        **answer, "name": "xxx x'xxxx", "phone": "+00 00 0000", "owner": {"email": "x.x@x.xx"}, "tags": ["xxx", "xx"],
    }  # fmt: skip


def test_the_same_key_can_be_shown_in_one_place_and_not_in_another() -> None:
    shown = Shown(frozenset({"name"}), frozenset({"fields"}), frozenset({"stage"}))
    answer = {"name": "deals", "fields": {"name": "Acme", "stage": [{"value": "won", "by": "Ada"}]}, "value": "x1"}
    expected = {"name": "deals", "fields": {"name": "xxxx", "stage": [{"value": "won", "by": "xxx"}]}, "value": "x0"}
    assert masked(answer, shown) == expected


def test_values_are_shown_where_it_stands_beside_them_of_what_they_are() -> None:
    shown = Shown(frozenset({"of"}), named=frozenset({"stage"}), values=frozenset({"new"}))
    answer = [{"of": "stage", "new": "won", "by": "Ada"}, {"of": "title", "new": "Acme"}]
    assert masked(answer, shown) == [{"of": "stage", "new": "won", "by": "xxx"}, {"of": "title", "new": "xxxx"}]


@given(st.text(min_size=1), st.text(), st.text())
def test_a_redactor_leaves_nothing_of_a_secret(secret: str, before: str, after: str) -> None:
    hidden = Redactor(secret).text(f"{before}{secret}{after}")
    assert secret not in hidden or secret in "…"


def test_answers_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 5)
    with asking(WELL) as (made, _, _), pytest.raises(SourceError, match="sends more than 5 bytes at once"):
        made.ask(ASK)
