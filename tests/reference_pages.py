"""The reference of commands and of hooks, made of the commands and the hooks themselves."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING

import click

import aac
from aac import hookspecs
from aac.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = {
    0: "All is well.",
    1: "Something is off target, or as `--fail-on` says.",
    2: "The documents, the settings, a plugin, a template or the command line are wrong.",
    3: "Something is too old or not measurable, where `--fail-on` lists it; or a pull is to go on: run it again.",
    4: "A source, the engine or a file failed, or there is no data yet.",
    130: "Ctrl-C. Nothing is half written.",
}


def commands() -> str:
    """The page of all commands."""
    return "\n".join(
        [
            "<!-- Made by `make docs` from the commands in `src/aac/commands`: edit them there. -->\n",
            "# Commands\n",
            "Results go to standard output, all else to standard error. `NO_COLOR` is respected. A command works on",
            "the project of the nearest `aac.toml`, here or above.\n",
            "| exit code | what it says |",
            "|---|---|",
            *(f"| {code} | {says} |" for code, says in CODES.items()),
            *(line for name, module in COMMANDS.items() for line in _command(name, module)),
            "",
        ]
    )


def _command(name: str, module: str) -> Iterator[str]:
    (command,) = import_module(module).aac_commands()
    context = click.Context(command, info_name=f"aac {name}")
    yield f"\n## aac {name}\n"
    yield f"    {' '.join(command.get_usage(context).removeprefix('Usage: ').split())}\n"
    yield inspect.cleandoc(command.help or "")
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context))]
    if records:
        yield "\n| option | what it does |\n|---|---|"
        yield from ("| `{}` | {} |".format(*(part.replace("|", "\\|") for part in record)) for record in records)


def hooks() -> str:
    """The page of all hooks, and of what a plugin may import."""
    specs = [function for function in vars(hookspecs).values() if getattr(function, "aac_spec", None)]
    return "\n".join(
        [
            "<!-- Made by `make docs` from `src/aac/hookspecs.py` and what `aac` offers: edit them there. -->\n",
            "# Hooks\n",
            "A plugin is a file in `plugins/` of the project, or a module that an installed distribution names as an",
            "entry point of the group `aac`. Its functions are marked with `hookimpl`, and it imports nothing of ours",
            "but `aac`. Two plugins that bring the same name are refused, and so is a hook that is none of these.",
            "`aac plugins` lists who brought what. [How to write one](../how-to/write-a-plugin.md) has an example.",
            *(line for function in specs for line in _hook(function)),
            "\n## What `aac` offers\n",
            "| name | what it is |",
            "|---|---|",
            *(f"| `{name}` | {_says(name)} |" for name in aac.__all__),
            "",
        ]
    )


def _hook(function: object) -> Iterator[str]:
    assert inspect.isfunction(function)
    yield f"\n## {function.__name__}\n"
    yield f"    def {function.__name__}() -> {function.__annotations__['return']}\n"
    yield inspect.getdoc(function) or ""


def _says(name: str) -> str:
    """The first sentence of what a name is documented as."""
    thing = getattr(aac, name)
    if name in SAID:
        return SAID[name]
    first = (inspect.getdoc(thing) or "").split("\n\n")[0]
    sentence = " ".join(first.split()).split(". ")[0].rstrip(".:") + "."
    return re.sub(r" \(LANGUAGE §\d+\)", "", sentence).replace("``", "`").replace("|", "\\|")


SAID = {
    "Compiled": "What a kind may compile to.",
    "Message": "What a connector sends.",
    "Part": "A step of the path to a value in a document: a key, or the place in a list.",
    "Row": "A row of a list in a document, which may say where it comes from (`why`, `as_written`).",
    "Rule": "The type of a key that holds a rule: a text, or a checklist of named parts.",
    "Share": "The type of a key that holds a share: `90%` or `0.9`.",
    "Reading": "What was measured of a document in a window: a `ClockReading`, `NumberReading` or `CardReading`.",
    "View": "What JSON can carry: templates and renderers see nothing else.",
    "__version__": "The version.",
    "hookimpl": "Marks a function as a hook.",
}
"""What cannot carry a sentence of its own."""
