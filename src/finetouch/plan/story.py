"""What the reading of an instruction collects: drafts of steps, antecedents of pronouns, words not understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import image_phrase, match_preposition, position_phrase
from finetouch.plan.tokens import Token, base, say
from finetouch.types import EditStep


@dataclass
class Draft:
    """A step while it is being read; the fields are those of `EditStep`."""

    op: str
    target: str | None = None
    attributes: list[str] = field(default_factory=list)
    relation: tuple[str, str] | None = None
    position: str | None = None
    count: int | str | None = None
    result: str | None = None
    color: str | None = None
    params: dict[str, Any] = field(default_factory=dict)

    def step(self) -> EditStep:
        """The finished step."""
        kind, anchor = self.relation or ("", "")
        fields: dict[str, Any] = {
            "op": self.op,
            "target": self.target or None,
            "attributes": tuple(a for a in self.attributes if a),
            "relation": {"type": kind, "anchor": anchor} if anchor else None,
            "position": self.position,
            "count": self.count,
            "result": self.result or None,
            "color": self.color,
            "params": self.params,
        }
        return EditStep(**fields)


@dataclass
class Story:
    """State of one reading.

    Attributes:
        dispatch: Reads the arguments of a verb: ``(story, verb, arguments, clause)``.
        antecedent: What "it" means: the phrase last edited, "image" for the picture, None at the start.
        person: Phrase that "him" or "her" means when the text names one.
        upcoming: First two words of the next clause ("take the girl" is no edit when "put her ..." follows).
        verb, frame: Of the clause before, for gapping ("change A to B and C to D"). before: The frame before that.
        whole_antecedent: The next pronoun takes over place and attributes as well, not just the name.
    """

    dispatch: Callable[[Story, str, list[Token], list[Token]], bool] = lambda *_: False
    drafts: list[Draft] = field(default_factory=list)
    antecedent: Phrase | str | None = None
    person: str | None = None
    frame: str = ""
    before: str = ""
    whole_antecedent: bool = False
    upcoming: tuple[str, str] = ("", "")
    verb: str = ""
    unknown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, draft: Draft) -> Draft:
        """Appends a step; the place of the background is not said twice."""
        if draft.target in ("background", "foreground") and draft.position == draft.target:
            draft.position = None
        self.drafts.append(draft)
        return draft

    def note(self, phrase: Phrase) -> None:
        """Remembers what was spoken of."""
        if phrase.image:
            self.antecedent = "image"
        elif phrase.head:
            self.antecedent = phrase
            if phrase.head.split()[-1].lower() in _PERSONS:
                self.person = phrase.head
            elif phrase.owner and phrase.relation and phrase.relation[0] == "part_of":
                self.person = phrase.owner

    def resolve(self, phrase: Phrase) -> Phrase:
        """The phrase with its pronouns replaced by what they stand for (section 5 of the guidelines)."""
        if phrase.pronoun:
            self._resolve_head(phrase)
        if phrase.owner_pronoun and phrase.relation is None and phrase.head:
            owner = lx.POSSESSIVE.get(phrase.owner_pronoun)
            if phrase.owner_pronoun in ("his", "her", "their", "its") and self.person and phrase.owner_pronoun != "its":
                owner = self.person
            elif phrase.owner_pronoun == "its" and isinstance(self.antecedent, Phrase):
                part = self.antecedent.relation
                owner = part[1] if part and part[0] == "part_of" else self.antecedent.head
            if owner:
                phrase.relation = ("part_of", owner)
        if phrase.relation and phrase.anchor_pronoun:
            phrase.relation = (phrase.relation[0], self.anchor(phrase.anchor_pronoun))
        return phrase

    def anchor(self, pronoun: str) -> str:
        """What a pronoun used as an anchor stands for; "" when unknown."""
        if pronoun in lx.PRONOUNS:
            return self.person or lx.PRONOUNS[pronoun]
        return (self.antecedent.head or "") if isinstance(self.antecedent, Phrase) else ""

    def _resolve_head(self, phrase: Phrase) -> None:
        word = phrase.pronoun or ""
        if word in lx.PRONOUNS:
            old = self.antecedent
            if word in ("them", "they") and isinstance(old, Phrase) and old.head:
                phrase.head, phrase.count_word = old.head, "all"
            else:
                phrase.head = self.person or lx.PRONOUNS[word]
            phrase.core = phrase.head or ""
            phrase.definite = True
            return
        if word == "it" and isinstance(self.antecedent, Phrase) and self.antecedent.name.lower() in _GROWN:
            phrase.image = True
            return
        if isinstance(self.antecedent, Phrase):
            old = self.antecedent
            phrase.head, phrase.core, phrase.count_word, phrase.plural = (
                old.head,
                old.head or "",
                old.count_word,
                old.plural,
            )
            phrase.relation = phrase.relation or (
                old.relation if old.relation and (old.relation[0] == "part_of" or self.whole_antecedent) else None
            )
            if self.whole_antecedent:
                phrase.position, phrase.attributes = old.position, list(old.attributes)
                self.whole_antecedent = False
        elif self.antecedent == "image" or self.antecedent is None:
            phrase.image = True


_GROWN = lx.words("man woman boy girl guy lady men women people girls boys guys couple")
_PERSONS = lx.words(
    """man woman boy girl guy lady person child kid baby dude bride groom soldier mother father player male female
    toddler singer actor girls boys men women gentleman mom dad son daughter clown king queen prince princess pirate
    chef robot witch wizard knight santa guard cop policeman fireman cowboy model judge priest monk nun pilot hero
    superhero student scientist artist waiter waitress driver rider worker hiker dancer"""
)


def noun_lists(tokens: list[Token]) -> list[list[Token]]:
    """Splits coordinated things ("the door and windows"); a shared phrase behind the last stays there."""
    tokens = _comma_parts(trim(tokens))
    cuts: list[int] = []
    in_pp = False
    after_place = False
    i = 0
    while i < len(tokens):
        place = position_phrase(tokens, i)
        image = 0 if place else image_phrase(tokens, i)
        if place or image:
            i += place[1] if place else image
            after_place, in_pp = True, True
            continue
        hit = match_preposition(tokens, i) if i else None
        if hit and hit[0] not in ("of",) and hit[0] != "except":
            in_pp, after_place = True, False
            i += hit[1]
            continue
        if hit and hit[0] == "except":
            break
        token = tokens[i]
        if token.low in lx.RELATIVE and i:
            in_pp, after_place = True, False
        joint = (token.low in ("and", "&", "plus") or token.text == ",") and 0 < i < len(tokens) - 1
        if joint and _cut_here(tokens, i, in_pp, after_place):
            cuts.append(i)
            in_pp = after_place = False
        color = color_at(tokens, i)
        i += color[1] if color and color[1] > 1 else 1
    parts: list[list[Token]] = []
    start = 0
    for cut in [*cuts, len(tokens)]:
        part = trim(tokens[start:cut])
        if part:
            parts.append(part)
        start = cut + 1
    return parts or [tokens]


def _comma_parts(tokens: list[Token]) -> list[Token]:
    """Puts the missing comma into "eyes nose and mouth" and "a kart a mushroom"."""
    out: list[Token] = []
    listed = any(t.low in ("and", "&") for t in tokens)
    for i, token in enumerate(tokens):
        if i and ((listed and _next_feature(tokens, i)) or (token.low in ("a", "an") and _next_thing(tokens, i))):
            out.append(Token(",", ",", "punct", token.start))
        out.append(token)
    return out


def _next_feature(tokens: list[Token], i: int) -> bool:
    """ "eyes NOSE": two parts of a face or body in a row."""
    return tokens[i - 1].low in _FEATURES and tokens[i].low in _FEATURES and not tokens[i - 1].owner


def _next_thing(tokens: list[Token], i: int) -> bool:
    """ "a kart A mushroom": an article behind a noun begins the next thing."""
    before = tokens[i - 1]
    if i < 2 or before.kind != "word" or before.owner or tokens[0].low not in ("a", "an", "some", "two", "three"):
        return False
    verbal = before.low.endswith(("ing", "ed", "s")) or before.low in lx.ACTS | lx.BE | lx.ADVERBS | lx.INTENSIFIERS
    loose = before.low in lx.RELATIVE or before.low in lx.words("and or with such half quite over like of")
    return not verbal and not loose and match_preposition(tokens, i - 1) is None and i + 1 < len(tokens)


_FEATURES = lx.words("eyes nose mouth chin cheeks forehead ears lips teeth arms legs hands feet eyebrows hair neck")


def _cut_here(tokens: list[Token], i: int, in_pp: bool, after_place: bool) -> bool:
    following = tokens[i + 1]
    if following.low in ("and", "&") and i + 2 < len(tokens):
        following = tokens[i + 2]
    if following.low in lx.words(
        """
        positioned facing leaning dressed wearing holding located sitting standing looking running
        flying surrounded lying walking towering with featuring creating casting adding placed
        parked playing perched floating partially slightly including resting
        """
    ):
        return False
    described = tokens[i].text == "," and following.low in lx.ADJECTIVES and i + 2 < len(tokens)
    if described and (match_preposition(tokens, i + 2) or tokens[i + 2].text == ","):
        return False
    sides = lx.POSITION_WORDS.keys() - {"background", "foreground", "front"} | lx.PLACE_NOUNS | {"the", "far"}
    if all(t.low in sides for t in tokens[i + 1 :]) and any(t.low in lx.POSITION_WORDS for t in tokens[i + 1 :]):
        return False
    if tokens[i - 1].owner:
        return False
    if following.kind == "punct" or following.low in ("or",) or match_preposition(tokens, i + 1):
        return False
    if in_pp and not after_place:
        later = [k for k in range(i + 2, len(tokens)) if match_preposition(tokens, k) or position_phrase(tokens, k)]
        apart = any((match_preposition(tokens, k) or ("of",))[0] != "of" for k in later)
        part = following.low in lx.BODY | lx.GARMENTS and apart
        return (part or following.low in lx.words("the a an his her this all")) and bool(later)
    previous = tokens[i - 1]
    if previous.kind == "quote":
        return True
    return not (
        previous.low in lx.ADJECTIVES
        and i >= 1
        and not tokens[i - 2].owner
        and previous.low not in lx.POSITION_WORDS
        and following.low not in lx.DETERMINERS
    )


def share_tail(phrases: list[Phrase], owner: bool = True) -> None:
    """Gives the place or relation behind the last conjunct to those before it that have none."""
    last = phrases[-1]
    first = phrases[0]
    for phrase in phrases[:-1]:
        located = any(image_phrase(phrase.tokens, i) for i in range(1, len(phrase.tokens)))
        if phrase.relation is None and phrase.position is None and not last.anchor_pronoun and not located:
            itself = last.relation is not None and last.relation[1].lower() == (phrase.head or "").lower()
            if last.relation and not last.owner and not last.owner_pronoun and not itself:
                phrase.relation = last.relation
            phrase.position = last.position
    if owner and first.owner and first.relation and len(phrases) > 1:
        for phrase in phrases[1:]:
            if phrase.relation is None and not phrase.definite:
                phrase.relation = first.relation
    if first.owner_pronoun:
        for phrase in phrases[1:]:
            if phrase.relation is None and not phrase.definite:
                phrase.owner_pronoun = first.owner_pronoun


def phrases_of(story: Story, tokens: list[Token]) -> list[Phrase]:
    """The coordinated things in `tokens`, pronouns resolved."""
    found = [parse_np(part) for part in noun_lists(tokens)]
    found = [p for p in found if p.head or p.pronoun or p.image]
    if len(found) > 1:
        share_tail(found)
    for phrase in found:
        if phrase.head and phrase.head.split()[-1].lower() in _PERSONS and not phrase.pronoun:
            story.person = phrase.head
        story.resolve(phrase)
        if phrase.head and len(found) > 1:
            story.note(phrase)
    return found


def draft_for(op: str, phrase: Phrase, **more: Any) -> Draft:
    """A step on an existing thing."""
    return Draft(
        op, phrase.head, list(phrase.attributes), phrase.relation, phrase.position, phrase.count(), **more
    )  # fmt: skip


def is_verb(token: Token) -> bool:
    """True when a token can be an edit verb."""
    return token.kind == "word" and bool(base(token.low))


def backdrop(phrase: Phrase) -> bool:
    """True when the phrase is the background."""
    if not phrase.head:
        return False
    parts = phrase.head.lower().split()
    if (
        len(parts) > 1
        and parts[-2] in ("background", "backdrop")
        and parts[-1] in lx.IMAGE | lx.SCENES | {"theme", "view", "area", "one", "part", "portion"}
    ):
        return True
    return parts[-1] in lx.BACKDROP or phrase.head.lower() in ("back ground", "back drop", "whole background")


def text_of(tokens: list[Token]) -> str:
    """Tokens as a noun phrase without leading determiner."""
    tokens = trim(tokens)
    while (
        tokens
        and (tokens[0].low in lx.DETERMINERS or tokens[0].low in lx.POSSESSIVE)
        and tokens[0].low not in ("all", "each", "every", "another", "no")
        and len(tokens) > 1
    ):
        tokens = tokens[1:]
    return say(tokens)


BACK = ("it", "them", "him", "her", "on", "onto", "into", "to")
REPLACING = ("fit", "put", "place", "add", "move", "paste", "photoshop", "insert")


def take_first(story: Story, args: list[Token]) -> None:
    """ "take the girl and put her on a beach": the first half is no edit of its own, it names who is meant."""
    args = [t for t in args if t.low not in ("out", "off")]
    shown = next((i for i, t in enumerate(args[:4]) if i and t.low == "of" and args[i - 1].low in lx.IMAGE), None)
    args = args[shown + 1 :] if shown else args
    group = parse_np(args)
    if " and the " in group.name:
        group.head = group.core = group.name.replace(" and the ", " and ")
    phrases_of(story, args)
    story.antecedent, story.person = group, group.head
