"""What stops a run. Mistakes in documents and data are findings (values); these are raised.

AacError
├── UsageError        the command line asks for something that cannot be (exit 2)
├── ConfigError       no project here, or `aac.toml` cannot be used (exit 2); carries findings
├── DocumentsError    the documents have errors, so nothing is evaluated (exit 2); carries findings
├── LeakError         pages would tell of people, so nothing was written (exit 2); carries findings
├── SourceError       a source failed: a folder is missing, a file cannot be read (exit 4)
│   └── UnfinishedError    it ended where its limits are, and the next pull goes on from there (exit 3)
├── EngineError       the engine or its database failed (exit 4)
│   ├── DamagedStoreError  the file of the store is not whole; a pull makes it anew
│   └── PersonalStoreError it holds columns that are not to arrive any more; a pull makes it anew
├── NoDataError       nothing was pulled yet (exit 4)
│   └── OtherLayoutError   what was pulled is laid out as another version of ours does it
├── PluginError       a plugin cannot be loaded or breaks its contract (exit 2)
└── PageError         a template cannot make its page, so no page was written (exit 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from aac.findings import Finding


class AacError(Exception):
    """Base of all; ``exit_code`` is what the command line ends with (LANGUAGE §10)."""

    exit_code: ClassVar[int] = 4


class UsageError(AacError):
    """The command line names something that does not exist or cannot be read."""

    exit_code = 2


class ConfigError(AacError):
    """``aac.toml`` is missing or wrong; ``findings`` say where."""

    exit_code = 2

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class DocumentsError(AacError):
    """Documents have errors; ``findings`` are all that was found in ``documents`` documents."""

    exit_code = 2

    def __init__(self, findings: tuple[Finding, ...], documents: int) -> None:
        super().__init__("the documents have errors: nothing was done")
        self.findings = findings
        self.documents = documents


class LeakError(AacError):
    """Pages would tell addresses, numbers or names of people; ``findings`` say where those stand in the data."""

    exit_code = 2

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("the pages would tell of people: nothing was written")
        self.findings = findings


class SourceError(AacError):
    """A source could not be read, or what was read of it does not fit the documents: ``findings`` say where."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class UnfinishedError(SourceError):
    """A stream was read in part, and what was read is kept. ``stuck``: what is wrong if a pull comes no further than
    the one before it, and so will the next."""

    exit_code = 3

    def __init__(self, message: str, stuck: str | None = None) -> None:
        super().__init__(message)
        self.stuck = stuck


class EngineError(AacError):
    """The engine refused or failed."""


class DamagedStoreError(EngineError):
    """The store cannot be read."""

    made_anew = "the store is damaged: it is made anew from the sources and `.aac/raw`"

    def __init__(self) -> None:
        super().__init__("the store is damaged: run `aac pull`, which makes it anew from the sources and `.aac/raw`")


class PersonalStoreError(EngineError):
    """The store holds columns that are not to arrive any more; a pull makes it anew without them."""

    made_anew = "the store holds what is not to arrive any more: it is made anew from the sources and `.aac/raw`"

    def __init__(self) -> None:
        super().__init__("the store holds what is not to arrive any more: run `aac pull`, which makes it anew")


class NoDataError(AacError):
    """There is no data yet."""

    def __init__(self, message: str = "there is no data yet: run `aac pull` first") -> None:
        super().__init__(message)


class OtherLayoutError(NoDataError):
    """The store was written by a version of ours that laid it out in another way; a pull makes it anew."""

    made_anew = "the store was written by another version of aac: it is made anew from the sources and `.aac/raw`"

    def __init__(self) -> None:
        super().__init__("the data was pulled by another version of aac: run `aac pull` to read it anew")


class PluginError(AacError):
    """A plugin could not be loaded, or two plugins own one name."""

    exit_code = 2


class PageError(AacError):
    """A template is wrong, or takes more than it may; the message names its file and line."""

    exit_code = 2
