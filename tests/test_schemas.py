"""The JSON Schemas that editors complete with: right documents pass, misspelt and missing keys do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from aac import plugins, schemas
from tests.commands import run_aac
from tests.test_faults import BASE, FAULTS, VALID, changed

if TYPE_CHECKING:
    from aac.kinds.base import Kind

ROOT = Path(__file__).parent.parent
REGISTRY = plugins.load(None)
DOCUMENTS = schemas.of_documents(REGISTRY.kinds)
CHECK = Path(sys.executable).with_name("check-jsonschema")


def made(name: str) -> dict[str, Any]:
    settings = {name: connector.settings for name, connector in REGISTRY.connectors.items()}
    schema = schemas.by_name(name, REGISTRY.kinds, settings)
    assert schema is not None
    return schema


def checked(schema: dict[str, Any], folder: Path, *files: Path) -> str:
    """What check-jsonschema says of files; nothing when all is well."""
    path = folder / "schema.json"
    path.write_text(json.dumps(schema))
    done = subprocess.run([CHECK, "--schemafile", path, *files], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def one_a_file(folder: Path, texts: list[str]) -> list[Path]:
    """Files with one document each, as the tool wants them."""
    paths: list[Path] = []
    for text in texts:
        for document in text.split("\n---\n"):
            if any(line.strip(" -") and not line.startswith("#") for line in document.splitlines()):
                paths.append(folder / f"{len(paths)}.yml")
                paths[-1].write_text(document, encoding="utf-8")
    return paths


@pytest.mark.parametrize("name", [*REGISTRY.kinds, *schemas.OTHERS])
def test_a_schema_is_a_schema(name: str) -> None:
    schema = made(name)
    validator_for(schema).check_schema(schema)  # pyright: ignore[reportUnknownMemberType]


def test_the_documents_of_this_repository_pass(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "alignment").rglob("*.yml"))]
    registry = plugins.load(ROOT)
    assert checked(schemas.of_documents(registry.kinds), tmp_path, *one_a_file(tmp_path, texts)) == ""
    assert checked(made("settings"), tmp_path, ROOT / "aac.toml") == ""


def test_odd_but_valid_documents_pass(tmp_path: Path) -> None:
    projects = [changed(c["was"], c["becomes"]) if "was" in c else {"alignment/more.yml": c["becomes"]} for c in VALID]
    texts = {text for files in [BASE, *projects] for name, text in files.items() if name.endswith(".yml")}
    # the tool's own reader of YAML knows neither of these
    plain = [text for text in sorted(texts) if not any(odd in text for odd in ("\r", "%YAML", "role: ="))]
    assert len(plain) > 40
    assert checked(DOCUMENTS, tmp_path, *one_a_file(tmp_path, plain)) == ""


HANDOFF = '''\
"""A handoff: what one team gives another."""

from typing import ClassVar

from aac import Kind, hookimpl


class Handoff(Kind):
    kind_name: ClassVar[str] = "handoff"

    gives: str
    """What is given."""


@hookimpl
def aac_kinds():
    return [Handoff]
'''

KEYS = [case for case in FAULTS if case["code"] == "AAC207"]


@pytest.mark.parametrize("case", KEYS, ids=lambda case: " ".join(str(case["becomes"]).split())[-60:])
def test_a_key_that_is_not_there_is_refused(case: dict[str, Any]) -> None:
    files = changed(case["was"], case["becomes"])
    texts = [text.replace("«", "") for name, text in files.items() if name.endswith(".yml")]
    documents = [document for text in texts for document in yaml.load_all(text, yaml.BaseLoader) if document]
    validator: Any = Draft7Validator(DOCUMENTS)
    assert not all(validator.is_valid(document) for document in documents)


def test_there_are_keys_to_refuse() -> None:
    assert len(KEYS) >= 20


@pytest.mark.parametrize("kind", REGISTRY.kinds.values(), ids=REGISTRY.kinds)
def test_a_key_that_is_missing_is_refused(kind: type[Kind]) -> None:
    (document, *_) = yaml.load_all(schemas.example(kind), yaml.BaseLoader)
    validator: Any = Draft7Validator(schemas.of_kind(kind))
    assert validator.is_valid(document)
    required = [name for name, info in kind.model_fields.items() if info.is_required() or name in kind.required]
    for name in required:
        key = kind.model_fields[name].alias or name
        assert not validator.is_valid({other: value for other, value in document.items() if other != key}), key


@pytest.mark.parametrize("kind", REGISTRY.kinds.values(), ids=REGISTRY.kinds)
def test_every_key_is_described(kind: type[Kind]) -> None:
    schema = schemas.of_kind(kind)
    models = {kind.kind_name: schema, **schema["definitions"]}
    bare = [f"{name}.{key}" for name, model in models.items() for key in _undescribed(model)]
    assert bare == []
    assert schema["description"]
    assert [document["kind"] for document in schema["examples"]] == [kind.kind_name]


def _undescribed(model: dict[str, Any]) -> list[str]:
    return [key for key, shape in model.get("properties", {}).items() if not shape.get("description")]


@pytest.mark.parametrize("name", schemas.OTHERS)
def test_the_files_for_editors_are_up_to_date(name: str) -> None:
    written = (ROOT / ".schema" / f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(written) == json.loads(run_aac(ROOT, "schema", name).stdout), "run `aac schema --write`"


def test_the_settings_of_editors_name_the_files() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    (schema,) = settings["yaml.schemas"]
    assert (ROOT / schema).is_file()
    assert (ROOT / settings["evenBetterToml.schema.associations"]["aac\\.toml"].removeprefix("./")).is_file()


def test_a_schema_that_is_not_there(tmp_path: Path) -> None:
    done = run_aac(tmp_path, "schema", "metrik")
    assert (done.returncode, done.stderr) == (2, "aac: there is no schema `metrik`; did you mean `metric`?\n")


def test_the_kinds_of_a_plugin_have_schemas(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "handoff.py").write_text(HANDOFF)
    done = run_aac(tmp_path, "schema", "handoff")
    schema = json.loads(done.stdout)
    assert schema["description"] == "A handoff: what one team gives another."
    assert schema["properties"]["gives"]["description"] == "What is given."
    assert schema["required"] == ["kind", "id", "gives"]


def test_writing_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    done = run_aac(tmp_path, "schema", "--write")
    written = ("documents", "settings", "results", "changes")
    assert done.stdout.split() == [f".schema/{name}.json" for name in written]
    assert all(json.loads((tmp_path / path).read_text()) for path in done.stdout.split())
