"""Verb frames for tone and shape: increase, brighten, blur, stretch."""

from __future__ import annotations

from finetouch.plan import adding, arguments, becoming, kinds, moving, params
from finetouch.plan import lexicon as lx
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, last_word

Tokens = list[Token]
_TRAILING = lx.words("a bit little lot tad more just much some slightly overall here there right somewhat")
_QUALITY = frozenset(lx.QUALITIES)
_MEASURES = lx.words("level levels quotient factor value values setting settings")
_SHAPES = {
    "open": "open",
    "close": "closed",
    "bend": "bent",
    "break": "broken",
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
    if args and args[0].low in ("up", "down", ""):
        args = args[1:]
    by = next((i for i, t in enumerate(args) if i and t.low == "by"), None)
    words = args
    degrees = lx.words("slightly significantly drastically dramatically")
    args = [t for t in args if t.low not in degrees]
    while len(args) > 1 and args[-1].low in (_TRAILING - {"right"}) | {"up", "down"}:
        args = args[:-1]
    by = next((i for i, t in enumerate(args) if i and t.low == "by"), None)
    if by is not None:
        args = args[:by]
    args = [Token("of", "of", "word", t.start) if i and t.low == "for" and args[i - 1].low in _QUALITY else t
            for i, t in enumerate(args)]  # fmt: skip
    args = [t for i, t in enumerate(args) if not (i and t.low in _MEASURES and args[i - 1].low in _QUALITY)]
    choice = next((i for i, t in enumerate(args) if i and t.low == "or" and args[i - 1].low in _QUALITY), None)
    args = args[:choice] if choice else args
    phrases = [parse_np(p) for p in noun_lists(args)]
    if len(phrases) > 1:
        share_tail(phrases)
        last = phrases[-1]
        for phrase in phrases[:-1]:
            if phrase.of is None and last_word(phrase.head) in _QUALITY:
                phrase.of = last.of
    done: set[str] = set()
    for phrase in phrases:
        sized = arguments.owner_of_quality(phrase, lx.SIZE_NOUNS)
        if sized is not None:
            becoming.resized(story, story.resolve(sized), words, "increase" if up else "decrease")
            continue
        quality = (phrase.head or "").split()[-1:] or [""]
        toned = arguments.owner_of_quality(phrase, _QUALITY)
        if toned is not None:
            name, more, less = lx.QUALITIES[quality[0].lower()]
            result = more if up else less
            owner = story.resolve(toned) if (toned.head or toned.pronoun) else toned
            toning = kinds.tone_of([Token(w, w.lower(), "word", 0) for w in owner.name.split()])
            owner = Phrase(image=True) if toning else owner
            values = params.tone_params(name, 1 if up else -1, words)
            if owner.head is None or kinds.whole(owner):
                story.add(Draft("global", result=result, params=values))
                story.antecedent = "image"
            else:
                owner.position = owner.position or phrase.position
                story.add(draft_for("adjust", owner, result=f"{result} {owner.name}", params=values))
                story.note(owner)
            done.add(result)
            continue
        if phrase.name.lower() in lx.COLORS and phrase.relation is None:
            story.add(Draft("global", result=f"{'more' if up else 'less'} {phrase.name}"))
            continue
        if verb in ("raise", "lower", "lift") and last_word(phrase.head) in lx.BODY:
            story.add(draft_for("adjust", phrase, result=f"{verb}{'d' if verb.endswith('e') else 'ed'} {phrase.name}"))
            story.note(phrase)
            continue
        if last_word(phrase.head).endswith("ness") and phrase.relation is None:
            story.add(Draft("global", result=f"{'more' if up else 'less'} {phrase.name}"))
            continue
        if kinds.whole(phrase) or phrase.image:
            story.add(Draft("global", result="brighter" if up else "darker", params={"scale": 1.4 if up else 0.7}))
            continue
        if not phrase.head:
            continue
        if verb in ("raise", "lower", "lift", "elevate"):
            moving.move(story, verb, [*args, Token("up" if up else "down", "up" if up else "down", "word", 0)], clause)
            return
        phrase = story.resolve(phrase)
        if phrase.head and phrase.head.lower() in ("number", "amount") and phrase.of:
            moving.duplicate(story, "duplicate", phrase.of, clause)
            continue
        if last_word(phrase.head) in lx.words("glare reflection reflections shadow wrinkles redness shine spots lines"):
            story.add(draft_for("adjust", phrase, result=f"{'more' if up else 'less'} {phrase.name}"))
            story.note(phrase)
            continue
        becoming.resized(story, phrase, words, "increase" if up else "decrease")


def tone(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "brighten the sky", "blur the background slightly", "enhance the colors", "sharpen"."""
    name, sign, word = lx.TONE_VERBS.get(verb, ("contrast", 1.0, verb))
    full = args
    cut_here = False
    args = trim(arguments.without_purpose(args))
    while args and args[0].low in lx.words("up down out in of around on more less") and len(args) >= 1:
        if args[0].low in ("in", "on") and verb != "fade" and len(args) > 1 and verb in ("focus",):
            pass
        args = args[1:]
    args = [] if args and args[0].low == "to" else args
    scrubbed = arguments.image_object_of(args)
    if scrubbed is not None and verb in ("deblur", "polish"):
        args = args[: len(args) - len(scrubbed) - 1]
    values = params.tone_params(name, sign, full)
    degree = _degree(full)
    to = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in ("by", "with", "to", "into") and not arguments.match_long(args, i)
        ),
        None,
    )
    if to is not None and (verb not in ("focus", "highlight") or args[to].low != "with"):
        if (
            verb in ("enhance", "enrich", "improve", "perfect")
            and args[to].low in ("with",)
            and kinds.whole(parse_np(args[:to]))
        ):
            if kinds.style(args[to + 1 :]):
                styled = text_of(args[to + 1 :])
                story.add(Draft("restyle", result=styled, params={"style": params.style_name(styled)}))
                return
            adding.add(story, "add", args[to + 1 :], clause)
            return
        args = args[:to]
    while len(args) > 1 and args[-1].low in _TRAILING and (args[-1].low != "right" or cut_here):
        cut_here = args[-1].low in ("here", "there")
        args = args[:-1]
    args = [] if args and args[0].low == "with" else [t for t in args if t.low != "here"]
    if len(args) == 1 and args[0].low in _TRAILING:
        args = []
    if args:
        args = [t for t in args if t.low not in lx.words("slightly lot significantly significant up")]
    phrases = phrases_of(story, args)
    if not phrases:
        story.add(Draft("global", result=f"{degree}{word}", params=values))
        story.antecedent = "image"
        return
    for phrase in phrases:
        toned = arguments.owner_of_quality(
            phrase, _QUALITY | lx.words("resolution visuals appearance colors tones effect visual")
        )
        if toned is not None:
            owner = story.resolve(toned) if (toned.head or toned.pronoun) else toned
            last = last_word(phrase.head)
            entry = lx.QUALITIES.get(last)
            if entry and verb in lx.words(
                """
        enhance improve refine upgrade optimize perfect polish enrich highlight sharpen
        """
            ):
                values = params.tone_params(entry[0], 1, full)
                words = entry[1]
            else:
                words = f"{word} {last}" if last in lx.words("colors lighting tones shadows color light") else word
            if owner.head is None or kinds.whole(owner):
                story.add(Draft("global", result=f"{degree}{words}", params=values))
                story.antecedent = "image"
            else:
                story.add(draft_for("adjust", owner, result=f"{degree}{words} {owner.name}", params=values))
                story.note(owner)
            continue
        if (
            kinds.whole(phrase)
            or kinds.portrayal(phrase)
            or last_word(phrase.head) in ("visibility", "composition", "visuals", "contours")
        ):
            story.add(Draft("global", result=f"{degree}{word}", params=values))
            story.antecedent = "image"
            continue
        if backdrop(phrase):
            behind = (
                phrase.relation if phrase.relation and phrase.relation[0] in ("behind", "near", "part_of") else None
            )
            draft = Draft("adjust", "background", count="one", result=f"{degree}{word} background", params=values)
            draft.relation = ("behind", behind[1]) if behind else None
            story.add(draft)
            story.note(phrase)
            continue
        if not phrase.head and phrase.position is None:
            continue
        story.add(draft_for("adjust", phrase, result=f"{degree}{word} {phrase.name}", params=values))
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
