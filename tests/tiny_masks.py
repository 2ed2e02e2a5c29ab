"""Mask generators at tiny random size, in the folder layout that training leaves."""

from __future__ import annotations

from pathlib import Path

import torch


def predictor(folder: Path, width: int = 16) -> Path:
    """A direct predictor that reads the words of `tiny_models.clip`."""
    from finetouch.diffusion.mask_net import MaskPredictor, MaskPredictorConfig

    torch.manual_seed(4)
    config = MaskPredictorConfig(
        size=32, widths=(8, 16), hypotheses=4, text_width=width, text_length=16, heads=2, depth=1
    )
    made = MaskPredictor(config)
    torch.nn.init.normal_(made.head.weight, std=0.5)
    made.save_pretrained(str(folder))
    return folder


def diffusion(folder: Path, width: int = 16) -> Path:
    """A denoiser of masks with its eyes open."""
    from finetouch.diffusion.mask_net import conditioned, mask_denoiser

    torch.manual_seed(5)
    conditioned(mask_denoiser(32, (16, 16, 16), width)).save_pretrained(str(folder))
    return folder
