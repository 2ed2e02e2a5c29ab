"""Words to plan, offline and deterministic: the grammar parser."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from finetouch import registry
from finetouch.contracts import Parser
from finetouch.errors import NotUnderstood
from finetouch.plan import (
    adding,
    arguments,
    becoming,
    changing,
    coloring,
    declare,
    geometry,
    giving,
    handlers,
    kinds,
    lettering,
    moving,
    params,
    pictures,
    predicates,
    removal,
    replacing,
    scenes,
    styling,
    tone,
)
from finetouch.plan import lexicon as lx
from finetouch.plan.clauses import split_clauses
from finetouch.plan.colors import color_at
from finetouch.plan.nouns import parse_np, trim
from finetouch.plan.places import match_preposition
from finetouch.plan.story import BACK, REPLACING, Draft, Story, backdrop, phrases_of, take_first, text_of
from finetouch.plan.tokens import Token, base, last_word, say, tokenize
from finetouch.types import EditPlan

Tokens = list[Token]
Handler = Callable[[Story, str, Tokens, Tokens], None]

EXAMPLES = ('"remove the man on the far right"', '"make the car red"', '"blur the background"')
HINT = "Say what to change and how, for example: " + ", ".join(EXAMPLES) + "."
MAX_LENGTH = 4000
_GAPS = lx.words("crack cracks hole holes gap gaps scratch scratches tear tears rip rips damage")

_CLEARING = lx.words("dehazing deblurring denoising defogging deraining desnowing unblurring demisting")
_POLITE = lx.POLITE
_CLOSING = [s.split() for s in ("that is it", "that is all", "that's it", "that's all", "this is it")]
_KEEP_DEGREE = lx.words("slightly significantly drastically dramatically")


def _move(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    """ "bring down exposure", "bring the dog closer", "lift the fog", "transport the image into ..."."""
    head = [t.low for t in args]
    if (
        verb in ("bring", "push")
        and args
        and args[0].low in ("down", "up", "out")
        and any(w in lx.QUALITIES for w in head)
    ):
        tone.level(story, "increase" if args[0].low in ("up", "out") else "decrease", args[1:], clause)
    elif verb == "bring" and "down" in head and any(w in lx.QUALITIES for w in head):
        tone.level(story, "decrease", [t for t in args if t.low != "down"], clause)
    elif (
        verb == "bring"
        and any(w in ("into", "in") for w in head)
        and args
        and args[0].low not in lx.words("the his her him them it this these out")
    ):
        adding.add(story, "add", [t if t.low != "into" else Token("to", "to", "word", t.start) for t in args], clause)
    elif verb == "lift" and any(w in lx.HAZE for w in head):
        removal.clean(story, "clear", args, clause)
    elif verb == "transport":
        styling.restyle(story, verb, args, clause)
    else:
        moving.move(story, verb, args, clause)


def _place(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    if (
        verb == "photoshop"
        and args
        and (kinds.whole(parse_np(args[:2])) or any(t.low == "into" for t in args))
        and args[0].low not in ("a", "an")
    ):
        adding.add(story, verb, args, clause)
        return
    adding.add(story, verb, args, clause)


def _change(story: Story, verb: str, args: Tokens, clause: Tokens) -> None:
    lows = [t.low for t in args]
    if (
        verb in lx.words("transform convert transfer change turn adapt modify render")
        and kinds.style(args)
        and args
        and kinds.whole(parse_np(_before(args)))
    ):
        at = len(_before(args))
        rest = args[at + 1 :]
        body = kinds.strip_look(trim(rest))
        if (
            body
            and kinds.style(body)
            and not kinds.weather(body[:2])
            and not any(w in lx.BACKDROP and w in ("background", "backdrop") for w in lows)
        ):
            words = text_of(body)
            story.add(Draft("restyle", result=words, params={"style": params.style_name(words)}))
            story.antecedent = "image"
            return
    if verb in ("adjust", "edit", "fix") and not any(t.low in ("to", "into") for t in args):
        for phrase in phrases_of(story, arguments.without_purpose(args)):
            becoming.unspecified(story, phrase, last_word(phrase.head))
        return
    changing.change(story, verb, args, clause)


def _before(args: Tokens) -> Tokens:
    for i, token in enumerate(args):
        if i and token.low in ("to", "into", "in", "with", "as"):
            return args[:i]
    return args[:0]


_HANDLERS: dict[str, Handler] = {
    "remove": removal.remove, "clean": removal.clean, "add": _place, "replace": replacing.replace, "change": _change,
    "make": changing.make, "color": coloring.color_frame, "give": giving.give, "increase": tone.level,
    "decrease": tone.level, "tone": tone.tone, "deform": tone.deform, "crop": geometry.crop, "zoom": geometry.zoom,
    "rotate": geometry.rotate, "resize": geometry.resize, "move": _move, "duplicate": moving.duplicate,
    "extract": removal.extract, "style": styling.restyle, "write": lettering.write, "show": handlers.show,
    "keep": handlers.keep,
    "take": handlers.take, "get": handlers.take, "use": handlers.use, "outline": handlers.outline,
    "level": handlers.level,
}  # fmt: skip


def dispatch(story: Story, verb: str, args: Tokens, clause: Tokens) -> bool:
    """Reads the arguments of a known verb into the story; False when the verb is unknown."""
    frame = lx.FRAMES.get(verb)
    if frame is None:
        return False
    args = [t for t in args if t.low != "please"]
    if (
        verb == "cut"
        and args
        and story.upcoming[0] in REPLACING
        and story.upcoming[1] in BACK
        and args[0].low != "everything"
    ):
        take_first(story, args)
        return True
    if verb in ("cut", "chop", "slice", "split") and _halved(args):
        story.frame, story.verb = "deform", verb
        tone.deform(story, verb, args, clause)
        return True
    if verb == "cut":
        args = args[1:] if args and args[0].low in ("out", "off", "away", "down") else args
        frame = "extract" if any(t.low in lx.BACKDROP | {"everything"} for t in clause) else "remove"
    faded = verb == "fade" and any(t.low in lx.COLOR_NOUNS for t in args)
    if verb in ("edit", "photoshop", "paint", "fade", "blend") and not faded and len(args) > 1 and args[0].low == "out":
        args, frame = args[1:], "remove"
    if verb in ("edit", "photoshop") and any(
        i and t.low == "out" and (i + 1 == len(args) or args[i + 1].low in ("of", "from")) for i, t in enumerate(args)
    ):
        args, frame = [t for t in args if t.low != "out"], "remove"
    if verb == "wash" and args and args[0].low == "out" and any(t.low in lx.COLOR_NOUNS for t in args):
        verb, frame = "fade", "tone"
    if verb == "clone" and len(args) > 1 and args[0].low == "out":
        args, frame = args[1:], "remove"
    if verb == "edit" and len(args) > 1 and args[0].low == "in":
        args, frame = args[1:], "add"
    if frame in ("tone", "clean", "crop") and verb != "crop" and len(args) > 1 and args[0].low == "away":
        args, frame = args[1:], "remove"
    if verb == "fill" and any(t.low in _GAPS for t in args):
        args, frame = [t for t in args if t.low != "in" or t is not args[0]], "remove"
    if verb == "fill" and args and args[0].low == "in":
        args = args[1:]
        if any(t.low in lx.BACKDROP for t in args) and not color_at(args, len(args) - 1):
            return True
    if verb == "turn" and args and args[0].low in ("around", "off", "on"):
        frame = "deform"
    if verb == "set" and any(t.low in ("to", "in", "at") for t in args):
        args = [t if t.low not in ("in", "at") else Token("to", "to", "word", t.start) for t in args]
    if verb == "clear" and args and args[0].low == "out":
        args = args[1:]
    story.before, story.frame, story.verb = story.frame, frame, verb
    _HANDLERS[frame](story, verb, args, clause)
    return True


def _shares_object(clause: Tokens, following: Tokens) -> bool:
    """ "brighten and sharpen the hair": the first verb waits for the object of the second."""
    if len(clause) != 1 or len(trim(following)) < 2:
        return False
    frames = [lx.FRAMES.get(t.low, "") for t in (clause[0], trim(following)[0])]
    return frames[0] == frames[1] and frames[0] in ("tone", "deform")


def _halved(args: Tokens) -> bool:
    """ "the melon in half", "the bread into slices": cut, not cut out."""
    lows = [t.low for t in args]
    pairs = set(pairwise(lows))
    return bool(pairs & {("in", "half"), ("into", "half"), ("into", "pieces"), ("into", "slices"), ("in", "two")})


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
    i = 0
    degree: Tokens = []
    if [t.low for t in clause[:4]] == ["you", "are", "going", "to"]:
        clause = clause[4:]
    while i < len(clause) - 1 and (clause[i].low in _POLITE or clause[i].kind == "punct"):
        if clause[i].low == "to" and (match_preposition(clause, i) or ("", 1))[1] > 1:
            break
        wished = i and clause[i].low in ("want", "need", "like") and clause[i + 1].low not in {"to", "you"} | lx.STRONG
        if wished and declare.wish(story, clause[i + 1 :], clause):
            return
        if clause[i].low in _KEEP_DEGREE:
            degree.append(clause[i])
        i += 1
    body = clause[i:]
    if not body:
        return
    if body[0].low in ("instead",) or (body[0].low in ("of",) and i):
        body = clause
    if body[0].low in lx.words("how who why when where which") or (
        body[0].low == "what" and len(body) > 1 and "if" not in [t.low for t in body[1:8]]
    ):
        story.unknown += [t.text for t in clause if t.kind != "punct"]
        return
    body = declare.place_first(body)
    verb = base(body[0].low)
    if verb == "let" and len(body) > 1 and body[1].low == "us":
        body = body[2:]
        verb = base(body[0].low) if body else ""
    if not verb and body[0].kind == "word" and body[0].low not in ("the", "a", "an", "there", "it"):
        for k in range(1, min(3, len(body))):
            if body[k].low in lx.words("remove delete add change replace make") and body[k - 1].low not in lx.MODALS:
                story.unknown += [t.text for t in body[:k] if t.kind == "word" and t.low not in lx.ADVERBS]
                body, verb = body[k:], body[k].low
                break
    if any(t.low in _CLEARING for t in body) and not kinds.style(body):
        story.add(Draft("global", result="clearer", params={"sharpness": 0.35, "contrast": 0.15}))
        return
    for k in range(1, len(body) - 1):
        if (
            body[k].low in ("by", "through")
            and body[k + 1].low.endswith("ing")
            and lx.FRAMES.get(base(body[k + 1].low)) in ("add", "remove", "replace")
            and (
                lx.FRAMES.get(verb, "tone") in lx.words("tone style change make clean increase")
                or any(t.low in lx.HAZE for t in body[k + 1 :])
            )
        ):
            verb = base(body[k + 1].low)
            body = body[k + 1 :]
            break
    if lx.FRAMES.get(verb) == "use":
        at = next(
            (
                k
                for k in range(1, len(body) - 1)
                if body[k].low == "to" and base(body[k + 1].low) == body[k + 1].low and body[k + 1].low in lx.FRAMES
            ),
            None,
        )
        if at:
            body = body[at + 1 :]
            verb = base(body[0].low)
    if_at = next((k for k, t in enumerate(clause[:8]) if t.low == "if"), None) if clause[0].low == "what" else None
    if if_at and len(clause) > if_at + 1:
        rest = clause[if_at + 1 :]
        had = next((k for k, t in enumerate(rest[:-2]) if t.low in ("had", "has") and rest[k + 1].low == "no"), None)
        if had:
            removal.remove(story, "remove", [*rest[had + 2 :], Token("of", "of", "word", 0), *rest[:had]], clause)
            return
        at = next((k for k, t in enumerate(rest) if t.low in lx.words("were was wore had held is are")), None)
        if at:
            word = {"wore": "wear", "had": "have", "held": "hold"}.get(rest[at].low, "be")
            changing.make(story, "make", [*rest[:at], Token(word, word, "word", 0), *rest[at + 1 :]], clause)
            return
    if (
        not verb
        and len(body) > 1
        and body[0].low in lx.COLORS
        and (
            body[1].low in ("out", "the", "his", "her", "this")
            and not any(t.low in ("for", "is", "should") for t in body)
        )
    ):
        rest = body[2:] if body[1].low == "out" else body[1:]
        becoming.become(story, "make", rest, body[:1], body)
        return
    if body[0].low in lx.words("placed positioned located situated standing sitting") and any(
        t.low in ("is", "are") for t in body
    ):
        at = next(k for k, t in enumerate(body) if t.low in ("is", "are"))
        adding.add(story, "add", [*body[at + 1 :], *body[1:at]], clause)
        return
    if verb and _noun_reading(body, verb) and declare.statement(story, body):
        return
    if verb and dispatch(story, verb, [*body[1:], *degree], clause):
        return
    if declare.statement(story, body):
        return
    rid = arguments.image_object_of(body[1:])
    if rid and not verb and body[0].kind == "word":
        removal.remove(story, "remove", rid, clause)
        return
    _verbless(story, body)


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


@registry.parser("grammar", presets=("embedded", "lab", "sd15", "sdxl", "flux", "qwen"))
class GrammarParser(Parser):
    """Reads English edit instructions without a model: fast, offline, the same answer every time."""

    def parse(self, instruction: str) -> EditPlan:
        """The steps of one instruction, in the order of the text.

        Args:
            instruction: Everyday English, one or several commands, with or without punctuation.

        Returns:
            The plan. Words that no step accounts for are in `unknown`, guesses in `warnings`.

        Raises:
            NotUnderstood: Empty text, or no command in it that could be read.
        """
        if not instruction.strip():
            raise NotUnderstood("The instruction is empty.", HINT)
        story = Story(dispatch)
        clauses = split_clauses(tokenize(instruction[:MAX_LENGTH]))
        waiting: list[str] = []
        for clause, following in zip(clauses, [*clauses[1:], []], strict=False):
            ahead = [t.low for t in trim(following)[:2]]
            story.upcoming = (ahead[0], ahead[1]) if len(ahead) == 2 else ("", "")
            if _shares_object(clause, following):
                waiting.append(clause[0].low)
                continue
            known = len(story.drafts)
            read_clause(story, clause)
            for verb in waiting:
                tone.joined(story.drafts[known:], verb)
            waiting = []
        steps = tuple(d.step() for d in story.drafts)
        unknown = tuple(dict.fromkeys(story.unknown))
        if not steps:
            words = unknown or tuple(t.text for t in tokenize(instruction[:MAX_LENGTH]) if t.kind != "punct")
            shown = ", ".join(f"'{w}'" for w in words[:8]) or "no words"
            raise NotUnderstood(f"The instruction was not understood: {shown}.", HINT, words)
        story.warnings += handlers.doubts(story.drafts, instruction[:MAX_LENGTH])
        if unknown:
            story.warnings.append("Not understood and left out: " + ", ".join(unknown) + ".")
        if len(instruction) > MAX_LENGTH:
            story.warnings.append(f"Only the first {MAX_LENGTH} characters were read.")
        return EditPlan(
            steps=steps, instruction=instruction, parser="grammar", unknown=unknown, warnings=tuple(story.warnings)
        )


def leftover(tokens: Tokens) -> str:
    """Tokens as text, for messages."""
    return say(trim(tokens)) if tokens and not match_preposition(tokens, 0) else say(tokens)
