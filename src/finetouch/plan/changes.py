"""Verb frames for things that become different: change, make, color."""

from __future__ import annotations

from finetouch.plan import frames, kinds, params
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, comparative, plain_color
from finetouch.plan.frames import owner_of_quality, scene, without_purpose
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, backdrop, draft_for, noun_lists, phrases_of, share_tail, text_of
from finetouch.plan.tokens import Token, base, last_word, say

Tokens = list[Token]
_STATE_NOUNS = lx.words("time weather season climate day")


def change(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "change A to B", "turn A into B", "change the color of A", "turn the brightness up"."""
    args = trim(args)
    if args and args[0].low in ("to", "into") and len(args) > 1:
        args = [Token("it", "it", "word", args[0].start), *args]
    if len(args) > 1 and args[-1].low in ("differently", "different", "completely", "entirely"):
        args = args[:-1]
    turned = {t.low for t in args}
    spun = turned & {"degrees", "clockwise", "counterclockwise", "upside", "sideways", "upright", "around"} or (
        turned & {"right", "left"} and "to" in turned and len(args) < 7
    )
    if verb == "turn" and spun and args[0].low not in ("up", "down"):
        from finetouch.plan.tone import rotate

        rotate(story, "rotate", args, clause)
        return
    up = _up_down(args)
    if up:
        from finetouch.plan.tone import level

        level(story, "increase" if up[0] else "decrease", up[1], clause)
        return
    instead = frames._instead(args)
    if instead and not any(t.low in ("to", "into") for t in instead[0]):
        frames.replace_pair(story, instead[1], instead[0])
        return
    gapped = _gapped(args)
    if gapped:
        for old, new in gapped:
            become(story, verb, old, new, clause)
        return
    old, new = split_change(args)
    if new is None:
        old = without_purpose(old)
        predicate = split_predicate(old)
        if predicate and verb in ("turn", "change", "make", "set"):
            become(story, verb, predicate[0], predicate[1], clause)
            return
        color = None
        for i in range(1, len(old)):
            found = color_at(old, i)
            if (
                found
                and i + found[1] == len(old)
                and i
                and match_preposition(old, i - 1) is None
                and old[i - 1].low not in lx.DETERMINERS
                and old[i - 1].low not in lx.ADJECTIVES
            ):
                color = i
                break
        if color:
            become(story, verb, old[:color], old[color:], clause)
            return
        if len(old) > 1 and any(t.low in ("with",) for t in old):
            k = next(i for i, t in enumerate(old) if t.low == "with")
            if k:
                become(story, verb, old[:k], old[k + 1 :], clause)
                return
        for piece in noun_lists(old):
            become(story, verb, piece, None, clause)
        return
    become(story, verb, old, new, clause)


def _up_down(args: Tokens) -> tuple[bool, Tokens] | None:
    if not args:
        return None
    if args[0].low in ("up", "down") and any(t.low in lx.QUALITIES or t.low in lx.SIZE_NOUNS for t in args):
        return args[0].low == "up", args[1:]
    tail = [t.low for t in args[-4:]]
    for word in ("up", "down"):
        if word in tail and any(t.low in lx.QUALITIES for t in args):
            return word == "up", [t for t in args if t.low != word]
    return None


def _gapped(args: Tokens) -> list[tuple[Tokens, Tokens]] | None:
    """ "A to B, C to D and E to F"."""
    tos = [i for i, t in enumerate(args) if i and t.low in ("to", "into") and not frames.match_long(args, i)]
    if len(tos) < 2:
        return None
    pairs: list[tuple[Tokens, Tokens]] = []
    start = 0
    for at, nxt in zip(tos, [*tos[1:], None], strict=True):
        if nxt is None:
            end = len(args)
        else:
            seps = [k for k in range(at + 1, nxt) if args[k].low == "and" or args[k].text == ","]
            if not seps:
                return None
            end = seps[0]
        pairs.append((trim(args[start:at]), trim(args[at + 1 : end])))
        start = end + 1
    return pairs if all(a and b for a, b in pairs) else None


def split_change(args: Tokens) -> tuple[Tokens, Tokens | None]:
    """The thing and what it becomes, at "to", "into", "from .. to", "so that", "as"."""
    so = next((i for i, t in enumerate(args) if i and t.low == "so"), len(args))
    for i, token in enumerate(args[:so]):
        if i and token.kind == "word" and token.low in ("to", "into") and not frames.match_long(args, i):
            if (
                token.low == "to"
                and any(t.low == "into" for t in args[i + 1 :])
                and i + 1 < len(args)
                and args[i + 1].low in ("the", "left", "right")
            ):
                continue
            if i > 1 and args[i - 1].low in ("similar", "belonging", "attached", "according"):
                continue
            return args[:i], args[i + 1 :]
    for i, token in enumerate(args):
        if i and token.low == "so":
            rest = args[i + 1 :]
            return args[:i], rest[1:] if rest and rest[0].low == "that" else rest
    for i, token in enumerate(args):
        if (
            i
            and token.low in ("with", "as", "for", "by", "like", "reminiscent")
            and args[:i][-1].low in lx.BACKDROP | lx.IMAGE | {"color", "shape", "it"}
        ):
            return args[:i], args[i + 1 :]
    return args, None


def split_predicate(args: Tokens) -> tuple[Tokens, Tokens] | None:
    """The thing and its new state in "the man in the red shirt taller", "background a tower", "hair color black"."""
    n = len(args)
    if n and args[0].low in ("it", "this", "him", "them", "everything") and n > 1:
        if args[0].low != "this" or (args[1].low not in lx.IMAGE and not _nounish(args[1])):
            return args[:1], args[1:]
    seen_noun = False
    i = 0
    while i < n:
        token = args[i]
        low = token.low
        if seen_noun and i:
            if (
                (low
                in (
                    "look",
                    "appear",
                    "seem",
                    "be",
                    "into",
                    "become",
                    "to",
                    "looking",
                    "wear",
                    "hold",
                    "have",
                    "say",
                    "read",
                    "smile",
                    "like",
                    "is",
                    "looks",
                    "are",
                    "as",
                    "being",
                    "not",
                    "stand",
                    "sit",
                    "out",
                    "face",
                    "turned",
                    "show",
                    "reflect",
                    "go",
                    "transparent",
                    "glow",
                    "so",
                    "raise",
                    "open",
                    "more",
                    "less",
                    "much",
                    "slightly",
                    "very",
                    "really",
                    "a",
                    "an",
                    "completely",
                    "all",
                    "bigger",
                    "smaller",
                    "too",
                    "twice",
                    "half",
                    "grow",
                    "invisible",
                    "float",
                    "jump",
                    "lie",
                    "swing",
                    "run",
                    "fly",
                    "close",
                    "point",
                    "lean",
                    "extend",
                    "bend",
                    "lower",
                    "half",
                    "eat",
                    "kiss",
                    "lift",
                    "lick",
                    "blink",
                    "cry",
                    "laugh",
                    "turn",
                    "move",
                    "disappear",
                    "come",
                    "stick",
                )
                and not token.owner)
                or (seen_noun
                and low == "in"
                and i + 1 < n
                and color_at(args, i + 1)
                and plain_color(args[i + 1 :])
                and kinds.whole(parse_np(args[:i])))
            ):
                if low in ("all",) and i + 1 < n and args[i + 1].low in ("the", "of"):
                    return None
                if low in ("a", "an") and match_preposition(args, i - 1):
                    i += 1
                    continue
                if low == "to" and frames.match_long(args, i):
                    i += 1
                    continue
                if low == "like" and args[i - 1].low == "look":
                    i += 1
                    continue
                if (low == "face" and i and not _clause_like(args, i)) or (low in (
                    "more",
                    "less",
                    "much",
                    "very",
                    "slightly",
                    "open",
                    "close",
                    "lower",
                    "turn",
                    "out",
                    "half",
                    "a",
                    "an",
                    "bigger",
                    "smaller",
                ) and match_preposition(args, i - 1)) or (low == "as" and i + 1 == n):
                    pass
                else:
                    return args[:i], args[i:]
            if low == "the" and i + 1 < n and args[i + 1].low == "same":
                return args[:i], args[i:]
            color = color_at(args, i)
            if color and not _prenominal(args, i, color[1]):
                return args[:i], args[i:]
            if low in lx.INTENSIFIERS | {"bit"} and _state_ahead(args, i):
                return args[:i], args[i:]
            if (
                _state_word(token)
                and not match_preposition(args, i - 1)
                and args[i - 1].low not in lx.DETERMINERS
                and not args[i - 1].owner
                and not _prenominal_state(args, i)
            ):
                return args[:i], args[i:]
        if low in ("he", "she", "they") and seen_noun:
            i += 3 if i + 1 < n and args[i + 1].low in lx.BE else 2
            continue
        hit = match_preposition(args, i)
        if hit and i:
            i += hit[1]
            seen_noun = False
            continue
        if token.kind == "quote" or (
            token.kind == "word"
            and low not in lx.DETERMINERS
            and low not in lx.POSSESSIVE
            and not token.owner
            and not _premodifier(args, i)
        ):
            seen_noun = True
        i += 1
    return None


def _clause_like(args: Tokens, i: int) -> bool:
    return i + 1 < len(args) and args[i + 1].low in ("the", "left", "right", "forward", "to", "toward", "away")


def _nounish(token: Token) -> bool:
    return (
        token.kind == "word"
        and token.low not in lx.ADJECTIVES
        and color_at([token], 0) is None
        and token.low
        not in ("look", "more", "less", "a", "an", "into", "to", "taken", "at", "be", "appear", "seem", "in")
        and kinds.tone_of([token]) is None
        and token.low not in lx.COMPARATIVES_SIZE
    )


def _premodifier(args: Tokens, i: int) -> bool:
    low = args[i].low
    if i + 1 >= len(args):
        return False
    if (
        low
        in (
            "sky",
            "sea",
            "rose",
            "wine",
            "ocean",
            "forest",
            "baby",
            "cherry",
            "army",
            "blood",
            "lemon",
            "mint",
            "navy",
            "slate",
            "hunter",
            "jet",
        )
        and low not in lx.COLORS
    ):
        return args[i + 1].low in lx.COLORS
    if low in lx.ADJECTIVES or low in lx.COLORS or low in lx.WHOLE or low in lx.COLOR_MODIFIERS:
        return True
    return low in ("all", "of", "and", "more", "most")


def _prenominal(args: Tokens, i: int, length: int) -> bool:
    """True when a noun that is not a colour word follows the colour: "the man and RED car"."""
    end = i + length
    if (
        args[i - 1].low in lx.DETERMINERS
        or (args[i - 1].low in ("and", "of", "with", "in", ",")
        and args[i - 1].low != ",")
    ):
        return True
    if end >= len(args):
        return False
    following = args[end]
    return (
        following.kind == "word"
        and following.low
        not in (
            "and",
            "with",
            "in",
            "instead",
            "or",
            "but",
            "like",
            "color",
            "to",
            "please",
            "while",
            "except",
            "so",
            "as",
            "on",
            "for",
            "too",
            "striped",
            "again",
            "at",
            "from",
            "shade",
        )
        and not match_preposition(args, end)
    )


def _state_word(token: Token) -> bool:
    low = token.low
    if token.kind != "word":
        return False
    return (
        (low in lx.ADJECTIVES
        and low
        not in (
            "front",
            "back",
            "inner",
            "outer",
            "main",
            "left",
            "right",
            "top",
            "bottom",
            "middle",
            "center",
            "light-",
            "human",
        ))
        or low in lx.COMPARATIVES_SIZE
        or low in lx.MATERIALS
        or (kinds.tone_of([token]) is not None and low not in lx.QUALITIES)
        or (
            low.endswith("er")
            and (
                low[:-2] in lx.ADJECTIVES
                or low[:-1] in lx.ADJECTIVES
                or low[:-3] in lx.ADJECTIVES
                or low[:-3] + "y" in lx.ADJECTIVES
            )
        )
        or low
        in (
            "sepia",
            "grayscale",
            "greyscale",
            "cartoon",
            "disappear",
            "asleep",
            "naked",
            "b&w",
            "wooden",
            "night",
            "nighttime",
            "daytime",
            "drunk",
            "transparent",
        )
        or (low.endswith(("ed", "ing")) and base(low) != "" and low not in lx.BODY)
    )


def _prenominal_state(args: Tokens, i: int) -> bool:
    if i + 1 >= len(args):
        return False
    following = args[i + 1]
    if (
        following.kind != "word"
        or following.low
        in (
            "and",
            "or",
            "with",
            "in",
            "to",
            "than",
            "by",
            "on",
            "as",
            "like",
            "please",
            "at",
            "for",
            "so",
            "from",
            "instead",
            "too",
            "up",
            "down",
            "but",
            "again",
        )
        or following.low in lx.INTENSIFIERS
    ):
        return False
    return not _state_word(following) and following.low not in lx.ADVERBS


def _state_ahead(args: Tokens, i: int) -> bool:
    for token in args[i + 1 : i + 4]:
        if _state_word(token) or token.low in lx.COLORS or token.low in lx.COLOR_ISH or token.low in lx.QUALITIES:
            return True
        if token.low not in lx.INTENSIFIERS and token.low not in ("bit", "a", "of"):
            return False
    return False


def make(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "make A B", "have A do B", "let A be B", "ensure A is B"."""
    args = trim(args)
    if_at = next(
        (
            i
            for i, t in enumerate(args)
            if i
            and t.low == "as"
            and i + 1 < len(args)
            and args[i + 1].low in ("if", "though")
            and args[i - 1].low not in ("look", "appear", "seem", "it", "so")
        ),
        None,
    )
    args = args[:if_at] if if_at else args
    if args and args[0].low in ("sure", "that"):
        args = trim(args[1:])
        if args and args[0].low == "that":
            args = args[1:]
    if args and args[0].low in ("it", "this") and len(args) > 2 and args[1].low in ("so", "so that"):
        args = args[2:]
        if args and args[0].low == "that":
            args = args[1:]
        from finetouch.plan.declare import statement

        if not statement(story, args):
            become(story, "make", clause[1:2], args, clause)
        return
    if args and args[0].low in ("a", "an") and verb == "make" and not split_predicate(args):
        if kinds.weather(args):
            story.add(Draft("global", result=text_of(args)))
        else:
            frames.add(story, "add", args, clause)
        return
    from finetouch.plan.declare import existence

    if existence(story, args):
        return
    instead = frames._instead(args)
    if instead and len(instead[0]) > 1:
        args = instead[0]
    pair = split_predicate(args)
    if pair is None:
        _bare_predicate(story, args, clause)
        return
    things = noun_lists(pair[0])
    phrases = [parse_np(t) for t in things]
    if len(things) > 1:
        share_tail(phrases)
        for thing, phrase in zip(things, phrases, strict=True):
            become(story, verb, thing, pair[1], clause, phrase)
        return
    become(story, verb, pair[0], pair[1], clause)


def _bare_predicate(story: Story, args: Tokens, clause: Tokens) -> None:
    if not args:
        return
    tone = kinds.tone_of(args)
    if tone:
        picture(story, args, parse_np([]))
        return
    if kinds.size_word(args):
        become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    if kinds.style(args) and (kinds.black_and_white(say(args)) or len(args) <= 2):
        story.add(Draft("restyle", result=text_of(args), params={"style": params.style_name(text_of(args))}))
        return
    if kinds.weather(args):
        story.add(Draft("global", result=text_of(args)))
        return
    color = color_at(args, 0)
    if color and color[1] == len(args):
        become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    if color is None and args[0].low in ("more", "less"):
        become(story, "make", [Token("it", "it", "word", 0)], args, clause)
        return
    for phrase in phrases_of(story, args):
        if backdrop(phrase):
            scene(story, args)
        elif phrase.image:
            continue
        elif phrase.definite:
            story.add(draft_for("adjust", phrase))
        else:
            frames.add_phrase(story, phrase, args)


def become(
    story: Story, verb: str, old: Tokens, new: Tokens | None, clause: Tokens, phrase: Phrase | None = None
) -> None:
    """One thing gets a new colour, state, size, look, or becomes another thing; the heart of change and make."""
    phrase = phrase or parse_np(old)
    origin = next((i for i, t in enumerate(old) if i and t.low == "from"), None)
    if origin is not None:
        first = old[origin + 1 :]
        phrase = parse_np(old[:origin])
        color = plain_color(first)
        if color:
            phrase.attributes.append(color)
    phrase = story.resolve(phrase)
    new = trim(new) if new is not None else None
    head = (phrase.head or "").lower()
    last = head.split()[-1] if head else ""
    quotes_old = [t for t in old if t.kind == "quote"]
    quotes_new = [t for t in new or [] if t.kind == "quote"]
    if new and _lettering(story, phrase, quotes_old, quotes_new, new, last):
        return
    if backdrop(phrase):
        _backdrop_becomes(story, phrase, new)
        return
    if new and _behave(story, phrase, new):
        return
    colored = owner_of_quality(phrase, lx.COLOR_NOUNS)
    if colored is not None:
        _recolor(story, story.resolve(colored), new, phrase)
        return
    if new is None:
        _unspecified(story, phrase, last)
        return
    sized = owner_of_quality(phrase, lx.SIZE_NOUNS)
    if sized is not None:
        resized(story, story.resolve(sized), new, verb)
        return
    if kinds.whole(phrase) or (head in ("time", "time of day", "weather", "season", "climate", "day")):
        picture(story, new, phrase)
        return
    shaped = owner_of_quality(phrase, lx.ADJUST_NOUNS)
    if shaped is not None and (shaped.head or shaped.pronoun):
        shaped = story.resolve(shaped)
        story.add(draft_for("adjust", shaped, result=f"{text_of(kinds.strip_look(new))} {shaped.core}"))
        story.note(shaped)
        return
    toned = owner_of_quality(phrase, frozenset(lx.QUALITIES) - {"light", "focus"})
    if toned is not None and kinds.tone_of(new):
        toned = story.resolve(toned)
        if kinds.whole(toned):
            picture(story, new, toned)
            return
        phrase = toned
    thing(story, verb, phrase, new)


def _lettering(story: Story, phrase: Phrase, old: Tokens, new_quotes: Tokens, new: Tokens, last: str) -> bool:
    lows = [t.low for t in new]
    first = lows[0] if lows else ""
    says = first in ("say", "read", "reads", "says", "saying", "reading", "state") or (
        first == "to" and len(lows) > 1 and lows[1] in ("say", "read")
    )
    if says and len(new) > 1:
        said = new_quotes[0].text if new_quotes else say(new[2:] if first == "to" else new[1:])
        head = old[0].text if old else phrase.head
        draft = draft_for("text", phrase, result=said)
        draft.target = head
        draft.count = "one" if old or phrase.head else None
        story.add(draft)
        story.note(phrase)
        return True
    if not (old or (last in lx.TEXT_NOUNS and last not in ("year-",))):
        return False
    if plain_color(new) and not (old and new_quotes) and last not in ("name", "number"):
        return False
    if kinds.tone_of(new) or kinds.size_word(new):
        return False
    if old and not new_quotes and last not in lx.TEXT_NOUNS and phrase.head not in [t.text for t in old]:
        return False
    if (
        old
        or new_quotes
        or last
        in (
            "word",
            "words",
            "number",
            "name",
            "letter",
            "letters",
            "text",
            "date",
            "numbers",
            "year",
            "title",
            "caption",
            "message",
            "sentence",
            "headline",
        )
    ):
        quotes = new_quotes
        frames.text_change(
            story,
            _with_string(phrase, old),
            old,
            quotes,
            [t for t in new if t.low not in ("the", "word", "text")] or new,
        )
        return True
    return False


def _with_string(phrase: Phrase, old: Tokens) -> Phrase:
    if not old and phrase.head and len(phrase.head.split()) > 1 and phrase.head.split()[0].lower() in lx.TEXTY:
        phrase.head = " ".join(phrase.head.split()[1:])
    return phrase


def _backdrop_becomes(story: Story, phrase: Phrase, new: Tokens | None) -> None:
    subject = None
    if phrase.relation and phrase.relation[0] in ("near", "behind", "part_of", "in", "with", "under", "on"):
        subject = phrase.relation[1]
    position = phrase.position if phrase.position not in ("background", None) else None
    if new is None:
        scene(story, [], subject, position)
        return
    new = kinds.strip_look(new)
    tone = kinds.tone_of(new)
    lows = {t.low for t in new}
    if tone and not color_words(new) and tone.words:
        result = f"{tone.words} background"
        draft = Draft(
            "adjust",
            "background",
            count="one",
            position=position,
            result=result,
            params=params.tone_params(tone.name, tone.sign, new),
        )
        story.add(draft)
        story.note(phrase)
        return
    if lows & {"blurry", "blurred", "blurrier", "focus"} or (kinds.size_word(new)):
        story.add(
            Draft(
                "adjust",
                "background",
                count="one",
                result=f"{text_of(new)} background",
                params={"blur": params.strength(new)},
            )
        )
        story.note(phrase)
        return
    draft = scene(story, new, subject, position)
    if lows & {"invisible", "disappear", "transparent", "gone"}:
        draft.params = {"kind": "transparent"}
    story.note(phrase)


def color_words(tokens: Tokens) -> bool:
    """True when one of the tokens is a colour."""
    return any(t.low in lx.COLORS for t in tokens)


def _unspecified(story: Story, phrase: Phrase, last: str) -> None:
    if kinds.whole(phrase):
        story.add(
            Draft(
                "global" if last not in ("style", "filter") else "restyle", result=f"different {phrase.core or 'image'}"
            )
        )
        return
    tone = owner_of_quality(phrase, frozenset(lx.QUALITIES))
    if tone is not None and (tone.image or tone.head is None):
        story.add(Draft("global", result=f"different {phrase.core}"))
        return
    shaped = owner_of_quality(phrase, lx.ADJUST_NOUNS | lx.SIZE_NOUNS)
    if shaped is not None and shaped.head:
        story.add(draft_for("adjust", shaped, result=f"different {phrase.core}"))
        return
    adjust = last in lx.BODY or last in lx.BACKDROP or last in lx.QUALITIES
    story.add(draft_for("adjust" if adjust else "replace", phrase))
    story.note(phrase)


def _behave(story: Story, phrase: Phrase, new: Tokens) -> bool:
    """ "wear a hat", "hold a cup", "smile", "turn his head"."""
    i = 0
    while i < len(new) and new[i].low in (
        "be",
        "to",
        "is",
        "are",
        "appear",
        "look",
        "like",
        "he",
        "she",
        "it",
        "they",
        "he's",
        "she's",
        "it's",
        "as",
        "if",
        "being",
        "now",
        "also",
        "currently",
    ):
        i += 1
    if i >= len(new):
        return False
    low = new[i].low
    if low in ("on", "off"):
        return False
    if low in ("wear", "wearing", "hold", "holding", "have", "having", "carry", "carrying", "has", "wears", "holds"):
        gift = new[i + 1 :]
        if any(t.low in ("color",) for t in gift) or not gift or kinds.whole(phrase):
            return False
        if (
            gift[-1].low in lx.BODY
            and color_at([t for t in gift if t.low not in lx.DETERMINERS], 0)
            and low in ("have", "having", "has")
        ):
            body = parse_np(gift)
            story.add(
                Draft(
                    "recolor",
                    body.head,
                    relation=("part_of", phrase.core or phrase.head or ""),
                    count=body.count(),
                    color=body.color,
                    result=body.core,
                )
            )
            return True
        if low.startswith(("hav", "has")) and kinds.tone_of([t for t in gift if t.low not in lx.DETERMINERS]):
            return False
        for part in noun_lists(gift):
            piece = parse_np(part)
            head = (piece.head or "").lower().split()[-1:] or [""]
            wearing = low.startswith("wear") or (low.startswith("ha") and head[0] in lx.GARMENTS)
            story.add(
                Draft(
                    "add",
                    result=" ".join(w for w in (piece.core, piece.tail) if w),
                    count=piece.count(added=True),
                    relation=("wearing" if wearing else "with", frames.owner_text(phrase)),
                    position=phrase.position,
                )
            )
        story.note(phrase)
        return True
    if (
        low in ("turn", "raise", "close", "open", "bend", "lift", "lower", "tilt", "extend", "move", "point")
        and i + 1 < len(new)
        and new[i + 1].low in lx.POSSESSIVE
    ):
        end = i + 2
        while end < len(new) and new[end].low not in (
            "slightly",
            "to",
            "up",
            "down",
            "more",
            "back",
            "in",
            "towards",
            "toward",
            "and",
            "at",
            "out",
        ):
            end += 1
        part = parse_np(new[i + 2 : end])
        state = {"raise": "raised", "close": "closed", "bend": "bent", "lift": "lifted", "tilt": "tilted"}.get(
            low, low + "ed" if not low.endswith("e") else low + "d"
        )
        draft = draft_for("adjust", part, result=f"{part.head} {state} {say(new[end:])}".strip())
        draft.relation = ("part_of", phrase.head or "") if phrase.head else None
        story.add(draft)
        story.note(phrase)
        return True
    if low in ("disappear", "vanish", "gone") and phrase.head:
        frames.remove_phrase(story, phrase, new)
        return True
    return False


def _recolor(story: Story, phrase: Phrase, new: Tokens | None, quality: Phrase) -> None:
    """A colour noun is changed: "the color of X to Y"."""
    if new is None:
        if kinds.whole(phrase) or phrase.head is None:
            story.add(Draft("global", result="different colors"))
        elif backdrop(phrase):
            scene(story, [])
        else:
            story.add(draft_for("recolor", phrase))
            story.note(phrase)
        return
    if phrase.relation is None and quality.relation and quality.relation[0] not in ("part_of",) and phrase.head:
        phrase.relation, phrase.position = quality.relation, phrase.position or quality.position
    phrase.position = phrase.position or quality.position
    if backdrop(phrase):
        scene(story, new)
        return
    tone = kinds.tone_of(new)
    if quality.color and quality.of is None and first_color(new):
        found = first_color(new)
        story.add(Draft("recolor", attributes=[quality.color], color=found[0] if found else None, result=text_of(new)))
        return
    if kinds.whole(phrase) or phrase.head is None:
        picture(story, new, phrase if phrase.head else quality)
        return
    body = [t for t in new if t.low not in lx.DETERMINERS]
    if tone and not any(t.low in lx.COLORS for t in new):
        if tone.name == "saturation" or tone.name in ("brightness", "contrast"):
            story.add(
                draft_for(
                    "adjust",
                    phrase,
                    result=f"{tone.words} {phrase.core}",
                    params=params.tone_params(tone.name, tone.sign, new),
                )
            )
            story.note(phrase)
            return
    _recolored(story, phrase, body)


def _recolored(story: Story, phrase: Phrase, body: Tokens) -> None:
    like = params.like_phrase(body)
    draft = draft_for("recolor", phrase)
    if like:
        draft.result, draft.params = f"{phrase.core} {say(body)}", {"like": like}
    else:
        words = [t for t in body if t.low not in ("color", "a", "an", "the", "of", "more", "be", "to")]
        found = first_color(words)
        color = found[0] if found else say(words)
        more = any(t.low == "more" for t in body)
        plain = comparative(color)
        draft.color = plain or color
        draft.result = f"{'more ' if more else ''}{say(words) if plain else color} {phrase.core}"
        if plain or more:
            draft.params = {"saturation": params.strength(body)}
        extra = found[2] if found else []
        story.add(draft)
        story.note(phrase)
        _with_extras(story, phrase, extra)
        return
    story.add(draft)
    story.note(phrase)


def first_color(tokens: Tokens) -> tuple[str, int, Tokens] | None:
    """Colour, where it starts, and the tokens behind it."""
    for i in range(len(tokens)):
        found = color_at(tokens, i)
        if found:
            return found[0], i, tokens[i + found[1] :]
    return None


def _with_extras(story: Story, phrase: Phrase, extra: Tokens) -> None:
    """ "... blue with clouds": what comes along is an extra step."""
    if len(extra) > 1 and extra[0].low == "with" and phrase.head:
        for part in noun_lists(extra[1:]):
            piece = parse_np(part)
            if not piece.head or (
                last_word(piece.head)
                in ("stripes", "dots", "spots", "pattern", "trim", "polka", "accents", "highlights")
                and False
            ):
                continue
            kind = "in" if last_word(phrase.head) in lx.INSIDES else "on"
            story.add(Draft("add", result=piece.core, count=piece.count(added=True), relation=(kind, phrase.head)))


def resized(story: Story, phrase: Phrase, words: Tokens, verb: str) -> None:
    """An object (resize) or the picture (global) gets another size."""
    factor = params.size_factor(words, verb)
    word = _size_result(words, factor)
    if kinds.whole(phrase) or phrase.head is None:
        story.add(Draft("global", result=word, params={"scale": factor}))
        return
    story.add(draft_for("resize", phrase, result=f"{word} {phrase.core}", params={"scale": factor}))
    story.note(phrase)


def _size_result(words: Tokens, factor: float) -> str:
    for token in words:
        if token.low in lx.COMPARATIVES_SIZE:
            much = [t.low for t in words if t.low in lx.INTENSIFIERS]
            return " ".join([*much[:1], token.low]) if token.low.endswith("er") else token.low
    if any(t.low in ("double", "twice") for t in words):
        return "double size"
    return "larger" if factor > 1 else "smaller"


def picture(story: Story, new: Tokens, phrase: Phrase) -> None:
    """The whole picture becomes something: tone, weather, style, size, a colour, another scene."""
    from finetouch.plan.declare import statement
    from finetouch.plan.tone import geometry

    new = trim(new)
    body = kinds.strip_look(new)
    story.antecedent = "image"
    joint = next(
        (
            i
            for i, t in enumerate(new)
            if i
            and t.low == "and"
            and i + 2 < len(new)
            and new[i + 1].low in ("it", "it's", "there", "the")
            and any(x.low in lx.BE for x in new[i + 1 :])
        ),
        None,
    )
    if joint:
        for part in (new[:joint], new[joint + 1 :]):
            if not statement(story, part):
                picture(story, part, phrase)
        return
    tone = kinds.tone_of(new)
    if tone and not (kinds.black_and_white(say(body))):
        story.add(
            Draft(
                "global",
                result=tone.words
                if phrase.head is None or phrase.head.lower() not in ("colors", "colours")
                else f"{tone.words} colors",
                params=params.tone_params(tone.name, tone.sign, new),
            )
        )
        return
    if kinds.size_word(new):
        resized(story, Phrase(image=True), new, "")
        return
    core = [t for t in body if t.low not in lx.IMAGE] or body
    plain = plain_color([t for t in body if t.low not in lx.IMAGE | {"completely", "entirely", "photo", "only"}])
    cut = next((i for i, t in enumerate(body) if t.low == "with"), None)
    if (plain and kinds.black_and_white(plain)) or kinds.black_and_white(say(core)):
        story.add(
            Draft("restyle", result=text_of(core) if core else "black and white", params={"style": "black_and_white"})
        )
        return
    if any(t.low in lx.BACKDROP for t in body[-1:]) and any(t.low in ("background", "backdrop") for t in body):
        scene(story, body, position=phrase.position)
        return
    if kinds.style(body) and not kinds.weather(body[:1]):
        story.add(Draft("restyle", result=text_of(body), params={"style": params.style_name(text_of(body))}))
        return
    if kinds.weather(body):
        if cut and cut > 0 and not any(t.low in ("clouds", "soft") for t in []):
            story.add(Draft("global", result=text_of(body[:cut])))
            _weather_extras(story, body[cut + 1 :])
        else:
            story.add(Draft("global", result=text_of(_weather_words(new, body))))
        return
    if plain:
        story.add(Draft("global", result=plain))
        return
    if any(
        t.low
        in (
            "upside",
            "upright",
            "landscape",
            "sideways",
            "straight",
            "vertical",
            "horizontal",
            "cropped",
            "flipped",
            "rotated",
            "mirrored",
        )
        for t in body
    ):
        geometry(story, base(body[0].low) or "rotate", body, parse_np([]))
        return
    if statement(story, new):
        return
    last = body[-1].low if body else ""
    if any(t.low in lx.SCENES for t in body) or any(t.low in ("in", "on", "at") for t in new[:2]):
        scene(story, body)
        return
    if kinds.adjectival(body):
        story.add(Draft("global", result=text_of(body)))
        return
    if phrase.head is None and phrase.image and new and last:
        story.add(
            Draft("restyle", result=text_of(body), params={"style": params.style_name(text_of(body))})
            if any(t.low in ("look", "like") for t in new) or (body[0].low in ("an", "a", "the") and False)
            else Draft("replace", result=text_of(body))
        )
        return
    story.add(Draft("global", result=text_of(body)))


def _weather_words(new: Tokens, body: Tokens) -> Tokens:
    for i, token in enumerate(body):
        if token.low in ("instead", "rather") and i:
            return body[:i]
        if token.low == "from" and i:
            return body[:i]
    return body


def _weather_extras(story: Story, extra: Tokens) -> None:
    for part in noun_lists(extra):
        none = bool(part) and part[0].low == "no"
        piece = parse_np(part[1:] if none else part)
        if not piece.head or (kinds.weather(part) and piece.relation is None and piece.head.lower() in lx.WEATHER):
            continue
        if none:
            story.add(draft_for("remove", piece))
        else:
            story.add(
                Draft(
                    "add",
                    result=piece.core,
                    count=piece.count(added=True),
                    relation=piece.relation,
                    position=piece.position,
                )
            )


def thing(story: Story, verb: str, phrase: Phrase, new: Tokens) -> None:
    """A thing (not the picture, not the backdrop) becomes something."""
    story.note(phrase)
    raw = new
    new = [t for t in new if t.kind != "punct"] if len(new) < 3 else new
    while (
        new
        and new[0].low
        in (
            "to",
            "into",
            "be",
            "become",
            "look",
            "appear",
            "seem",
            "as",
            "is",
            "are",
            "being",
            "have",
            "go",
            "get",
            "turn",
            "looks",
            "stay",
            "been",
            "shine",
            "in",
        )
        and len(new) > 1
    ):
        if new[0].low == "in" and not color_at(new, 1):
            break
        new = new[1:]
    if not any(t.kind != "punct" for t in new):
        _unspecified(story, phrase, last_word(phrase.head))
        return
    if kinds.size_word(new):
        resized(story, phrase, new, verb)
        return
    like = params.like_phrase(new)
    if like:
        story.add(draft_for("recolor", phrase, result=f"{phrase.core} {say(new)}", params={"like": like}))
        return
    color = plain_color(new)
    behind = first_color(new)
    if (
        color is None
        and behind
        and behind[1] <= 2
        and (not behind[2] or behind[2][0].low in ("with", "in", "like", "but", "instead", "for", "so", "from"))
        and all(t.low in lx.FLAT | lx.INTENSIFIERS | {"a", "more", "the", "in"} for t in new[: behind[1]])
    ):
        color = behind[0]
    if color is None and behind and new[-1].low in lx.COLOR_NOUNS:
        color, new = behind[0], new[behind[1] :]
    if color:
        _recolored(story, phrase, new)
        return
    tone = kinds.tone_of(new)
    if tone:
        story.add(
            draft_for(
                "adjust",
                phrase,
                result=f"{tone.words} {phrase.core}",
                params=params.tone_params(tone.name, tone.sign, new),
            )
        )
        return
    if kinds.black_and_white(say(new)):
        _recolored(story, phrase, new)
        return
    if (raw and raw[0].low == "like") or (new and new[0].low == "like"):
        body = kinds.strip_look(new)
        op = "adjust" if kinds.adjectival(body) or body[0].low in ("it", "he", "she", "they") else "replace"
        story.add(draft_for(op, phrase, result=text_of(body)))
        return
    if verb == "have" and new[0].low.endswith("ing") and len(new) > 2:
        relation, position = frames.destination(story, new[1:])
        if relation or position:
            draft = draft_for("move", phrase, result=f"{phrase.core} {text_of(new)}", params=params.move_params(new))
            draft.relation, draft.position = relation or draft.relation, position or draft.position
            story.add(draft)
            return
    if (
        kinds.material(new)
        or kinds.adjectival(new)
        or _verbal(new)
        or new[0].low in ("out", "more", "less", "on", "off", "up", "down", "not", "upside", "in", "made")
    ):
        story.add(draft_for("adjust", phrase, result=_state_result(new, phrase)))
        return
    if (
        kinds.weather(new)
        and any(t.low in ("night", "nighttime", "daytime", "day", "sunny") for t in new)
        and (phrase.head or "").lower() == "sky"
    ):
        story.add(Draft("global", result=text_of(_weather_words(new, new))))
        return
    if (
        kinds.weather(new)
        and len(new) <= 4
        and last_word(phrase.head) in ("sky", "window", "windows", "outside", "water", "lake")
    ):
        story.add(draft_for("adjust", phrase, result=text_of(new)))
        return
    result = parse_np(new)
    fruit = (result.color or "").lower() in ("orange", "peach", "olive", "cherry", "lemon") and (
        phrase.head or ""
    ).lower() in ("slice", "juice", "tree", "peel", "wedge", "half")
    if result.head and phrase.head and result.color and result.head.lower() == phrase.head.lower() and not fruit:
        story.add(draft_for("recolor", phrase, result=result.core, color=result.color))
        return
    if (
        result.head
        and phrase.head
        and result.head.lower() == phrase.head.lower()
        and not any(a.lower() in ("unripe", "different", "ripe") for a in result.attributes)
        and result.attributes
        and verb == "make"
    ):
        story.add(draft_for("adjust", phrase, result=result.core))
        return
    if len(new) > 1 and new[-1].low in (
        "surface",
        "texture",
        "look",
        "expression",
        "shape",
        "pattern",
        "design",
        "smile",
        "frown",
        "pose",
        "position",
        "finish",
    ):
        story.add(draft_for("adjust", phrase, result=f"{text_of(new)} {phrase.core}"))
        return
    target = phrase
    story.add(draft_for("replace", target, result=frames._new_relation(result, target)))
    from finetouch.plan.story import noun_lists as _lists  # noqa: F401


def _verbal(new: Tokens) -> bool:
    low = new[0].low
    return low in (
        "smile",
        "smiling",
        "reflect",
        "show",
        "glow",
        "stand",
        "sit",
        "jump",
        "look",
        "face",
        "facing",
        "float",
        "fly",
        "lie",
        "run",
        "swing",
        "open",
        "close",
        "raise",
        "bend",
        "lean",
        "turn",
        "move",
        "laugh",
        "cry",
        "kiss",
        "eat",
        "lick",
        "point",
        "lift",
        "grow",
        "come",
        "extend",
        "sleep",
        "stick",
        "disappear",
        "walk",
        "drink",
        "play",
        "dance",
        "hug",
        "read",
        "ride",
        "hang",
        "flow",
        "shine",
        "match",
        "blink",
        "lower",
        "tilt",
        "frown",
        "throw",
        "wave",
    ) or (
        low.endswith("ing")
        and low not in ("painting", "building", "ring", "king", "drawing", "thing", "something", "duckling")
    )


def _state_result(new: Tokens, phrase: Phrase) -> str:
    words = text_of(new)
    if new[0].low.endswith("ing"):
        return f"{phrase.core} {words}"
    if _verbal(new):
        low = new[0].low
        form = (
            low[:-1]
            if low.endswith("e") and low not in ("see",)
            else low + low[-1]
            if low in ("sit", "run", "swim", "hug")
            else low
        ) + "ing"
        rest = say(new[1:])
        return f"{phrase.core} {form} {rest}".strip()
    return f"{words} {phrase.core}"


def color_frame(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "color the star blue", "paint X with purple", "dye X in black", "coat X green"."""
    args = trim(without_purpose(args))
    while args and args[0].low in ("in", "over", "up") and len(args) > 1 and args[0].low != "over":
        args = args[1:]
    at = next(
        (
            i
            for i, t in enumerate(args)
            if i and t.low in ("in", "with", "to", "into", "as", "by", "a", "an") and color_after(args, i)
        ),
        None,
    )
    target_tokens: Tokens
    new: Tokens | None
    if at is not None:
        target_tokens, new = args[:at], args[at + 1 :]
    else:
        pair = split_predicate(args)
        target_tokens, new = (pair[0], pair[1]) if pair else (args, None)
        if new is None:
            found = None
            for i in range(1, len(args)):
                got = color_at(args, i)
                if got and i + got[1] == len(args):
                    found = i
                    break
            if found:
                target_tokens, new = args[:found], args[found:]
    if (
        new is not None
        and color_at([t for t in new if t.low not in ("a", "an", "the")], 0) is None
        and verb in ("adorn", "cover", "fill", "dress", "spray", "clothe")
    ):
        _dressed(story, verb, target_tokens, new)
        return
    if new is None and verb in ("cover", "adorn", "fill", "dress", "clothe", "spray", "color", "paint"):
        k = next((i for i, t in enumerate(args) if i and t.low in ("with", "in")), None)
        if k is not None and verb not in ("color", "paint"):
            _dressed(story, verb, args[:k], args[k + 1 :])
            return
        if verb == "paint" and args and args[0].low in ("a", "an"):
            frames.add(story, "add", args, clause)
            return
    phrases = [parse_np(p) for p in noun_lists(target_tokens)]
    share_tail(phrases)
    for phrase in phrases:
        phrase = story.resolve(phrase)
        owner = owner_of_quality(phrase, lx.COLOR_NOUNS)
        if owner is not None and (owner.head or owner.pronoun):
            phrase = story.resolve(owner)
        if backdrop(phrase):
            scene(story, new or [])
        elif kinds.whole(phrase):
            picture(story, new or [Token("recolored", "recolored", "word", 0)], phrase)
        elif new is None:
            story.add(draft_for("recolor", phrase))
            story.note(phrase)
        else:
            tone = kinds.tone_of(new)
            if tone and not color_words(new) and not any(t.low in lx.COLOR_ISH for t in new):
                story.add(
                    draft_for(
                        "recolor",
                        phrase,
                        result=f"{tone.words} {phrase.core}",
                        params={"lightness": tone.sign * params.strength(new)},
                    )
                )
                story.note(phrase)
            else:
                _recolored(story, phrase, [t for t in new if t.low not in lx.DETERMINERS])


def color_after(args: Tokens, i: int) -> bool:
    """True when the words behind "in", "with", "to" are a colour."""
    rest = [t for t in args[i + 1 :] if t.low not in ("a", "an", "the", "some")]
    if not rest or position_phrase(args, i):
        return False
    found = color_at(rest, 0)
    if found is None and len(rest) > 2 and rest[0].low in ("shade", "hue", "color") and rest[1].low == "of":
        found = color_at(rest, 2)
        return found is not None
    if found is None:
        return False
    tail = rest[found[1] :]
    return not tail or tail[0].low in lx.COLOR_NOUNS | {
        "shade",
        "paint",
        "and",
        "instead",
        "like",
        "with",
        "except",
        "dye",
        "for",
        "please",
        "on",
        "stripes",
        ",",
    }


def _dressed(story: Story, verb: str, target: Tokens, new: Tokens) -> None:
    """ "adorn the scene with birds", "cover the table with a cloth", "dress the dog in a suit"."""
    owner = story.resolve(parse_np(target))
    for part in noun_lists(new):
        piece = parse_np(part)
        head = (piece.head or "").lower().split()[-1:] or [""]
        draft = Draft(
            "add",
            result=" ".join(w for w in (piece.core, piece.tail) if w),
            count=piece.count(added=True),
            relation=piece.relation,
            position=piece.position,
        )
        if not kinds.whole(owner) and owner.head and draft.relation is None:
            worn = head[0] in lx.GARMENTS or verb in ("dress", "clothe")
            kind = "wearing" if worn else "in" if verb == "fill" else "on"
            draft.relation = (kind, frames.owner_text(owner))
        story.add(draft)
    story.note(owner)
