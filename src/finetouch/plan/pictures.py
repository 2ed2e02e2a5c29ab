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
            looks = part[0].low in ("appear", "look", "seem", "to", "like", "be") and kinds.weather(part)
            if looks or not declare.statement(story, part):
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
        becoming.resized(story, Phrase(image=True), new, "")
        return
    core = [t for t in body if t.low not in lx.IMAGE] or body
    plain = plain_color([t for t in body if t.low not in lx.IMAGE | {"completely", "entirely", "photo", "only"}])
    cut = next((i for i, t in enumerate(body) if t.low == "with"), None)
    more = any(t.low == "more" for t in new)
    if (plain and kinds.black_and_white(plain) and not more) or kinds.black_and_white(say(core)):
        story.add(
            Draft("restyle", result=text_of(core) if core else "black and white", params={"style": "black_and_white"})
        )
        return
    if any(t.low in lx.BACKDROP for t in body[-1:]) and any(t.low in ("background", "backdrop") for t in body):
        scenes.scene(story, body, position=phrase.position)
        return
    held = next((i for i, t in enumerate(body) if i and t.low in ("holding", "wearing", "carrying")), None)
    if held and any(t.low in ("look", "appear", "seem") for t in new):
        becoming.become(story, "have", [t for t in body[:held] if t.low not in lx.BE], body[held:], new)
        return
    if kinds.style(body) and not kinds.weather(body[:1]):
        story.add(Draft("restyle", result=text_of(body), params={"style": params.style_name(text_of(body))}))
        return
    if kinds.weather(body):
        if cut:
            story.add(Draft("global", result=text_of(body[:cut])))
            _weather_extras(story, body[cut + 1 :])
        else:
            story.add(Draft("global", result=text_of(weather_words(new, body))))
        return
    if plain:
        story.add(Draft("global", result=plain))
        return
    if any(
        t.low
        in lx.words(
            """
        upside upright landscape sideways straight vertical horizontal cropped flipped rotated
        mirrored
        """
        )
        for t in body
    ):
        geometry.geometry(story, base(body[0].low) or "rotate", body, parse_np([]))
        return
    if declare.statement(story, new):
        return
    last = body[-1].low if body else ""
    if any(t.low in lx.SCENES for t in body) or any(t.low in ("in", "on", "at") for t in new[:2]):
        scenes.scene(story, body)
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
