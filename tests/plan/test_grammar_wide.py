"""Readings of the grammar parser across constructions: states, acts, two-part commands, places, typing slips."""

from __future__ import annotations

import pytest
from readings import PARSER, read

TABLE = {
    # one edit said in two commands
    "remove the jug on the left and replace it with a cup": ["replace jug | @leftmost"],
    "delete the background and replace it with a meadow": ["background background"],
    "change the word NORTH and replace it with the word SOUTH": ["text NORTH"],
    "brighten and smooth the wall": ["adjust wall"],
    "extract the clown and place him on a beach": ["background background | behind clown"],
    "take the lantern and make it blue": ["recolor lantern | #blue"],
    "take her scarf away": ["remove scarf | part_of woman"],
    # lettering that begins with a capital verb
    "change the sign to say OPEN": ["text sign"],
    "make the door sign read Open All Night and remove the cat": ["text door sign", "remove cat"],
    # states and acts
    "make this goat dance": ["adjust goat"],
    "make the tulip wither": ["adjust tulip"],
    "have the owl spread its wings": ["adjust wings | part_of owl"],
    "have the girl throw the stick": ["adjust girl"],
    "make the two boys hold hands": ["adjust boys"],
    "make the shelf curvy": ["adjust shelf"],
    "turn the lamps in the hall off": ["adjust lamps | in hall"],
    "change the shut gate to an open one": ["adjust gate"],
    "peel the lemon": ["adjust lemon"],
    "cut the loaf in half": ["adjust loaf"],
    "make the bag that she is carrying green": ["recolor bag | #green"],
    "make the girl on the far left look like she is asleep": ["adjust girl | @leftmost"],
    "make the smallest kite the biggest one": ["resize kite | @smallest"],
    "make the lantern shorter than the others": ["resize lantern"],
    "what would it look like if the wall had no posters": ["remove posters | part_of wall"],
    "change the number of candles on the shelf to five": ["duplicate candles | on shelf"],
    # replacing
    "make the clown on the right hold a drum instead of the trumpet": ["replace trumpet | with clown"],
    "put a lantern where the barrel is": ["replace barrel"],
    "add a goose to replace the swan": ["replace swan"],
    "place the jug on the floor instead of the shelf": ["move jug | on floor"],
    "swap the positions of the drum and the harp": ["move drum", "move harp"],
    # additions
    "add color to her cheeks and a ribbon to her hair": ["adjust cheeks | part_of woman", "add | on hair"],
    "add a drum a harp and a flute": ["add", "add", "add"],
    "put the goats next to a pond": ["add | near goats"],
    "put him in a kimono": ["add | wearing man"],
    "put the photo into a golden frame": ["add"],
    "add a bokeh effect to the background": ["adjust background"],
    "put a comic filter on her": ["adjust woman"],
    "infuse the picture with the beauty of two swans": ["add"],
    "add snow to the roof of the barn": ["add | on roof of the barn"],
    "give her green eyes": ["recolor eyes | part_of woman | #green"],
    "give him a bigger chin": ["resize chin | part_of man"],
    # colours
    "paint the bird in the sky yellow": ["recolor bird | in sky | #yellow"],
    "green shall cover the meadow": ["recolor meadow | #green"],
    "render the lake in a purple hue": ["recolor lake | #purple"],
    "make all the flags red except for the one in the middle": ["recolor flags | #red"],
    "change the kite to be aquamarine instead of pink": ["recolor kite | #aquamarine"],
    "use blue for the shutters": ["recolor shutters | #blue"],
    "add a black background with golden stars": ["background background | #black"],
    "get rid of the whole background so it is just white": ["background background | #white"],
    # backgrounds and circumstances
    "change the setting to a rainy evening": ["global"],
    "change the backdrop from the village to a desert": ["background background"],
    "use a snowy forest as the background": ["background background"],
    "make changes to the backdrop to show a harbour": ["background background"],
    "darken the background behind the singer": ["adjust background | behind singer"],
    # removals
    "get rid of the blue tint in the picture": ["global"],
    "take the thorn out of the paw": ["remove thorn | on paw"],
    "remove all guests except the woman in white": ["remove guests"],
    "remove his eyes nose and mouth": [
        "remove eyes | part_of man", "remove nose | part_of man", "remove mouth | part_of man",
    ],
    "ensure the absence of a ladder in the image": ["remove ladder"],
    "crop out just the fiddler": ["global"],
    # places
    "remove the second swan from the left": ["remove swan | @second"],
    "remove the background dancers": ["remove dancers | @background"],
    "make the left side of the photo darker": ["adjust side | @leftmost"],
    "colour the jug closest to the candle blue": ["recolor jug | near candle | #blue"],
    "straighten the crooked picture on the wall": ["adjust picture | on wall"],
    "shift the barrel to the left": ["move barrel | @leftmost"],
    "move the lantern on the wall a bit higher": ["move lantern | on wall | @top"],
    "raise the sail": ["move sail | @top"],
    "make the fiddler's coat red and his boots black": [
        "recolor coat | part_of fiddler | #red", "recolor boots | part_of fiddler | #black",
    ],
    # no punctuation
    "remove the cart make the roof red": ["remove cart", "recolor roof | #red"],
    "remove the rug leave the chair rotate the photo": ["remove rug", "global"],
    "take the gray blur out of the corner": ["remove blur | in corner"],
    # slips
    "paint the gate balck": ["recolor gate | #balck"],
    "remove the smudge form the window": ["remove smudge | on window"],
    "distrort the harp": ["adjust harp"],
}  # fmt: skip


@pytest.mark.parametrize("text", list(TABLE))
def test_reading(text: str) -> None:
    assert read(text) == TABLE[text]


@pytest.mark.parametrize(
    "text", ["remove the rug, that's it", "remove the rug. Ensure the floor blends in seamlessly."]
)
def test_closing_words_ask_for_nothing(text: str) -> None:
    assert read(text) == ["remove rug"]


def test_shared_object_keeps_both_tones() -> None:
    (step,) = PARSER.parse("darken and sharpen the photo").steps
    assert step.params["brightness"] < 0 < step.params["sharpness"]


def test_new_number_is_the_count() -> None:
    (step,) = PARSER.parse("change the number of boats to three").steps
    assert step.op == "duplicate" and step.count == 3


def test_exception_runs_to_the_end() -> None:
    (step,) = PARSER.parse("remove everybody but the girl to the right with a kite").steps
    assert step.relation is None and step.attributes == ("except the girl to the right with a kite",)
