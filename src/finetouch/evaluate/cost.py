"""What a piece of work costs: memory at its peak, and how often a network is asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Asked:
    """How often a network ran. forward: Calls. backward: Passes of slopes through it. rows: Pictures in all calls."""

    forward: int = 0
    backward: int = 0
    rows: int = 0

    @property
    def steps(self) -> float:
        """The same in plain calls; a pass back costs two."""
        return self.forward + 2.0 * self.backward


@contextlib.contextmanager
def counted(network: Any) -> Iterator[Asked]:
    """Counts calls of a network inside of the block."""
    found = Asked()

    def called(_module: Any, args: Any) -> None:  # before the call: what is computed again stops halfway
        found.forward += 1
        found.rows += len(args[0])

    def gave(_module: Any, _args: Any, out: Any) -> None:
        first = out[0] if isinstance(out, tuple) else getattr(out, "sample", out)
        if getattr(first, "requires_grad", False):
            first.register_hook(lambda _slope: _count(found))

    hooks = [network.register_forward_pre_hook(called), network.register_forward_hook(gave)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _count(found: Asked) -> None:
    found.backward += 1


def peak_bytes(work: Callable[[], object], device: str = "cpu") -> int:
    """Bytes that tensors made by `work` take together at its worst moment."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        torch.cuda.synchronize()
        return int(torch.cuda.max_memory_allocated() - before)
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as watched:
        work()
    held = most = 0
    events = watched.profiler.kineto_results.events()  # type: ignore[union-attr]
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most
