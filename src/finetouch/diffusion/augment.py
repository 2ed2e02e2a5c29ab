"""Many looks at one picture: turned, shifted and tilted copies that a gradient passes through.

They are the defence against "CLIP hacking": texture that only fools one view is of no use in the others.
"""

from __future__ import annotations

import math
from typing import Any

DEGREES, SHIFT, TILT, OFTEN = 15.0, 0.1, 0.7, 0.7


def fitted(pictures: Any, side: int) -> Any:
    """Pictures ``(N, C, H, W)`` at ``side * side``: averaged over areas when going down, bilinear when going up."""
    import torch.nn.functional as F

    if tuple(pictures.shape[2:]) == (side, side):
        return pictures
    if min(pictures.shape[2:]) >= side:
        return F.adaptive_avg_pool2d(pictures, side)
    return F.interpolate(pictures, size=(side, side), mode="bilinear", align_corners=False)


def looks(pictures: Any, copies: int, generator: Any) -> Any:
    """``(copies * N, C, S, S)``: the square pictures ``(N, C, S, S)`` unchanged first, then in random views.

    A view is turned by up to 15 degrees and shifted by up to 10 %, and tilted in perspective by up to 0.7, each
    with a chance of 0.7; beyond the border the picture's own rim goes on.

    Args:
        pictures: What is looked at. copies: All in all, 1 or more.
        generator: A `torch.Generator` on the CPU; the only source of chance.
    """
    import torch

    if copies <= 1:
        return pictures
    n = len(pictures)
    views = torch.stack([_view(generator) for _ in range((copies - 1) * n)])
    return torch.cat([pictures, warped(pictures.repeat(copies - 1, 1, 1, 1), views)])


def warped(pictures: Any, views: Any) -> Any:
    """Pictures ``(N, C, H, W)`` through homographies ``(N, 3, 3)`` from where a pixel goes to where it comes from.

    Coordinates are -1..1 from border to border.
    """
    import torch
    import torch.nn.functional as F

    height, width = pictures.shape[2:]
    xs = (torch.arange(width, dtype=torch.float64) + 0.5) * 2 / width - 1
    ys = (torch.arange(height, dtype=torch.float64) + 0.5) * 2 / height - 1
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).reshape(-1, 3)
    there = torch.einsum("nij,pj->npi", views.double(), points)
    grid = there[..., :2] / there[..., 2:].clamp(min=1e-6)
    grid = grid.reshape(len(pictures), height, width, 2).to(pictures.device, pictures.dtype)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _view(generator: Any) -> Any:
    import torch

    chance = torch.rand(2, generator=generator).tolist()
    view = torch.eye(3, dtype=torch.float64)
    if chance[0] < OFTEN:
        turn, across, down = ((torch.rand(3, generator=generator).double() * 2) - 1).tolist()
        angle, dx, dy = math.radians(DEGREES) * turn, 2 * SHIFT * across, 2 * SHIFT * down
        view = torch.tensor(
            [[math.cos(angle), -math.sin(angle), dx], [math.sin(angle), math.cos(angle), dy], [0, 0, 1]],
            dtype=torch.float64,
        )
    if chance[1] < OFTEN:
        inwards = torch.rand((4, 2), generator=generator).double() * TILT
        view = view @ tilt(inwards)
    return view


def tilt(inwards: Any) -> Any:
    """The ``(3, 3)`` homography under which the picture's corners move inwards by ``(4, 2)`` shares of half a side.

    It maps where a pixel goes to where it comes from; corners in the order of top left, top right, bottom right,
    bottom left.
    """
    import torch

    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]], dtype=torch.float64)
    moved = corners * (1 - inwards)
    rows = []
    for (x, y), (u, v) in zip(moved.tolist(), corners.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solved = torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), corners.reshape(-1))
    return torch.cat([solved, torch.ones(1, dtype=torch.float64)]).reshape(3, 3)
