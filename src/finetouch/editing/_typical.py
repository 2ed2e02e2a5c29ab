"""What is commonly known about things: how tall they are, how wide for their height, and what they stand on."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.plan.describe import IN
from finetouch.select.lexicon import singular

GROUND = ("floor", "grass", "road", "pavement", "sand", "snow", "dirt", "rug", "playingfield", "platform", "rock")
FLAT = ("table", "counter", "shelf", "desk")
SEAT = ("couch", "bed", "bench", "chair")
WATER = ("water", "sea", "river", "lake")
SKY = ("sky",)
WALL = ("wall", "building")
SUPPORTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ground": (GROUND,), "road": (("road", "pavement", "dirt", "platform"), GROUND), "table": (FLAT, SEAT, GROUND),
    "either": (FLAT, GROUND), "lounge": (SEAT, GROUND), "seat": (SEAT, GROUND, FLAT), "water": (WATER,),
    "sky": (SKY,), "wall": (WALL,), "head": (FLAT, SEAT, GROUND), "plant": (GROUND,),
    "bird": (GROUND, SKY, SEAT, FLAT),
}  # fmt: skip
"""Group to surfaces, the best ones first."""

_TABLE = """
person 1.7 0.42 ground; man 1.77 0.42 ground; woman 1.65 0.4 ground; boy 1.3 0.42 ground; girl 1.3 0.42 ground
child 1.15 0.42 ground; baby 0.7 0.7 lounge; dog 0.6 1.1 ground; puppy 0.35 1.0 ground; cat 0.32 1.0 lounge
kitten 0.2 1.0 lounge; horse 1.7 1.25 ground; cow 1.45 1.45 ground; sheep 0.9 1.25 ground; goat 0.9 1.2 ground
pig 0.8 1.5 ground; rabbit 0.3 1.0 ground; bird 0.2 1.2 bird; duck 0.35 1.2 water; swan 0.8 1.1 water
chicken 0.45 0.9 ground; elephant 3.0 1.3 ground; giraffe 5.0 0.6 ground; zebra 1.4 1.3 ground; bear 1.3 1.4 ground
lion 1.1 1.6 ground; tiger 1.0 1.8 ground; fox 0.5 1.5 ground; wolf 0.8 1.4 ground; deer 1.4 0.9 ground
monkey 0.6 0.9 ground; turtle 0.25 1.8 ground; frog 0.08 1.3 ground; snake 0.15 4.0 ground; fish 0.2 2.0 water
dolphin 0.8 2.6 water; whale 3.0 3.0 water; butterfly 0.08 1.2 sky; dinosaur 4.0 1.4 ground; unicorn 1.8 1.2 ground
car 1.5 2.2 road; taxi 1.5 2.2 road; truck 2.8 2.2 road; bus 3.1 2.6 road; van 2.1 1.9 road; motorcycle 1.15 1.7 road
motorbike 1.15 1.7 road; bicycle 1.05 1.6 road; bike 1.05 1.6 road; scooter 1.1 0.8 road; train 3.8 3.0 ground
tractor 2.6 1.4 ground; skateboard 0.13 6.0 road; airplane 6.0 3.2 sky; plane 6.0 3.2 sky; helicopter 3.5 2.4 sky
balloon 0.35 0.85 sky; kite 0.8 1.0 sky; drone 0.2 2.5 sky; boat 1.8 2.2 water; ship 12.0 2.6 water
sailboat 7.0 0.8 water; canoe 0.5 6.0 water; surfboard 0.5 4.0 water; buoy 0.8 0.7 water
cup 0.1 1.15 table; mug 0.1 1.15 table; teacup 0.07 1.6 table; glass 0.14 0.55 table; bottle 0.28 0.3 table
bowl 0.08 2.2 table; plate 0.025 9.0 table; vase 0.3 0.5 table; teapot 0.15 1.5 table; kettle 0.25 1.0 table
jug 0.22 0.7 table; jar 0.15 0.7 table; can 0.12 0.55 table; candle 0.2 0.35 table; cake 0.15 1.8 table
pizza 0.04 8.0 table; sandwich 0.08 1.8 table; burger 0.1 1.2 table; donut 0.04 2.4 table; bread 0.12 2.0 table
apple 0.08 1.0 table; orange 0.08 1.0 table; banana 0.06 3.0 table; lemon 0.06 1.3 table; pear 0.1 0.7 table
pineapple 0.3 0.5 table; watermelon 0.25 1.2 table; strawberry 0.035 0.9 table; cherry 0.03 1.0 table
egg 0.06 0.8 table; pumpkin 0.3 1.2 either; book 0.04 5.0 table; notebook 0.02 9.0 table; laptop 0.24 1.4 table
computer 0.45 0.6 table; monitor 0.45 1.3 table; tv 0.65 1.7 table; television 0.65 1.7 table; phone 0.15 0.5 table
keyboard 0.04 9.0 table; mouse 0.04 1.6 table; camera 0.1 1.4 table; radio 0.2 1.5 table; clock 0.3 1.0 wall
watch 0.05 1.0 table; lamp 0.45 0.6 either; lantern 0.3 0.6 either; microwave 0.3 1.7 table; toaster 0.2 1.4 table
pan 0.07 5.0 table; pot 0.2 1.3 table; knife 0.03 9.0 table; spoon 0.03 6.0 table; fork 0.03 6.0 table
toy 0.2 1.0 either; doll 0.35 0.5 either; teddy 0.35 0.85 seat; robot 0.6 0.7 either; figurine 0.15 0.5 table
trophy 0.35 0.6 table; statue 1.8 0.45 ground; snowman 1.5 0.6 ground; scarecrow 1.7 0.8 ground
hat 0.14 1.8 head; cap 0.13 1.7 head; helmet 0.25 1.1 head; crown 0.12 1.6 head; shoe 0.11 2.4 ground
shoes 0.11 2.6 ground; boot 0.3 0.9 ground; boots 0.3 1.2 ground; bag 0.35 1.1 either; handbag 0.28 1.2 either
backpack 0.48 0.7 either; suitcase 0.65 0.65 ground; briefcase 0.32 1.3 either; umbrella 0.9 1.0 ground
basket 0.35 1.2 either; box 0.35 1.2 either; gift 0.25 1.1 either; present 0.25 1.1 either; bucket 0.3 1.0 ground
barrel 0.9 0.7 ground; crate 0.4 1.3 ground; trashcan 0.9 0.6 ground; ball 0.22 1.0 ground; football 0.22 1.0 ground
basketball 0.24 1.0 ground; guitar 1.0 0.38 ground; piano 1.1 1.4 ground; drum 0.5 1.0 ground; violin 0.6 0.4 either
chair 0.9 0.6 ground; armchair 0.95 0.95 ground; stool 0.6 0.7 ground; sofa 0.85 2.3 ground; couch 0.85 2.3 ground
table 0.75 1.7 ground; desk 0.75 1.7 ground; bench 0.85 1.9 ground; bed 0.9 2.0 ground; cabinet 1.2 0.8 ground
wardrobe 2.0 0.7 ground; shelf 1.8 0.6 ground; fridge 1.75 0.42 ground; refrigerator 1.75 0.42 ground
door 2.05 0.43 ground; mirror 0.9 0.6 wall; picture 0.5 0.8 wall; painting 0.6 1.2 wall; poster 0.8 0.7 wall
pillow 0.4 1.3 seat; cushion 0.4 1.1 seat; blanket 0.3 3.0 seat; rug 0.1 8.0 ground; tree 6.0 0.75 plant
palm 7.0 0.6 plant; bush 1.2 1.3 plant; plant 0.6 0.7 either; cactus 0.5 0.5 either; flower 0.35 0.5 plant
flowers 0.4 0.9 either; bouquet 0.4 0.9 either; mushroom 0.1 0.9 plant; rock 0.5 1.5 ground; stone 0.3 1.4 ground
house 6.0 1.2 ground; hut 3.0 1.2 ground; tent 1.7 1.6 ground; tower 25.0 0.3 ground; castle 20.0 1.2 ground
lighthouse 18.0 0.3 ground; windmill 12.0 0.7 ground; bridge 6.0 4.0 ground; fence 1.1 4.0 ground
fountain 2.5 1.2 ground; mailbox 1.2 0.4 ground; hydrant 0.75 0.5 ground; sign 2.2 0.35 ground
streetlight 6.0 0.15 ground; lamppost 5.0 0.15 ground; pole 4.0 0.05 ground; moon 0 1.0 sky; sun 0 1.0 sky
star 0 1.0 sky; cloud 0 2.0 sky; rainbow 0 1.8 sky; rocket 20.0 0.25 sky; ufo 5.0 2.5 sky; bee 0.02 1.3 sky
"""
FAR = {"moon": 0.09, "sun": 0.1, "star": 0.05, "cloud": 0.16, "rainbow": 0.5}
"""Height as a share of the picture's, for what has no size a camera could tell."""
FACTOR = {
    "tall": 1.35, "high": 1.25, "big": 1.3, "large": 1.3, "huge": 1.8, "giant": 2.0, "enormous": 2.0, "great": 1.2,
    "small": 0.7, "little": 0.7, "tiny": 0.45, "short": 0.75, "mini": 0.5, "miniature": 0.4, "low": 0.8,
}  # fmt: skip
SLIM = {"tall": 0.8, "slim": 0.7, "narrow": 0.7, "wide": 1.4, "broad": 1.3, "long": 1.4, "flat": 1.6, "fat": 1.3}


@dataclass(frozen=True)
class Typical:
    """What is known about a kind of thing.

    Attributes:
        height: In metres, 0 when a camera could not tell. aspect: Width over height.
        group: A key of `SUPPORTS`. known: False for a guess about an unknown noun.
        share: Height as a share of the picture's, for things without a height; else 0.
    """

    height: float
    aspect: float
    group: str
    known: bool = True
    share: float = 0.0

    @property
    def supports(self) -> tuple[tuple[str, ...], ...]:
        """Surfaces it can be on, the best ones first."""
        return SUPPORTS[self.group]

    def suits(self, surface: str | None) -> float:
        """How well it goes with a surface: 1 its usual one, less for others, 0 for none of its own."""
        if surface is None:
            return 0.5
        for rank, names in enumerate(self.supports):
            if surface in names or (surface in IN and set(names) & set(IN) and surface != "sky"):
                return 1.0 - 0.3 * rank
        return 0.0


def _read() -> dict[str, Typical]:
    out = {}
    for row in _TABLE.replace("\n", ";").split(";"):
        if row.strip():
            name, height, aspect, group = row.split()
            out[name] = Typical(float(height), float(aspect), group, True, FAR.get(name, 0.0))
    return out


THINGS = _read()
UNKNOWN = Typical(0.0, 1.0, "either", False)


def typical(phrase: str) -> Typical:
    """What is known about the thing a phrase names, its adjectives taken in; a guess for an unknown noun."""
    words = [w for w in phrase.lower().replace("-", " ").split() if w.isalpha()]
    for cut in ("in", "on", "with", "of", "wearing"):
        if cut in words[1:]:
            words = words[: words.index(cut, 1)]
    found, at = UNKNOWN, len(words)
    for i in range(len(words) - 1, -1, -1):
        for form in (words[i], singular(words[i])):
            if form in THINGS:
                found, at = THINGS[form], i
                break
        if found.known:
            break
    factor = slim = 1.0
    for w in words[:at]:
        factor, slim = factor * FACTOR.get(w, 1.0), slim * SLIM.get(w, 1.0)
    if "lamp" in words[at:] and "tall" in words[:at]:
        factor *= 1.3
    return Typical(found.height * factor, found.aspect * slim, found.group, found.known, found.share * factor)
