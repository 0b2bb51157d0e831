"""The words that a change brings: sign-offs that are new in it or gone from it, and what proves each.

A word counts in a review only if the change itself brings it, of what the document says in it, by the hand of who gives
it. So nothing that was merged earlier agrees to a text that is still to come.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from aac.agreements import is_of_its_text, is_taken_back
from aac.kinds.signoff import Signoff
from aac.records import record
from aac.signing import bare, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aac.approving import Approvals
    from aac.graph import Id
    from aac.project import Project
    from aac.reports.base import View
    from aac.revisions import Author

NUMBERED = re.compile(r"^[0-9]+[+-]")
"""What stands before the account in the addresses that hosts give to commits."""


@record
class Word:
    """A team's word about a document. ``sort``: `given`; `of_another_text` than the document has, so that it never
    counts; or `taken_back`. ``author``: who committed it; ``proof``: what shows that it is by the ``handle``, or null.
    """

    sort: Literal["given", "of_another_text", "taken_back"]
    doc: Id
    team: str
    handle: str
    author: str | None
    proof: str | None

    @property
    def is_asked_for(self) -> bool:
        """Whether the team has to say that this is its word."""
        return self.sort != "of_another_text" and self.proof is None

    def view(self) -> View:
        """The same as plain data."""
        return {
            "is": self.sort,
            "of": "/".join(self.doc),
            "team": self.team,
            "handle": self.handle,
            "author": self.author,
            "proof": self.proof,
        }


def words_in(
    base: Project, head: Project, author: Callable[[str], Author | None], approvals: Approvals
) -> tuple[Word, ...]:
    """The words that the later side brings and takes back; ``author``: who committed a file last, by its path."""
    brought = [made for made in _signoffs(head) if made != base.models.get(("signoff", made.id))]
    gone = [made for made in _signoffs(base) if is_taken_back(made, base, head)]
    words: list[Word] = []
    for made, project in (*((made, head) for made in brought), *((made, base) for made in gone)):
        by, proof = author(project.places["signoff", made.id].file), None
        if approvals.hold(made.handle, signed(made)):
            proof = "who approves this request"
        elif by is not None and _is_by(made.handle, by):
            proof = "who committed it"
        sort = "taken_back" if project is base else "given" if is_of_its_text(made, head) else "of_another_text"
        words.append(Word(sort, signed(made), made.team, made.handle, by.name if by is not None else None, proof))
    return tuple(words)


def _signoffs(project: Project) -> Iterator[Signoff]:
    return (made for made in project.of_kind("signoff") if isinstance(made, Signoff))


def _is_by(handle: str, author: Author) -> bool:
    """Whether a commit is by an account: by the name or the address that it carries, as hosts write them, too."""
    local, _, host = author.address.lower().partition("@")
    login = NUMBERED.sub("", local) if host.startswith("users.noreply.") else local
    return bare(handle) in {author.name.lower(), author.address.lower(), login}
