"""Nouns of the lexicon: places, surfaces, garments, parts of bodies and things, containers."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def words(text: str) -> frozenset[str]:
    """The blank-separated words of `text`."""
    return frozenset(text.split())


SCENES = words(
    """
    beach forest desert jungle ocean sea city street space moon mountains mountain park room office kitchen
    house meadow field pastures pasture lake river garden farm island glacier scene landscape studio stage
    underwater outdoors indoors countryside savannah savanna arctic mars cave sky wilderness school stadium
    gym bedroom cityscape skyline paradise tundra environment background backdrop setting wall rainforest
    facility arena club bar restaurant store shop church temple castle hall airport court village town museum
    theater palace zoo jail prison hospital library volcano canyon waterfall planet
    seaside woods hell heaven disneyland
    """
)
SURFACES = words(
    """table desk floor ground wall shelf bed couch sofa chair bench plate road street grass beach roof sidewalk board
    counter tray rug rim face head skin cheeks hand shirt car truck bike surface"""
)
INSIDES = words(
    """
    sky hand hands mouth room water lake river ocean sea pool field garden cup glass bowl vase jar basket
    box bag park kitchen forest window windows grass bed air eyes eye city house background corner pocket
    bucket space
    """
)
GARMENTS = words(
    """
    hat hats cap glasses sunglasses shirt t-shirt tshirt dress coat jacket scarf tie necktie bow-tie shoes
    boots socks pants jeans shorts skirt sweater hoodie suit gloves crown tiara helmet mask necklace earring
    earrings bracelet watch ring belt vest robe cape costume uniform top blouse bikini swimsuit bathing
    goggles headphones backpack wig veil bandana turban sandals slippers heels apron pajamas leggings
    stockings bra underwear tuxedo gown lei collar bowtie monocle eyepatch headband sombrero fedora beanie
    cowboy sneakers armor outfit clothes clothing overalls tank diaper lipstick sweatshirt blazer mittens
    poncho sari kimono jersey tutu onesie cardigan trousers medal visor beret
    """
)
BODY = words(
    """
    head face hair eye eyes nose mouth lip lips ear ears cheek cheeks chin neck arm arms hand hands finger
    fingers leg legs foot feet toe toes tail paw paws wing wings beak skin beard mustache moustache eyebrow
    eyebrows eyelashes teeth tooth tongue forehead shoulder shoulders chest back belly stomach fur body
    hairstyle eyeballs nails horn horns mane hoof snout nostrils pupils iris wrinkles freckles pimples knee
    knees elbow waist bald feathers hairline smile eyelids eyelid knuckles makeup leash
    """
)
PARTS = words(
    """
    wheel wheels tire tires door doors window windows roof handle lid cover rim leaf leaves stem petals
    seeds seed branch branches top bottom front rear back side edge edges corner surface hood bumper seat
    sleeve sleeves collar button buttons logo label screen keyboard eyes light lights headlights name number
    reflection shadow shadows border outline text letters letter word words tip center part parts half frame
    lens lenses strap straps wall walls ceiling floor engine mirror mirrors trim pattern stripes spots
    writing middle
    """
)
CONTAINERS = words(
    """
    jar slice pair basket bunch piece pieces cup glass bottle bowl group layer pile plate stack statue bag
    box can bouquet school herd flock row bar loaf set pack pot vase bucket tray crowd patch spoon field
    fields cloud ray rays sheet ball lots couple bit lot number line strand drop drops puddle block slab bed
    wall picture photo image kind type sort stick tub carton glasses bottles cups slices bowls plates bars
    string trail swarm body pool ton tons mug wad variety collection series cluster handful splash touch
    clump beam spatter splatter gallon pint wedge scoop ghost figure coat stream
    """
)
