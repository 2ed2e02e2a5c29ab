"""The whole picture becomes something: brighter, night, a cartoon, smaller."""

from __future__ import annotations

from finetouch.plan import becoming, declare, geometry, kinds, params, scenes
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import plain_color
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.story import Draft, Story, draft_for, noun_lists, text_of
from finetouch.plan.tokens import Token, base, say

Tokens = list[Token]


def picture(story: Story, new: Tokens, phrase: Phrase) -> None:
    """The whole picture becomes something: tone, weather, style, size, a colour, another scene."""
    new = trim(new)
    story.antecedent = "image"
    joint = next((i for i in range(1, len(new)) if _second_clause(new, i)), None)
    if joint:
        for part in (new[:joint], new[joint + 1 :]):
            looks = part[0].low in ("appear", "look", "seem", "to", "like", "be") and kinds.weather(part)
            if looks or not declare.statement(story, part):
                picture(story, part, phrase)
        return
    body = kinds.strip_look(new)
    if not any(reader(story, new, body, phrase) for reader in _READERS):
        story.add(Draft("global", result=text_of(body)))


def _second_clause(new: Tokens, i: int) -> bool:
    """ "... AND it is snowing"."""
    if new[i].low != "and" or i + 2 >= len(new) or new[i + 1].low not in ("it", "it's", "there", "the"):
        return False
    return any(t.low in lx.BE for t in new[i + 1 :])


def _tone(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    tone = kinds.tone_of(new)
    if tone is None or kinds.black_and_white(say(body)):
        return False
    words = f"{tone.words} colors" if phrase.name.lower() in ("colors", "colours") else tone.words
    story.add(Draft("global", result=words, params=params.tone_params(tone.name, tone.sign, new)))
    return True


def _size(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    if not kinds.size_word(new):
        return False
    becoming.resized(story, Phrase(image=True), new, "")
    return True


def _plain(body: Tokens) -> str | None:
    """The colour when the picture is to be nothing but that colour."""
    return plain_color([t for t in body if t.low not in lx.IMAGE | {"completely", "entirely", "photo", "only"}])


def _style(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    """Black and white, another backdrop, a style; "look like a man holding a cup" speaks of the man."""
    core = [t for t in body if t.low not in lx.IMAGE] or body
    plain = _plain(body)
    more = any(t.low == "more" for t in new)
    if (plain and kinds.black_and_white(plain) and not more) or kinds.black_and_white(say(core)):
        story.add(Draft("restyle", result=text_of(core) or "black and white", params={"style": "black_and_white"}))
        return True
    if body and body[-1].low in lx.BACKDROP and any(t.low in ("background", "backdrop") for t in body):
        scenes.scene(story, body, position=phrase.position)
        return True
    doer = _DOERS.get(body[0].low) if body else None
    if doer and len(body) > 1 and any(t.low in ("look", "appear", "seem") for t in new):
        becoming.become(story, "make", [Token(doer, doer, "word", body[0].start)], body[1:], new)
        return True
    held = next((i for i, t in enumerate(body) if i and t.low in ("holding", "wearing", "carrying")), None)
    if held and any(t.low in ("look", "appear", "seem") for t in new):
        becoming.become(story, "have", [t for t in body[:held] if t.low not in lx.BE], body[held:], new)
        return True
    if not kinds.style(body) or kinds.weather(body[:1]):
        return False
    story.add(Draft("restyle", result=text_of(body), params={"style": params.style_name(text_of(body))}))
    return True


def _weather(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    """ "night", "winter with snow on the road"."""
    if not kinds.weather(body):
        return False
    cut = next((i for i, t in enumerate(body) if t.low == "with"), None)
    story.add(Draft("global", result=text_of(body[:cut] if cut else weather_words(new, body))))
    if cut:
        _weather_extras(story, body[cut + 1 :])
    return True


def _color(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    plain = _plain(body)
    if plain is None:
        return False
    more = "more " if any(t.low == "more" for t in new) else ""
    story.add(Draft("global", result=more + plain))
    return True


def _turned(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    if not any(t.low in _TURNED for t in body):
        return False
    geometry.geometry(story, base(body[0].low) or "rotate", body, parse_np([]))
    return True


def _said(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    return declare.statement(story, new)


def _scene(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    """ "a beach", "in the desert"."""
    if not any(t.low in lx.SCENES for t in body) and not any(t.low in ("in", "on", "at") for t in new[:2]):
        return False
    scenes.scene(story, body)
    return True


def _other(story: Story, new: Tokens, body: Tokens, phrase: Phrase) -> bool:
    """ "it look like a book", "it a tennis ball"."""
    if kinds.adjectival(body) or phrase.head is not None or not phrase.image or not body:
        return False
    words = text_of(body)
    if any(t.low in ("look", "like") for t in new):
        story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
    else:
        story.add(Draft("replace", result=words))
    return True


_DOERS = {"he's": "him", "hes": "him", "he": "him", "she's": "her", "shes": "her", "she": "her", "they're": "them"}
_TURNED = lx.words("upside upright landscape sideways straight vertical horizontal cropped flipped rotated mirrored")
_READERS = (_tone, _size, _style, _weather, _color, _turned, _said, _scene, _other)


def weather_words(new: Tokens, body: Tokens) -> Tokens:
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
