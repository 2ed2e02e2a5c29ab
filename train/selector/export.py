"""Writes the trained network as one ONNX file with weights in one or two bytes, and its facts as JSON.

python train/selector/export.py train/cache/heads.pt
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from data import LEAVES, photos
from encoder import CHANNELS, Encoder
from model import STEP, Heads
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from finetouch.train.onnx_file import shrink

WEIGHTS = Path(__file__).resolve().parents[2] / "src" / "finetouch" / "select" / "weights"
OUTPUTS = ("leaf", "embed", "centre", "cam", "whole")


class Product(nn.Module):
    """Encoder and heads as the product runs them.

    ``(N, 3, H, W)`` RGB 0..255, sides multiples of 32 → leaf probabilities at stride 4; embedding at stride 8; centre
    probability and offset in px at stride 8; ImageNet probabilities at stride 32 and of the whole picture.
    """

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.encoder, self.heads = Encoder(), heads
        fold(heads)
        fuse(self)
        classes = self.encoder.net._fc
        self.classes = nn.Conv2d(classes.in_features, classes.out_features, 1)
        self.classes.weight.data = classes.weight.data[:, :, None, None].clone()
        self.classes.bias.data = classes.bias.data.clone()
        for p in self.parameters():  # what the file will hold
            if p.numel() >= 64:
                p.data = p.data.half().float()

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        taps = self.encoder(image)
        cam = self.classes(taps[-1]).softmax(1)
        whole = self.classes(taps[-1].mean((2, 3), keepdim=True)).softmax(1)[:, :, 0, 0]
        listed = list(taps)
        h, c = self.heads.dense_hidden(listed), self.heads.context(listed)
        one = torch.ones_like(h[:, :1])
        x = (torch.cumsum(one, 3) - 0.5) / one.sum(3, keepdim=True) * 2 - 1
        y = (torch.cumsum(one, 2) - 0.5) / one.sum(2, keepdim=True) * 2 - 1
        logits, embed = self.heads.pixels(h, c, torch.cat([x, y], 1))
        logits = F.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
        centre = self.heads.centres(c)
        centre = torch.cat([centre[:, :1].sigmoid(), centre[:, 1:] * STEP], 1)
        return logits.softmax(1), embed, centre, cam, whole


@torch.no_grad()
def fold(heads: Heads) -> None:
    """Moves standardisation of the features and the norms after the projections into the projections' weights."""
    ends = np.cumsum(CHANNELS)
    for projections, norm, whole in ((heads.project, heads.norm, heads.whole), (heads.near, heads.narrow, None)):
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        shift = norm.bias - gain * norm.running_mean
        for conv, end, c in zip(projections, ends, CHANNELS, strict=True):
            m, s = heads.mean[end - c : end], heads.std[end - c : end]
            weight = conv.weight[:, :, 0, 0] / s
            shift = shift - gain * (weight @ m)
            conv.weight.copy_((weight * gain[:, None])[:, :, None, None])
        if whole is not None:
            weight = whole.weight / s
            shift = shift - gain * (weight @ m)
            whole.weight.copy_(weight * gain[:, None])
        norm.weight.fill_((1.0 + norm.eps) ** 0.5)
        norm.bias.copy_(shift)
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0)
    heads.mean.zero_()
    heads.std.fill_(1.0)


def fuse(net: nn.Module) -> None:
    """Multiplies every remaining batch norm into the convolution before it."""
    for module in net.modules():
        names = list(module._modules)
        pairs = [(a, b) for a, b in pairwise(names) if isinstance(module._modules[b], nn.BatchNorm2d)]
        for a, b in pairs:
            conv, norm = module._modules[a], module._modules[b]
            if isinstance(conv, nn.Conv2d):
                module._modules[a] = fuse_conv_bn_eval(conv, norm)
                module._modules[b] = nn.Identity()


DEEP = tuple(f"encoder.net.{part}." for part in ("_blocks.12", "_blocks.13", "_blocks.14", "_blocks.15", "_conv_head"))
"""The encoder's last layers bear one byte with a scale per group of inputs, its other layers only two bytes.

All of the encoder in bytes would move the outputs by 2 to 9 %, this moves them by 1 to 3.5 %.
"""


def build(checkpoint: str) -> Product:
    """The product network of a checkpoint, in evaluation mode."""
    saved = torch.load(checkpoint, map_location="cpu")
    if list(saved["leaves"]) != list(LEAVES):
        raise SystemExit("the checkpoint was trained with other leaves")
    heads = Heads(len(LEAVES))
    heads.load_state_dict(saved["net"])
    return Product(heads.eval()).eval()


def leaf_counts() -> list[int]:
    """Number of training photos in which each leaf was labelled by a set of at most four leaves, or as a person."""
    count: Counter[int] = Counter()
    for p in photos():
        if p.validation:
            continue
        seen = {i for s in p.sets.values() if s and (len(s) <= 4) for i in s}
        if any(s and 30 < len(s) < 60 for s in p.sets.values()):
            seen.add(LEAVES.index("person"))
        count.update(seen)
    return [count[i] for i in range(len(LEAVES))]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("checkpoint")
    ask.add_argument("--out", default=str(WEIGHTS / "photo_selector.onnx"))
    args = ask.parse_args()
    out = Path(args.out)
    net = build(args.checkpoint)
    same = net.heads.same.detach()
    axes = {n: {0: "n", 2: f"h_{n}", 3: f"w_{n}"} for n in ("image", *OUTPUTS[:-1])}
    axes["whole"] = {0: "n"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, 3, 320, 256),), str(out), opset_version=17, input_names=["image"],
                          output_names=list(OUTPUTS), dynamic_axes=axes, dynamo=False)  # fmt: skip
    net.eval()
    shrink(out, ("encoder.",), DEEP)
    facts = {
        "leaves": list(LEAVES),
        "photos": leaf_counts(),
        "same_region": [float(same[0]), float(F.softplus(same[1]))],
    }
    facts_file = out.with_suffix(".json")
    old = json.loads(facts_file.read_text()) if facts_file.exists() else {}
    facts_file.write_text(json.dumps({**old, **facts}, indent=None) + "\n")
    check(net, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def check(net: Product, path: Path) -> None:
    """Largest difference between torch and ONNX Runtime at three shapes."""
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for h, w in ((320, 512), (512, 288), (64, 64)):
        x = rng.uniform(0, 255, (1, 3, h, w)).astype(np.float32)
        with torch.no_grad():
            ours = net(torch.from_numpy(x))
        theirs = session.run(None, {"image": x})
        print(f"{h} x {w}:", [float(np.abs(a.numpy() - b).max().round(6)) for a, b in zip(ours, theirs, strict=True)])


if __name__ == "__main__":
    main()
