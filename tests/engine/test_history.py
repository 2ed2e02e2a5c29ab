"""The edit tree: branches, files that open again, files that do not."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finetouch.engine.history import Node, Project, Projects
from finetouch.engine.vault import Vault
from finetouch.errors import InputError


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "pictures")


@pytest.fixture
def projects(tmp_path: Path, vault: Vault) -> Projects:
    return Projects(tmp_path / "projects", vault)


def grown(project: Project, vault: Vault, text: bytes, parent: str | None = None, **more: object) -> Node:
    node = Node(
        id=secrets.token_hex(8), parent=parent or project.head.id, picture=vault.put(text, "png"), size=(4, 3),
        mask=vault.put(b"mask of " + text, "png"), label=text.decode(), hands=[{"ops": [{"kind": "invert"}]}], **more,
    )  # fmt: skip
    return project.add(node)


def test_branches_and_checkout(projects: Projects, vault: Vault) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3), "a.jpg")
    root = project.head
    one = grown(project, vault, b"one")
    two = grown(project, vault, b"two")
    project.checkout(one.id)
    other = grown(project, vault, b"other")
    assert [n.id for n in project.path_to(other.id)] == [root.id, one.id, other.id]
    assert {n.id for n in project.children(one.id)} == {two.id, other.id}
    assert project.remove(other.id) == [other.id] and project.head.id == one.id
    assert set(project.remove(one.id)) == {one.id, two.id} and project.head.id == root.id
    with pytest.raises(InputError, match="opened photo"):
        project.remove(root.id)


def test_everything_is_on_disk_at_once(projects: Projects, vault: Vault, tmp_path: Path) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3), "a.jpg")
    grown(project, vault, b"one", job="j1")
    project.label(project.head.id, "named")
    project.keep_draft({"words": "half a sen"})
    again = Projects(tmp_path / "projects", vault).get(project.id)
    assert again.to_json() == project.to_json()
    assert again.head.label == "named" and again.document.draft == {"words": "half a sen"}


def test_a_job_gets_one_state(projects: Projects, vault: Vault) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3))
    root = project.head.id
    first = grown(project, vault, b"one", root, job="j1")
    assert grown(project, vault, b"one again", root, job="j1").id == first.id
    assert len(project.document.nodes) == 2


def test_project_file_opens_elsewhere_with_the_same_content(projects: Projects, vault: Vault, tmp_path: Path) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3), "Straße.jpg")
    grown(project, vault, b"one", seed=7)
    data = project.pack()
    elsewhere = Vault(tmp_path / "else" / "pictures")
    opened = Projects(tmp_path / "else" / "projects", elsewhere).unpack(data)
    before, after = project.to_json(), opened.to_json()
    assert after["nodes"] == before["nodes"] and after["head"] == before["head"] and after["name"] == before["name"]
    assert opened.id != project.id, "opening never replaces a project"
    for node in project.document.nodes.values():
        assert elsewhere.get(node.picture) == vault.get(node.picture)


def packed(document: object, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("project.json", document if isinstance(document, str) else json.dumps(document))
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("damage", ["swap", "missing", "path", "cycle", "head", "text", "no json", "not a zip"])
def test_damaged_files_are_refused(projects: Projects, vault: Vault, tmp_path: Path, damage: str) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3))
    grown(project, vault, b"one")
    document = json.loads(project.document.model_dump_json())
    files = {f"files/{n['picture']}": vault.get(n["picture"]) for n in document["nodes"].values()}
    files |= {f"files/{n['mask']}": vault.get(n["mask"]) for n in document["nodes"].values() if n["mask"]}
    head = document["nodes"][document["head"]]
    if damage == "swap":
        files[f"files/{head['picture']}"] = b"something else"
    elif damage == "missing":
        del files[f"files/{head['picture']}"]
    elif damage == "path":
        head["picture"] = "../../evil.png"
        files["files/../../evil.png"] = b"evil"
    elif damage == "cycle":
        head["parent"] = head["id"]
    elif damage == "head":
        document["head"] = "0" * 16
    data = packed("{" if damage == "text" else document, files)
    if damage == "no json":
        data = packed(document, files).replace(b"project.json", b"project.jsom")
    if damage == "not a zip":
        data = b"PK\x03\x04 and nothing else"
    elsewhere = tmp_path / "else"
    with pytest.raises(InputError):
        Projects(elsewhere / "projects", Vault(elsewhere / "pictures")).unpack(data)
    assert not list(tmp_path.rglob("evil*")) and not list((elsewhere / "projects").glob("*.json"))


def test_a_bomb_is_refused_before_it_is_unpacked(projects: Projects) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.json", "{}")
        archive.writestr("files/x", b"\0" * 3_000_000)
    with pytest.raises(InputError, match="too large"):
        projects.unpack(buffer.getvalue(), max_bytes=1_000_000)


def test_damaged_projects_do_not_hide_the_others(projects: Projects, vault: Vault, tmp_path: Path) -> None:
    good = projects.create(vault.put(b"photo", "jpg"), (4, 3), "good")
    (tmp_path / "projects" / f"{'0' * 16}.json").write_text("{")
    rows = Projects(tmp_path / "projects", vault).list()
    assert rows[0]["id"] == good.id and "damaged" in rows[1]


@pytest.mark.parametrize("name", ["../x.png", "a.png", "/etc/passwd", f"{'0' * 64}.exe", f"{'0' * 64}.png\n", ""])
def test_the_vault_takes_only_its_own_names(vault: Vault, name: str) -> None:
    with pytest.raises(InputError):
        vault.path(name)
    assert not vault.has(name)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from(["add", "go", "remove"]), st.integers(0, 50)), max_size=20))
def test_the_tree_stays_a_tree(projects: Projects, vault: Vault, moves: list[tuple[str, int]]) -> None:
    project = projects.create(vault.put(b"photo", "jpg"), (4, 3))
    for kind, number in moves:
        names = sorted(project.document.nodes)
        chosen = names[number % len(names)]
        if kind == "add":
            grown(project, vault, b"x%d" % number, chosen)
        elif kind == "go":
            project.checkout(chosen)
        elif project.node(chosen).parent is not None:
            project.remove(chosen)
    for node in project.document.nodes:
        assert project.path_to(node)[0].parent is None
    assert project.document.head in project.document.nodes
