"""Instruction to clauses: sentences, coordinated commands, and commands that simply follow one another."""

from __future__ import annotations

from dataclasses import dataclass

from finetouch.plan import lexicon as lx
from finetouch.plan.places import match_preposition
from finetouch.plan.tokens import Token, base

_NOT_BEFORE = lx.DETERMINERS | lx.words(
    """
    to of in on at by with from for into onto over under behind beside near very more less much not can
    could should would will must shall don't let's lets you i we who which that please be been without dark
    light bright your only so his her its their as like than or
    """
)
_OBJECT_START = (
    lx.DETERMINERS
    | lx.IMAGE
    | lx.BACKDROP
    | lx.words("his her its their him them it me out off away up down all everything in on text just only")
)
_DEGREES = lx.words("significantly slightly dramatically drastically greatly seamlessly carefully completely gently")
_LIKE_ADJECTIVES = lx.words(
    "light warm clear smooth open clean dim slim perfect double close dry cool separate tie break lock wrap "
    "burn bold toast roast crack dent flood fit"
)
_MIDDLES = lx.words("center centre middle top bottom left right")
_QUALITY_STARTS = lx.words("color colors contrast brightness saturation hair clothes")
_NO_COMPLEMENT = lx.words(
    "remove add change replace delete make increase crop write insert brighten darken lighten sharpen decrease erase "
    "blur zoom photoshop enhance adjust"
)
_LINKS = lx.words("and & then also plus next finally please now lastly")
_ADDRESS = lx.words("i can could please let's we you i'd")
_RESULTING = lx.words("make leave keep keeping leaving maintaining preserving replacing")
_UNMISTAKABLE = lx.words("add remove change delete insert replace increase brighten darken lighten make")
_SUBJECTS = ("The", "There", "This", "These", "His", "Her", "Their")
# Verbs that are nouns nearly always when they stand in the middle of a command.
_RARELY_VERBS = lx.words(
    "station grace rest hang plant light stage balance perfect cover picture frame filter type print enter"
)


def split_clauses(tokens: list[Token]) -> list[list[Token]]:
    """The commands of an instruction, each a list of tokens, in order."""
    titled = _capitals_matter(tokens)
    clauses: list[list[Token]] = []
    current: list[Token] = []
    depth = 0
    for i, token in enumerate(tokens):
        if token.text in ("(", "["):
            depth += 1
            continue
        if token.text in (")", "]"):
            depth = max(0, depth - 1)
            continue
        if depth:
            continue
        if token.text == "." and i and tokens[i - 1].low in lx.words("st mr mrs dr ms jr no vs"):
            continue
        if token.kind == "punct" and token.text in ".;!?\n":
            _close(clauses, current)
            current = []
            continue
        if token.low == "na" or (token.low in ("n/a", "null") and (token.text.isupper() or i in (0, len(tokens) - 1))):
            _close(clauses, current)
            current = []
            continue
        if current and _opens(tokens, i, current, titled):
            _close(clauses, current)
            current = []
        current.append(token)
    _close(clauses, current)
    return clauses


def _capitals_matter(tokens: list[Token]) -> bool:
    """True when a capital in the middle says "new sentence": mixed case text that is not a title."""
    words = [t for t in tokens if t.kind == "word" and t.text[:1].isalpha()]
    if not words:
        return False
    capital = sum(t.text[:1].isupper() for t in words)
    return capital <= max(2, 0.6 * len(words)) and not all(t.text.isupper() for t in words)


def _close(clauses: list[list[Token]], current: list[Token]) -> None:
    while current and (
        current[-1].kind == "punct"
        or current[-1].low in ("and", "&", "then", "also", "plus")
        or current[-1].low in (",",)
    ):
        current = current[:-1]
    while current and (current[0].kind == "punct" or current[0].low in ("and", "&", "then", "plus")):
        current = current[1:]
    if current:
        clauses.append(current)


_LETTERING = lx.words("say says saying read reads reading")


@dataclass
class _Spot:
    """A place in the text at which a new command may begin.

    Attributes:
        tokens, i: The text and the place. current: The clause so far. titled: Capitals tell sentences apart.
        joined, comma: "and" or "then" stands before it, a comma does.
    """

    tokens: list[Token]
    i: int
    current: list[Token]
    titled: bool
    joined: bool = False
    comma: bool = False

    @property
    def token(self) -> Token:
        return self.tokens[self.i]

    @property
    def previous(self) -> Token:
        return self.tokens[self.i - 1]

    @property
    def following(self) -> str:
        return _following(self.tokens, self.i)

    @property
    def linked(self) -> bool:
        return self.joined or self.comma

    @property
    def capital(self) -> bool:
        return self.titled and self.token.text[0].isupper()

    @property
    def sentence(self) -> bool:
        """A capital behind a small word."""
        return self.titled and self.previous.text[:1].islower()


def _opens(tokens: list[Token], i: int, current: list[Token], titled: bool) -> bool:
    """Does a new command begin at token `i`?"""
    token = tokens[i]
    if token.kind != "word" or token.owner or _fronted(current):
        return False
    spot = _Spot(tokens, i, current, titled)
    j = i - 1
    while j >= 0 and (tokens[j].low in _LINKS or tokens[j].text == ","):
        spot.joined = spot.joined or tokens[j].low in ("and", "&", "then", "also", "plus")
        spot.comma = spot.comma or tokens[j].text == ","
        j -= 1
    if j < 0 or not any(_weighty(t) for t in current):
        return False
    if spot.previous.low in ("please", "also", "then", "now") and j < i - 1:
        spot.joined = True
    begun = _begins_politely(spot)
    if begun is None and spot.joined and token.low in _DEGREES and base(spot.following) in lx.STRONG:
        begun = True
    if begun is None and spot.joined and token.low in ("only", "just") and lx.FRAMES.get(spot.following) == "keep":
        begun = True
    if begun is not None:
        return begun
    if spot.previous.low in _DEGREES and i > 1 and len(current) == 1:
        return False
    verb = base(token.low)
    if not verb or token.low != verb:
        third = verb in lx.STRONG and token.low == verb + "s" and spot.following in _OBJECT_START
        return spot.linked and (token.low in _RESULTING or third)
    return not _no_verb_here(spot, verb) and _verb_opens(spot, verb)


def _fronted(current: list[Token]) -> bool:
    """The clause so far is only a place: "to the left of the sink, ..."."""
    if current[0].low in lx.FRAMES or not match_preposition(current, 0):
        return False
    return not any(base(t.low) == t.low and base(t.low) for t in current if t.low not in lx.NOUNISH)


def _weighty(token: Token) -> bool:
    """A word that makes a clause more than a greeting."""
    if token.kind not in ("word", "quote", "num"):
        return False
    return token.low not in lx.CONJUNCTIONS and token.low not in lx.ADVERBS and token.low not in lx.POLITE


def _begins_politely(spot: _Spot) -> bool | None:
    """ "I want ...", "please ...", "Then ...", "the shirt should ...": True or False when settled, else None."""
    token, low, following = spot.token, spot.token.low, spot.following
    if low == "i" and following in ("want", "need", "would") and spot.previous.low not in ("if", "that", "what"):
        return True
    if spot.titled and token.text == "You" and following in ("are", "should", "need", "can"):
        return spot.sentence
    if low == "that's" and following in ("it", "all"):
        return True
    if low == "please" and spot.i > 2 and base(following) == following and following in lx.STRONG:
        return spot.i + 2 < len(spot.tokens)
    if low in _ADDRESS and not spot.linked:
        return low in ("please", "can", "could") and spot.capital
    if spot.sentence and token.text in ("Then", "Also", "Next", "Finally", "Additionally"):
        return True
    if low in ("let's", "please") or (low == "there" and following in ("should", "must", "is")):
        return spot.linked
    if (spot.linked or (spot.sentence and token.text in _SUBJECTS)) and _declares(spot.tokens, spot.i, spot.current):
        return True
    return None


def _no_verb_here(spot: _Spot, verb: str) -> bool:
    """The word before forbids a verb: "the", "to", "girl's", "should", "get (rid)", "(to) say"."""
    previous, low = spot.previous, spot.token.low
    if previous.low in _LETTERING and not spot.linked:
        return True
    if (low == "clean" and previous.low in ("wipe", "scrub", "wash")) or (
        low == "rid" and previous.low in ("get", "gets", "getting")
    ):
        return True
    lit = previous.low in ("light", "dark") and spot.i > 1 and base(spot.tokens[spot.i - 2].low) in lx.STRONG
    if previous.low in _NOT_BEFORE and not ((spot.capital or lit) and verb in lx.STRONG):
        return True
    if previous.owner or (previous.kind == "word" and previous.low in lx.MODALS and previous.low != "can"):
        return True
    return _complement(spot.current, verb, spot.capital, spot.linked)


def _verb_opens(spot: _Spot, verb: str) -> bool:
    """An edit verb that may open a clause: does it?"""
    tokens, i, previous = spot.tokens, spot.i, spot.previous
    after = tokens[i + 2].low if spot.following in ("and", "&") and i + 2 < len(tokens) else ""
    if after in lx.FRAMES and lx.FRAMES[after] == lx.FRAMES[verb] in ("tone", "deform") and len(tokens) > i + 3:
        return previous.low not in lx.ADJECTIVES and previous.low not in lx.COLORS
    if spot.token.low in ("crop", "zoom", "rotate", "resize") and base(after) == after and after in lx.FRAMES:
        return True
    if spot.linked:
        return _linked_verb(spot, verb)
    if spot.capital and spot.sentence:
        return True
    if spot.capital and not all(t.text.isupper() for t in tokens if t.kind == "word"):
        return True
    return _bare_verb(spot, verb)


def _linked_verb(spot: _Spot, verb: str) -> bool:
    """A verb behind "and" or a comma."""
    low, following = spot.token.low, spot.following
    if verb in lx.STRONG or (low in ("turn", "change", "make") and following in ("to", "into", "it")):
        return True
    if low in _LIKE_ADJECTIVES and following not in lx.DETERMINERS | lx.IMAGE | lx.BACKDROP | {
        "up",
        "out",
        "his",
        "her",
    }:
        return False
    if low == "fit" and following in ("into", "in", "onto"):
        return True
    if low in lx.NOUNISH or verb in ("hold", "wear"):
        last = spot.i + 1 == len(spot.tokens) and low in ("crop", "zoom", "resize", "enlarge", "blur")
        return _object_follows(spot.tokens, spot.i) or last
    return True


def _bare_verb(spot: _Spot, verb: str) -> bool:
    """A verb with nothing that sets it off: "remove the cat MAKE the sky red"."""
    low, following, previous = spot.token.low, spot.following, spot.previous
    if verb in lx.STRONG and following in lx.DETERMINERS | {"his", "her"} and previous.low not in _NOT_BEFORE:
        return True
    if low in ("crop", "blur", "zoom", "resize", "rotate") and following in _UNMISTAKABLE:
        return True
    if low in ("leave", "keep"):
        return following not in ("", "and", ",")
    if low == "draw":
        return previous.low not in ("to", "and")
    if verb in lx.STRONG and low not in lx.NOUNISH:
        if low in ("photoshop", "contrast") and following in ("", ","):
            return False
        return not (low in ("change", "increase", "decrease", "move", "insert") and following in ("in", "of"))
    if not _object_follows(spot.tokens, spot.i, strict=True) or verb in _RARELY_VERBS:
        return False
    if match_preposition(spot.tokens, spot.i - 1):
        return False
    return (
        verb in lx.STRONG
        or (verb == "edit" and following in ("out", "in"))
        or _after_color(spot)
        or (previous.low not in lx.ADJECTIVES and previous.low not in lx.COLORS)
    )


def _after_color(spot: _Spot) -> bool:
    """ "make it blue BLUR the rest", but not "the gray BLUR in the corner"."""
    previous = spot.previous.low
    if spot.following not in lx.DETERMINERS | {"in", "out", "up"} or previous not in lx.COLORS | _MIDDLES:
        return False
    return not (previous in lx.COLORS and spot.i > 1 and spot.tokens[spot.i - 2].low in lx.DETERMINERS)


def _declares(tokens: list[Token], i: int, current: list[Token]) -> bool:
    """ "..., the shirt should say ..." after a finished command."""
    if tokens[i].low not in ("the", "this", "these", "his", "her", "there", "their"):
        return False
    for k, token in enumerate(tokens[i + 1 : i + 5], i + 1):
        if token.low in ("should", "shall", "must", "needs") or (
            token.low in ("has", "have", "need", "ought") and _following(tokens, k) == "to"
        ):
            return True
        if token.kind != "word" or token.low in ("and", "who", "that"):
            return False
    return False


def _following(tokens: list[Token], i: int) -> str:
    return tokens[i + 1].low if i + 1 < len(tokens) else ""


def _object_follows(tokens: list[Token], i: int, strict: bool = False) -> bool:
    if i + 1 >= len(tokens):
        return False
    following = tokens[i + 1]
    if following.kind == "quote":
        return not strict
    low = following.low
    if low in ("of",):
        return False
    if strict and tokens[i].low in ("change", "adjust") and low in _QUALITY_STARTS:
        return True
    if strict and tokens[i].low in ("change", "turn") and any(t.low in ("to", "into") for t in tokens[i + 2 : i + 6]):
        return True
    if strict:
        return low in _OBJECT_START and not (
            low in lx.words("in on up down out off")
            and tokens[i].low
            not in lx.words("zoom cut crop bring turn take fill clean tone photoshop edit get blur fade")
        )
    return (
        following.kind != "punct"
        and low not in ("and", "or", "&")
        and (not match_preposition(tokens, i + 1) or low in _OBJECT_START)
    )


def _complement(current: list[Token], verb: str, capital: bool, joined: bool) -> bool:
    """ "make the person TURN his head": a verb that completes make, have or let."""
    if capital or joined:
        return False
    first = next(
        (t.low for t in current if t.low not in lx.ADVERBS and t.low not in ("can", "could", "would", "you", "please")),
        "",
    )
    if first in ("make", "have", "let") and verb not in _NO_COMPLEMENT:
        head = [t for t in current[1:] if t.kind == "word"]
        if head and len(head) > 1 and (head[-1].low in lx.COLORS or (head[-1].low.endswith("er") and verb == "edit")):
            return False
        return 0 < len(head) <= 4
    return False
