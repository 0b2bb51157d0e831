"""Packs: folders of ready documents, of which a project has those that it names or starts from (LANGUAGE §3).

The file of a document is named after its id. Nothing of a pack is read before it is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aac.documents import read_text
from aac.findings import Finding, did_you_mean
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.documents import Document, Plain

OURS = "aac"
"""The pack whose documents a project may name without starting from them."""
PRESETS = (
    "airbyte_hubspot",
    "airbyte_salesforce",
    "fivetran_hubspot",
    "fivetran_salesforce",
    "hubspot",
    "pipedrive",
    "salesforce",
)
"""Packs that say under which names tools land what a CRM holds, wherever the tables are."""
SORTS = frozenset({"type", "ref", "is", "rollup"})
"""The keys that say what sort of field it is: one that tells it again is another field."""


class Packs:
    """The documents of packs; ``folders`` by the name of the pack."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.folders = folders
        self._read: dict[tuple[str, str], Document | None] = {}
        self._ids: dict[str, tuple[str, ...]] = {}

    def ids(self, pack: str) -> tuple[str, ...]:
        """The ids of a pack's documents, sorted."""
        if pack not in self._ids:
            folder = self.folders.get(pack)
            self._ids[pack] = tuple(sorted(path.stem for path in folder.glob("*.yml"))) if folder is not None else ()
        return self._ids[pack]

    def document(self, pack: str, id: str) -> Document | None:
        """A document of a pack, on top of what it extends itself; null when there is none.

        Its keys have no places: whatever is said of it is said of the whole.
        """
        if (pack, id) not in self._read:
            self._read[pack, id] = None  # whoever asks again meanwhile has come round in a ring
            self._read[pack, id] = self._document(pack, id)
        return self._read[pack, id]

    def extended(self, document: Document) -> Document | Finding:
        """A document on top of the packaged one that it names, or what is wrong: AAC220 no such pack, AAC221 not there.

        Its places stay those of its own file.
        """
        pack, id, doc = str(document.data["extends"]), str(document.id), f"{document.kind}:{document.id}"
        if pack not in self.folders:
            advice = did_you_mean(pack, self.folders) or "leave `extends` out"
            return Finding("AAC220", "error", f"there is no pack `{pack}`", advice, document.span("extends"), doc)
        base = self.document(pack, id)
        if base is None or base.kind != document.kind:
            near = did_you_mean(id, self.ids(pack))
            advice = f"{near}; or leave `extends` out" if near else "leave `extends` out"
            message = f"the pack `{pack}` has no {document.kind} `{id}`"
            return Finding("AAC221", "error", message, advice, document.span("extends"), doc)
        return _on_top(document, base)

    def _document(self, pack: str, id: str) -> Document | None:
        if id not in self.ids(pack):  # which any text may be: no path is made of it
            return None
        path = self.folders[pack] / f"{id}.yml"
        ((document, *_), _) = read_text(path.read_bytes(), f"{pack}/{path.name}")
        if isinstance(document.data.get("extends"), str):
            made = self.extended(document)
            document = made if not isinstance(made, Finding) else document
        return replace(document, positions={(): document.positions[()]})


def _on_top(document: Document, base: Document) -> Document:
    """The keys of ``document`` before those of ``base``; a key without a value takes away what the base has."""
    mine, theirs = document.data.get("fields"), base.data["fields"]
    data = {**base.data, **document.data, "fields": mine}
    if isinstance(theirs, dict) and (mine is None or isinstance(mine, dict)):
        fields = {**theirs, **{name: _field(field, theirs.get(name)) for name, field in (mine or {}).items()}}
        data["fields"] = {name: field for name, field in fields.items() if field is not None}
    return replace(document, data=data)


def _field(mine: Plain, theirs: Plain) -> Plain:
    """A field told again: one that does not say its sort is the base's, with the keys told here."""
    if not isinstance(mine, dict) or theirs is None or mine.keys() & SORTS:
        return mine
    return {**(theirs if isinstance(theirs, dict) else {"type": theirs}), **mine}


@hookimpl
def aac_packs() -> dict[str, Path]:
    return {pack: Path(__file__).parent / "packaged" / pack for pack in (OURS, *PRESETS)}
