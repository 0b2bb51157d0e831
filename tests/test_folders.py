"""The folder of documents: what is read, and that nothing in it waits, fills the memory or is passed over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from aac.documents import read_folder
from aac.folders import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path


TEAM = "kind: team\nid: sales\n"


def test_a_folder_is_read_in_order_of_path(tmp_path: Path) -> None:
    texts = {
        "alignment/b.yml": TEAM,
        "alignment/a/z.YAML": "kind: team\nid: z\n",
        "alignment/c.YML": "kind: team\nid: c\n",
        "alignment/a/broken.yml": "kind: [",
        "alignment/a-b.yml": "kind: team\nid: a_b\n",
        "alignment/note.md": "kind: [",
        "alignment/x.yxml": "kind: [",
        "other/c.yml": "kind: [",
        "d.yml": "kind: [",
    }
    for file, text in texts.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    (tmp_path / "alignment/folder.yml").mkdir()
    documents, findings = read_folder(tmp_path)
    files = ["alignment/a-b.yml", "alignment/a/z.YAML", "alignment/b.yml", "alignment/c.YML"]
    assert [document.file for document in documents] == files
    assert [str(finding.span) for finding in findings] == ["alignment/a/broken.yml:1:7"]


@pytest.mark.parametrize("text", [None, "", "# kind: team\n"])
def test_a_project_without_documents_is_told_so(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "alignment").mkdir()
    if text is not None:
        (tmp_path / "alignment" / "team.yml").write_text(text)
    documents, (finding,) = read_folder(tmp_path)
    assert (documents, finding.code, finding.level, finding.span) == ([], "AAC111", "error", None)
    assert finding.message == "there is no document under `alignment/`"
    assert finding.instead == "begin with `alignment/company.yml`: its first line is `kind: company`"


def test_a_project_without_its_folder_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "alignments").mkdir()
    documents, (finding,) = read_folder(tmp_path)
    assert (documents, finding.code, finding.level, finding.span) == ([], "AAC111", "error", None)
    assert finding.message == f"there is no folder `alignment` in `{tmp_path}`"
    assert finding.instead == "make it: every document of the project is a YAML file in it"


def test_a_document_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "team.yml").write_text("kind: [")
    assert [finding.code for finding in read_folder(tmp_path)[1]] == ["AAC101"]


def test_what_is_no_file_is_told_and_nothing_waits_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "alignment"
    folder.mkdir()
    (folder / "a.yml").write_text(TEAM)
    os.mkfifo(folder / "pipe.yml")
    (folder / "zero.yml").symlink_to("/dev/zero")
    (folder / "gone.yml").symlink_to(tmp_path / "nowhere")
    (folder / "loop.yml").symlink_to(folder / "loop.yml")
    (folder / "again").symlink_to(folder)  # a ring of folders: each is read once
    documents, findings = read_folder(tmp_path)
    assert [document.file for document in documents] == ["alignment/a.yml"]
    assert {str(finding.span): finding.message for finding in findings} == {
        "alignment/gone.yml:1:1": "this cannot be read: No such file or directory",
        "alignment/loop.yml:1:1": "this cannot be read: Too many levels of symbolic links",
        "alignment/pipe.yml:1:1": "this is a named pipe, not a file",
        "alignment/zero.yml:1:1": "this is a link that leads out of the project",
    }
    assert {finding.code for finding in findings} == {"AAC116"}


def test_links_to_files_and_folders_are_followed(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/a.yml").write_text(TEAM)
    (tmp_path / "b.yml").write_text(TEAM.replace("sales", "b"))
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment/linked").symlink_to(tmp_path / "shared")
    (tmp_path / "alignment/b.yml").symlink_to(tmp_path / "b.yml")
    assert [document.file for document in read_folder(tmp_path)[0]] == ["alignment/b.yml", "alignment/linked/a.yml"]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    """Findings quote lines: of a file that somebody else chose they would tell what is in it."""
    root, secret = tmp_path / "project", tmp_path / "secret"
    (root / "alignment").mkdir(parents=True)
    (root / ".git").mkdir()
    for folder in (secret, root / ".git"):
        folder.mkdir(exist_ok=True)
        (folder / "a.yml").write_text("token: 1\n")
    (root / "alignment" / "file.yml").symlink_to(secret / "a.yml")
    (root / "alignment" / "folder").symlink_to(secret)
    (root / "alignment" / "git.yml").symlink_to("../.git/a.yml")
    (root / "alignment" / "up.yml").symlink_to("../../secret/a.yml")
    documents, findings = read_folder(root)
    assert documents == []
    assert [str(finding.span) for finding in findings] == [
        f"alignment/{name}:1:1" for name in ("file.yml", "folder", "git.yml", "up.yml")
    ]
    assert {(f.code, f.message) for f in findings} == {("AAC116", "this is a link that leads out of the project")}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "alignment").symlink_to(secret)
    assert [finding.code for finding in read_folder(tmp_path / "other")[1]] == ["AAC116"]


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alignment/closed").mkdir(parents=True)
    (tmp_path / "alignment/a.yml").write_text(TEAM)

    listed = os.scandir

    def refuse(path: Path, *_: object) -> Any:
        if path.name == "alignment":
            return listed(path)
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(tmp_path), "open", refuse)  # the tests may run as root, who may read everything
    monkeypatch.setattr("os.scandir", refuse)
    documents, findings = read_folder(tmp_path)
    assert documents == []
    assert [(finding.code, str(finding.span)) for finding in findings] == [
        ("AAC116", "alignment/a.yml:1:1"),
        ("AAC116", "alignment/closed:1:1"),
    ]


def test_a_file_that_is_too_long_is_told_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "a.yml").write_text(TEAM)
    with (tmp_path / "alignment" / "big.yml").open("wb") as file:
        file.truncate(50_000_000)
    (tmp_path / "alignment" / "most.yml").write_text(TEAM.replace("sales", "b").ljust(MAX_BYTES, "\n"))
    documents, (finding,) = read_folder(tmp_path)
    assert [document.id for document in documents] == ["sales", "b"]
    assert (finding.code, str(finding.span)) == ("AAC112", "alignment/big.yml:1:1")
    assert finding.message == "the file is longer than 2 MB, so it is not read"


def test_the_limit_counts_bytes(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "a.yml").write_text(TEAM + "# " + "ä" * (MAX_BYTES // 2))
    assert [finding.code for finding in read_folder(tmp_path)[1]] == ["AAC112"]


def test_a_file_that_is_wrong_all_over_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "a.yml").write_text("- *a\n" * 300)
    (tmp_path / "alignment" / "b.yml").write_text(TEAM + "x:\n" + "- *a\n" * 300)
    (tmp_path / "alignment" / "c.yml").write_text(TEAM + "name: a: b\n")
    documents, findings = read_folder(tmp_path)
    assert [document.id for document in documents] == ["sales", "sales"]
    assert [(finding.code, str(finding.span)) for finding in findings] == [
        ("AAC108", "alignment/a.yml:1:1"),
        ("AAC117", "alignment/b.yml:4:3"),
        ("AAC101", "alignment/c.yml:3:8"),
    ]
