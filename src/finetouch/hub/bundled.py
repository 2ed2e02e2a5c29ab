"""The small networks that come with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

from finetouch.errors import ModelMissing


@cache
def session(package: str, name: str) -> Any:
    """The ONNX Runtime session of ``weights/<name>`` of a subpackage, made once per process.

    Args:
        package: Subpackage of finetouch, as ``"select"``. name: File name of the weights.

    Raises:
        ModelMissing: The installation lacks the file.
    """
    import onnxruntime as ort

    with as_file(files(f"finetouch.{package}") / "weights" / name) as path:
        if not path.exists():
            raise ModelMissing(
                f"The weights {name} are missing from this installation.",
                f"Reinstall finetouch; the file finetouch/{package}/weights/{name} belongs to it.",
            )
        options = ort.SessionOptions()
        options.log_severity_level = 3
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
