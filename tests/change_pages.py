"""The page of all rules of changes: what each is about, and its class."""

from __future__ import annotations

from itertools import groupby

from aac.change_rules import rules_of
from aac.plugins import load

ABOUT = """\
<!-- Made by `make docs` from the fields of the kinds in `src/aac/kinds` and from `tests/change_pages.py`. -->

# Rules of changes

`aac diff` tells each change with a rule, a class, a sentence and a fingerprint. A rule is called by the kind, the
keys that lead to the value, and what became of it: `sla.how_measured.objective.lowered`. What any document may say is
called `document`, what any row of a list may say `row`; the parts of a checklist are `parts`. The kinds of a plugin
have rules of the same making, from their fields. What the classes mean, and what is compared, [Reviews of
changes](review.md) says.

## Another class

```toml
[review.severity]
"team.queues.added" = "breaking"      # any rule: breaking, compatible or editorial
```

The classes are those of BASE: a change cannot excuse itself, so an override holds from the commit after it.
`[review]` is compared like everything else in `aac.toml`. A rule that does not exist is an error
([AAC602](../findings/AAC602.md)).

## A change that is meant

```toml
[[review.acknowledged]]
fingerprint = "0123456789abcdef"      # as `aac diff` shows it beside a breaking change
reason = "Agreed in the revenue council of 3 March."
```

It is shown with its reason, and counted as acknowledged instead of by its class. The reason must be there. To
acknowledge is not to agree: who must agree stays the same. The fingerprint is made of the rule, the document and both
values as they are read, so another sentence, or another spelling of the same rule, keeps it; another value does not.

## When aac itself changes

Fingerprints of documents, by which teams agree, are made of what a document means and promises: keys that are left
out count as little as prose does, so that a key which a later version brings changes none of them. A version of aac
that would change one is seen before it is released, by a test that knows the fingerprints of one document of each
kind; the changelog then names it, and agreements given before are shown as lapsed rather than taken over. Packaged
entities are part of aac: both sides of a comparison read those of the version that runs, so compare the numbers of
`aac check` before and after an upgrade.
"""
TITLES = {"document": "Any document", "row": "Any row of a list", "settings": "aac.toml", "plugin": "plugins/"}


def page() -> str:
    """The page."""
    rules = sorted(rules_of(load(None).kinds).values(), key=lambda rule: _place(rule.id))
    lines = [ABOUT]
    for kind, together in groupby(rules, lambda rule: rule.id.split(".")[0]):
        lines += [f"## {TITLES.get(kind, kind)}\n", "| rule | about | class |", "|---|---|---|"]
        lines += [f"| `{rule.id}` | {rule.says} | {rule.level} |" for rule in together]
        lines.append("")
    return "\n".join(lines)


def _place(rule: str) -> tuple[int, str]:
    """What holds for all documents first, then the kinds, then what is no document."""
    kind = rule.split(".")[0]
    return (0 if kind in ("document", "row") else 2 if kind in ("settings", "plugin") else 1), kind
