"""Fits "is it there at all?" on photos the network was not trained on, and writes it into photo_selector.json.

    python train/selector/calibrate.py

Present and absent nouns come from the validation photos (see `finetouch.evaluate.select_data`),
and from ImageNet sample photos. Rates are printed for two-fold cross-validation by photo.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict

import cv2
import numpy as np
from data import ROOT
from export import WEIGHTS
from own_labels import entries

from finetouch.evaluate.select_data import items
from finetouch.evaluate.select_split import excluded, labelled
from finetouch.select import lexicon, network, scores
from finetouch.select.presence import group, vector

# Share of present nouns to keep. A mask of something that is not there does more harm than a refusal, and for things
# the evidence separates least.
KEEP = {"thing": 0.8, "stuff": 0.9, "garment": 0.93, "narrow": 0.93, "class": 0.95}
# Hardly any labelled photo has no person in it, so this one is set, not fitted: peak and mean log odds.
PERSON = {"weights": [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], "bias": 0.0, "least": 0.35}
RIDGE = 0.02
Row = tuple[str, list[float], bool, str]


def one(evidence: network.Evidence, noun: str, there: bool, file: str) -> list[Row]:
    """One training row, or nothing when the noun has no route."""
    route = lexicon.lookup(noun)
    if route is None:
        return []
    found = scores.score_map(evidence, route)
    return [(group(route), vector(found.features), there, file)]


def from_validation() -> list[Row]:
    """Nouns of labelled photos; garments that a fully labelled outfit does not show."""
    out: list[Row] = []
    for item in items(ROOT / "seg"):
        evidence = network.run(item.pixels)
        for p in item.phrases:
            out += one(evidence, p.noun, True, item.file)
        for noun in item.absent:
            out += one(evidence, noun, False, item.file)
        if item.kind == "ccp_clothing":
            there = {p.noun for p in item.phrases}
            for noun in ("elephant", "pizza", "teddy bear", "bus", "oven"):
                out += one(evidence, noun, False, item.file)
            for noun, group in (
                ("skirt", {"skirt", "dress"}),
                ("jeans", {"jeans", "pants"}),
                ("bag", {"bag", "purse"}),
            ):
                if not group & there and not any("wallet" in n for n in there):
                    out += one(evidence, noun, False, item.file)
    return out


def from_labels(kind: str, every: int) -> list[Row]:
    """Photos with a label: the label is there, labels of distant photos are not."""
    drop = excluded(ROOT / "photos") | {e["file"] for e in entries()}
    rows = [r for r in labelled(ROOT / "photos") if r["set"] == kind and r["file"] not in drop][::every]
    labels = [str(r["label"]).replace("_", " ") for r in rows]
    out: list[Row] = []
    for n, row in enumerate(rows):
        image = cv2.imread(str(ROOT / "photos" / row["file"]))
        if image is None:
            continue
        evidence = network.run(np.ascontiguousarray(image[..., ::-1]))
        out += one(evidence, labels[n], True, row["file"])
        own = lexicon.lookup(labels[n])
        for step in (len(rows) // 3, len(rows) // 2):
            other = labels[(n + step) % len(rows)]
            route = lexicon.lookup(other)
            if own and route and not set(own.leaves) & set(route.leaves) and not set(own.classes) & set(route.classes):
                out += one(evidence, other, False, row["file"])
    return out


def fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression with equal weight of both classes and a small ridge (Newton steps)."""
    mean, std = x.mean(0), x.std(0) + 1e-6
    z = np.concatenate([(x - mean) / std, np.ones((len(x), 1))], 1)
    sample = np.where(y, 0.5 / max(y.mean(), 1e-6), 0.5 / max(1 - y.mean(), 1e-6))
    w = np.zeros(z.shape[1])
    penalty = RIDGE * len(x) * np.eye(len(w))
    penalty[-1, -1] = 1e-6
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        hessian = (z * (sample * p * (1 - p) + 1e-6)[:, None]).T @ z + penalty
        w = w - np.linalg.solve(hessian, z.T @ (sample * (p - y)) + penalty @ w)
    slope = w[:-1] / std
    return slope, float(w[-1] - slope @ mean)


def apply(model: tuple[np.ndarray, float], x: np.ndarray) -> np.ndarray:
    """Probabilities."""
    return 1 / (1 + np.exp(-np.clip(x @ model[0] + model[1], -30, 30)))


def limit(p: np.ndarray, y: np.ndarray, keep: float) -> float:
    """The probability that keeps that share of what is there, at most 0.6."""
    return float(np.clip(np.quantile(p[y], 1 - keep), 0.02, 0.6))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.parse_args()
    rows = [*from_validation(), *from_labels("imagenet_sample", 4)]
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    out: dict[str, dict] = {"person": PERSON}
    kept: list[bool] = []
    refused: list[bool] = []
    for name, listed in sorted(groups.items()):
        x = np.array([r[1] for r in listed])
        y = np.array([r[2] for r in listed])
        fold = np.array([int(hashlib.sha1(r[3].encode()).hexdigest(), 16) % 2 for r in listed])
        if name == "person":
            p = apply((np.array(PERSON["weights"]), 0.0), x)
            print(f"person: kept {(p[y] >= PERSON['least']).mean():.3f} ({int(y.sum())}), "
                  f"refused {(p[~y] < PERSON['least']).mean():.3f} ({int((~y).sum())})")  # fmt: skip
            kept += list(p[y] >= PERSON["least"])
            refused += list(p[~y] < PERSON["least"])
            continue
        if y.sum() < 8 or (~y).sum() < 8:
            print(name, "too few examples", int(y.sum()), int((~y).sum()))
            continue
        here: list[bool] = []
        gone: list[bool] = []
        for side in (0, 1):
            train, test = fold != side, fold == side
            model = fit(x[train], y[train])
            least = limit(apply(model, x[train]), y[train], KEEP[name])
            p = apply(model, x[test])
            here += list(p[y[test]] >= least)
            gone += list(p[~y[test]] < least)
        kept += here
        refused += gone
        model = fit(x, y)
        least = limit(apply(model, x), y, KEEP[name])
        out[name] = {
            "weights": [round(float(v), 4) for v in model[0]],
            "bias": round(model[1], 4),
            "least": round(least, 4),
        }
        print(f"{name}: kept {np.mean(here):.3f} ({len(here)}), refused {np.mean(gone):.3f} ({len(gone)}), {out[name]}")
    print(
        f"together, cross-validated: kept {np.mean(kept):.3f} ({len(kept)}), refused {np.mean(refused):.3f} "
        f"({len(refused)})"
    )
    path = WEIGHTS / "photo_selector.json"
    facts = json.loads(path.read_text())
    facts["presence"] = out
    path.write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
