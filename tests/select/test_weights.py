"""The shipped file equals the training network, where torch and the training extras are installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

TRAIN = Path(__file__).resolve().parents[2] / "train" / "selector"


def test_shipped_size() -> None:
    weights = Path(importlib.util.find_spec("finetouch").origin or "").parent / "select" / "weights"  # type: ignore[union-attr]
    assert (weights / "photo_selector.onnx").stat().st_size < 11_000_000
    assert "WordNet" in (Path(TRAIN).parents[1] / "NOTICE").read_text()
    assert (weights / "MODEL_CARD.md").read_text().strip()


@pytest.mark.slow
@pytest.mark.parametrize(("h", "w"), [(96, 160), (160, 64), (64, 64)])
def test_onnx_equals_torch(h: int, w: int, tmp_path: Path, data_dir: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("onnx")
    import onnxruntime as ort

    sys.path.insert(0, str(TRAIN))
    try:
        from export import LEAVES, OUTPUTS, Product, shrink
        from model import Heads
    finally:
        sys.path.remove(str(TRAIN))
    torch.manual_seed(0)
    net = Product(Heads(len(LEAVES)).eval()).eval()
    path = tmp_path / "net.onnx"
    axes = {n: {0: "n", 2: f"h_{n}", 3: f"w_{n}"} for n in ("image", *OUTPUTS[:-1])}
    torch.onnx.export(net, (torch.zeros(1, 3, 64, 96),), str(path), opset_version=17, input_names=["image"],
                      output_names=list(OUTPUTS), dynamic_axes=axes, dynamo=False)  # fmt: skip
    shrink(path)
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, h, w)).astype(np.float32)
    with torch.no_grad():
        ours = [t.numpy() for t in net.eval()(torch.from_numpy(x))]
    theirs = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"image": x})
    for a, b in zip(ours, theirs, strict=True):
        assert np.sqrt(np.square(a - b).mean()) < 0.08 * np.sqrt(np.square(a).mean()), "what bytes may cost"
