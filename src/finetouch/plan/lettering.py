"""Lettering: written, added or changed."""

from __future__ import annotations

from finetouch.plan import additions, kinds
from finetouch.plan import lexicon as lx
from finetouch.plan.colors import color_at, plain_color
from finetouch.plan.nouns import Phrase, parse_np, trim
from finetouch.plan.places import match_preposition, position_phrase
from finetouch.plan.story import Draft, Story, draft_for, text_of
from finetouch.plan.tokens import Token, last_word, say

Tokens = list[Token]


def text_added(story: Story, phrase: Phrase, args: Tokens, to: tuple[str, str, bool] | None) -> None:
    quotes = [t.text for t in args if t.kind == "quote"]
    said = " ".join(quotes)
    if not said:
        for i, token in enumerate(args):
            if token.low in lx.words("saying says reading reads say read stating states"):
                said = say(trim(args[i + 1 :]))
                phrase.relation = None
                break
        else:
            said = _words_after(args)
            if phrase.relation and phrase.relation[1] in said:
                phrase.relation = None
            said = said or _named_before(phrase)
    if not said:
        draft = Draft(
            "add",
            result=phrase.core,
            count=phrase.count(added=True),
            relation=phrase.relation,
            position=phrase.position,
        )
        if to:
            additions.place_added(draft, phrase, to)
        story.add(draft)
        return
    draft = Draft("text", result=said, position=phrase.position)
    carrier = None
    tinted = phrase.relation and plain_color([Token(w, w.lower(), "word", 0) for w in phrase.relation[1].split()])
    if tinted:
        phrase.relation = None
    over = any(t.low in ("above", "over") for t in args)
    if phrase.relation and phrase.relation[0] in ("on", "in") and not over:
        carrier = phrase.relation[1]
    elif additions.to_thing(to) and to and to[1] not in said:
        carrier = to[1]
    elif phrase.relation:
        draft.relation = phrase.relation
    if carrier:
        target = parse_np([Token(w, w.lower(), "word", 0) for w in carrier.split()])
        draft.target, draft.count = target.head, target.count()
        draft.attributes = target.attributes
    story.add(draft)
    text = Phrase(head="text", core="text")
    story.antecedent = text


def _named_before(phrase: Phrase) -> str:
    """Unquoted lettering in front of "text": "The Long Voyage text"."""
    parts = phrase.core.split()
    named = len(parts) > 1 and parts[-1].lower() in _PLAIN_TEXT and all(p[:1].isupper() for p in parts[:-1])
    return " ".join(parts[:-1]) if named and not phrase.core.isupper() else ""


def _words_after(args: Tokens) -> str:
    """Unquoted lettering: what follows "text", up to a place ("add the word HELLO to the shirt")."""
    for i, token in enumerate(args):
        if token.low in lx.TEXTY and token.low not in ("name", "number"):
            end = i + 1
            titled = end < len(args) and args[end].text[:1].isupper() and not args[0].text.isupper()
            while end < len(args) and (
                (titled and any(t.text[:1].isupper() for t in args[end : end + 3]))
                or not (match_preposition(args, end) or position_phrase(args, end))
            ):
                end += 1
            return say(args[i + 1 : end])
    return ""


def text_change(story: Story, target: Phrase, old: Tokens, new_quotes: Tokens, new: Tokens) -> None:
    """Lettering changes: the old string is the target, else its carrier."""
    draft = Draft("text", relation=target.relation, position=target.position, count="one")
    if old:
        draft.target = old[0].text
    else:
        draft.target = target.head
        draft.attributes = target.attributes
        parts = target.name.split()
        if len(parts) > 1 and parts[-1].lower() in _PLAIN_TEXT and parts[0].lower() not in lx.TEXTY:
            draft.target = " ".join(parts[:-1])
        kind, anchor = target.relation or ("", "")
        if last_word(target.head) in ("text", "lettering", "writing", "words") and kind in ("on", "in", "part_of"):
            carrier = parse_np([_owner_token(w) for w in anchor.split()])
            draft.target, draft.attributes, draft.relation = carrier.head, carrier.attributes, carrier.relation
            draft.position = draft.position or carrier.position
    draft.result = (new_quotes[0].text if new_quotes else text_of(new)) or None
    story.add(draft)
    story.antecedent = Phrase(head="text", core="text")


def _owner_token(word: str) -> Token:
    owner = word.lower().endswith("'s")
    return Token(word[:-2] if owner else word, word.lower()[:-2] if owner else word.lower(), "word", 0, owner)


def write(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "write Hello on the wall"."""
    args = trim(args)
    while (
        len(args) > 1
        and args[0].kind != "quote"
        and args[0].low in lx.words("the word words text name a letters phrase down in")
    ):
        args = args[1:]
    quotes = [t.text for t in args if t.kind == "quote"]
    on = next(
        (i for i, t in enumerate(args) if i and t.low in lx.words("on in across over at to above below under")),
        None,
    )
    said = quotes[0] if quotes else say(args[:on] if on is not None else args)
    draft = Draft("text", result=said)
    if on is not None:
        holder = parse_np([Token("text", "text", "word", 0), *args[on:]])
        draft.position = holder.position
        if holder.relation and holder.relation[0] in ("on", "in"):
            target = parse_np([Token(w, w.lower(), "word", 0) for w in holder.relation[1].split()])
            if last_word(target.head) not in lx.TEXTY | {"font", "color"} and color_at(trim(args[on + 1 :]), 0) is None:
                draft.target, draft.attributes, draft.count = target.head, target.attributes, target.count()
        elif holder.relation:
            draft.relation = holder.relation
    story.add(draft)
    story.antecedent = Phrase(head="text", core="text")


def lettering(story: Story, phrase: Phrase, old: Tokens, new_quotes: Tokens, new: Tokens, last: str) -> bool:
    lows = [t.low for t in new]
    first = lows[0] if lows else ""
    says = first in lx.words("say read reads says saying reading state") or (
        first == "to" and len(lows) > 1 and lows[1] in ("say", "read")
    )
    if says and len(new) > 1:
        said = new_quotes[0].text if new_quotes else say(new[2:] if first == "to" else new[1:])
        head = old[0].text if old else phrase.head
        parts = phrase.name.split()
        if not old and len(parts) > 1 and parts[-1].lower() in _PLAIN_TEXT and parts[0].lower() not in lx.TEXTY:
            head = " ".join(parts[:-1])
        draft = draft_for("text", phrase, result=said)
        draft.target = head
        draft.count = "one" if old or phrase.head else None
        story.add(draft)
        story.note(phrase)
        return True
    named = bool(phrase.head) and names_string(phrase)
    titled = sum(t.text[:1].isupper() for t in new) >= 2 and all(t.text[:1].isupper() for t in new)
    if len(new) == 1 and len(phrase.tokens) == 1 and phrase.tokens[0].start and _word_swap(phrase.tokens[0], new[0]):
        text_change(story, phrase, [], [], new)
        return True
    if len(new) > 1 and all(len(t.text) == 1 and t.text.isalnum() for t in new):
        text_change(story, phrase, [], [], new)
        return True
    if last in _CARRIERS and titled and not phrase.tokens[-1].text.isupper():
        text_change(story, phrase, [], [], new)
        return True
    if not (old or named or last in lx.TEXT_NOUNS):
        return False
    if plain_color(new) and not (old and new_quotes) and last not in ("name", "number"):
        return False
    if not new_quotes and (kinds.tone_of(new) or kinds.size_word(new)):
        return False
    if old and not new_quotes and last not in lx.TEXT_NOUNS and phrase.head not in [t.text for t in old]:
        return False
    if (
        old
        or named
        or new_quotes
        or last
        in lx.words(
            """
        word words number name letter letters text date numbers year title caption message sentence
        headline
        """
        )
    ):
        quotes = new_quotes
        text_change(
            story,
            with_string(phrase, old),
            old,
            quotes,
            [t for t in new if t.low not in ("the", "word", "text")] or new,
        )
        return True
    return False


def names_string(phrase: Phrase) -> bool:
    """ "the number 881", "the word OPEN": a string without quotes behind what it is."""
    parts = phrase.name.split()
    return len(parts) > 1 and (
        parts[0].lower() in ("word", "words", "phrase")
        or (parts[0].lower() in _CALLED and (parts[1][:1].isupper() or parts[1][:1].isdigit()))
    )


_PLAIN_TEXT = lx.words("text lettering writing words wording")
_CARRIERS = lx.words("sign banner billboard label caption plaque poster signboard marquee headline")


def _word_swap(old: Token, new: Token) -> bool:
    """ "Change Supreme to Saucin": two capitalised words without determiners are lettering."""
    words = (old.text, new.text)
    if not all(t.kind == "word" and t.text[:1].isupper() for t in (old, new)):
        return False
    return not any(w[1:].isupper() for w in words) or all(w.isupper() and w.isalpha() and len(w) <= 4 for w in words)


_CALLED = lx.words("word words text number numbers name letter letters phrase title date year")


def with_string(phrase: Phrase, old: Tokens) -> Phrase:
    if not old and phrase.head and len(phrase.head.split()) > 1 and phrase.head.split()[0].lower() in lx.TEXTY:
        phrase.head = " ".join(phrase.head.split()[1:])
    return phrase
