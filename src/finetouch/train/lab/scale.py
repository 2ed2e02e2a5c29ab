"""How large the lab models are and how long they are trained, per scale."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetouch.errors import UsageError
from finetouch.lab.kinds import KINDS
from finetouch.train.lab.pool import CLASSES


@dataclass(frozen=True)
class Scale:
    """Sizes of the family.

    Attributes:
        name: "cpu" or "gpu". size: Pixels per side of the pictures that are made. pool: Scenes drawn for training.
        views: Encoded examples. vae, unet, segformer: Channels per level. width: Of the text encoder.
        depth: Of the transformers. steps: Training steps per model. batch: Batch size per model.
        larger: Learns the larger world (`finetouch.lab.kinds.MORE`).
    """

    name: str
    size: int
    pool: int
    views: int
    vae: tuple[int, ...]
    unet: tuple[int, ...]
    segformer: tuple[int, ...]
    width: int
    depth: int
    steps: dict[str, int] = field(default_factory=dict)
    batch: dict[str, int] = field(default_factory=dict)
    larger: bool = False

    @property
    def sight(self) -> int:
        """Pixels per side of the pictures that the segmenting models see; cut into 16 x 16 patches."""
        return 2 * self.size

    @property
    def classes(self) -> tuple[str, ...]:
        """The kinds of things that the family knows, in the order of its class numbers."""
        return CLASSES if self.larger else CLASSES[: len(KINDS)]


SCALES = {
    "cpu": Scale(
        "cpu", 64, 60_000, 38_000, (32, 64, 64), (64, 80, 64), (32, 64, 96, 128), 128, 4,
        {"vae": 1300, "vae-decoder": 4600, "clip": 700, "clip-eyes": 1100, "inpaint": 11_500, "inpaint-holes": 3000,
         "unet": 1200, "lcm": 500, "segformer": 7000, "grounder": 14_700, "sam": 13_800, "judge": 5000},
        {"unet": 64, "lcm": 64, "segformer": 32, "grounder": 16, "sam": 16, "judge": 32},
    ),
    "gpu": Scale(
        "gpu", 128, 400_000, 1_000_000, (64, 128, 256), (128, 256, 256), (64, 128, 192, 256), 256, 6,
        {"vae": 60_000, "vae-decoder": 40_000, "clip": 40_000, "clip-eyes": 20_000, "inpaint": 150_000,
         "inpaint-holes": 30_000, "unet": 30_000, "lcm": 8000, "segformer": 60_000, "grounder": 80_000, "sam": 60_000,
         "judge": 40_000},
        {"unet": 256, "lcm": 256, "segformer": 64, "grounder": 64, "sam": 64, "judge": 64}, larger=True,
    ),
}  # fmt: skip


def scale_of(name: str) -> Scale:
    """A scale by name; raises `UsageError` for one that does not exist."""
    try:
        return SCALES[name]
    except KeyError:
        raise UsageError(f"There is no scale '{name}'.", f"Choose one of: {', '.join(SCALES)}.") from None
