"""Noun phrases: head with compound, attributes, owner, position, count and the relation to another thing."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetouch.plan import lexicon as lx
from finetouch.plan import modifiers, tails
from finetouch.plan.colors import color_at
from finetouch.plan.owners import ANIMATE as ANIMATE
from finetouch.plan.owners import bare_owner, plain
from finetouch.plan.places import match_preposition
from finetouch.plan.tokens import Token, is_plural, last_word, say, singular

_PARTITIVE = lx.words("one some all any each most many several few both none two three four five six lots part rest")
_HANGERS = lx.words(
    "wall walls desk table shelf door fridge refrigerator easel screen shirt t-shirt nightstand dresser"
)


@dataclass
class Phrase:
    """What a noun phrase says; field names as in `finetouch.types.EditStep`.

    Attributes:
        core: Head with all its modifiers as written, without determiner ("small red car").
        tail: Modifiers behind the head that stay with it ("flying").
        pronoun: The pronoun when the phrase is one.
        image: The phrase means the whole picture. plural: the head is plural. definite: "the", "this", "his".
        count_word: How the count was said ("all", "some", "one", 3) or None.
        owner: Owner of the head. of: what a quality word belongs to ("color OF THE CAR").
    """

    head: str | None = None
    attributes: list[str] = field(default_factory=list)
    relation: tuple[str, str] | None = None
    position: str | None = None
    count_word: int | str | None = None
    core: str = ""
    tail: str = ""
    pronoun: str | None = None
    image: bool = False
    plural: bool = False
    definite: bool = False
    owner: str | None = None
    owner_pronoun: str | None = None
    color: str | None = None
    of: list[Token] | None = None
    placed_before: bool = False
    to_first: bool = False
    tokens: list[Token] = field(default_factory=list)
    excepted: str | None = None
    anchor_pronoun: str | None = None
    anchor_owner: str | None = None
    extra: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The head, or "" when there is none."""
        return self.head or ""

    def count(self, added: bool = False) -> int | str | None:
        """The count field: what was said, else from the number of the head."""
        if self.head is None:
            return None
        if isinstance(self.count_word, int):
            return self.count_word
        if self.count_word == "all":
            return "all"
        if self.count_word == "one":
            return "one"
        last = self.head.split(" of ")[0].split()[-1] if self.head.split() else ""
        plural = self.plural or is_plural(last)
        if added:
            return "some" if (plural and last.lower() not in lx.PAIRS) or self.count_word == "some" else "one"
        return "all" if plural or self.head.lower() == "everything" else "one"


def trim(tokens: list[Token]) -> list[Token]:
    """Without punctuation and loose conjunctions at both ends."""
    start, end = 0, len(tokens)
    while start < end and (tokens[start].kind == "punct" or tokens[start].low in ("and", "&", "also", "then", "so")):
        start += 1
    while end > start and (
        tokens[end - 1].kind == "punct"
        or tokens[end - 1].low
        in lx.words("and & also then please here too instead overall entirely completely totally altogether everywhere")
    ):
        end -= 1
        if tokens[end].low == "here" and end - 1 > start and tokens[end - 1].low == "right":
            end -= 1
    return tokens[start:end]


def parse_np(tokens: list[Token]) -> Phrase:
    """Reads the tokens of one noun phrase (no verb, no coordination of targets)."""
    tokens = trim(tokens)
    phrase = Phrase(tokens=tokens)
    if not tokens:
        return phrase
    core, rest = split_core(tokens)
    _read_core(phrase, core, rest)
    tails.read_rest(phrase, rest)
    _settle(phrase)
    return phrase


def split_core(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """(determiner .. head, everything behind the head)."""
    i = 0
    n = len(tokens)
    while i < n:
        token = tokens[i]
        listed = (
            token.text == ","
            and 0 < i < n - 1
            and tokens[i + 1].kind == "word"
            and modifiers.is_modifier(tokens[i - 1])
        )
        if listed and (modifiers.is_modifier(tokens[i + 1]) or color_at(tokens, i + 1)):
            i += 1
            continue
        if i and token.kind == "punct":
            break
        if (
            i
            and token.kind == "word"
            and (token.low in lx.RELATIVE or (token.low in ("he", "she", "they") and i + 1 < n))
        ):
            break
        hit = match_preposition(tokens, i)
        side = hit and hit[1] == 3 and token.low in ("left", "right") and tokens[i + 1].low == "side"
        if side and all(t.low in lx.DETERMINERS for t in tokens[:i]):
            i += 2
            break
        if hit and not (i == 0 and hit[1] != "of" and _is_quantifier(token)):
            relation, length = hit[0], hit[1]
            if relation == "of" and i and (_partitive(tokens, i) or _contained(tokens, i)):
                i += length
                continue
            if i == 0:
                i += 1
                continue
            if token.low in ("front", "back", "top", "left", "right") and length == 1:
                i += 1
                continue
            break
        if i and post_participle(tokens, i):
            break
        if i and token.low in lx.BE and not token.owner:
            break
        i += 1
    return tokens[:i], tokens[i:]


def _is_quantifier(token: Token) -> bool:
    return token.low in modifiers.QUANTIFIERS


def _partitive(tokens: list[Token], i: int) -> bool:
    previous = tokens[i - 1]
    if previous.low in ("part", "rest"):
        return False
    return previous.low in _PARTITIVE or previous.kind == "num" or (previous.low in ("rest", "most"))


def _contained(tokens: list[Token], i: int) -> bool:
    """ "jar of cookies": a container or measure before "of", and no determiner behind."""
    low = singular(tokens[i - 1].low)
    if i + 1 >= len(tokens):
        return False
    following = tokens[i + 1].low
    plain = following not in lx.words("the this these his her my that")
    return plain and (low in lx.CONTAINERS or tokens[i - 1].low in lx.CONTAINERS)


def post_participle(tokens: list[Token], i: int) -> bool:
    """ "man sitting on ...", "bird perched on ...": a participle behind the head."""
    low = tokens[i].low
    if tokens[i - 1].low in lx.DETERMINERS or tokens[i - 1].owner or tokens[i].kind != "word":
        return False
    following = tokens[i + 1] if i + 1 < len(tokens) else None
    opens = (
        following is None
        or following.kind == "punct"
        or following.low in lx.DETERMINERS
        or match_preposition(tokens, i + 1) is not None
        or following.low in lx.words("his her its their up down out and slightly like")
        or following.low.endswith("ly")
    )
    if low.endswith("ing") and len(low) > 4 and low not in _ING_NOUNS:
        before = tokens[i - 1].low
        return opens and before not in lx.ADJECTIVES and before not in lx.COLORS
    if (low.endswith("ed") and len(low) > 4) or low in lx.words("worn held hung made cut drawn written seen cast"):
        return (
            opens
            and low not in lx.words("red bed shed sled seed weed")
            and following is not None
            and tokens[i - 1].low not in lx.ADJECTIVES
        )
    return low in lx.words(
        """
        asleep awake visible present located shown situated positioned seen indoors outdoors upside
        facing wearing holding saying looking reading riding available
        """
    )


_ING_NOUNS = lx.words(
    """
    building painting drawing ceiling lighting clothing wing ring king string spring swing thing something
    everything anything nothing railing earring wedding writing lettering parking clearing sling lightning
    evening morning duckling sibling icing dressing coloring shading blurring being flooring bowling
    stuffing darling topping viking awning sling setting fencing piping scaffolding crossing sapling gosling
    engraving carving stocking advertising drawing frosting topping tubing casing coating rigging bedding wiring marking
    """
)


def _read_core(phrase: Phrase, core: list[Token], rest: list[Token]) -> None:
    core = modifiers.strip_front(phrase, core)
    if not core:
        return
    if len(core) == 1 and core[0].low in lx.PRONOUNS | {
        "it": "",
        "them": "",
        "this": "",
        "itself": "",
        "himself": "",
        "one": "",
    }:
        phrase.pronoun = core[0].low
        return
    core = _take_owner(phrase, core)
    if core and (core[0].low in modifiers.QUANTIFIERS or core[0].low in lx.NUMBERS or core[0].low in lx.DETERMINERS):
        core = modifiers.strip_front(phrase, core)
    if not core:
        return
    phrase.core = say(core)
    modifiers.read_modifiers(phrase, core)


def _take_owner(phrase: Phrase, core: list[Token]) -> list[Token]:
    """Splits "man's left hand" / "mans head" into owner and owned."""
    for i in range(len(core) - 1, -1, -1):
        token = core[i]
        if i == len(core) - 1:
            continue
        if token.owner or bare_owner(core, i):
            phrase.owner = say([*core[:i], plain(token)])
            if phrase.owner_pronoun and phrase.owner:
                phrase.owner_pronoun = None
            return core[i + 1 :]
    return core


def _settle(phrase: Phrase) -> None:
    """Owner against clause relation: the clause is more telling, the owner becomes an attribute."""
    hung = phrase.image and phrase.relation and phrase.relation[0] == "on"
    if hung and phrase.relation and last_word(phrase.relation[1]) in _HANGERS:
        phrase.image = False
    if phrase.owner:
        owner = phrase.owner
        if phrase.relation is None:
            phrase.relation = ("part_of", owner)
        else:
            phrase.attributes.append(owner)
