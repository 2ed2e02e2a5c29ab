"""A picture-book world in which everything is known exactly: scenes, masks, words about them, edits with the answer.

>>> from finetouch.lab import sample_scene, render, make_edit
>>> scene = sample_scene(7)
>>> render(scene, 64).picture.shape
(64, 64, 3)
"""

from finetouch.lab.drag import DragPair, make_drag
from finetouch.lab.edits import EDIT_KINDS, Edit, NoSuchEdit, make_edit, possible_edits
from finetouch.lab.facts import caption, questions, relations
from finetouch.lab.language import LEVELS, Expression, expressions
from finetouch.lab.render import Rendering, edge_map, key_points, render
from finetouch.lab.rules import plausible
from finetouch.lab.sample import PLACES, sample_scene
from finetouch.lab.scene import Grade, Place, Scene, Thing
from finetouch.lab.splits import held_out, seed_for, split_of

__all__ = [
    "EDIT_KINDS", "LEVELS", "PLACES", "DragPair", "Edit", "Expression", "Grade", "NoSuchEdit", "Place", "Rendering",
    "Scene", "Thing", "caption", "edge_map", "expressions", "held_out", "key_points", "make_drag", "make_edit",
    "plausible", "possible_edits", "questions", "relations", "render", "sample_scene", "seed_for", "split_of",
]  # fmt: skip
