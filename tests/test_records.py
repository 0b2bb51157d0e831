"""Records are equal, hashed and shown by their fields, as dataclasses are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from aac.records import record


@record
class Place:
    name: str
    at: tuple[int, ...] = ()
    seen: int = field(default=0, compare=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Known:
    """The same as the standard library makes it."""

    name: str
    at: tuple[int, ...] = ()
    seen: int = field(default=0, compare=False)
    text: str = field(default="", repr=False)


@record
class Nothing: ...


@record
class Own:
    value: int | bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return 7


MADE = (
    (Place("a"), Known("a")),
    (Place("b"), Known("b")),
    (Place("a", (1,)), Known("a", (1,))),
    (Place("a", seen=3), Known("a", seen=3)),
    (Place("a", text="t"), Known("a", text="t")),
    (Place("a", (1,), 5, "t"), Known("a", (1,), 5, "t")),
)


def test_as_a_dataclass() -> None:
    for ours, theirs in MADE:
        assert repr(ours) == repr(theirs).replace("Known", "Place")
        for our_other, their_other in MADE:
            assert (ours == our_other) is (theirs == their_other)
            assert (hash(ours) == hash(our_other)) is (hash(theirs) == hash(their_other))
    assert [each.name for each in fields(Place)] == [each.name for each in fields(Known)]
    assert replace(Place("a", (1,)), name="b") == Place("b", (1,))


def test_of_another_class() -> None:
    assert Place("a") != Known("a")
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert Nothing() != Place("a")


def test_its_own_methods_stay() -> None:
    assert Own(1) != Own(True)
    assert hash(Own(1)) == 7
    assert not hasattr(Own(1), "__dict__")
