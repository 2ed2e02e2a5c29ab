"""Instruction to clauses: sentences, coordinated commands, and commands that simply follow one another."""

from __future__ import annotations

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
    "burn toast roast crack dent flood fit"
)
_MIDDLES = lx.words("center centre middle top bottom left right")
_QUALITY_STARTS = lx.words("color colors contrast brightness saturation hair clothes")
_SUBJECTS = ("The", "There", "This", "These", "His", "Her", "Their")
# Verbs that are nouns nearly always when they stand in the middle of a command.
_RARELY_VERBS = lx.words("station grace rest hang plant light stage balance perfect cover picture frame filter")


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


def _opens(tokens: list[Token], i: int, current: list[Token], titled: bool) -> bool:
    """Does a new command begin at token `i`?"""
    token = tokens[i]
    if token.kind != "word" or token.owner:
        return False
    low = token.low
    if (
        current[0].low not in lx.FRAMES
        and match_preposition(current, 0)
        and not any(base(t.low) == t.low and base(t.low) for t in current if t.low not in lx.NOUNISH)
    ):
        return False
    j = i - 1
    joined = False
    comma = False
    while j >= 0 and (
        tokens[j].low in lx.words("and & then also plus next finally please now lastly") or tokens[j].text == ","
    ):
        joined = joined or tokens[j].low in ("and", "&", "then", "also", "plus")
        comma = comma or tokens[j].text == ","
        j -= 1
    if j < 0 or not any(t.kind != "punct" for t in current):
        return False
    if not any(
        t.kind in ("word", "quote", "num")
        and t.low not in lx.CONJUNCTIONS
        and t.low not in lx.ADVERBS
        and t.low not in lx.POLITE
        for t in current
    ):
        return False
    if tokens[i - 1].low in ("please", "also", "then", "now") and j < i - 1:
        joined = True
    if (
        low == "i"
        and _following(tokens, i) in ("want", "need", "would")
        and tokens[i - 1].low not in ("if", "that", "what")
    ):
        return True
    if (
        low
        in lx.words(
            """
        i can could please let's we you i'd
        """
        )
        and not joined
        and not comma
    ):
        return low in ("please", "can", "could") and titled and token.text[0].isupper()
    if (
        titled
        and token.text in ("Then", "Also", "Next", "Finally", "Additionally")
        and tokens[i - 1].text[:1].islower()
    ):
        return True
    if titled and token.text == "You" and _following(tokens, i) in ("are", "should", "need", "can"):
        return tokens[i - 1].text[:1].islower()
    if low in ("let's", "please") or (low == "there" and _following(tokens, i) in ("should", "must", "is")):
        return joined or comma
    capital = titled and token.text in _SUBJECTS and tokens[i - 1].text[:1].islower()
    if (joined or comma or capital) and _declares(tokens, i, current):
        return True
    verb = base(low)
    if joined and low in _DEGREES and base(_following(tokens, i)) in lx.STRONG:
        return True
    if joined and low in ("only", "just") and lx.FRAMES.get(_following(tokens, i)) == "keep":
        return True
    if tokens[i - 1].low in _DEGREES and tokens[i - 2 : i - 1] and len(current) == 1:
        return False
    if not verb or low != verb:
        return not (
            not (comma or joined)
            or low not in lx.words("make leave keep keeping leaving maintaining preserving replacing")
        )
    previous = tokens[i - 1]
    if low == "clean" and previous.low in ("wipe", "scrub", "wash"):
        return False
    if low == "rid" and previous.low in ("get", "gets", "getting"):
        return False
    if previous.low in _NOT_BEFORE and not (titled and token.text[0].isupper() and verb in lx.STRONG):
        return False
    if previous.kind == "word" and previous.low in lx.MODALS and previous.low not in ("can",):
        return False
    if previous.owner:
        return False
    following = _following(tokens, i)
    if _complement(current, verb, titled and token.text[0].isupper(), joined or comma):
        return False
    after = tokens[i + 2].low if following in ("and", "&") and i + 2 < len(tokens) else ""
    if after in lx.FRAMES and lx.FRAMES[after] == lx.FRAMES[verb] in ("tone", "deform") and len(tokens) > i + 3:
        return previous.low not in lx.ADJECTIVES and previous.low not in lx.COLORS
    if joined or comma:
        if verb in lx.STRONG:
            return True
        if low in ("turn", "change", "make") and following in ("to", "into", "it"):
            return True
        if low in _LIKE_ADJECTIVES and following not in lx.DETERMINERS | lx.IMAGE | lx.BACKDROP | {"up", "his", "her"}:
            return False
        if low in lx.NOUNISH or verb in ("hold", "wear"):
            return _object_follows(tokens, i) or (
                i + 1 == len(tokens) and low in ("crop", "zoom", "resize", "enlarge", "blur")
            )
        return True
    if titled and token.text[0].isupper() and tokens[i - 1].text[:1].islower():
        return True
    if all(t.text.isupper() for t in tokens if t.kind == "word") or not titled or not token.text[0].isupper():
        if (
            verb in lx.STRONG
            and low == verb
            and following in lx.DETERMINERS | {"his", "her"}
            and previous.low not in _NOT_BEFORE
        ):
            return True
        if low in ("crop", "blur", "zoom", "resize", "rotate") and following in lx.words(
            """
        add remove change delete insert replace increase brighten darken lighten make
        """
        ):
            return True
        if low == "draw":
            return previous.low not in ("to", "and")
        if verb in lx.STRONG and low not in lx.NOUNISH:
            if low in ("photoshop", "contrast") and following in ("", ","):
                return False
            return not (low in ("change", "increase", "decrease", "move", "insert") and following in ("in", "of"))
        if low in lx.NOUNISH or verb == low:
            return (
                _object_follows(tokens, i, strict=True)
                and verb not in _RARELY_VERBS
                and (
                    verb in lx.STRONG
                    or (verb == "edit" and following in ("out", "in"))
                    or (
                        following in lx.DETERMINERS | {"in", "out"}
                        and previous.low in lx.COLORS | _MIDDLES
                        and not (previous.low in lx.COLORS and i > 1 and tokens[i - 2].low in lx.DETERMINERS)
                    )
                    or (previous.low not in lx.ADJECTIVES and previous.low not in lx.COLORS)
                )
                and not match_preposition(tokens, i - 1)
            )
    return titled and token.text[0].isupper()


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
    if first in ("make", "have", "let") and verb not in lx.words("remove add change replace delete make increase crop"):
        head = [t for t in current[1:] if t.kind == "word"]
        if head and len(head) > 1 and (head[-1].low in lx.COLORS or (head[-1].low.endswith("er") and verb == "edit")):
            return False
        return 0 < len(head) <= 4
    return False
