"""Wishes said as statements: "the fork shall be green", "there should be no cup", "the bananas must be removed"."""

from __future__ import annotations

from finetouch.plan import adding, becoming, giving, kinds, moving, pictures, predicates, removal, scenes, tone
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import plain_color
from finetouch.plan.nouns import parse_np, trim
from finetouch.plan.places import image_phrase, match_preposition
from finetouch.plan.story import Story
from finetouch.plan.tokens import Token, base

Tokens = list[Token]
_EXIST = lx.words("there there's theres")
_ADORN = lx.words("grace adorn cover color colour coat fill envelop paint drape embellish decorate")
_AUXILIARY = lx.MODALS | lx.BE | lx.words("not now always so that all isn't aren't")
_WHERE = lx.words("in on at behind next near to against")


def existence(story: Story, args: Tokens) -> bool:
    """ "there should be a cat", "there's no cup", "there are clouds"."""
    if not args or args[0].low not in _EXIST:
        return False
    i = 1
    negative = False
    while i < len(args) and (
        args[i].low in lx.MODALS | lx.BE | lx.words("appears isn't aren't not no any exist") or args[i].kind == "punct"
    ):
        negative = negative or args[i].low in ("no", "not", "isn't", "aren't", "any")
        i += 1
    rest = [t for t in args[i:] if t.low not in ("longer",)]
    if not rest:
        return False
    (removal.remove if negative else adding.add)(story, "remove" if negative else "add", rest, args)
    return True


def statement(story: Story, clause: Tokens) -> bool:
    """Reads a clause with a subject and a finite verb; False when it is none."""
    clause = trim(clause)
    if not clause:
        return False
    if existence(story, clause) or _picture_is(story, clause):
        return True
    at = _finite(clause)
    if at is None or clause[0].low in lx.words("how who why when where what which"):
        return False
    subject, rest = clause[:at], clause[at:]
    i = 0
    while i < len(rest) and (rest[i].low in _AUXILIARY or rest[i].kind == "punct"):
        i += 1
    predicate = rest[i:]
    if not predicate:
        return False
    negative = any(t.low in ("not", "isn't", "aren't") for t in rest[:i])
    if _plain_wish(story, subject, predicate, negative, clause):
        return True
    while len(subject) > 1 and subject[-1].low in ("both", "all", "each"):
        subject = subject[:-1]
    verb = base(predicate[0].low)
    if verb and predicate[0].low != verb and not predicate[0].low.endswith("s") and not _state(predicate[0].low):
        return _passive(story, subject, verb, predicate[1:], clause)
    if predicate[0].low in ("removed", "gone", "erased", "deleted"):
        removal.remove(story, "remove", subject, clause)
        return True
    helpers = {t.low for t in rest[:i]}
    gift = predicate[0].low in lx.words("a an some more less two") or predicate[0].low in lx.COLORS
    if gift and not verb and helpers & {"needs", "need", "requires"} and "be" not in helpers:
        _needs(story, subject, predicate, clause)
        return True
    return verb != "add" and _is_to_be(story, [t for t in subject if t.kind != "punct"], rest, predicate, clause)


def _picture_is(story: Story, clause: Tokens) -> bool:
    """ "it's raining", "it should look brighter"."""
    if clause[0].low not in ("it's", "it") or len(clause) < 2:
        return False
    body = kinds.strip_look(clause)
    if not kinds.weather(body) and not kinds.tone_of(body):
        return False
    pictures.picture(story, body, parse_np([]))
    return True


def _plain_wish(story: Story, subject: Tokens, predicate: Tokens, negative: bool, clause: Tokens) -> bool:
    """ "X isn't visible", "red should be the color of X", "green shall cover X", "X is too dark"."""
    first = predicate[0].low
    if negative and first in lx.words("visible in present there here shown exist"):
        removal.remove(story, "remove", subject, clause)
        return True
    named = next((i for i, t in enumerate(predicate) if i and t.low in ("for", "of")), None)
    if named and subject[0].low in lx.COLORS and any(t.low in lx.COLOR_NOUNS for t in predicate[:named]):
        becoming.become(story, "make", predicate[named + 1 :], subject, clause)
        return True
    if first in _ADORN and len(predicate) > 1 and plain_color(subject):
        becoming.become(story, "make", predicate[1:], subject, clause)
        return True
    if first == "too" and kinds.tone_of(predicate[1:]):
        wanted = [Token("less", "less", "word", predicate[0].start), *predicate[1:]]
        becoming.become(story, "make", subject, wanted, clause)
        return True
    if first in ("taken", "shot", "captured", "photographed") and kinds.whole(parse_np(subject)):
        pictures.picture(story, predicate[1:], parse_np(subject))
        return True
    return False


def _is_to_be(story: Story, subject: Tokens, rest: Tokens, predicate: Tokens, clause: Tokens) -> bool:
    """ "X says ...", "X should be on the table", "X shall be green"."""
    if subject and subject[0].low in ("i", "we", "you"):
        return False
    first = rest[0].low
    if first in lx.words("says reads looks appears becomes turns wears holds has") and predicate[0] is rest[0]:
        plain = {"has": "have"}.get(first, first.rstrip("s"))
        predicate = [Token(rest[0].text, plain, "word", rest[0].start), *rest[1:]]
    scenic = any(t.low in lx.SCENES | lx.BACKDROP for t in predicate)
    upon = predicate[0].low == "on" and len(predicate) > 1 and parse_np(subject).pronoun == "it"
    if upon and not any(t.low in lx.BACKDROP for t in predicate):
        return False
    if predicate[0].low in _WHERE and match_preposition(predicate, 0) and not kinds.weather(predicate):
        if scenic:
            thing = story.resolve(parse_np(subject))
            scenes.scene(story, predicate[1:], None if thing.image else thing.head)
        else:
            moving.move(story, "move", [*subject, *predicate], clause)
        return True
    described = first in ("is", "are", "was") and len(subject) == 1 and subject[0].low in ("this", "it")
    if described and not kinds.weather(predicate):
        return False
    becoming.become(story, "make", subject, predicate, clause)
    return True


def prose(clause: Tokens) -> bool:
    """True for a plain description that asks for nothing: "the weather is nice today", "I like my dog"."""
    lows = [t.low for t in clause]
    if len(lows) < 3 or any(low in _ASKING for low in lows):
        return False
    if lows[0] in ("i", "we", "he", "she", "they"):
        return lows[1] not in _WANTING and not (lows[1] in lx.BE and base(lows[2]) and base(lows[2]) != lows[2])
    if lows[0] == "you" and lows[1] == "are" and "going" not in lows:
        return True
    if lows[0] in ("you", "u") or "going" in lows[:4] or (base(lows[0]) and base(lows[0]) != lows[0]):
        return False
    if base(lows[0]) == lows[0] and base(lows[0]) and lows[0] not in lx.NOUNISH:
        return False
    at = next((i for i, low in enumerate(lows) if i and low in ("is", "are", "was", "were")), None)
    if at is None or any(low in lx.RELATIVE or low in ("so", "if", "like") for low in lows[:at]):
        return False
    if any(match_preposition(clause, i) and lows[i] in lx.FRAMES for i in range(at)) or at + 1 >= len(lows):
        return False
    if any(base(low) == low and base(low) in lx.STRONG for low in lows[:at]) or lows[0] in _LIKE_EDITS:
        return False
    predicate = [t for t in clause[at + 1 :] if t.low not in (lx.ADVERBS - {"too"}) | {"being", "been", "now"}]
    if not predicate or predicate[0].low in ("to", "too", "not", "no", "more", "less", "gone", "made"):
        return False
    first = predicate[0].low
    if lows[0] in lx.COLORS or first in lx.INTENSIFIERS - {"a", "very", "so", "really"}:
        return False
    altered = base(first) and base(first) != first and first.endswith(("ed", "en", "t", "n"))
    return not altered and not first.endswith("er")


_ASKING = lx.words(
    "should shall must needs need please let's want would could ought don't make sure ensure remove change"
)
_WANTING = lx.words("want need would should could can wish will must might prefer i'd going need's wanna request ask")
_LIKE_EDITS = lx.words("it it's there there's what have let make ensure no turn where")


def _state(low: str) -> bool:
    return low in lx.words(
        """
        lit colored closed blurred opened faded dressed filled covered painted dyed saturated
        centered   frozen set  bent covering drawn
        """
    )


def _finite(clause: Tokens) -> int | None:
    """Index of the finite verb behind a subject."""
    for i, token in enumerate(clause):
        if i == 0 or token.kind != "word" or token.owner:
            continue
        low = token.low
        if low in lx.RELATIVE:
            return None if low not in ("that",) else _finite_after(clause, i)
        if low in lx.words(
            """
        should shall must needs need has is are was will ought could can would looks appears becomes
        seems says have were may might reads requires had wears turns
        """
        ):
            if low == "can" and clause[i - 1].low in lx.DETERMINERS | {
                "trash",
                "beer",
                "soda",
                "garbage",
                "spray",
                "coke",
            }:
                continue
            if base(clause[0].low) == clause[0].low and base(clause[0].low) and clause[0].low not in lx.NOUNISH:
                return None
            return i
    return None


def _finite_after(clause: Tokens, i: int) -> int | None:
    strong = [k for k in range(i + 1, len(clause)) if clause[k].low in ("should", "shall", "must", "needs")]
    return strong[0] if strong else None


def _passive(story: Story, subject: Tokens, verb: str, rest: Tokens, clause: Tokens) -> bool:

    while rest and rest[0].low in ("out", "off", "away", "up", "down") and verb not in ("turn", "tone", "bring"):
        rest = rest[1:]
    if verb == "turn" and rest and rest[0].low in ("up", "down"):
        rest = [*subject, rest[0], *rest[1:]]
        return story.dispatch(story, "change", rest, clause)
    frame = lx.FRAMES.get(verb, "")
    if frame in ("take", "get") and not rest:
        verb = "remove"
    return story.dispatch(story, verb, [*subject, *rest], clause)


def _needs(story: Story, subject: Tokens, gift: Tokens, clause: Tokens) -> None:
    owner = parse_np(subject)
    if kinds.whole(owner):
        pictures.picture(story, [t for t in gift if t.low not in ("a", "an", "some")], owner)
        return
    giving.give(story, "give", [*subject, *gift], clause)


def wish(story: Story, rest: Tokens, clause: Tokens) -> bool:
    """What follows "I want", "I need", "I'd like": a thing with a state, or a new thing."""
    rest = trim(rest)
    if not rest:
        return False
    if rest[0].low in ("you", "the") and len(rest) > 2 and rest[1].low == "to":
        return False
    if existence(story, rest):
        return True
    if rest[0].low in ("no",):
        removal.remove(story, "remove", rest[1:], clause)
        return True
    if rest[0].low in ("more", "less") and len(rest) <= 4:
        name = rest[-1].low
        if name in lx.QUALITIES:
            tone.level(story, "increase" if rest[0].low == "more" else "decrease", rest[1:], clause)
            return True
    pair = predicates.split_predicate(rest)
    if pair and (rest[0].low in lx.words("the this his her it him them all everything my") or pair[1][0].low == "to"):
        becoming.become(story, "make", pair[0], pair[1], clause)
        return True
    to = next((i for i, t in enumerate(rest) if i and t.low == "to"), None)
    if to is not None and rest[0].low in lx.words("the this his her it him") and to + 1 < len(rest):
        return statement(story, [*rest[:to], Token("should", "should", "word", 0), *rest[to + 1 :]])
    if rest[0].low in ("the", "this") and len(rest) > 2:
        for i, token in enumerate(rest):
            if (
                i and base(token.low) and token.low != base(token.low) and token.low.endswith(("ed", "en"))
            ) or token.low == "gone":
                return _passive(story, rest[:i], base(token.low) or "remove", rest[i + 1 :], clause)
    adding.add(story, "add", rest, clause)
    return True


def place_first(clause: Tokens) -> Tokens:
    """Moves a fronted place behind the command ("on the left of the sink, add a boy")."""
    if not clause or not match_preposition(clause, 0):
        return clause
    picture = image_phrase(clause, 0)
    if picture and picture < len(clause) - 1:
        return trim(clause[picture:])
    for i, token in enumerate(clause):
        if not i or token.kind != "word":
            continue
        if (
            base(token.low) == token.low
            and base(token.low)
            and (clause[i - 1].text == "," or token.low in lx.STRONG or clause[i - 1].low in ("let's", "please"))
            and clause[i - 1].low not in lx.DETERMINERS
        ):
            place = [
                t
                for t in clause[:i]
                if t.low
                not in lx.words(
                    """
        let's please we should you can
        """
                )
            ]
            return [*clause[i:], *trim(place)]
    for i, token in enumerate(clause):
        if i and token.text == "," and i + 1 < len(clause):
            return [
                Token("add", "add", "word", 0),
                *[t for t in clause[i + 1 :] if t.low not in ("there", "is", "should", "be")],
                *clause[:i],
            ]
    return clause
