"""Everyday words for the leaves: what WordNet lacks or reads in another sense.

``WORDS`` maps a leaf or a list of leaves (joined by "+") to words; ``CLASSES`` names ImageNet classes to add.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    "person": "person people human humans man men woman women boy girl child children kid kids guy gal lady gentleman "
    "male female adult teen teenager toddler player rider driver passenger crowd folk folks everyone somebody someone "
    "worker chef cook waiter bride groom couple tourist pedestrian cyclist surfer skier snowboarder skateboarder "
    "batter pitcher catcher umpire referee model dancer musician singer guitarist student teacher friend friends "
    "family dude baby infant mother father mom dad grandma grandpa soldier astronaut figure climber runner jogger "
    "swimmer photographer portrait stranger bystander photobomber biker motorcyclist jockey cowboy fan spectator",
    "skin": "skin face faces tattoo bare_skin complexion forehead cheek",
    "hair": "hair hairstyle hairdo haircut bangs ponytail curls beard moustache mustache",
    "skin+hair": "head",
    "shoes+boots+sneakers+sandals+heels": "shoes shoe footwear",
    "sneakers": "sneakers trainers running_shoes",
    "pants+jeans+leggings": "trousers slacks",
    "pants": "pants khakis chinos", "jeans": "jeans denim",
    "sunglasses": "shades sunnies sunglasses", "glasses+sunglasses": "glasses spectacles eyeglasses eyewear",
    "accessories": "jewelry jewellery accessory earring earrings ring",
    "jacket": "jacket windbreaker anorak", "coat": "coat overcoat trenchcoat raincoat parka",
    "sweater": "sweater jumper cardigan pullover", "sweatshirt": "sweatshirt hoodie",
    "top": "top tank_top crop_top camisole", "t-shirt": "t-shirt tshirt tee t_shirt tee_shirt",
    "shirt": "shirt button-down", "vest": "vest waistcoat gilet", "cape": "cape poncho",
    "stockings": "stockings tights pantyhose nylons", "hat": "hat cap beanie helmet",
    "romper": "romper jumpsuit playsuit", "tie": "tie necktie", "suit": "suit tuxedo",
    "bag+purse": "bag handbag purse tote clutch satchel wallet", "backpack": "backpack rucksack",
    "suitcase": "suitcase luggage baggage",
    "shirt+t-shirt+blouse+top+sweater+sweatshirt+dress+romper+vest+coat+jacket+blazer+suit+cape+pants+jeans+leggings"
    "+shorts+skirt+stockings+shoes+boots+sneakers+sandals+heels+socks+hat+scarf+belt+tie+gloves":
        "clothes clothing outfit garment garments apparel attire",
    "bicycle": "bike bicycle cycle pushbike mountain_bike", "motorcycle": "motorcycle motorbike scooter moped vespa",
    "car": "car automobile auto taxi cab sedan suv hatchback convertible sports_car van minivan jeep",
    "bus": "bus coach school_bus", "train": "train locomotive tram subway", "truck": "truck lorry pickup",
    "boat": "boat ship yacht canoe kayak sailboat vessel", "airplane": "airplane plane aeroplane jet aircraft",
    "bicycle+car+motorcycle+airplane+bus+train+truck+boat": "vehicle vehicles",
    "bird": "bird birds pigeon seagull gull parrot", "dog": "dog dogs puppy pup doggy hound",
    "cat": "cat cats kitten kitty tabby", "horse": "horse pony foal stallion mare", "cow": "cow bull calf ox cattle",
    "sheep": "sheep lamb", "bear": "bear cub",
    "bird+cat+dog+horse+sheep+cow+elephant+bear+zebra+giraffe": "animal animals pet creature wildlife beast",
    "banana+sandwich+orange+broccoli+carrot+hot dog+pizza+donut+cake+food": "food meal dish snack",
    "orange+banana+food": "fruit fruits", "broccoli+carrot+food": "vegetable vegetables veggies",
    "cake+donut": "cake cakes dessert pastry cupcake pie gateau", "donut": "donut doughnut",
    "sports ball": "ball football soccer_ball basketball baseball tennis_ball", "kite": "kite",
    "cup": "cup mug teacup coffee_cup coffee_mug tea_cup", "wine glass": "wine_glass wineglass goblet",
    "bottle": "bottle wine_bottle beer_bottle", "bowl": "bowl",
    "chair": "chair armchair seat stool", "couch": "sofa couch settee loveseat", "plant": "plant plants houseplant "
    "potted_plant succulent succulents cactus fern", "tree+plant": "bush bushes shrub hedge leaves foliage vegetation",
    "table": "table desk tabletop coffee_table dining_table", "bed": "bed mattress bunk",
    "tv": "tv television telly monitor tv_set screen", "laptop": "laptop computer notebook_computer",
    "mouse": "computer_mouse",
    "remote": "remote remote_control", "keyboard": "keyboard", "cell phone": "phone cell_phone cellphone mobile_phone "
    "smartphone iphone telephone mobile", "oven": "oven stove cooker range",
    "refrigerator": "fridge refrigerator freezer",
    "sink": "sink washbasin basin faucet", "book": "book books", "clock": "clock", "vase": "vase",
    "teddy bear": "teddy_bear teddy stuffed_animal plush", "traffic sign+stop sign": "sign signs road_sign street_sign "
    "signpost", "traffic light": "traffic_light stoplight traffic_lights", "pole": "pole post lamppost",
    "fire hydrant": "hydrant fire_hydrant", "playingfield+grass": "field pitch court",
    "water": "water sea ocean lake river pond pool waves wave stream",
    "road": "road street highway lane asphalt tarmac", "pavement": "pavement sidewalk footpath curb",
    "grass": "grass lawn meadow", "sand": "sand beach dune", "dirt": "dirt soil mud earth",
    "floor": "floor flooring", "road+pavement+floor+grass+dirt+sand+snow": "ground",
    "sky": "sky clouds cloud", "tree": "tree trees forest woods tree_trunk",
    "mountain": "mountain mountains hill hills",
    "building": "building buildings house houses tower skyscraper church castle hut barn cottage skyline",
    "wall": "wall walls", "window": "window windows", "door": "door doors doorway gate",
    "flower": "flower flowers blossom rose roses tulip tulips bouquet petals", "light": "lamp light lights lantern "
    "lampshade chandelier", "curtain": "curtain curtains blinds drapes", "rug": "rug carpet mat doormat",
    "cabinet": "cabinet cabinets cupboard wardrobe dresser closet drawer drawers",
    "shelf": "shelf shelves bookshelf bookcase",
    "counter": "counter countertop worktop", "pillow": "pillow pillows cushion cushions", "blanket": "blanket "
    "duvet quilt bedspread comforter", "stairs": "stairs staircase steps stairway", "fence": "fence railing",
    "rock": "rock rocks stone stones boulder boulders cliff", "snow": "snow",
    "railroad": "railroad railway tracks rails",
    "light+pole": "streetlight street_lamp", "paper": "paper cardboard napkin", "banner": "banner flag poster",
    "playingfield": "playing_field", "chair+couch+bed+table+bench+cabinet+shelf": "furniture",
}  # fmt: skip

# Words that the network has no leaf for, by the names of their ImageNet classes.
CLASSES: dict[str, str] = {
    "plate": "plate", "dish": "plate", "teapot": "teapot", "candle": "candle", "strawberry": "strawberry",
    "strawberries": "strawberry", "apple": "granny smith", "lemon": "lemon",
    "guitar": "acoustic guitar+electric guitar",
    "piano": "grand piano+upright", "balloon": "balloon", "bell": "chime", "bucket": "bucket",
    "camera": "reflex camera",
    "helmet": "crash helmet+football helmet", "cap": "baseball",
}  # fmt: skip

# The whole picture, what is behind its subjects, and the subjects.
WHOLE = frozenset({"everything", "image", "picture", "photo", "photograph", "whole image", "whole picture",
"whole photo",
                   "entire image", "entire picture", "entire photo", "scene", "all"})  # fmt: skip
BACKGROUND = frozenset({"background", "backdrop", "surroundings"})
FOREGROUND = frozenset({"foreground", "subject", "main subject", "main object", "subjects", "foreground object"})

UNCOUNTABLE = frozenset({
    "glass", "grass", "dress", "bus", "gas", "moss", "cactus", "jeans", "pants", "shorts", "glasses", "sunglasses",
    "scissors", "skis", "stairs", "tennis", "leggings", "tights", "stockings", "clothes", "canvas", "mattress", "lens",
})  # fmt: skip
IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "persons": "person", "mice": "mouse",
    "geese": "goose", "feet": "foot", "teeth": "tooth", "leaves": "leaves", "knives": "knife", "wolves": "wolf",
    "shelves": "shelf", "loaves": "loaf", "oxen": "ox", "buses": "bus", "calves": "calf", "cacti": "cactus",
}  # fmt: skip
# Singular words for a whole plural kind, so that the plural alone does not mean "all of them".
PAIRS = frozenset({
    "pants", "jeans", "shorts", "glasses", "sunglasses", "scissors", "shoes", "boots", "sneakers", "sandals", "heels",
    "socks", "gloves", "leggings", "tights", "stockings", "clothes", "trousers", "skis", "earrings", "headphones",
    "slacks", "trainers", "accessories", "blinds", "curtains", "stairs", "steps", "drapes",
})  # fmt: skip
