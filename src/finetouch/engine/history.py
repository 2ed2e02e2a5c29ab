"""The edit tree of a session and its project file: every result stays, nothing is overwritten."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetouch.engine.vault import Vault, write_whole
from finetouch.errors import InputError
from finetouch.types import EditPlan

_ID = re.compile(r"[0-9a-f]{16}")
_DOCUMENT = "project.json"
MAX_FILES = 5000
MAX_DOCUMENT = 64 << 20


class Choice(BaseModel):
    """One of several proposals. picture: How it looks, in the vault. why: What spoke for it."""

    model_config = ConfigDict(extra="forbid")

    picture: str
    score: float
    chosen: bool = False
    why: str = ""


class Stage(BaseModel):
    """A stage of a method that works in several. picture: What it made, in the vault. choices: What it proposed."""

    model_config = ConfigDict(extra="forbid")

    name: str
    seconds: float
    picture: str | None = None
    choices: list[Choice] = Field(default_factory=list)


class Node(BaseModel):
    """One state of the picture.

    Attributes:
        id, parent: Its name, and the state it was made from (None for the opened photo).
        picture: Name of the picture in the vault. mask: Of what was allowed to change, or None.
        label: For people. size: ``(width, height)``.
        plan: What was done, with methods and seeds filled in. hands: Marks and strokes per step, as they were sent.
        seed, seconds, report, facts: As the result said. outside_change: Pixels changed outside of the mask.
        job: The job that made it. created: Seconds since 1970.
        stages: How it came about, for methods in several stages.
    """

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern="^[0-9a-f]{16}$")
    parent: str | None = None
    picture: str
    mask: str | None = None
    label: str = Field(default="", max_length=400)
    size: tuple[int, int]
    plan: EditPlan | None = None
    hands: list[dict[str, Any]] = Field(default_factory=list)
    seed: int | None = None
    seconds: float = 0.0
    report: list[str] = Field(default_factory=list)
    provenance: dict[str, Any] = Field(default_factory=dict)
    outside_change: int | None = None
    job: str | None = None
    created: float = Field(default_factory=time.time)
    stages: list[Stage] = Field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """Every picture and mask in the vault that belongs to it."""
        choices = [c.picture for stage in self.stages for c in stage.choices]
        return [n for n in (self.picture, self.mask, *(s.picture for s in self.stages), *choices) if n]


class Document(BaseModel):
    """What ``project.json`` holds."""

    model_config = ConfigDict(extra="forbid")

    finetouch_project: int = 1
    id: str = Field(pattern="^[0-9a-f]{16}$")
    name: str = Field(default="Untitled", max_length=200)
    head: str
    nodes: dict[str, Node]
    created: float = Field(default_factory=time.time)
    changed: float = Field(default_factory=time.time)
    draft: dict[str, Any] = Field(default_factory=dict)


class Project:
    """The edit tree of one photo; every change is on disk before the call returns.

    Attributes:
        document: Nodes, head and draft; read it, change it only through the methods.
    """

    def __init__(self, folder: Path, vault: Vault, document: Document) -> None:
        self._folder, self._vault = folder, vault
        self._lock = threading.RLock()
        self.document = document

    @property
    def id(self) -> str:
        """Its name."""
        return self.document.id

    @property
    def head(self) -> Node:
        """The state that is worked on."""
        return self.document.nodes[self.document.head]

    def node(self, name: str) -> Node:
        """A state; raises `InputError` when there is none of that name."""
        try:
            return self.document.nodes[name]
        except KeyError:
            raise InputError(f"There is no state '{name}' in this project.", "Load the history again.") from None

    def add(self, node: Node, checkout: bool = True) -> Node:
        """Adds a state. A job that already has its node gets no second one; that node is returned."""
        with self._lock:
            known = next((n for n in self.document.nodes.values() if node.job and n.job == node.job), None)
            if known is not None:
                return known
            if node.parent is not None:
                self.node(node.parent)
            self.document.nodes[node.id] = node
            if checkout:
                self.document.head = node.id
            self._save()
            return node

    def checkout(self, name: str) -> Node:
        """Makes a state the one that is worked on; the next edit branches there."""
        with self._lock:
            node = self.node(name)
            self.document.head = name
            self._save()
            return node

    def label(self, name: str, text: str) -> Node:
        """Renames a state."""
        with self._lock:
            node = self.node(name).model_copy(update={"label": text[:400]})
            self.document.nodes[name] = node
            self._save()
            return node

    def rename(self, text: str) -> None:
        """Renames the project."""
        with self._lock:
            self.document.name = text.strip()[:200] or "Untitled"
            self._save()

    def children(self, name: str) -> list[Node]:
        """The states made from this one, oldest first."""
        return sorted((n for n in self.document.nodes.values() if n.parent == name), key=lambda n: n.created)

    def path_to(self, name: str) -> list[Node]:
        """The states from the opened photo to this one."""
        found, at = [], self.node(name)
        while True:
            found.append(at)
            if at.parent is None:
                return found[::-1]
            at = self.node(at.parent)

    def remove(self, name: str) -> list[str]:
        """Deletes a state with everything made from it; the opened photo stays."""
        with self._lock:
            top = self.node(name)
            if top.parent is None:
                raise InputError("The opened photo cannot be deleted.", "Delete the project instead.")
            gone, rest = [], [name]
            while rest:
                at = rest.pop()
                gone.append(at)
                rest += [n.id for n in self.children(at)]
            if self.document.head in gone:
                self.document.head = top.parent
            for each in gone:
                del self.document.nodes[each]
            self._save()
            return gone

    def keep_draft(self, draft: dict[str, Any]) -> None:
        """Keeps the unsent work of the page."""
        with self._lock:
            self.document.draft = draft
            self._save()

    def to_json(self) -> dict[str, Any]:
        """The tree for clients, oldest state first."""
        with self._lock:
            rows = sorted(self.document.nodes.values(), key=lambda n: n.created)
            return {
                "id": self.id, "name": self.document.name, "head": self.document.head,
                "changed": self.document.changed, "draft": self.document.draft,
                "nodes": [n.model_dump(mode="json") for n in rows],
            }  # fmt: skip

    def pack(self) -> bytes:
        """The project file: a zip of ``project.json`` and every picture and mask, each once."""
        with self._lock:
            text = self.document.model_dump_json(indent=1)
            names = sorted({n for node in self.document.nodes.values() for n in node.files})
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(_DOCUMENT, text, zipfile.ZIP_DEFLATED)
            for name in names:
                archive.writestr(f"files/{name}", self._vault.get(name), zipfile.ZIP_STORED)
        return buffer.getvalue()

    def _save(self) -> None:
        self.document.changed = time.time()
        write_whole(self._folder / f"{self.id}.json", self.document.model_dump_json().encode())


class Projects:
    """All projects of one folder.

    Args:
        folder: Holds one small JSON file per project. vault: Holds their pictures.
    """

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault
        self._open: dict[str, Project] = {}
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, picture: str, size: tuple[int, int], name: str = "Untitled") -> Project:
        """A new project around an opened photo."""
        root = Node(id=secrets.token_hex(8), picture=picture, size=size, label="Opened photo")
        document = Document(id=secrets.token_hex(8), name=name[:200] or "Untitled", head=root.id, nodes={root.id: root})
        return self._keep(document)

    def get(self, name: str) -> Project:
        """A project; raises `InputError` when there is none of that name or its file is damaged."""
        with self._lock:
            if name in self._open:
                return self._open[name]
            path = self._folder / f"{name}.json"
            if not _ID.fullmatch(name) or not path.is_file():
                raise InputError(f"There is no project '{name[:40]}'.", "List the projects.")
            project = Project(self._folder, self._vault, _document(path.read_bytes(), str(path)))
            self._open[name] = project
            return project

    def list(self) -> list[dict[str, Any]]:
        """Name, time and picture of every project, the last changed first; damaged ones are named as such."""
        rows = []
        for path in self._folder.glob("*.json"):
            try:
                d = self.get(path.stem).document
            except InputError as error:
                rows.append({"id": path.stem, "name": "damaged", "changed": 0.0, "damaged": error.message})
                continue
            picture = d.nodes[d.head].picture
            rows.append({"id": d.id, "name": d.name, "changed": d.changed, "picture": picture, "nodes": len(d.nodes)})
        return sorted(rows, key=lambda r: -float(str(r["changed"])))

    def delete(self, name: str) -> None:
        """Deletes a project; its pictures stay in the vault until a clean-up."""
        with self._lock:
            self.get(name)
            del self._open[name]
            os.utime(self._folder / f"{name}.json")
            os.replace(self._folder / f"{name}.json", self._folder / f"{name}.deleted")

    def unpack(self, data: bytes, max_bytes: int = 2 << 30) -> Project:
        """Opens a project file as a new project; everything in it is checked before it is used.

        Raises:
            InputError: It is no project file, or it is damaged.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                document = self._checked(archive, max_bytes)
        except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError):
            raise InputError("This is not a Finetouch project file.", "Choose a file saved by the studio.") from None
        return self._keep(document.model_copy(update={"id": secrets.token_hex(8)}))

    def _checked(self, archive: zipfile.ZipFile, max_bytes: int) -> Document:
        entries = {i.filename: i for i in archive.infolist()}
        if len(entries) > MAX_FILES or sum(i.file_size for i in entries.values()) > max_bytes:
            raise InputError("The project file is too large.", f"At most {max_bytes >> 20} MB unpacked.")
        if entries[_DOCUMENT].file_size > MAX_DOCUMENT:
            raise InputError("The project file is too large.", "Its project.json is over 64 MB.")
        document = _document(archive.read(_DOCUMENT), "the project file")
        for node in document.nodes.values():
            for name in node.files:
                if self._vault.has(name):
                    continue
                self._vault.path(name, must_exist=False)
                content = archive.read(f"files/{name}")
                if hashlib.sha256(content).hexdigest() != name.partition(".")[0]:
                    raise InputError("A picture in the project file is damaged.", "Take another copy of the file.")
                self._vault.put(content, name.partition(".")[2])
        return document

    def _keep(self, document: Document) -> Project:
        project = Project(self._folder, self._vault, document)
        project._save()
        with self._lock:
            self._open[document.id] = project
        return project


def _document(data: bytes, name: str) -> Document:
    try:
        document = Document.model_validate(json.loads(data))
    except (ValueError, ValidationError) as error:
        raise InputError(f"{name} is damaged: {str(error).splitlines()[0]}.", "Take another copy.") from None
    nodes = document.nodes
    roots = [n for n in nodes.values() if n.parent is None]
    whole = document.head in nodes and len(roots) == 1 and all(k == n.id for k, n in nodes.items())
    if not whole or not all(_reaches_root(nodes, n) for n in nodes.values()):
        raise InputError(f"{name} is damaged: its history is not a tree.", "Take another copy.")
    return document


def _reaches_root(nodes: dict[str, Node], node: Node) -> bool:
    for _ in range(len(nodes) + 1):
        if node.parent is None:
            return True
        if node.parent not in nodes:
            return False
        node = nodes[node.parent]
    return False
