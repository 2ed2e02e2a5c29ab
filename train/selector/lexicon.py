"""Compiles WordNet 3.0 into the small table the selector ships: noun → leaves and ImageNet classes.

    python train/selector/lexicon.py [--wordnet /usr/share/wordnet]

`imagenet_wnids.txt` lists the 1000 WordNet ids of the ImageNet classes in the order of the network's outputs.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

from data import LEAVES
from export import WEIGHTS

HERE = Path(__file__).resolve().parent
MOST_LEAVES, MOST_CLASSES = 45, 400

# Where a leaf's name is not its first WordNet noun: "lemma" or "lemma<word that must be among the ancestors".
SYNSET = {
    "mouse": "mouse<device", "orange": "orange<fruit", "remote": "remote_control", "light": "lamp<device",
    "table": "table<furniture", "couch": "sofa", "plant": "plant<organism", "kite": "kite<artifact",
    "top": "top<clothing",
    "boots": "boot<footwear", "cape": "cape<garment", "glasses": "spectacles", "tie": "necktie", "suit": "suit<garment",
    "bear": "bear<mammal", "cow": "cattle", "water": "body_of_water", "playingfield": "playing_field",
    "tv": "television_receiver", "sports ball": "ball<equipment", "cell phone": "cellular_telephone",
    "skis": "ski", "dirt": "soil", "chair": "chair<furniture", "bench": "bench<furniture", "bag": "bag<container",
    "purse": "bag<container", "pants": "trouser", "jeans": "jean", "shorts": "short_pants", "leggings": "legging",
    "stockings": "hosiery", "socks": "sock", "sandals": "sandal", "heels": "pump<footwear", "shoes": "shoe",
    "sneakers": "gym_shoe", "gloves": "glove", "sunglasses": "sunglasses", "accessories": "jewelry", "vest": "vest",
    "blazer": "sport_coat", "dress": "dress<clothing", "skirt": "skirt<garment", "coat": "coat<garment",
    "scarf": "scarf", "belt": "belt<accessory", "romper": "romper<garment", "sweater": "sweater",
    "watch": "watch<timepiece",
    "skin": "skin", "hair": "hair", "wine glass": "wineglass", "cup": "cup<container",
    "bowl": "bowl<container", "fork": "fork<cutlery", "knife": "knife<cutter", "spoon": "spoon",
    "hot dog": "hotdog<dish",
    "donut": "doughnut", "cake": "cake<baked_goods", "food": "food", "oven": "oven", "sink": "sink<fixture",
    "refrigerator": "refrigerator", "book": "book", "clock": "clock", "scissors": "scissors", "teddy bear": "teddy",
    "fire hydrant": "fireplug", "stop sign": "street_sign", "traffic sign": "street_sign",
    "traffic light": "traffic_light",
    "baseball glove": "baseball_glove", "frisbee": "frisbee", "pole": "pole", "flower": "flower",
    "counter": "counter<table",
    "curtain": "curtain", "door": "door", "mirror": "mirror", "net": "net<artifact", "pillow": "pillow",
    "platform": "platform", "railroad": "railroad_track", "road": "road", "sand": "sand<earth", "shelf": "shelf",
    "snow": "snow", "stairs": "stairs", "tent": "tent", "towel": "towel", "wall": "wall", "window": "window",
    "tree": "tree", "fence": "fence", "ceiling": "ceiling", "sky": "sky", "cabinet": "cabinet<furniture",
    "floor": "floor", "pavement": "sidewalk", "mountain": "mountain", "grass": "grass", "rug": "rug", "rock": "rock",
    "building": "building", "shop": "shop", "balcony": "balcony", "banner": "streamer", "blanket": "blanket",
    "paper": "paper", "bird": "bird", "train": "train<conveyance", "car": "car<motor_vehicle", "bus": "bus<conveyance",
    "boat": "boat", "bicycle": "bicycle", "motorcycle": "motorcycle", "airplane": "airplane", "person": "person",
    "dog": "dog<animal", "horse": "horse<animal", "bottle": "bottle<vessel", "vase": "vase",
    "suitcase": "suitcase", "hat": "hat", "sheep": "sheep<animal", "bed": "bed<furniture", "toilet": "toilet<fixture",
    "keyboard": "computer_keyboard", "laptop": "laptop", "microwave": "microwave<appliance",
    "bridge": "bridge<structure",
    "skateboard": "skateboard", "snowboard": "snowboard", "surfboard": "surfboard", "umbrella": "umbrella",
    "backpack": "backpack", "baseball bat": "baseball_bat", "tennis racket": "tennis_racket",
    "toothbrush": "toothbrush",
}  # fmt: skip
# Words so general that everything lies below them: no route.
TOO_GENERAL = {
    "entity", "object", "thing", "artifact", "whole", "unit", "item", "matter", "substance", "material", "part",
    "physical_entity", "living_thing", "organism", "being", "group", "abstraction", "product", "instrumentality",
    "instrumentation", "equipment", "device", "structure", "construction", "article", "covering", "commodity", "cause",
    "causal_agent", "agent", "stuff", "piece", "bit", "place", "area", "region", "location", "space", "system",
    "set", "pair", "side", "end", "line", "point", "state", "form", "shape", "kind", "number", "name", "way", "work",
    "goods", "consumer_goods", "container", "containerful", "solid", "fluid", "liquid", "body", "head", "face", "hand",
    "arm", "leg", "foot", "picture", "photo", "image", "photograph", "background", "foreground", "subject", "shadow",
    "reflection", "logo", "text", "sign", "watermark", "color", "colour", "red", "green", "blue", "white", "black",
}  # fmt: skip


class WordNet:
    """Nouns of WordNet 3.0: senses, hypernyms, lemmas."""

    def __init__(self, folder: Path) -> None:
        self.lemmas: dict[str, list[str]] = {}
        self.up: dict[str, list[str]] = {}
        self.senses: dict[str, list[str]] = {}
        self.proper: set[str] = set()
        for line in (folder / "data.noun").read_text().splitlines():
            if line.startswith(" "):
                continue
            words = line.split(" | ")[0].split()
            n = int(words[3], 16)
            self.lemmas[words[0]] = [w.lower() for w in words[4 : 4 + 2 * n : 2]]
            if all(w[0].isupper() for w in words[4 : 4 + 2 * n : 2]):
                self.proper.add(words[0])
            pointers = words[5 + 2 * n :]
            self.up[words[0]] = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] == "@"]
        for line in (folder / "index.noun").read_text().splitlines():
            if line.startswith(" "):
                continue
            words = line.split()
            count = int(words[2])
            self.senses[words[0]] = words[-count:]

    @cache  # noqa: B019
    def ancestors(self, synset: str) -> frozenset[str]:
        """The synset and everything above it."""
        found = {synset}
        for parent in self.up[synset]:
            found |= self.ancestors(parent)
        return frozenset(found)

    def find(self, text: str) -> str | None:
        """Synset of "lemma" or "lemma<ancestor lemma"."""
        lemma, _, above = text.partition("<")
        for synset in self.senses.get(lemma, []):
            if not above or any(above in self.lemmas[a] for a in self.ancestors(synset)):
                return synset
        return None


def leaf_synsets(net: WordNet) -> dict[str, list[int]]:
    """Synset → leaves that stand for it."""
    out: dict[str, list[int]] = defaultdict(list)
    for i, leaf in enumerate(LEAVES):
        synset = net.find(SYNSET.get(leaf, leaf.replace(" ", "_")))
        if synset is None:
            print("no synset for leaf", leaf)
        else:
            out[synset].append(i)
    return out


def routes(net: WordNet, classes: list[str]) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Noun → (leaves, ImageNet classes)."""
    leaves = leaf_synsets(net)
    below_leaf: dict[str, set[int]] = defaultdict(set)
    for synset, ids in leaves.items():
        for a in net.ancestors(synset):
            below_leaf[a] |= set(ids)
    below_class: dict[str, set[int]] = defaultdict(set)
    for i, synset in enumerate(classes):
        for a in net.ancestors(synset):
            below_class[a].add(i)
    out = {}
    for noun, senses in net.senses.items():
        if noun in TOO_GENERAL or any(ch.isdigit() for ch in noun) or noun.count("_") > 2 or len(noun) < 3:
            continue
        senses = [s for s in senses[:3] if s not in net.proper]
        reached, ids = best_sense(net, senses, leaves, below_leaf, below_class)
        if len(ids) > MOST_CLASSES:
            ids = set()
        if reached or ids:
            out[noun.replace("_", " ")] = (tuple(sorted(reached)), tuple(sorted(ids)))
    return out


def best_sense(
    net: WordNet, senses: list[str], leaves: dict[str, list[int]], below_leaf: dict[str, set[int]],
    below_class: dict[str, set[int]],
) -> tuple[set[int], set[int]]:  # fmt: skip
    """Leaves and classes of the first sense that has any; a person loses to a later sense with ImageNet classes."""
    person = LEAVES.index("person")
    options = []
    for synset in senses:
        down = below_leaf.get(synset, set())
        near = [leaves[a] for a in ordered(net, synset) if a in leaves]
        reached = down if 0 < len(down) <= MOST_LEAVES else set(near[0]) if near and not down else set()
        ids = below_class.get(synset, set())
        if reached or ids:
            options.append((reached, ids))
    if not options:
        return set(), set()
    if options[0][0] == {person} and not options[0][1]:
        other = [o for o in options[1:] if o[1]]
        return other[0] if other else options[0]
    return options[0]


def ordered(net: WordNet, synset: str) -> list[str]:
    """The synset's ancestors, nearest first."""
    level, out = [synset], []
    while level:
        out += level
        level = [p for s in level for p in net.up[s]]
    return out


def spans(ids: tuple[int, ...]) -> str:
    """ "3-5 9" for (3, 4, 5, 9)."""
    parts: list[list[int]] = []
    for i in ids:
        if parts and parts[-1][1] == i - 1:
            parts[-1][1] = i
        else:
            parts.append([i, i])
    return " ".join(f"{a}-{b}" if b > a else str(a) for a, b in parts)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--wordnet", default="/usr/share/wordnet")
    args = ask.parse_args()
    net = WordNet(Path(args.wordnet))
    classes = [line.strip()[1:] for line in (HERE / "imagenet_wnids.txt").read_text().splitlines()]
    missing = [c for c in classes if c not in net.lemmas]
    print("ImageNet classes not in this WordNet:", missing)
    found = routes(net, classes)
    grouped: dict[tuple, list[str]] = defaultdict(list)
    for noun, route in found.items():
        grouped[route].append(noun)
    table = [[spans(leaves), spans(ids), "|".join(sorted(nouns))] for (leaves, ids), nouns in sorted(grouped.items())]
    names = [net.lemmas[c][0].replace("_", " ") for c in classes]
    text = json.dumps({"leaves": list(LEAVES), "classes": names, "routes": table}, separators=(",", ":"))
    path = WEIGHTS / "lexicon.json.gz"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(found)} nouns, {len(table)} routes, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
