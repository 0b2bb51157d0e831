"""The group of commands. `COMMANDS` is a table of module names, so that `--help` loads none but what it shows."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

import click

from aac.commands.running import project_root, tell_error
from aac.distribution import version_line
from aac.runner_logs import guard

COMMANDS = {
    "init": "aac.commands.init",
    "new": "aac.commands.new",
    "validate": "aac.commands.validate",
    "pull": "aac.commands.pull",
    "map": "aac.commands.map",
    "check": "aac.commands.check",
    "query": "aac.commands.query",
    "explain": "aac.commands.explain",
    "diff": "aac.commands.diff",
    "review": "aac.commands.review",
    "agree": "aac.commands.agree",
    "lock": "aac.commands.lock",
    "build": "aac.commands.build",
    "serve": "aac.commands.serve",
    "agenda": "aac.commands.agenda",
    "export": "aac.commands.export",
    "schema": "aac.commands.schema",
    "plugins": "aac.commands.plugins",
}
"""The built-in commands, in the order they are shown, and the modules that bring them."""

INTERRUPTED = 130
"""The exit code after Ctrl-C (LANGUAGE §10)."""


class Commands(click.Group):
    """Built-in commands by their table; plugins are loaded only for a name that is none of ours, or when the project
    has commands of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*COMMANDS, *self._of_plugins()] if _has_commands() else list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name in COMMANDS:
            (command,) = import_module(COMMANDS[cmd_name]).aac_commands()
            return command
        return self._of_plugins().get(cmd_name)

    def _of_plugins(self) -> dict[str, click.Command]:
        from aac.errors import PluginError
        from aac.plugins import load

        registry = load(project_root())
        for name in sorted(registry.commands.keys() & COMMANDS.keys()):
            origin = registry.origins[f"command {name}"]
            raise PluginError(f"{origin} brings the command {name}, which aac has itself: rename it")
        return dict(registry.commands)


def _has_commands() -> bool:
    """Whether a plugin of the project here brings commands: others are not worth loading for a list of commands."""
    root = project_root()
    plugins = (root / "plugins").glob("*.py") if root is not None else ()
    return any("aac_commands" in path.read_text(encoding="utf-8", errors="replace") for path in plugins)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version_line(), message="%(version)s")
def aac() -> None:
    """Agreements between revenue teams as code: definitions, promises and numbers that people can trust."""


def collect_seldom() -> None:
    """Looks for garbage seldom: a run makes little of it and many objects that stay, and looking took a fifth of it.

    Never looking would hold only some 10 MB more of a build, but `aac serve` builds again and again.
    """
    gc.set_threshold(1_000_000, 50, 100)


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    from aac.errors import AacError

    collect_seldom()
    guard()
    try:
        code = aac.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except AacError as error:
        code = tell_error(error)
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)
