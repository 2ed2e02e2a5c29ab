"""Word lists of the grammar: which verb asks for which kind of edit, and what small words mean.

All lists are written by hand; they hold facts about everyday English, nothing is derived from a corpus.
"""

from __future__ import annotations

from finetouch.plan.lexicon_nouns import BODY as BODY
from finetouch.plan.lexicon_nouns import CONTAINERS as CONTAINERS
from finetouch.plan.lexicon_nouns import GARMENTS as GARMENTS
from finetouch.plan.lexicon_nouns import INSIDES as INSIDES
from finetouch.plan.lexicon_nouns import PARTS as PARTS
from finetouch.plan.lexicon_nouns import SCENES as SCENES
from finetouch.plan.lexicon_nouns import SURFACES as SURFACES
from finetouch.plan.lexicon_nouns import words as words
from finetouch.plan.lexicon_tables import COMPOUNDS as COMPOUNDS
from finetouch.plan.lexicon_tables import PREPOSITIONS as PREPOSITIONS
from finetouch.plan.lexicon_tables import QUALITIES as QUALITIES
from finetouch.plan.lexicon_tables import TONE_VERBS as TONE_VERBS
from finetouch.plan.lexicon_tables import TONES as TONES

# Verb -> frame. A frame is a way of reading what follows the verb (see frames*.py).
_FRAMES = {
    "remove": """remove delete erase eliminate eradicate exclude wipe purge omit withdraw banish expunge vanish
    abolish
        dismiss void annihilate obliterate nullify negate discard expel oust dissipate dispel disregard abandon efface
        exterminate abrogate vanquish rid cleanse scrub purify dissolve detach subtract airbrush unstick
    uninstall hide
        ignore strip cut evict liquidate absorb chop disentangle extinguish destroy drop trash scrap kill
     declutter""",
    "clean": "clean clear clarify cleanup wash unclutter restore fix repair correct dehaze uncloud defog",
    "add": """add insert introduce include incorporate integrate embed install affix attach superimpose place position
        put perch tuck nestle sprinkle scatter invite append lay overlay draw include
        situate station mount stick photoshop rest arrange glide hang plant paste pop stamp splice throw draw
    sketch""",
    "replace": "replace substitute swap exchange switch trade interchange supplant",
    "change": """change transform convert modify alter turn morph adapt refashion redesign customize rearrange edit
        revamp transition translate revise update reimagine remake shift transfer reshape customise remodel
        restyle set transmute rework render adjust""",
    "make": "make ensure  have let allow  confirm verify guarantee ",
    "color": """color colour paint dye coat adorn tint tinge recolor recolour drench shade stain tinct
        suffuse cover fill spray clothe dress decorate grace""",
    "give": "give grant provide lend hand",
    "increase": """increase raise boost elevate heighten amplify augment strengthen intensify maximize accentuate amp
        bump enliven ameliorate advance reinforce pump crank""",
    "decrease": "decrease reduce lower lessen minimize minimise diminish weaken ",
    "tone": """brighten lighten darken sharpen blur smooth saturate desaturate oversaturate deblur enhance improve
        polish enrich refine optimize optimise dim illuminate warm unfocus pixelate soften contrast highlight
    despeckle
        denoise whiten fade light finetune fine-tune upgrade perfect blacken smoothen focus vary distress unblur
        balance normalize sharpness retouch touch color-correct deepen emphasize
        emphasise beautify blurr define resurrect unveil uncover unmask unfog
        deveil match""",
    "deform": """distort warp swirl squish stretch twist bend elongate tilt posterize slim straighten thicken thin
        shorten lengthen widen squeeze curl open close shave texturize tighten melt flatten pinch
        skew age fold wrinkle freeze squinch pull pucker inflate loosen peel break unfold shatter
        tie untie unzip unlock lock wrap unwrap unroll deflate burn toast roast cook bake fry boil ignite crush squash
        smash dent crumple crack unbutton untangle bold emboss extrude wilt flood""",
    "crop": "crop trim",
    "zoom": "zoom magnify uncrop",
    "rotate": "rotate flip mirror invert reverse inverse spin ",
    "resize": """resize enlarge shrink expand scale double triple halve miniaturize compress extend blow downsize
        upsize""",
    "move": "move send reposition relocate  bring drag slide push align center centre lift fit transport",
    "duplicate": "duplicate clone copy multiply replicate repeat",
    "extract": "extract isolate segment separate",
    "style": """cartoonize cartoonify posterise grayscale greyscale colorize colourise animate stylize filter
        immerse infuse evoke capture craft express produce generate explore depict embark dive reproduce apply
    imbue""",
    "write": "write enter type print inscribe",
    "show": "show display picture imagine create",
    "keep": "blend keep leave preserve maintain retain save",
    "take": "take",
    "get": "get",
    "use": "use choose opt select",
    "level": "tone",
    "outline": "outline encircle circle frame",
}

FRAMES: dict[str, str] = {}
for _frame, _list in _FRAMES.items():
    for _verb in _list.split():
        FRAMES.setdefault(_verb, _frame)

# Verbs that open a clause wherever they stand; the others need a noun before and an object after.
STRONG = words(
    """remove delete erase eliminate eradicate add insert introduce change transform convert modify make replace
    substitute increase decrease brighten lighten darken sharpen crop rotate resize enlarge desaturate reduce put give
    adjust enhance move photoshop rid incorporate improve recolor zoom take expunge exclude apply draw whiten saturate
    unblur deblur bump boost write paste
    replicate
    straighten soften pixelate illuminate color-correct shrink flatten
    deepen emphasize duplicate colorize discard attach magnify lengthen shorten
    thicken sharpen darken dehaze denoise widen darken intensify"""
)
# Verb forms that are as often nouns or adjectives: they need a determiner or the picture behind them.
NOUNISH = words(
    """
    color colour paint light filter shade stain tint cover place position frame picture focus contrast
    highlight blur cut fill crop zoom turn set fade smooth clear clean warm tone dress coat spray stick rest
    hang plant print type copy circle outline mirror reverse open close age fold scale double center centre
    lift up show display hand shift drop hide dim thin slim perfect separate swap switch trade change
    exchange edit update get use have let need keep leave bend twist curl freeze transfer wash fix repair
    repeat save select station balance extend animate distress clone stretch match glide set lay draw bring
    push hold raise lower tilt flip invert bold fit peel break tie lock wrap burn toast roast cook bake boil crush
    squash crack dent smash flood
    """
)

MODALS = words("should shall must can could would will may might ought needs need has have had wants want to")
BE = words("is are was were be been being 's 're isn't aren't it's its")
# What living things and objects do; behind "make X" or "have X" such a verb begins the new state.
ACTS = words(
    """
    look appear seem wear hold have say read smile stand sit face show reflect glow grow float jump lie swing run fly
    point lean extend bend eat kiss lick blink cry laugh disappear come stick walk sleep drink play dance hug wave
    throw frown spread overflow explode spill burst melt bloom bleed roar howl bark sing shout yawn wink nod kneel
    wither wilt blossom droop crumble collapse sag hover soar dive land drive flicker drool sneeze cough stare
    curl wag fit match blend
    crouch shine sparkle vanish drip spin roll fall rise sink climb crawl swim burn disintegrate dissolve
    """
)
COPULA = words("be turn become look appear seem stay get go shine appear remain turns becomes looks appears")
DETERMINERS = words(
    "the a an this that these those any some my your our no another each every all both each such thee teh"
)
POSSESSIVE = {
    "his": "man", "her": "woman", "its": None, "their": "people", "hers": "woman", "theirs": "people", "my": None,
    "your": None, "our": None,
}  # fmt: skip
PRONOUNS = {"he": "man", "him": "man", "she": "woman", "her": "woman", "they": "people", "them": "people"}
IT = words("it this that these those here there one ones")
CONJUNCTIONS = words("and & plus n also then")
RELATIVE = words("who that which whom who's that's which's whos thats whose where whom")

MAX_PREPOSITION = 6
FIRST_OF_PREPOSITION = frozenset(p.split()[0] for p in PREPOSITIONS)

# Where in the picture. Longest phrase first is handled by the matcher.
POSITION_WORDS = {
    "leftmost": "leftmost", "left": "leftmost", "left-hand": "leftmost", "lefthand": "leftmost",
    "rightmost": "rightmost",
    "right": "rightmost", "right-hand": "rightmost", "righthand": "rightmost", "top": "top", "upper": "top",
    "topmost": "top", "bottom": "bottom", "lower": "bottom", "bottommost": "bottom", "center": "center",
    "centre": "center", "middle": "center", "central": "center", "foreground": "foreground",
    "background": "background",
    "front": "foreground", "forefront": "foreground",
    "largest": "largest", "biggest": "largest", "smallest": "smallest", "tallest": "tallest", "tiniest": "smallest",
    "shortest": "shortest", "first": "first", "second": "second", "third": "third", "fourth": "fourth",
    "fifth": "fifth",
    "last": "last",
}  # fmt: skip
PLACE_NOUNS = words("entirety side corner edge part half portion section area end third hand part")
IMAGE = words(
    """
    image images photo photos picture pictures pic pics photograph photographs scene shot snapshot frame
    pictue imagee portrait video
    """
)
WHOLE = words("whole entire overall full complete")
BACKDROP = words(
    """
    background backdrop backgound backround backgroud backgrounds environment surroundings setting scenery
    back-ground
    """
)

NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "both": 2, "pair": 2, "couple": 2, "dozen": 12,
}  # fmt: skip

COLORS = words(
    """
    red green blue yellow orange purple pink white black brown gray grey gold golden silver teal turquoise
    cyan magenta beige tan violet maroon navy burgundy lavender cream crimson scarlet ivory olive lime khaki
    peach coral salmon indigo mustard aqua fuchsia lilac rainbow blonde blond multicolored
    charcoal amber taupe emerald sapphire ruby copper bronze mauve plum azure platinum rose-gold offwhite
    off-white brunette ginger bordeaux auburn cobalt chartreuse ochre periwinkle tangerine aquamarine cerulean
    vermilion sienna ebony
    """
)
COLOR_ISH = {
    "reddish": "red", "bluish": "blue", "greenish": "green", "yellowish": "yellow", "pinkish": "pink",
    "redder": "red", "bluer": "blue", "greener": "green", "whiter": "white", "blacker": "black", "yellower": "yellow",
    "pinker": "pink", "purpler": "purple", "browner": "brown", "greyer": "grey", "grayer": "gray",
    "oranger": "orange",
    "bluest": "blue", "purplish": "purple", "brownish": "brown", "greyish": "grey", "grayish": "gray",
    "orangish": "orange", "whitish": "white", "blackish": "black", "tanner": "tan", "blueish": "blue",
}  # fmt: skip
COLOR_MODIFIERS = words(
    """
    light dark bright deep pale hot neon royal sky baby forest pastel vibrant vivid deeper lighter darker
    brighter lime navy olive rich dull jet soft electric midnight mint sea rose blood cherry hunter
    fluorescent burnt bold dusty matte matt glossy smooth very ocean metallic cool warm shiny lemon army slate wine
    """
)
FLAT = words("solid plain flat pure all completely totally entirely just fully complete total bare simply")
COLOR_NOUNS = words("color colour colors colours hue hues shade shades tint tone tones colr clolor coloring cast")

SIZE_NOUNS = words("size height width length scale dimensions thickness volume")
ADJUST_NOUNS = words(
    """shape texture style expression pose material position posture direction pattern design angle look appearance
    length form mood orientation outline"""
)


WEATHER = words(
    """
    night nighttime night-time day daytime day-time daylight dusk dawn sunset sunrise evening morning noon
    midnight twilight winter summer spring autumn fall season snow snowy snowing snowstorm snowfall blizzard
    rain rainy raining rainfall rainstorm storm stormy thunderstorm fog foggy mist misty haze hazy cloudy
    overcast sunny sunshine windy wet weather climate monsoon hail drizzle drizzly
    wintertime summertime springtime precipitation gloomy dark sunlight afternoon thunder tornado hurricane
    dusky moonlight cloudless mistiness
    """
)
HAZE = words(
    """haze haziness fog fogginess mist mistiness blur blurriness fuzziness noise grain rain rainfall drizzle
    precipitation cloudiness murkiness smog raindrops snowfall blurry haziness overcast dimness rainy snowy hazy foggy
    misty raining graininess pixelation distortion distortions softness wetness moisture dampness smokiness"""
)
STYLES = words(
    """
    cartoon watercolor watercolour painting sketch drawing sepia grayscale greyscale grey-scale
    black-and-white monochrome monochromatic cyberpunk anime comic mosaic impressionist impressionism pixel
    style aesthetic aesthetics ukiyo-e origami noir vintage retro pop-art van gogh poster vaporwave art
    effect filter filters artwork illustration render claymation pencil charcoal-drawing crayon lego doodle
    stencil engraving silhouette collage negative effects instagram artistic pointillism pointillist
    paintings drawings sketches cartoons watercolors mosaics masterpiece caricature b&w
    psychedelic futuristic-style manga
    """
)
STYLE_NAMES = (
    ("black_and_white", ("black and white", "black & white", "b&w", "grayscale", "greyscale", "black-and-white",
                         "monochrome", "monochromatic", "grey scale", "gray scale", "black n white",
    "white and black",
                         "grey-scale", "desaturated")),
    ("sepia", ("sepia",)),
    ("watercolor", ("watercolor", "watercolour", "water color")),
    ("oil_painting", ("oil paint", "oil painting")),
    ("sketch", ("sketch", "pencil", "line drawing", "charcoal")),
    ("cartoon", ("cartoon", "comic", "anime", "animat")),
    ("painting", ("painting",)), ("vintage", ("vintage", "retro", "old time", "antique")),
    ("cyberpunk", ("cyberpunk",)),
    ("negative", ("negative", "inverted")), ("mosaic", ("mosaic",)), ("pixel_art", ("pixel",)),
    ("posterize", ("poster",)),
)  # fmt: skip
INTENSIFIERS = words(
    """very much more less slightly a bit little lot way extremely really too so quite somewhat super even far totally
    completely fully bit almost nearly entirely significantly considerably drastically darn"""
)
ADVERBS = words(
    """please kindly simply just carefully also then first next now finally lastly completely totally entirely again
    maybe perhaps slightly gently softly significantly dramatically drastically seamlessly subtly properly basically
    additionally afterwards quickly secondly thirdly instead only really actually directly possible greatly too back
    further ok okay hi hello hey thanks thank you guys somehow else well"""
)
POLITE = words(
    """
    please only youre you're going gonna kindly
    simply just carefully could can would will you we i i'd like to should shall may might
    let's i'm also then first next now finally lastly so hi hello hey ok okay maybe perhaps need want wanna
    go ahead try and help me with must secondly thirdly afterwards additionally completely significantly
    slightly gently subtly drastically dramatically totally basically somehow instead again be if possible
    accidentally 1 2 3 photo: n id you'd i'll you'll lol um we'd
    """
)
ADJECTIVES = words(
    """
    small big large little tiny huge giant long short tall wide narrow thin thick fat skinny old new young
    elderly modern vintage antique ancient wooden metal metallic plastic stone shiny furry fluffy striped
    spotted plain colorful colored bright dark light pale vivid vibrant beautiful ugly pretty cute lovely
    adorable gorgeous nice happy sad angry smiling funny scary crazy weird strange playful curious cuddly
    graceful majestic magnificent energetic gentle loyal cheerful mischievous excited confident thoughtful
    speedy stylish elegant sleek comfortable functional delicious juicy ripe unripe succulent crisp fresh
    tangy refreshing rotten spoiled rusty dirty clean wet dry broken empty full open closed half-eaten bald
    blonde blond fuzzy blurry unwanted extra random whole entire main other different same similar
    additional surrounding visible hidden natural bare flat round square circular rectangular triangular
    oval curved straight curly wavy hot cold warm cool frozen snowy rainy sunny cloudy foggy misty stormy
    gloomy sandy rocky grassy dense lush tropical urban rural industrial medieval futuristic retro fancy
    simple expensive cheap heavy soft hard smooth rough sharp dull transparent clear opaque inflatable
    sliced wrapped decorated lit parked folded torn upper lower left right top bottom middle center central
    outer inner front back far near closest nearest leftmost rightmost biggest largest smallest tallest
    oldest youngest first second third last real fake human-like strong weak steel brick leather checkered
    floral quaint cozy tidy messy bushy bigger smaller larger taller longer shorter nearly half vast distant
    bold fierce wild tame sleepy asleep steep quick brown-haired traditional classic lone single floating
    glowing burning sitting standing flying running walking sleeping laughing swimming dead alive drunk
    silly evil spooky horizontal vertical off-white offwhite multicolored pastel faint massive enormous
    gigantic miniature medium medium-sized potted curled rolled hooded bearded long-haired dark-haired
    short-haired unnecessary distracting foreign specific particular sweet sour bitter luxurious rustic
    contemporary scenic serene stray unused missing extra removed golden serene casual watery shadowy hot
    striking unknown characteristic majestic shiny expressive seamless attached bloody inspired spare
    hanging shining falling rising melting leaning kneeling dancing singing screaming protruding remaining dangling
    slight subtle excess leftover
    separate parallel uniform crossed symmetrical blank eaten bitten fallen shut swollen sunken overgrown
    damaged burnt worn bent half-full burned baked cooked raw peeled crooked slanted spilled unlit crumpled
    damaged cracked messed off-center ornate decorative rainbow-colored glossy chubby muscular pregnant
    lush verdant barren
    naked shirtless barefoot wrinkled grinning crying green-eyed bustling busy quiet calm peaceful
    snow-covered lively shady ghostly holographic heart-shaped adjacent opposite overhead bottommost
    """
)
MATERIALS = words(
    """
    wood wooden metal metallic gold golden silver marble stone glass plastic steel chrome leather brick
    velvet ice paper denim silk cotton wool rubber concrete ceramic cardboard bamboo porcelain crystal clay leather
    """
)
SUPERLATIVES = words("biggest largest smallest tallest shortest tiniest longest widest")
COMPARATIVES_SIZE = {
    "bigger": 1.4, "larger": 1.4, "huge": 2.0, "big": 1.4, "large": 1.4, "smaller": 0.7, "small": 0.7, "tiny": 0.5,
    "taller": 1.3, "shorter": 0.75, "longer": 1.3, "wider": 1.3, "thicker": 1.3, "thinner": 0.75, "fatter": 1.3,
    "skinnier": 0.75, "narrower": 0.75, "giant": 2.0, "gigantic": 2.0, "slimmer": 0.75, "tall": 1.3, "long": 1.3,
    "biggest": 1.6, "largest": 1.6, "smallest": 0.6, "tallest": 1.5,
    "enormous": 2.0, "bigggger": 1.4, "biger": 1.4, "tinier": 0.5,
}  # fmt: skip

SINGULAR_S = words(
    """glass grass dress bus gas lens cactus christmas canvas moss boss cross chess compass octopus iris bass mass
    class press walrus hippopotamus business address process princess actress goddess wilderness brightness darkness
    sharpness tennis series species virus circus lotus campus chaos mess less this is us has was as its his gps us abs
    santas paris mars lotus texas always las los alps news fungus rhinoceros brass necklace dais waitress mattress
    chris jesus bliss harness fortress ness stainless venus status focus radius plus happiness sadness"""
)
PLURALS = words(
    """
    people men women children kids feet teeth mice geese guys folks cattle police everyone dice
    oxen leaves clothes data persons firemen policemen fishermen businessmen snowmen cacti
    fungi
    """
)
PAIRS = words(
    """
    sunglasses glasses pants jeans shorts trousers scissors goggles headphones binoculars eyeglasses clothes
    tights pajamas leggings overalls handcuffs
    """
)
MASS = words("stairs")
TEXT_NOUNS = words(
    """text word words letter letters lettering writing caption title name number numbers sentence phrase slogan quote
    message date year font headline label words wording digits"""
)
TEXTY = words(
    """
    text word words lettering letters writing caption title phrase sentence quote slogan message letter name
    number headline saying subtitle numbers
    """
)
LETTERED = words("bubble bubbles balloon balloons box boxes art cloud clouds area areas block line lines plate")
MEANINGLESS = words("na n/a null none nothing")
VISUAL_FX = words("filter filters effect effects")
