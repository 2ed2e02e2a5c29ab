"""What many tests share: the optional data folder and real photos that scikit-image ships."""

from __future__ import annotations

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # one thread each: workers that share the cores only get in each other's way
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    cv2.setNumThreads(1)

settings.register_profile("finetouch", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("finetouch")

DATA = Path(os.environ.get("FINETOUCH_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The development data; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip("development data are not here (set FINETOUCH_DATA)")
    return DATA


@pytest.fixture(scope="session")
def coffee() -> np.ndarray:
    """A real photo, (400, 600, 3) uint8: a red cup on a wooden table."""
    from skimage import data

    return np.ascontiguousarray(data.coffee())


@pytest.fixture(scope="session")
def cat() -> np.ndarray:
    """A real photo, (300, 451, 3) uint8: the face of a ginger cat."""
    from skimage import data

    return np.ascontiguousarray(data.chelsea())
