"""A picture-book world in which everything is known exactly: scenes, masks, words about them, edits with the answer.

>>> from finetouch.lab import sample_scene, render, make_edit
>>> scene = sample_scene(7)
>>> render(scene, 64).picture.shape
(64, 64, 3)
"""

from finetouch.lab.render import Rendering, edge_map, key_points, render
from finetouch.lab.rules import plausible
from finetouch.lab.sample import PLACES, sample_scene
from finetouch.lab.scene import Grade, Place, Scene, Thing
from finetouch.lab.splits import held_out, seed_for, split_of

__all__ = [
    "PLACES", "Grade", "Place", "Rendering", "Scene", "Thing", "edge_map", "held_out", "key_points", "plausible",
    "render", "sample_scene", "seed_for", "split_of",
]  # fmt: skip
