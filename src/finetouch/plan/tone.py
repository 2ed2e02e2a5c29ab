"""Verb frames for tone and shape: increase, brighten, blur, stretch."""

from __future__ import annotations

from typing import Any

from finetouch.plan import adding, arguments, becoming, kinds, moving, params, styling
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, last_word

Tokens = list[Token]
_TRAILING = lx.words("a bit little lot tad more just much some slightly overall here there right somewhat")
_QUALITY = frozenset(lx.QUALITIES)
_ASPECTS = lx.words("resolution visuals appearance colors tones effect visual look shade shades hue tint")
_IMPROVING = lx.words("enhance improve refine upgrade optimize perfect polish enrich highlight sharpen")
_TRACES = lx.words("glare reflection reflections shadow wrinkles redness shine spots lines")
_MEASURES = lx.words("level levels quotient factor value values setting settings")
_SHAPES = {
    "open": "open",
    "close": "closed",
    "bend": "bent",
    "break": "broken",
    "bold": "bolder",
    "light": "lit",
    "cut": "cut",
    "slice": "sliced",
    "split": "split",
    "tie": "tied",
    "untie": "untied",
    "unzip": "unzipped",
    "wrap": "wrapped",
    "unwrap": "unwrapped",
    "crush": "crushed",
    "fry": "fried",
    "freeze": "frozen",
    "thin": "thinner",
    "slim": "slimmer",
    "thicken": "thicker",
    "lengthen": "longer",
    "shorten": "shorter",
    "elongate": "longer",
    "widen": "wider",
}


def level(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "increase the contrast", "reduce the size of the car", "bring down exposure", "boost the boy's brightness"."""
    up = lx.FRAMES.get(verb) == "increase"
    args = trim(arguments.without_purpose(args))
    gift = next((i for i, t in enumerate(args) if i and t.low == "with"), None)
    if gift and kinds.style(args[gift + 1 :]) and kinds.whole(parse_np(args[:gift])):
        styling.restyle(story, "infuse", args, clause)
        return
    words = args[1:] if args and args[0].low in ("up", "down") else args
    args = _measured(words)
    phrases = [parse_np(p) for p in noun_lists(args)]
    if len(phrases) > 1:
        share_tail(phrases)
        for phrase in phrases[:-1]:
            if phrase.of is None and last_word(phrase.head) in _QUALITY:
                phrase.of = phrases[-1].of
    for phrase in phrases:
        if _quality_level(story, phrase, up, words) or _amount(story, verb, phrase, up, clause):
            continue
        if phrase.head and verb in ("raise", "lower", "lift", "elevate"):
            way = "up" if up else "down"
            moving.move(story, verb, [*args, Token(way, way, "word", 0)], clause)
            return
        if phrase.head:
            becoming.resized(story, story.resolve(phrase), words, "increase" if up else "decrease")


def _measured(words: Tokens) -> Tokens:
    """The things alone: without "slightly", "a lot", "by ten percent", "levels"."""
    args = [t for t in words if t.low not in lx.words("slightly significantly drastically dramatically")]
    while len(args) > 1 and args[-1].low in (_TRAILING - {"right"}) | {"up", "down"}:
        args = args[:-1]
    args = args[: next((i for i, t in enumerate(args) if i and t.low == "by"), len(args))]
    for i in range(1, len(args)):
        if args[i].low == "for" and args[i - 1].low in _QUALITY:
            args[i] = Token("of", "of", "word", args[i].start)
    args = [t for i, t in enumerate(args) if not (i and t.low in _MEASURES and args[i - 1].low in _QUALITY)]
    choice = next((i for i, t in enumerate(args) if i and t.low == "or" and args[i - 1].low in _QUALITY), None)
    return args[:choice] if choice else args


def _quality_level(story: Story, phrase: Phrase, up: bool, words: Tokens) -> bool:
    """ "the size of the car", "contrast", "the boy's brightness"."""
    sized = arguments.owner_of_quality(phrase, lx.SIZE_NOUNS)
    if sized is not None:
        becoming.resized(story, story.resolve(sized), words, "increase" if up else "decrease")
        return True
    owner = arguments.owner_of_quality(phrase, _QUALITY)
    if owner is None:
        return False
    name, more, less = lx.QUALITIES[last_word(phrase.head)]
    result = more if up else less
    owner = story.resolve(owner) if (owner.head or owner.pronoun) else owner
    if kinds.tone_of([Token(w, w.lower(), "word", 0) for w in owner.name.split()]):
        owner = Phrase(image=True)
    values = params.tone_params(name, 1 if up else -1, words)
    if owner.head is None or kinds.whole(owner):
        story.add(Draft("global", result=result, params=values))
        story.antecedent = "image"
    else:
        owner.position = owner.position or phrase.position
        story.add(draft_for("adjust", owner, result=f"{result} {owner.name}", params=values))
        story.note(owner)
    return True


def _amount(story: Story, verb: str, phrase: Phrase, up: bool, clause: Tokens) -> bool:
    """ "the red", "the arm", "the darkness", "the image", "the number of boats", "the glare"."""
    more = "more" if up else "less"
    last = last_word(phrase.head)
    hazy = last in lx.HAZE | {"pixeling", "pixelization"}
    if phrase.relation is None and (phrase.name.lower() in lx.COLORS or last.endswith("ness") or hazy):
        story.add(Draft("global", result=f"{more} {phrase.name}"))
    elif verb in ("raise", "lower", "lift") and last in lx.BODY:
        story.add(draft_for("adjust", phrase, result=f"{verb}{'d' if verb.endswith('e') else 'ed'} {phrase.name}"))
        story.note(phrase)
    elif kinds.whole(phrase) or phrase.image:
        story.add(Draft("global", result="larger" if up else "smaller", params={"scale": 1.4 if up else 0.7}))
    elif phrase.name.lower() in ("number", "amount") and phrase.of:
        moving.duplicate(story, "duplicate", phrase.of, clause)
    elif last in _TRACES and verb not in ("raise", "lower", "lift", "elevate"):
        phrase = story.resolve(phrase)
        story.add(draft_for("adjust", phrase, result=f"{more} {phrase.name}"))
        story.note(phrase)
    else:
        return False
    return True


def tone(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "brighten the sky", "blur the background slightly", "enhance the colors", "sharpen"."""
    name, sign, word = lx.TONE_VERBS.get(verb, ("contrast", 1.0, verb))
    full = args
    args = trim(arguments.without_purpose(args))
    while args and args[0].low in lx.words("up down out in of around on more less"):
        args = args[1:]
    args = [] if args and args[0].low == "to" else args
    scrubbed = arguments.image_object_of(args)
    if scrubbed is not None and verb in ("deblur", "polish"):
        args = args[: len(args) - len(scrubbed) - 1]
    to = next((i for i in range(1, len(args)) if _manner(args, i)), None)
    if to is not None and (verb not in ("focus", "highlight") or args[to].low != "with"):
        if _enhanced_with(story, verb, args, to, clause):
            return
        args = args[:to]
    args = [t for i, t in enumerate(args) if not (i and t.low in _MEASURES and args[i - 1].low in _QUALITY)]
    phrases = phrases_of(story, _without_degree(args))
    values, degree = params.tone_params(name, sign, full), _degree(full)
    if not phrases:
        story.add(Draft("global", result=f"{degree}{word}", params=values))
        story.antecedent = "image"
    for phrase in phrases:
        quality = _toned_quality(phrase, verb, word, values, full)
        if quality is not None:
            owner, words, changed = quality
            owner = story.resolve(owner) if owner.head or owner.pronoun else owner
            _toned(story, owner, f"{degree}{words}", changed)
        else:
            _toned(story, phrase, f"{degree}{word}", values)


def _manner(args: Tokens, i: int) -> bool:
    """ "by ten percent", "with a filter", "to white"."""
    return args[i].low in ("by", "with", "to", "into") and not arguments.match_long(args, i)


def _enhanced_with(story: Story, verb: str, args: Tokens, to: int, clause: Tokens) -> bool:
    """ "enhance the scene with two birds": what comes along is the edit."""
    if verb not in ("enhance", "enrich", "improve", "perfect") or args[to].low != "with":
        return False
    gift = args[to + 1 :]
    if not kinds.whole(parse_np(args[:to])):
        return False
    if kinds.style(gift):
        styled = text_of(gift)
        story.add(Draft("restyle", result=styled, params={"style": params.style_name(styled)}))
    else:
        adding.add(story, "add", gift, clause)
    return True


def _without_degree(args: Tokens) -> Tokens:
    """Without "a bit", "slightly", "here"."""
    cut_here = False
    while len(args) > 1 and args[-1].low in _TRAILING and (args[-1].low != "right" or cut_here):
        cut_here = args[-1].low in ("here", "there")
        args = args[:-1]
    args = [] if args and args[0].low == "with" else [t for t in args if t.low != "here"]
    if len(args) == 1 and args[0].low in _TRAILING:
        return []
    return [t for t in args if t.low not in lx.words("slightly lot significantly significant up")]


def _toned_quality(
    phrase: Phrase, verb: str, word: str, values: dict[str, Any], full: Tokens
) -> tuple[Phrase, str, dict[str, Any]] | None:
    """ "the colors of the dress": its owner, the words of the result, the parameters; None when it is no quality."""
    owner = arguments.owner_of_quality(phrase, _QUALITY | _ASPECTS)
    if owner is None:
        return None
    last = last_word(phrase.head)
    entry = lx.QUALITIES.get(last)
    if entry and verb in _IMPROVING:
        return owner, entry[1], params.tone_params(entry[0], 1, full)
    return owner, f"{word} {last}" if last in lx.words("colors lighting tones shadows color light") else word, values


def _toned(story: Story, phrase: Phrase, words: str, values: dict[str, Any]) -> None:
    """The picture, the backdrop or one thing gets the tone."""
    overall = last_word(phrase.head) in ("visibility", "composition", "visuals", "contours")
    if kinds.whole(phrase) or kinds.portrayal(phrase) or overall or (phrase.head is None and phrase.position is None):
        story.add(Draft("global", result=words, params=values))
        story.antecedent = "image"
        return
    if backdrop(phrase):
        draft = Draft("adjust", "background", count="one", result=f"{words} background", params=values)
        if phrase.relation and phrase.relation[0] in ("behind", "near", "part_of"):
            draft.relation = ("behind", phrase.relation[1])
    else:
        draft = draft_for("adjust", phrase, result=f"{words} {phrase.name}", params=values)
    story.add(draft)
    story.note(phrase)


def joined(drafts: list[Draft], verb: str) -> None:
    """Adds what an earlier verb with the same object asks for ("BRIGHTEN and sharpen the hair")."""
    name, sign, word = lx.TONE_VERBS.get(verb, ("", 1.0, _SHAPES.get(verb, verb + ("d" if verb[-1] == "e" else "ed"))))
    for draft in drafts:
        draft.params = {**params.tone_params(name, sign, []), **draft.params}
        draft.result = f"{word} and {draft.result}" if draft.result else word


def _degree(tokens: Tokens) -> str:
    lows = [t.low for t in tokens]
    if "slightly" in lows or "bit" in lows or ("little" in lows and lows[-1:] == ["little"]):
        return "slightly "
    return "much " if "lot" in lows or "significantly" in lows else ""


def deform(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "distort the face", "open the door", "stretch the lamp": a state of one thing, or of the picture."""
    args = trim(arguments.without_purpose(args))
    while len(args) > 1 and args[0].low in ("up", "out", "down", "off", "on", "around"):
        args = args[1:]
    args = [t for t in args if t.low not in lx.words("vertically horizontally downward upward here there up down")]
    state = _SHAPES.get(verb, verb + ("d" if verb.endswith("e") else "ed"))
    stop = next(
        (
            i
            for i, t in enumerate(args)
            if i
            and (
                (t.low in ("to", "into", "so", "by", "like") and not arguments.match_long(args, i))
                or (t.low == "in" and args[i + 1 : i + 2] and args[i + 1].low in ("half", "two"))
            )
        ),
        len(args),
    )
    phrases = phrases_of(story, args[:stop])
    if not phrases:
        story.add(Draft("global", result=state))
        return
    for phrase in phrases:
        if kinds.whole(phrase) or last_word(phrase.head) in ("degree", "degrees"):
            if verb in ("posterize", "texturize", "distress"):
                story.add(Draft("restyle", result=state, params={"style": params.style_name(state)}))
                continue
            values = {"rotate": params.angle(args, verb)} if verb in ("tilt", "straighten") else {}
            story.add(Draft("global", result=state, params=values))
        elif backdrop(phrase):
            story.add(Draft("adjust", "background", count="one", result=f"{state} background"))
        elif phrase.head:
            op = (
                "resize"
                if verb in ("elongate", "lengthen", "shorten", "widen", "thicken")
                and last_word(phrase.head) not in lx.BODY
                else "adjust"
            )
            story.add(draft_for(op, phrase, result=f"{state} {phrase.name}"))
            story.note(phrase)
