"""Reads a source tree with `ast` and tells where it breaks the rules of the house; tests/test_house.py says which.

Every check returns a sentence for each break (`aac.units:3 …`), so that a test can print all of them at once.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Floors = Sequence[Sequence[str]]
    Owners = Mapping[str, Collection[str]]

WRITING_CALLS = {
    "copy2", "copyfile", "copytree", "hardlink_to", "makedirs", "mkdir", "rename", "rmdir", "rmtree", "symlink_to",
    "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its dotted name, its syntax tree and how many lines it has."""

    name: str
    tree: ast.Module
    lines: int
    is_package: bool


@dataclass(frozen=True, slots=True)
class Import:
    """``importer`` names ``target`` at ``line``. ``late``: inside a function or under TYPE_CHECKING."""

    importer: str
    target: str
    line: int
    late: bool

    @property
    def library(self) -> str:
        """The outermost package of the target."""
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


@dataclass(frozen=True, slots=True)
class House:
    """All modules below one folder, by dotted name."""

    modules: Mapping[str, Module]

    def imports(self) -> Iterator[Import]:
        """Every import of every module, third-party ones too, wherever it stands in the file."""
        for module in self.modules.values():
            yield from imports_of(module, self.modules)

    def edges(self) -> Iterator[Import]:
        """The imports of modules of this tree. A string that is exactly a module's name (lazy tables) is one."""
        ours = {name.partition(".")[0] for name in self.modules}
        return (edge for edge in self.imports() if edge.library in ours and edge.target != edge.importer)


def read_house(root: Path) -> House:
    """The modules below ``root``, a folder that stands on the import path (as `src` does)."""
    modules = [read_module(root, path) for path in python_files(root)]
    return House({module.name: module for module in modules})


def python_files(folder: Path) -> list[Path]:
    """All Python files below ``folder``, in order."""
    return sorted(folder.rglob("*.py"))


def read_module(root: Path, path: Path) -> Module:
    """One file, named as it is imported from ``root``."""
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, ast.parse(text), len(text.splitlines()), is_package)


def imports_of(module: Module, known: Collection[str] = ()) -> Iterator[Import]:
    """The imports of one module; ``known`` are the names that are modules and not things inside one."""

    def walk(node: ast.AST, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            for target in targets_of(child, module, known):
                yield Import(module.name, target, getattr(child, "lineno", 0), late or isinstance(child, ast.Constant))
            yield from walk(child, late or is_late(child))

    return walk(module.tree, late=False)


def is_late(node: ast.AST) -> bool:
    """Whether what stands below ``node`` does not run when the module is imported."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def targets_of(node: ast.AST, module: Module, known: Collection[str]) -> list[str]:
    """The modules that one statement or string names."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(names=names):
            base = absolute(node, module)
            inside = [f"{base}.{alias.name}" for alias in names]
            return list(dict.fromkeys(name if name in known else base for name in inside))
        case ast.Call(func=ast.Name(id="import_module" | "__import__"), args=[ast.Constant(value=str(name)), *_]):
            return [] if name in known else [name]
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
            return [] if name in known else [name]
        case ast.Constant(value=str(name)) if "." in name and name in known:
            return [name]
        case _:
            return []


def absolute(node: ast.ImportFrom, module: Module) -> str:
    """The full name of what is imported from, relative imports resolved."""
    parts = module.name.split(".")
    outer = parts[: len(parts) - node.level + (1 if module.is_package else 0)] if node.level else []
    return ".".join([*outer, *([node.module] if node.module else [])])


def stands_in(name: str, places: Iterable[str]) -> bool:
    """Whether a module is one of ``places``; ``aac.kinds.*`` is every module below `aac.kinds`."""
    return any(name == place or (place.endswith(".*") and name.startswith(place[:-1])) for place in places)


def place_of(name: str, floors: Floors) -> tuple[int, int] | None:
    """Floor and position on it; a name of its own comes before the room (``aac.kinds.*``) it would fall into."""
    rows = [(floor, at, place) for floor, row in enumerate(floors, 1) for at, place in enumerate(row)]
    exact = [(floor, at) for floor, at, place in rows if place == name]
    in_room = [(floor, at) for floor, at, place in rows if stands_in(name, [place])]
    return next(iter(exact + in_room), None)


def breaks_of_floors(house: House, floors: Floors) -> list[str]:
    """Modules without a place, and imports that do not go down: to a lower floor, or to one listed above."""
    breaks: list[str] = []
    homeless = {name for name in house.modules if place_of(name, floors) is None}
    rooms = {name for name in homeless if house.modules[name].is_package}
    breaks += [f"{name} stands on no floor: give it a place in FLOORS" for name in sorted(homeless - rooms)]
    for edge in house.edges():
        here, there = place_of(edge.importer, floors), place_of(edge.target, floors)
        if edge.importer in rooms:
            breaks.append(f"{edge}, but the __init__ of a room holds nothing but its docstring")
        elif here and there and not there < here:
            breaks.append(f"{edge}, which does not stand below it")
        elif edge.target not in house.modules:
            breaks.append(f"{edge}, which is not there")
    return breaks


def breaks_of_circles(house: House) -> list[str]:
    """One circle of imports, if there is any."""
    graph: dict[str, set[str]] = {name: set() for name in house.modules}
    for edge in house.edges():
        graph[edge.importer].add(edge.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"a circle of imports: {' -> '.join(error.args[1])}"]
    return []


def breaks_of_tables(house: House, tables: Iterable[tuple[str, str]]) -> list[str]:
    """Lazy tables (module, variable) that are missing, or hold a dotted name that is no module of ours."""
    breaks: list[str] = []
    for name, variable in tables:
        module = house.modules.get(name)
        found = [value for key, value in assignments(module.tree) if key == variable] if module else []
        strings = [
            node.value
            for value in found
            for node in ast.walk(value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if not any(text in house.modules for text in strings):
            breaks.append(f"{name} has no table {variable} of module names")
        breaks += [
            f"{name}.{variable} names {text}, which is no module"
            for text in strings
            if "." in text and text not in house.modules
        ]
    return breaks


def assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The names assigned at the top of a module and their values."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case _:
                pass


def breaks_of_owners(house: House, owners: Owners) -> list[str]:
    """Third-party imports outside the owners of the library.

    A standard library named in ``owners`` is held to its owners too; the others are free.
    """
    breaks: list[str] = []
    ours = {name.partition(".")[0] for name in house.modules}
    for edge in house.imports():
        if edge.library in owners:
            if not stands_in(edge.importer, owners[edge.library]):
                breaks.append(f"{edge}, which belongs to {', '.join(sorted(owners[edge.library]))}")
        elif edge.library not in ours and edge.library not in sys.stdlib_module_names:
            breaks.append(f"{edge}, a library without an owner: name one in OWNERS")
    return breaks


def breaks_of_loading(house: House, heavy: Collection[str], devoted: Collection[str]) -> list[str]:
    """Imports that load a ``heavy`` library together with the module they stand in.

    Only the ``devoted`` modules, which are about nothing else, may load it so; then others import those late.
    """
    return [
        f"{edge} at its top: import it inside the functions that use it"
        for edge in house.imports()
        if not edge.late and (edge.library in heavy or edge.target in devoted) and not stands_in(edge.importer, devoted)
    ]


def breaks_of_rooms(house: House, strangers: Mapping[str, Collection[str]]) -> list[str]:
    """Imports from a room (``aac.kinds.*``) of what it must know nothing of."""
    return [
        f"{edge}, of which {room} knows nothing"
        for edge in house.imports()
        for room, unknown in strangers.items()
        if stands_in(edge.importer, [room]) and stands_in(edge.target, unknown)
    ]


def breaks_of_writing(house: House, writers: Collection[str], blind: Collection[str]) -> list[str]:
    """Calls that change files outside ``writers``, and any opening of a file in the rooms that are ``blind``."""
    breaks: list[str] = []
    for module in house.modules.values():
        for call in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call)):
            name = called(call)
            where = f"{module.name}:{call.lineno} calls {name}"
            if name in WRITING_CALLS or (name == "open" and opens_to_write(call)):
                if not stands_in(module.name, writers):
                    breaks.append(f"{where}: it is no writer of files")
            elif name in ("open", "read_text", "read_bytes") and stands_in(module.name, blind):
                breaks.append(f"{where}: it does not know the disk")
    return breaks


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def opens_to_write(call: ast.Call) -> bool:
    """Whether a call of ``open`` has a mode among its arguments that is not reading only."""
    values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return any(set(text) <= set("rwaxbt+") and set(text) & set("wax+") for text in texts)


def breaks_of_catching(house: House) -> list[str]:
    """Handlers that catch everything."""
    return [
        f"{module.name}:{node.lineno} catches everything: name the exception"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node.type)
    ]


def catches_all(caught: ast.expr | None) -> bool:
    """Whether a handler is bare or names `Exception` or `BaseException`, alone or in a tuple."""
    if isinstance(caught, ast.Tuple):
        return any(catches_all(part) for part in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException"))


def breaks_of_names(house: House, banned: Collection[str]) -> list[str]:
    """Modules and packages whose name says nothing."""
    return [
        f"{name}: a module is named after its purpose" for name in house.modules if set(name.split(".")) & set(banned)
    ]


def breaks_of_size(house: House, most_lines: int, short: Collection[str], most_lines_a_function: int) -> list[str]:
    """Files over ``most_lines``, and in ``short`` modules functions over ``most_lines_a_function``."""
    breaks = [
        f"{module.name} has {module.lines} lines, more than {most_lines}"
        for module in house.modules.values()
        if module.lines > most_lines
    ]
    for module in house.modules.values():
        if stands_in(module.name, short):
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    if lines > most_lines_a_function:
                        where = f"{module.name}:{node.lineno} {node.name}"
                        breaks.append(f"{where} has {lines} lines, more than {most_lines_a_function}")
    return breaks


def breaks_of_contracts(house: House, contracts: Iterable[tuple[str, str]], most_methods: int) -> list[str]:
    """Contracts (module, class) that are not there or ask for more than ``most_methods`` methods."""
    breaks: list[str] = []
    for name, contract in contracts:
        module = house.modules.get(name)
        body = module.tree.body if module else []
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == contract]
        methods = [
            node.name
            for found in classes
            for node in found.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_property(node)
        ]
        if not classes:
            breaks.append(f"{name} has no contract {contract}")
        elif len(methods) > most_methods:
            breaks.append(
                f"{name}.{contract} has {len(methods)} methods ({', '.join(methods)}), more than {most_methods}"
            )
    return breaks


def is_property(node: ast.FunctionDef) -> bool:
    """Whether a method is read like a field."""
    return any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)


def breaks_of_guests(root: Path, files: Iterable[Path], allowed: Collection[str]) -> list[str]:
    """Imports in files that may import only the standard library and ``allowed`` (whole names)."""
    modules = [read_module(root, path) for path in files]
    return [
        f"{edge}: only {', '.join(sorted(allowed)) or 'the standard library'} may be imported there"
        for module in modules
        for edge in imports_of(module)
        if edge.library not in sys.stdlib_module_names and edge.target not in allowed
    ]


def breaks_of_oracles(root: Path, files: Iterable[Path], judged: Collection[str]) -> list[str]:
    """Imports, in files that compute what is right, of the packages that they are to judge."""
    modules = [read_module(root, path) for path in files]
    return [f"{edge}, which it judges" for module in modules for edge in imports_of(module) if edge.library in judged]


def breaks_of_skipping(root: Path, files: Iterable[Path], marker: str) -> list[str]:
    """Ways to skip in test files that use ``pytest.mark.<marker>``: what those tests need is there, or they fail."""
    breaks: list[str] = []
    for module in (read_module(root, path) for path in files):
        attributes = [node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)]
        if any(ast.unparse(node) == f"pytest.mark.{marker}" for node in attributes):
            breaks += [
                f"{module.name}:{node.lineno} skips, though it has tests marked {marker}"
                for node in attributes
                if node.attr in ("skip", "skipif", "importorskip")
            ]
    return breaks
