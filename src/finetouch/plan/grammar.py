"""Words to plan, offline and deterministic: the grammar parser."""

from __future__ import annotations

from finetouch import registry
from finetouch.contracts import Parser
from finetouch.errors import NotUnderstood
from finetouch.plan import handlers, tone
from finetouch.plan import lexicon as lx
from finetouch.plan.clauses import split_clauses
from finetouch.plan.nouns import trim
from finetouch.plan.sentences import read_clause
from finetouch.plan.story import Story
from finetouch.plan.tokens import Token, tokenize
from finetouch.plan.verbs import dispatch
from finetouch.types import EditPlan

Tokens = list[Token]
EXAMPLES = ('"remove the man on the far right"', '"make the car red"', '"blur the background"')
HINT = "Say what to change and how, for example: " + ", ".join(EXAMPLES) + "."
MAX_LENGTH = 4000


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


def _shares_object(clause: Tokens, following: Tokens) -> bool:
    """ "brighten and sharpen the hair": the first verb waits for the object of the second."""
    if len(clause) != 1 or len(trim(following)) < 2:
        return False
    frames = [lx.FRAMES.get(t.low, "") for t in (clause[0], trim(following)[0])]
    return frames[0] == frames[1] and frames[0] in ("tone", "deform")
