"""One command, wish or statement into steps."""

from __future__ import annotations

from finetouch.plan import (
    adding,
    arguments,
    becoming,
    declare,
    kinds,
    making,
    params,
    pictures,
    predicates,
    removal,
    scenes,
    tone,
)  # fmt: skip
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import parse_np, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import Draft, Story, backdrop, text_of
from finetouch.plan.tokens import Token, base
from finetouch.plan.verbs import dispatch

Tokens = list[Token]
_CLEARING = lx.words("dehazing deblurring denoising defogging deraining desnowing unblurring demisting")
_CLOSING = [s.split() for s in ("that is it", "that is all", "that's it", "that's all", "this is it")]
_KEEP_DEGREE = lx.words("slightly significantly drastically dramatically")
_ASKS = lx.words("how who why when where which")
_PLACED = lx.words("placed positioned located situated standing sitting")


def read_clause(story: Story, clause: Tokens) -> None:
    """One command or statement into steps of the story."""
    clause = trim(clause)
    if [t.low for t in clause[:3]] == ["it's", "time", "to"]:
        clause = clause[3:]
    if [t.low for t in clause[-3:]] in _CLOSING or [t.low for t in clause] in _CLOSING:
        return
    if declare.prose(clause):
        story.unknown += [t.text for t in clause if t.kind != "punct"]
        return
    polite = _after_courtesy(story, clause)
    if polite is None:
        return
    body, degree = polite
    later = "if" not in [t.low for t in body[1:8]] and len(body) > 1
    if body[0].low in _ASKS or (body[0].low == "what" and later):
        story.unknown += [t.text for t in clause if t.kind != "punct"]
        return
    body, verb = _find_verb(story, declare.place_first(body))
    if any(t.low in _CLEARING for t in body) and not kinds.style(body):
        story.add(Draft("global", result="clearer", params={"sharpness": 0.35, "contrast": 0.15}))
        return
    body, verb = _used_to(*_by_means(body, verb))
    if _supposed(story, clause) or (not verb and _color_first(story, body)) or _stands(story, body, clause):
        return
    if verb and _noun_reading(body, verb) and declare.statement(story, body):
        return
    if (verb and dispatch(story, verb, [*body[1:], *degree], clause)) or declare.statement(story, body):
        return
    rid = arguments.image_object_of(body[1:])
    if rid and not verb and body[0].kind == "word":
        removal.remove(story, "remove", rid, clause)
    else:
        _verbless(story, body)


def _after_courtesy(story: Story, clause: Tokens) -> tuple[Tokens, Tokens] | None:
    """What follows "could you please", and "slightly" said there; None when a wish was read or nothing is left."""
    i = 0
    degree: Tokens = []
    if [t.low for t in clause[:4]] == ["you", "are", "going", "to"]:
        clause = clause[4:]
    while i < len(clause) - 1 and (clause[i].low in lx.POLITE or clause[i].kind == "punct"):
        if clause[i].low == "to" and (match_preposition(clause, i) or ("", 1))[1] > 1:
            break
        wished = i and clause[i].low in ("want", "need", "like") and clause[i + 1].low not in {"to", "you"} | lx.STRONG
        if wished and declare.wish(story, clause[i + 1 :], clause):
            return None
        if clause[i].low in _KEEP_DEGREE:
            degree.append(clause[i])
        i += 1
    body = clause[i:]
    if not body:
        return None
    return (clause if body[0].low == "instead" or (body[0].low == "of" and i) else body), degree


def _find_verb(story: Story, body: Tokens) -> tuple[Tokens, str]:
    """The clause from its verb on; words before it that mean nothing are reported."""
    verb = base(body[0].low)
    if verb == "let" and len(body) > 1 and body[1].low == "us":
        body = body[2:]
        return body, base(body[0].low) if body else ""
    if verb or body[0].kind != "word" or body[0].low in ("the", "a", "an", "there", "it"):
        return body, verb
    for k in range(1, min(3, len(body))):
        if body[k].low in lx.words("remove delete add change replace make") and body[k - 1].low not in lx.MODALS:
            story.unknown += [t.text for t in body[:k] if t.kind == "word" and t.low not in lx.ADVERBS]
            return body[k:], body[k].low
    return body, verb


def _by_means(body: Tokens, verb: str) -> tuple[Tokens, str]:
    """ "enliven the scene BY ADDING a bird": the means is the edit."""
    vague = lx.FRAMES.get(verb, "tone") in ("tone", "style", "change", "make", "clean", "increase")
    for k in range(1, len(body) - 1):
        means = body[k + 1].low
        if body[k].low not in ("by", "through") or not means.endswith("ing"):
            continue
        hazy = any(t.low in lx.HAZE for t in body[k + 1 :])
        if lx.FRAMES.get(base(means)) in ("add", "remove", "replace") and (vague or hazy):
            return body[k + 1 :], base(means)
    return body, verb


def _used_to(body: Tokens, verb: str) -> tuple[Tokens, str]:
    """ "use the clone tool TO REMOVE the cup": the purpose is the edit."""
    if lx.FRAMES.get(verb) != "use":
        return body, verb
    for k in range(1, len(body) - 1):
        low = body[k + 1].low
        if body[k].low == "to" and base(low) == low and low in lx.FRAMES:
            return body[k + 1 :], low
    return body, verb


def _supposed(story: Story, clause: Tokens) -> bool:
    """ "what if the cat wore a hat", "what would it be like if the tree had no leaves"."""
    at = next((k for k, t in enumerate(clause[:8]) if t.low == "if"), None) if clause[0].low == "what" else None
    if not at or len(clause) < at + 2:
        return False
    rest = clause[at + 1 :]
    had = next((k for k, t in enumerate(rest[:-2]) if t.low in ("had", "has") and rest[k + 1].low == "no"), None)
    if had:
        removal.remove(story, "remove", [*rest[had + 2 :], Token("of", "of", "word", 0), *rest[:had]], clause)
        return True
    at = next((k for k, t in enumerate(rest) if t.low in lx.words("were was wore had held is are")), None)
    if not at:
        return False
    word = {"wore": "wear", "had": "have", "held": "hold"}.get(rest[at].low, "be")
    making.make(story, "make", [*rest[:at], Token(word, word, "word", 0), *rest[at + 1 :]], clause)
    return True


def _color_first(story: Story, body: Tokens) -> bool:
    """ "black out the windows", "yellow the leaves": a colour used as a verb."""
    if len(body) < 2 or body[0].low not in lx.COLORS or body[1].low not in ("out", "the", "his", "her", "this"):
        return False
    if any(t.low in ("for", "is", "should") for t in body):
        return False
    becoming.become(story, "make", body[2:] if body[1].low == "out" else body[1:], body[:1], body)
    return True


def _stands(story: Story, body: Tokens, clause: Tokens) -> bool:
    """ "situated left of the car is a dog": a new thing."""
    at = next((k for k, t in enumerate(body) if t.low in ("is", "are")), None)
    if body[0].low not in _PLACED or at is None:
        return False
    adding.add(story, "add", [*body[at + 1 :], *body[1:at]], clause)
    return True


def _noun_reading(body: Tokens, verb: str) -> bool:
    """True when a word like "background color" or "picture" at the start is a subject, not a verb."""
    if body[0].low not in lx.NOUNISH or len(body) < 3 or body[1].low in lx.DETERMINERS | set(lx.POSSESSIVE):
        return False
    return any(t.low in ("should", "must", "shall", "needs", "is") for t in body[1:7])


def _verbless(story: Story, body: Tokens) -> None:
    """ "smaller", "more contrast", "black and white", "background blue", "no people", "red for the horse's hue"."""
    if len(body) > 1 and body[0].low in lx.COMPARATIVES_SIZE and body[0].low.endswith("er"):
        becoming.become(story, "make", body[1:], body[:1], body)
        return
    if kinds.tone_of(body) or kinds.size_word(body):
        pictures.picture(story, body, parse_np([]))
        return
    if body[0].low in ("more", "less") and body[-1].low in lx.QUALITIES:
        tone.level(story, "increase" if body[0].low == "more" else "decrease", body[1:], body)
        return
    if body[0].low == "no" and len(body) == 2 and body[1].low in ("request", "requests", "edit", "edits", "change"):
        return
    if body[0].low in ("no", "without"):
        removal.remove(story, "remove", body[1:], body)
        return
    if kinds.style(body):
        story.add(Draft("restyle", result=text_of(body), params={"style": params.style_name(text_of(body))}))
        return
    color = color_at(body, 0)
    if color and color[1] < len(body) and body[color[1]].low in ("for", "on"):
        becoming.become(story, "make", body[color[1] + 1 :], body[: color[1]], body)
        return
    if story.frame and any(t.low in ("to", "into", "with") for t in body[1:]) and story.frame in ("change", "replace"):
        dispatch(story, story.verb, body, body)
        return
    pair = predicates.split_predicate(body)
    if pair:
        becoming.become(story, "make", pair[0], pair[1], body)
        return
    if kinds.weather(body):
        story.add(Draft("global", result=text_of(body)))
        return
    phrase = parse_np(body)
    if backdrop(phrase) and len(body) > 1:
        scenes.scene(story, body)
        return
    if body[0].low in ("with",) and len(body) > 1:
        adding.add(story, "add", body[1:], body)
        return
    story.unknown += [t.text for t in body if t.kind != "punct" and t.low not in lx.ADVERBS]
