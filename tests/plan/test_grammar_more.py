"""Harder readings of the grammar parser: particles, splits without punctuation, exceptions, prose, lettering."""

from __future__ import annotations

import pytest
from readings import PARSER, read

from finetouch.errors import NotUnderstood

TABLE = {
    # particles and degrees around a tone verb
    "brighten up the photo": ["global"],
    "lighten the picture up just a bit": ["global"],
    "darken the whole photo overall": ["global"],
    "raise the contrast for the roof": ["adjust roof"],
    "make him a little bit darker": ["adjust man"],
    "Make the kid's arms a shade lighter": ["adjust arms | part_of kid"],
    "delete the raft and the men on the raft": ["remove raft", "remove men | on raft"],
    # splitting
    "crop the photo, replace the lamp and slightly increase the brightness": ["global", "replace lamp", "global"],
    "erase the cone bump up the saturation of the photo": ["remove cone", "global"],
    "paint the gate red edit out the wires": ["recolor gate | #red", "remove wires"],
    "make the door and shutters green and the rest white": [
        "recolor door | #green", "recolor shutters | #green", "recolor rest | #white",
    ],
    "select the dark tiles and change to blue": ["recolor tiles | #blue"],
    "put a cup in his hand Their hats have to be red": ["add | in hand", "recolor hats | part_of people | #red"],
    "remove the leash as well as the collar": ["remove leash", "remove collar"],
    "To the left of the lamp, add a chair": ["add | left_of lamp"],
    "From the picture, the blue crates should be removed": ["remove crates"],
    # background and its qualities
    "change the color of the background to grey": ["background background | #grey"],
    "reduce the saturation of the background": ["adjust background"],
    "make the backdrop white behind the boys head": ["background background | behind boys head | #white"],
    "cut out the girl and paste her into a forest": ["background background | behind girl"],
    "remove people in the back ground": ["remove people | @background"],
    # colours
    "swap the colours of the sofa": ["recolor sofa"],
    "make the sky blue and cloudy": ["recolor sky | #blue"],
    "the stool should be a lighter color": ["recolor stool"],
    "coat the bridge with brown pigment": ["recolor bridge | #brown"],
    "change the color of the right sofa cushion to red": ["recolor cushion | part_of right sofa | #red"],
    "Replace the lush, green bush with a rock": ["replace bush"],
    "replace laptop with orange": ["replace laptop"],
    # lettering
    "change the number 12 to 34": ["text 12"],
    "change the word late to soon": ["text late"],
    'change the text on the cup to "tea"': ["text cup"],
    "remove the word sold": ["remove word"],
    # the picture
    "change the color profile to sepia tone": ["restyle"],
    "clear the view by dehazing": ["global"],
    "Disinfect the photo from fog": ["global"],
    "the photo is too dark": ["global"],
    "add more color to the photo": ["global"],
    "make it so the photo was taken during a storm": ["global"],
    "show him on a beach": ["background background | behind man"],
    "center the vase": ["move vase | @center"],
    "make the photo look like it is raining and there are dark clouds in the sky": ["global", "add | in sky"],
    "remove the left side pillar": ["remove pillar | @leftmost"],
    "change the inside of the box to green": ["recolor inside | part_of box | #green"],
    "replace red with blue and yellow with white": ["recolor | #blue", "recolor | #white"],
    "change the truck to be placed in a desert landscape": ["background background | behind truck"],
    "raise the boy's left arm": ["adjust arm | part_of boy"],
    "smaller hat": ["resize hat"],
    "replace the cat with a dog, under the golden light and light snowflakes": ["replace cat"],
    "add blue color to the background": ["background background | #blue"],
    "clone out the cables": ["remove cables"],
    "add a hat and a scarf to the dog": ["add | wearing dog", "add | wearing dog"],
    # a style of one thing
    "turn the cat into a cartoon": ["adjust cat"],
    "make the man look like an oil painting": ["adjust man"],
    "turn the dog into a statue": ["replace dog"],
    "elevate the image with the rich textures of cyberpunk": ["restyle"],
    "boost the contrast of the picture with the frame": ["global"],
}  # fmt: skip


@pytest.mark.parametrize("text", TABLE)
def test_steps(text: str) -> None:
    assert read(text) == TABLE[text]


@pytest.mark.parametrize("text", ["cartoonize the cat", "turn the cat into a cartoon", "make the cat a cartoon"])
def test_a_style_of_one_thing_is_named_for_the_methods(text: str) -> None:
    (step,) = PARSER.parse(text).steps
    assert step.result == "cartoon cat" and step.params == {"style": "cartoon"}


EXCEPTIONS = {
    "make everything except the bird black and white": ("recolor", "black and white"),
    "make everything grey except the red kite": ("recolor", "grey"),
    "turn everything but the lamp blue": ("recolor", "blue"),
    "make everything but the car darker": ("adjust", None),
}


@pytest.mark.parametrize("text", EXCEPTIONS)
def test_exceptions_stay_with_everything(text: str) -> None:
    (step,) = PARSER.parse(text).steps
    assert (step.op, step.color) == EXCEPTIONS[text]
    assert step.target == "everything" and step.attributes[0].startswith("except")


def test_exchanging_two_things_warns() -> None:
    plan = PARSER.parse("swap the cat and the dog")
    assert [s.op for s in plan.steps] == ["replace"] and plan.warnings


PROSE = (
    "the weather is nice today in paris",
    "I like my dog",
    "my name is Anna and I live in Oslo",
    "this is a photo of my garden",
    "she went to the market yesterday",
    "the dog is running",
    "I think the picture is beautiful",
    "Today is Monday",
)


@pytest.mark.parametrize("text", PROSE)
def test_descriptions_are_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        PARSER.parse(text)


WISHES = {
    "The boxes are to be removed": "remove",
    "the background has been changed": "background",
    "Red is the color for the roof": "recolor",
    "I want the car red": "recolor",
    "I would like the wall to be blue": "recolor",
    "the bushes ought to be dyed pink": "recolor",
}


@pytest.mark.parametrize("text", WISHES)
def test_wishes_are_not_prose(text: str) -> None:
    assert PARSER.parse(text).steps[0].op == WISHES[text]


@pytest.mark.parametrize(
    ("text", "target", "position", "color", "params"),
    [
        ("make the woman on the left brighter", "woman", "leftmost", None, {"brightness": 0.35}),
        ("make the car on the right red", "car", "rightmost", "red", {}),
        ("turn the boat in the middle dark blue", "boat", "center", "dark blue", {}),
    ],
)
def test_a_state_after_a_place_is_the_result(text, target, position, color, params):
    step = PARSER.parse(text).steps[0]
    assert (step.target, step.position, step.color, step.params) == (target, position, color, params)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("make the car a bit bluer", 0.4), ("make the car bluer", 0.6), ("make the car much bluer", 0.85)],
)
def test_comparative_colours_go_a_part_of_the_way(text: str, amount: float) -> None:
    (step,) = PARSER.parse(text).steps
    assert (step.op, step.color, step.params) == ("recolor", "blue", {"amount": amount})
