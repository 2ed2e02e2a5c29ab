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
_LINK = lx.MODALS | lx.BE | lx.words("looks appears becomes seems turns says reads wears holds has")


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
    if existence(story, clause):
        return True
    if clause[0].low in ("it's", "it") and len(clause) > 1:
        body = kinds.strip_look(clause)
        if kinds.weather(body) or kinds.tone_of(body):
            pictures.picture(story, body, parse_np([]))
            return True
    at = _finite(clause)
    if clause[0].low in lx.words("how who why when where what which"):
        return False
    if at is None:
        return False
    subject, rest = clause[:at], clause[at:]
    i = 0
    negative = False
    while i < len(rest) and (
        rest[i].low in lx.MODALS | lx.BE | lx.words("not now always so that all isn't aren't")
        or rest[i].kind == "punct"
    ):
        negative = negative or rest[i].low in ("not", "isn't", "aren't")
        i += 1
    predicate = rest[i:]
    if not predicate:
        return False
    if negative and predicate[0].low in lx.words("visible in present there here shown exist"):
        removal.remove(story, "remove", subject, clause)
        return True
    named = next((i for i, t in enumerate(predicate) if i and t.low in ("for", "of")), None)
    if named and subject[0].low in lx.COLORS and any(t.low in lx.COLOR_NOUNS for t in predicate[:named]):
        becoming.become(story, "make", predicate[named + 1 :], subject, clause)
        return True
    if predicate[0].low in _ADORN and len(predicate) > 1 and plain_color(subject):
        becoming.become(story, "make", predicate[1:], subject, clause)
        return True
    if predicate[0].low == "too" and kinds.tone_of(predicate[1:]):
        wanted = [Token("less", "less", "word", predicate[0].start), *predicate[1:]]
        becoming.become(story, "make", subject, wanted, clause)
        return True
    if predicate[0].low in ("taken", "shot", "captured", "photographed") and kinds.whole(parse_np(subject)):
        pictures.picture(story, predicate[1:], parse_np(subject))
        return True
    while len(subject) > 1 and subject[-1].low in ("both", "all", "each"):
        subject = subject[:-1]
    verb = base(predicate[0].low)
    if verb and predicate[0].low != verb and not predicate[0].low.endswith("s") and not _state(predicate[0].low):
        return _passive(story, subject, verb, predicate[1:], clause)
    if predicate[0].low in ("removed", "gone", "erased", "deleted"):
        removal.remove(story, "remove", subject, clause)
        return True
    if verb and verb == predicate[0].low and verb in ("add",):
        return False
    if (
        any(rest[k].low in ("needs", "need", "requires") for k in range(i))
        and not any(rest[k].low == "be" for k in range(i))
        and verb == ""
        and predicate[0].low in lx.words("a an some more less two")
    ):
        _needs(story, subject, predicate, clause)
        return True
    head = [t for t in subject if t.kind != "punct"]
    if head and head[0].low in ("i", "we", "you"):
        return False
    if rest[0].low in lx.words("says reads looks appears becomes turns wears holds has") and i == 0:
        predicate = [
            Token(rest[0].text, {"has": "have"}.get(rest[0].low, rest[0].low.rstrip("s")), "word", rest[0].start),
            *rest[1:],
        ]
    if (
        predicate[0].low == "on"
        and len(predicate) > 1
        and parse_np(head).pronoun == "it"
        and not any(t.low in lx.BACKDROP for t in predicate)
    ):
        return False
    if (
        match_preposition(predicate, 0)
        and predicate[0].low in lx.words("in on at behind next near to against")
        and not kinds.weather(predicate)
    ):
        if any(t.low in lx.SCENES | lx.BACKDROP for t in predicate):
            subject_phrase = story.resolve(parse_np(head))
            scenes.scene(story, predicate[1:], None if subject_phrase.image else subject_phrase.head)
        else:
            moving.move(story, "move", [*head, *predicate], clause)
        return True
    if (
        rest[0].low in ("is", "are", "was")
        and len(head) == 1
        and head[0].low in ("this", "it")
        and not kinds.weather(predicate)
    ):
        return False
    becoming.become(story, "make", head, predicate, clause)
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
