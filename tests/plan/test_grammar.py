"""The grammar parser, one table per phenomenon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from finetouch.errors import NotUnderstood
from finetouch.evaluate.parse import score_file
from finetouch.plan.grammar import GrammarParser
from finetouch.types import EditPlan, EditStep

PARSER = GrammarParser()
DATA = Path(os.environ.get("FINETOUCH_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
GOLD = DATA / "text" / "gold_dev.jsonl"


def brief(step: EditStep) -> str:
    """ "op target | relation anchor | position | color | result", empty parts left out."""
    parts = [f"{step.op} {step.target or ''}".strip()]
    parts += [f"{step.relation.type} {step.relation.anchor}"] if step.relation else []
    parts += [f"@{step.position}"] if step.position else []
    parts += [f"#{step.color}"] if step.color else []
    parts += (
        [f"={step.result}"] if step.result and step.op in ("add", "replace", "text", "background", "restyle") else []
    )
    return " | ".join(parts)


def read(text: str) -> list[str]:
    return [brief(s) for s in PARSER.parse(text).steps]


TABLE = {
    # one command
    "remove the lamp": ["remove lamp"],
    "Erase the two ducks near the pond.": ["remove ducks | near pond"],
    "delete the man on the far right": ["remove man | @rightmost"],
    "get rid of the bicycle": ["remove bicycle"],
    "Take the chair out of the picture": ["remove chair"],
    "add a kite": ["add | =kite"],
    "Put a vase on the shelf": ["add | on shelf | =vase"],
    "replace the bus with a tram": ["replace bus | =tram"],
    "swap the lemon for a lime": ["replace lemon | =lime"],
    "turn the sheep into a goat": ["replace sheep | =goat"],
    "add a spoon instead of the knife": ["replace knife | =spoon"],
    "make the bench green": ["recolor bench | #green"],
    "change the color of the boat to dark red": ["recolor boat | #dark red"],
    "paint the fence with white": ["recolor fence | #white"],
    # coordination and several steps
    "remove the cup and the saucer": ["remove cup", "remove saucer"],
    "paint the gate and shutters blue": ["recolor gate | #blue", "recolor shutters | #blue"],
    "remove the crane, add a cloud and make the roof red": ["remove crane", "add | =cloud", "recolor roof | #red"],
    "remove the sticker add a moon rotate the image": ["remove sticker", "add | =moon", "global"],
    "Crop the photo Make the hair blonde": ["global", "recolor hair | #blonde"],
    # owners and pronouns
    "remove the girl's scarf": ["remove scarf | part_of girl"],
    "change the womans hair to pink": ["recolor hair | part_of womans | #pink"],
    "make his jacket grey": ["recolor jacket | part_of man | #grey"],
    "give her a crown": ["add | wearing woman | =crown"],
    "remove the dog and the ball behind it": ["remove dog", "remove ball | behind dog"],
    # relative clauses, garments
    "remove the man who's wearing a black top and pants": ["remove man | wearing black top and pants"],
    "remove the woman that is sitting on the wall": ["remove woman | on wall"],
    "erase the boy in the yellow shirt": ["remove boy | wearing yellow shirt"],
    "have the horse wear a straw hat": ["add | wearing horse | =straw hat"],
    # positions
    "remove the tree in the top left corner of the image": ["remove tree | @top-left"],
    "add a bird in the foreground": ["add | @foreground | =bird"],
    "remove the largest rock": ["remove rock | @largest"],
    "add a boat to the left of the pier": ["add | left_of pier | =boat"],
    "On top of the fridge, place a radio": ["add | on fridge | =radio"],
    # background
    "remove the background": ["background background"],
    "change the backdrop to a desert": ["background background | =desert"],
    "make the background solid black": ["background background | #black | =solid black"],
    "blur the background": ["adjust background"],
    # whole picture
    "increase the contrast": ["global"],
    "make the photo much brighter": ["global"],
    "flip the picture": ["global"],
    "make it look like it was taken in winter": ["global"],
    "turn the photo into an oil painting": ["restyle | =oil painting"],
    "make the picture black and white": ["restyle | =black and white"],
    # indirect, passive, polite, questions
    "the bucket shall be orange": ["recolor bucket | #orange"],
    "The pigeons must be removed from the image": ["remove pigeons"],
    "Could you please remove the bin?": ["remove bin"],
    "I want you to delete the poster": ["remove poster"],
    "There should be a cat on the roof": ["add | on roof | =cat"],
    "Ensure there's no truck in the image": ["remove truck"],
    # text
    'change the word "OPEN" to "SHUT"': ["text OPEN | =SHUT"],
    "the banner should say happy new year": ["text banner | =happy new year"],
    # typos, capitals
    "remvoe the tent": ["remove tent"],
    "chnage the backgroud to a beach": ["background background | =beach"],
    "REMOVE THE CLOCK MAKE THE DOOR BLUE": ["remove CLOCK", "recolor DOOR | #BLUE"],
    # move, size, state
    "move the plant to the right": ["move plant | @rightmost"],
    "make the ship smaller": ["resize ship"],
    "make the window open": ["adjust window"],
    "remove everything except the bird": ["remove everything"],
    "remove the small stool and keep the others": ["remove stool"],
}


@pytest.mark.parametrize("text", TABLE)
def test_steps(text: str) -> None:
    assert read(text) == TABLE[text]


PARAMS = {
    "make the sky slightly darker": {"brightness": -0.15},
    "make the wall much brighter": {"brightness": 0.6},
    "increase contrast": {"contrast": 0.35},
    "rotate by 90 degrees": {"rotate": 90.0},
    "rotate the image 45 degrees counterclockwise": {"rotate": -45.0},
    "flip the image vertically": {"flip": "vertical"},
    "blur the background": {"blur": 0.35},
    "make the car twice as big": {"scale": 2.0},
    "make the tree half its size": {"scale": 0.5},
    "move the cup to the left by 100 pixels": {"direction": "left", "dx": -100},
    "turn it into a sepia photo": {"style": "sepia"},
    "make the sofa the same colour as the curtain": {"like": "curtain"},
    "crop the bottom of the image": {"crop": "bottom"},
    "remove the background": {"kind": "transparent"},
    "make the background white": {"kind": "color", "color": "white"},
    "zoom in on the clock": {"zoom": 1.5, "to": "clock"},
}


@pytest.mark.parametrize("text", PARAMS)
def test_params(text: str) -> None:
    assert PARSER.parse(text).steps[0].params == PARAMS[text]


def test_counts_and_attributes() -> None:
    step = PARSER.parse("remove the three striped mugs").steps[0]
    assert (step.count, step.attributes) == (3, ("striped",))
    assert PARSER.parse("remove all cars").steps[0].count == "all"
    assert PARSER.parse("add birds").steps[0].count == "some"
    assert PARSER.parse("duplicate the balloon").steps[0].count == 2
    assert PARSER.parse("remove everything except the bird").steps[0].attributes == ("except the bird",)


@pytest.mark.parametrize("text", ["asdf qwer", "", "   ", "!!!", "hello how are you", "...", "the"])
def test_nonsense_is_refused_with_examples(text: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        PARSER.parse(text)
    assert caught.value.hint is not None and caught.value.hint.count('"') >= 4


def test_refusal_names_the_words() -> None:
    with pytest.raises(NotUnderstood) as caught:
        PARSER.parse("asdf qwer")
    assert caught.value.unknown == ("asdf", "qwer")


def test_partly_understood_keeps_the_rest() -> None:
    plan = PARSER.parse("remove the cup. blorf snarg.")
    assert [s.op for s in plan.steps] == ["remove"]
    assert plan.unknown == ("blorf", "snarg") and plan.warnings


def test_plan_survives_json() -> None:
    plan = PARSER.parse('Remove the man on the far right, make the car red and write "hi" on the wall')
    assert EditPlan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.skipif(not GOLD.exists(), reason="development data not here")
def test_gold_development_set() -> None:
    score = score_file(GOLD)
    assert score.total.fields["op"] >= 0.95
    assert score.total.fields["target"] >= 0.9
    assert score.total.step >= 0.9
