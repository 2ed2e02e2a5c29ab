"""The categories the bundled network was trained on ("leaves"), and the families they form.

A leaf is one output of the network's softmax. A noun reaches one leaf or several (`finetouch.select.lexicon`), and
"person" is the sum of the person's own leaf and of everything worn: that is how photos with garment labels and photos
with plain person labels could be learned together.
"""

from __future__ import annotations

GARMENTS: tuple[str, ...] = (
    "shoes", "pants", "sunglasses", "dress", "coat", "accessories", "blouse", "belt", "shirt", "skirt", "jeans",
    "sweater", "hat", "t-shirt", "blazer", "stockings", "suit", "bracelet", "scarf", "jacket", "sandals", "socks",
    "boots", "shorts", "vest", "top", "leggings", "sweatshirt", "necklace", "watch", "cape", "romper", "tie",
    "glasses", "heels", "gloves", "sneakers",
)  # fmt: skip

PERSON: tuple[str, ...] = ("person", "skin", "hair", *GARMENTS)
CARRIED: tuple[str, ...] = ("bag", "purse")

VEHICLES: tuple[str, ...] = ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat")
ANIMALS: tuple[str, ...] = (
    "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe",
)  # fmt: skip
FOODS: tuple[str, ...] = (
    "banana", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "food",
)  # fmt: skip

OBJECTS: tuple[str, ...] = (
    "traffic light", "fire hydrant", "stop sign", "bench", "backpack", "umbrella", "suitcase", "frisbee", "skis",
    "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket",
    "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "chair", "couch", "plant", "bed", "table",
    "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "toothbrush", "pole", "traffic sign",
)  # fmt: skip

STUFF: tuple[str, ...] = (
    "banner", "blanket", "bridge", "paper", "counter", "curtain", "door", "flower", "light", "mirror", "net",
    "pillow", "platform", "playingfield", "railroad", "water", "road", "sand", "shelf", "snow", "stairs", "tent",
    "towel", "wall", "window", "tree", "fence", "ceiling", "sky", "cabinet", "floor", "pavement", "mountain",
    "grass", "dirt", "rug", "rock", "building", "shop", "balcony",
)  # fmt: skip

LEAVES: tuple[str, ...] = (*PERSON, *CARRIED, *VEHICLES, *ANIMALS, *FOODS, *OBJECTS, *STUFF)
INDEX: dict[str, int] = {name: i for i, name in enumerate(LEAVES)}

# What belongs to the scene rather than to a thing in it: its probability argues against an object being there.
SCENERY: tuple[str, ...] = (
    "water", "road", "sand", "snow", "wall", "tree", "fence", "ceiling", "sky", "floor", "pavement", "mountain",
    "grass", "dirt", "rock", "building", "playingfield", "railroad", "platform", "bridge", "window",
)  # fmt: skip

OUTERWEAR: tuple[str, ...] = ("coat", "jacket", "blazer", "suit", "cape", "vest")
TOPS: tuple[str, ...] = ("shirt", "t-shirt", "blouse", "top", "sweater", "sweatshirt", "dress", "romper", "vest")
LEGS: tuple[str, ...] = ("pants", "jeans", "leggings", "shorts", "skirt", "stockings")
FEET: tuple[str, ...] = ("shoes", "boots", "sneakers", "sandals", "heels")
