"""Noun phrases: head with compound, attributes, owner, position, count and the relation to another thing."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.places import image_phrase, match_preposition, position_phrase
from finetouch.plan.tokens import Token, is_plural, last_word, say, singular

_PARTITIVE = lx.words("one some all any each most many several few both none two three four five six lots part rest")
_QUANTIFIERS = {
    "all": "all", "every": "all", "each": "all", "any": "all", "both": 2, "some": "some", "several": "some",
    "many": "some", "multiple": "some", "few": "some", "lots": "some", "various": "some", "plenty": "some", "more": None,
    "another": "one", "a": "one", "an": "one",
}  # fmt: skip
ANIMATE = lx.words(
    """man woman boy girl guy lady person child kid baby dog cat horse bird bear cow sheep lion tiger monkey musician
    player penguin toddler dude bride groom soldier doctor nurse singer actor animal rabbit fish elephant mother father
    mom dad son daughter female male people men women children teenager grandma grandpa human"""
)
_SIZE_POS = lx.words("largest biggest smallest tallest tiniest shortest")


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
    excepted: str | None = None
    anchor_pronoun: str | None = None
    extra: list[tuple[str, str]] = field(default_factory=list)

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
        or tokens[end - 1].low in ("and", "&", "also", "then", "please", "here", "too", "instead")
    ):
        end -= 1
    return tokens[start:end]


def parse_np(tokens: list[Token]) -> Phrase:
    """Reads the tokens of one noun phrase (no verb, no coordination of targets)."""
    tokens = trim(tokens)
    phrase = Phrase()
    if not tokens:
        return phrase
    core, rest = split_core(tokens)
    _read_core(phrase, core, rest)
    _read_rest(phrase, rest)
    _settle(phrase)
    return phrase


def split_core(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """(determiner .. head, everything behind the head)."""
    i = 0
    n = len(tokens)
    while i < n:
        token = tokens[i]
        if i and token.kind == "punct":
            break
        if (
            i
            and token.kind == "word"
            and (token.low in lx.RELATIVE or (token.low in ("he", "she", "they") and i + 1 < n))
        ):
            break
        hit = match_preposition(tokens, i)
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
        if i and _post_participle(tokens, i):
            break
        if i and token.low in lx.BE and not token.owner:
            break
        i += 1
    return tokens[:i], tokens[i:]


def _is_quantifier(token: Token) -> bool:
    return token.low in _QUANTIFIERS


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
    plain = following not in ("the", "this", "these", "his", "her", "my", "that")
    return plain and (low in lx.CONTAINERS or tokens[i - 1].low in lx.CONTAINERS)


def _post_participle(tokens: list[Token], i: int) -> bool:
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
        or following.low in ("his", "her", "its", "their", "up", "down", "out", "and", "slightly", "like")
    )
    if low.endswith("ing") and len(low) > 4 and low not in _ING_NOUNS:
        before = tokens[i - 1].low
        return opens and before not in lx.ADJECTIVES and before not in lx.COLORS
    if (low.endswith("ed") and len(low) > 4) or low in (
        "worn",
        "held",
        "hung",
        "made",
        "cut",
        "drawn",
        "written",
        "seen",
    ):
        return (
            opens
            and low not in ("red", "bed", "shed", "sled", "seed", "weed")
            and following is not None
            and tokens[i - 1].low not in lx.ADJECTIVES
        )
    return low in (
        "asleep",
        "awake",
        "visible",
        "present",
        "located",
        "shown",
        "situated",
        "positioned",
        "seen",
        "indoors",
        "outdoors",
        "upside",
        "facing",
        "wearing",
        "holding",
        "saying",
        "looking",
        "reading",
        "riding",
    )


_ING_NOUNS = lx.words(
    """building painting drawing ceiling lighting clothing wing ring king string spring swing thing something everything
    anything nothing railing earring wedding writing lettering parking clearing sling lightning evening morning
    duckling sibling icing dressing coloring shading blurring being flooring bowling stuffing darling topping viking
    awning sling setting fencing piping scaffolding crossing sapling gosling engraving carving stocking"""
)


def _read_core(phrase: Phrase, core: list[Token], rest: list[Token]) -> None:
    core = _strip_front(phrase, core)
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
    if core and (core[0].low in _QUANTIFIERS or core[0].low in lx.NUMBERS or core[0].low in lx.DETERMINERS):
        core = _strip_front(phrase, core)
    if not core:
        return
    phrase.core = say(core)
    _read_modifiers(phrase, core)


def _strip_front(phrase: Phrase, core: list[Token]) -> list[Token]:
    """Takes determiners, numbers and partitives off the front."""
    i = 0
    n = len(core)
    while i < n:
        token = core[i]
        low = token.low
        last = i == n - 1
        if low in lx.POSSESSIVE and not token.owner and not last:
            phrase.owner_pronoun = low
            phrase.definite = True
        elif low in lx.NUMBERS and not (last and i == 0) and low not in ("pair", "couple", "dozen"):
            phrase.count_word = lx.NUMBERS[low]
        elif token.kind == "num" and not last and token.text.isdigit() and i + 1 < n and is_plural(core[-1].low):
            phrase.count_word = int(token.text)
        elif low in ("couple", "dozen") and i + 2 < n and core[i + 1].low == "of":
            phrase.count_word = lx.NUMBERS[low] if low == "dozen" else 2
        elif low == "one" and i + 1 < n and core[i + 1].low == "of":
            phrase.count_word = "one"
        elif low in _QUANTIFIERS and not last:
            value = _QUANTIFIERS[low]
            if value is not None and not (phrase.count_word == "one" and value == "all"):
                phrase.count_word = value if value != "one" or i + 1 < n else phrase.count_word
        elif low == "of" and i > 0:
            pass
        elif low in lx.DETERMINERS and (not last or (n == 1 and low in ("the", "a", "an"))):
            phrase.definite = phrase.definite or low in ("the", "this", "that", "these", "those")
        elif (
            (low in ("so", "much", "as", "most", "too", "such")
            and not last
            and i == 0)
            or (low in ("much", "many", "of")
            and i
            and not last)
        ):
            pass
        elif low in ("whole", "entire") and not last:
            phrase.definite = True
        elif (
            low in ("lot", "bunch", "lots", "number", "rest")
            and i + 1 < n
            and core[i + 1].low == "of"
            and low != "bunch"
        ):
            phrase.count_word = "some"
        else:
            break
        i += 1
    if phrase.count_word == "one" and core[-1].low and is_plural(core[-1].low) and not _said_one(core):
        phrase.count_word = None
    return core[i:]


def _said_one(core: list[Token]) -> bool:
    return any(t.low == "one" for t in core[:2])


def _take_owner(phrase: Phrase, core: list[Token]) -> list[Token]:
    """Splits "man's left hand" / "mans head" into owner and owned."""
    for i in range(len(core) - 1, -1, -1):
        token = core[i]
        if i == len(core) - 1:
            continue
        if token.owner or _bare_owner(core, i):
            phrase.owner = say([*core[:i], _plain(token)])
            if phrase.owner_pronoun and phrase.owner:
                phrase.owner_pronoun = None
            return core[i + 1 :]
    return core


def _plain(token: Token) -> Token:
    return Token(token.text, token.low, token.kind, token.start)


def _bare_owner(core: list[Token], i: int) -> bool:
    low = core[i].low
    following = core[i + 1].low
    owned = core[-1].low
    if (
        not low.endswith("s")
        or low.endswith("ss")
        or low in lx.COLORS
        or low in lx.ADJECTIVES
        or low in ("glasses", "sunglasses")
    ):
        return False
    part = (
        owned in lx.BODY or owned in lx.GARMENTS or owned in ("color", "shirt", "size", "name") or following in lx.BODY
    )
    return part and (
        singular(low) in ANIMATE
        or low[:-1] in ANIMATE
        or (low not in lx.SINGULAR_S and owned in lx.BODY)
        or owned == "color"
    )


def _read_modifiers(phrase: Phrase, core: list[Token]) -> None:
    """Attributes and positions in front of the head."""
    i = 0
    n = len(core)
    while i < n - 1:
        token = core[i]
        low = token.low
        color = color_at(core, i, n - 1)
        if color and i + color[1] < n:
            phrase.attributes.append(say(core[i : i + color[1]]))
            phrase.color = phrase.color or color[0]
            i += color[1]
            continue
        if low in ("and", "or", ",", "&") or token.kind == "punct":
            i += 1
            continue
        if (
            low in lx.POSITION_WORDS
            and low not in ("background", "foreground")
            and not (low == "front" and core[-1].low in ("door", "teeth", "wheel", "porch", "yard"))
        ):
            low_next = core[i + 1].low
            if low_next in lx.POSITION_WORDS and i + 2 < n:
                phrase.position = _corner(low, low_next) or phrase.position
                phrase.placed_before = True
                i += 2
                continue
            if low in _SIZE_POS or phrase.position is None:
                phrase.position = lx.POSITION_WORDS[low]
                phrase.placed_before = True
            i += 1
            continue
        if (
            low in lx.INTENSIFIERS | {"nearly", "half", "partially", "freshly", "far", "most"}
            and i + 2 <= n - 1
            and low not in ("even",)
        ):
            if low != "far" and _is_modifier(core[i + 1]):
                phrase.attributes.append(say(core[i : i + 2]))
                i += 2
                continue
            i += 1
            continue
        if _is_modifier(token, core[i + 1].low):
            phrase.attributes.append(token.text)
            i += 1
            continue
        break
    head = core[i:]
    if len(head) > 1 and all(t.kind != "quote" for t in head):
        while len(head) > 1 and head[0].low in ("and", "or", ","):
            head = head[1:]
        phrase.head = say(head)
    elif len(head) == 1:
        phrase.head = head[0].text
    else:
        quote = [t for t in head if t.kind == "quote"]
        plain = [t for t in head if t.kind != "quote"]
        if plain and quote:
            phrase.head = say(plain)
            phrase.attributes += [t.text for t in quote]
        else:
            phrase.head = say(head)
    last = head[-1].low if head[-1].kind != "quote" or len(head) == 1 else head[0].low
    before_of = [t.low for t in head]
    if "of" in before_of:
        last = before_of[before_of.index("of") - 1]
    phrase.plural = is_plural(last)
    if head[-1].low in lx.IMAGE and len(head) == 1 and not phrase.owner:
        phrase.image = True


def _is_modifier(token: Token, following: str = "") -> bool:
    low = token.low
    if token.kind == "quote" or token.owner:
        return False
    if low == "light" and following in (
        "pole",
        "poles",
        "polls",
        "bulb",
        "bulbs",
        "saber",
        "switch",
        "fixture",
        "fixtures",
        "post",
        "posts",
        "source",
        "beam",
        "house",
        "ray",
        "rays",
        "reflection",
        "effect",
        "effects",
    ):
        return False
    if token.kind == "num":
        return False
    if low in lx.ADJECTIVES:
        return True
    if "-" in low and low.endswith(("ed", "ing", "haired", "colored", "sized", "shaped", "up", "like", "style")):
        return True
    return (
        low.endswith("ed")
        and len(low) > 4
        and low not in ("united", "seaweed", "hundred", "weed", "shed", "sled", "seed")
    ) or low in lx.COLOR_ISH


def _corner(first: str, second: str) -> str | None:
    rows = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
    cols = {"left": "left", "right": "right", "left-hand": "left", "right-hand": "right"}
    if first in rows and second in cols:
        return f"{rows[first]}-{cols[second]}"
    if first in cols and second in rows:
        return f"{rows[second]}-{cols[first]}"
    if first in rows and second in ("center", "middle", "centre"):
        return rows[first]
    if first == "far":
        return lx.POSITION_WORDS.get(second)
    return None


def _read_rest(phrase: Phrase, rest: list[Token]) -> None:
    """Prepositional phrases, relative clauses and participles behind the head."""
    i = 0
    n = len(rest)
    while i < n:
        token = rest[i]
        if token.kind == "punct":
            i += 1
            continue
        if token.low in ("has", "have", "had") and i + 1 < n and rest[i + 1].low == "been":
            i += 2
            continue
        if (
            token.low in lx.RELATIVE
            or (token.low in lx.BE and not token.owner)
            or token.low
            in (
                "currently",
                "both",
                "all",
                "present",
                "located",
                "situated",
                "positioned",
                "shown",
                "visible",
                "depicted",
                "seen",
            )
        ):
            i += 1
            continue
        place = position_phrase(rest, i)
        if place:
            _set_position(phrase, place[0], say(rest[i : i + place[1]]))
            i += place[1]
            continue
        picture = image_phrase(rest, i)
        if picture and token.low == "of" and (phrase.head or "").lower() in lx.PLACE_NOUNS:
            phrase.image = True
        if picture:
            i += picture
            continue
        hit = match_preposition(rest, i)
        if hit:
            end = _anchor_end(rest, i + hit[1])
            _attach(phrase, hit[0], rest[i : i + hit[1]], rest[i + hit[1] : end])
            if hit[0] == "of" and phrase.of is not None and end < n:
                phrase.of = [*phrase.of, *rest[end:]]
            i = end
            continue
        end = i + 1
        while (
            end < n
            and not match_preposition(rest, end)
            and rest[end].kind != "punct"
            and not position_phrase(rest, end)
            and rest[end].low not in lx.RELATIVE
        ):
            end += 1
        words = say(rest[i:end])
        if words and token.low not in ("please", "and", "too"):
            phrase.attributes.append(words)
            if not phrase.relation and not phrase.tail:
                phrase.tail = words
        i = end


def _set_position(phrase: Phrase, place: str, words: str) -> None:
    if phrase.position in ("background", "foreground") and place not in ("background", "foreground"):
        phrase.attributes.append(f"in the {phrase.position}")
        phrase.position = place
    elif phrase.position is None:
        phrase.position = place
    else:
        phrase.attributes.append(words)


def _anchor_end(rest: list[Token], start: int) -> int:
    """Where the anchor of a preposition ends."""
    i = start
    n = len(rest)
    while i < n:
        token = rest[i]
        if i > start and ((token.kind == "punct" and not _listed(rest, i)) or token.low in lx.RELATIVE):
            return i
        hit = match_preposition(rest, i) if i > start else None
        if hit and hit[0] != "of":
            return i
        if i > start and (position_phrase(rest, i) or image_phrase(rest, i)):
            return i
        if i > start and _post_participle(rest, i) and rest[i - 1].low not in ("and", "the"):
            return i
        i += 1
    return n


def _listed(rest: list[Token], i: int) -> bool:
    return False


def _attach(phrase: Phrase, relation: str, preposition: list[Token], anchor: list[Token]) -> None:
    anchor = trim(anchor)
    text = anchor_text(anchor)
    words = say(preposition) + " " + say(anchor)
    if relation == "except":
        phrase.attributes.append(f"except {say(anchor)}")
        phrase.excepted = text
        return
    if not anchor:
        return
    if relation == "of":
        _attach_of(phrase, anchor, text)
        return
    if relation == "from":
        lower = text.lower()
        if lower in lx.IMAGE or lower in ("here", "it", "this"):
            return
        if lower in lx.BACKDROP:
            phrase.position = phrase.position or "background"
            return
        inside = (
            singular(last_word(phrase.head)) in ("seed", "leaf", "petal", "stem", "pit", "core", "slice", "bone")
            if phrase.head
            else False
        )
        relation = "part_of" if inside else "on"
        mouthy = anchor[-1].low
        if (
            not inside
            and mouthy in lx.INSIDES
            and mouthy not in ("sky-", "window", "windows", "bed", "face", "grass", "eyes")
        ):
            relation = "in"
    if relation in ("to", "at", "for", "as", "about", "like", "than", "without", "down", "instead"):
        phrase.to_first = phrase.to_first or (relation == "to" and phrase.relation is None)
        if relation == "at":
            relation = "near"
        else:
            phrase.attributes.append(words)
            return
    if relation == "in" and anchor[-1].low in lx.GARMENTS and _wearer(phrase):
        relation = "wearing"
    if (
        preposition[-1].low in ("of", "between")
        and any(t.low in ("middle", "center", "centre") for t in preposition)
        and phrase.position is None
    ):
        phrase.position = "center"
    if text.lower() in lx.BACKDROP and relation in ("in", "on"):
        _set_position(phrase, "background", words)
        return
    if text.lower() in lx.IMAGE:
        return
    inner = (
        parse_np(anchor)
        if anchor[0].low in lx.PRONOUNS or anchor[0].low in lx.POSSESSIVE or anchor[0].low == "it"
        else None
    )
    if inner is not None and inner.pronoun:
        phrase.anchor_pronoun = inner.pronoun
    if phrase.relation is None or (phrase.relation[0] in ("with", "wearing") and relation not in ("with", "wearing") and False):
        phrase.relation = (relation, text)
    else:
        phrase.extra.append((relation, text))
        phrase.attributes.append(words)


def _wearer(phrase: Phrase) -> bool:
    head = (phrase.head or phrase.pronoun or "").split()[-1:] or [""]
    last = head[0].lower()
    return (
        last in ANIMATE
        or singular(last) in ANIMATE
        or phrase.pronoun is not None
        or (
            last not in lx.GARMENTS
            and last not in lx.BODY
            and last not in lx.SURFACES
            and last.endswith(("er", "or", "ist", "ant"))
        )
    )


def _attach_of(phrase: Phrase, anchor: list[Token], text: str) -> None:
    low = text.lower()
    if low in lx.IMAGE or (anchor and anchor[-1].low in lx.IMAGE and len(anchor) <= 3):
        phrase.of = anchor
        if (phrase.head or "").lower() in lx.PLACE_NOUNS:
            phrase.image = True
        return
    phrase.of = anchor
    if phrase.relation is None:
        inner = parse_np(anchor)
        phrase.relation = ("part_of", text)
        phrase.position = phrase.position or None
        if inner.pronoun:
            phrase.anchor_pronoun = inner.pronoun


def anchor_text(tokens: list[Token]) -> str:
    """An anchor as the guidelines write it: no leading determiner, modifiers kept, own spelling."""
    tokens = trim(tokens)
    while (
        tokens
        and tokens[0].kind == "word"
        and not tokens[0].owner
        and len(tokens) > 1
        and (
            tokens[0].low in lx.DETERMINERS - {"all", "each", "every", "both"}
            or tokens[0].low in lx.POSSESSIVE
            or tokens[0].low == "all"
            or (tokens[0].low == "of")
        )
    ):
        tokens = tokens[1:]
    tokens = [
        t
        for i, t in enumerate(tokens)
        if not (i and t.low in ("the", "a", "an", "his", "her") and tokens[i - 1].low in ("and", "or"))
    ]
    return say(tokens)


def _settle(phrase: Phrase) -> None:
    """Owner against clause relation: the clause is more telling, the owner becomes an attribute."""
    if phrase.owner:
        owner = phrase.owner
        if phrase.relation is None:
            phrase.relation = ("part_of", owner)
        else:
            phrase.attributes.append(owner)
