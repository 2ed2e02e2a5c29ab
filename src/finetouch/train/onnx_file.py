"""Small ONNX files: weights in one or two bytes, which the runtime turns into float32 when it loads the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LARGE = 50_000
"""Weights of at least so many numbers are stored in one byte each."""
GROUP = 64


def shrink(path: Path, half: tuple[str, ...] = (), deep: tuple[str, ...] = (), large: int = LARGE) -> None:
    """Stores a network's weights small; its speed stays the same.

    Large weights become int8 with one scale per output (the runtime's Cast, Mul), the others float16 (Cast).

    Args:
        path: The file; it is written again. half: Beginnings of names of weights that bear float16 only.
        deep: Beginnings of names that need a scale per `GROUP` inputs (with Reshape); they go before `half`.
        large: From so many numbers on.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    turned = []
    for item in list(graph.initializer):
        if item.data_type != TensorProto.FLOAT:
            continue
        array, name = numpy_helper.to_array(item), item.name
        if array.size < 64:
            continue
        graph.initializer.remove(item)
        grouped = name.startswith(deep)
        if array.size < large or (name.startswith(half) and not grouped):
            graph.initializer.append(numpy_helper.from_array(array.astype(np.float16), name + "_half"))
            turned.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT, name=name + "_cast"))
            continue
        shape = array.shape
        if grouped:
            array = array.reshape(shape[0], -1, GROUP)
        axes = (array.ndim - 1,) if grouped else tuple(range(1, array.ndim)) if array.ndim > 2 else (0,)
        step = np.maximum(np.abs(array).max(axes, keepdims=True), 1e-12).astype(np.float32) / 127
        small = np.rint(array / step).astype(np.int8)
        graph.initializer.append(numpy_helper.from_array(small, name + "_byte"))
        graph.initializer.append(numpy_helper.from_array(step, name + "_step"))
        turned.append(helper.make_node("Cast", [name + "_byte"], [name + "_whole"], to=TensorProto.FLOAT))
        turned.append(helper.make_node("Mul", [name + "_whole", name + "_step"], [name + "_flat" if grouped else name]))
        if grouped:
            graph.initializer.append(numpy_helper.from_array(np.array(shape, np.int64), name + "_shape"))
            turned.append(helper.make_node("Reshape", [name + "_flat", name + "_shape"], [name]))
    for node in reversed(turned):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
