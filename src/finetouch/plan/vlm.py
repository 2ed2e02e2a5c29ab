"""Picture and words to plan, by a vision-language model; the grammar takes over when it fails."""

from __future__ import annotations

from finetouch import registry
from finetouch.contracts import Parser
from finetouch.engine.choose import choose_editor
from finetouch.errors import Cancelled, FinetouchError, NoAnswer, NotUnderstood
from finetouch.plan._vlm_answer import SYSTEM, BadAnswer, Said, answer_schema, question, read_answer
from finetouch.plan._vlm_talk import Talker, Turn, talker_for
from finetouch.plan.grammar import HINT, MAX_LENGTH, GrammarParser
from finetouch.types import EditPlan, EditStep, Picture, Reporter

ATTEMPTS = 2  # the answer, and one repair
ECHO = 2000  # characters of a bad answer that are shown to its author again


@registry.parser("vlm", presets=("sd15", "sdxl", "flux", "qwen"), uses=("vlm",))
class VlmParser(Parser):
    """Looks at the picture while it reads: LLaVA, Qwen-VL, or any OpenAI-compatible server; the grammar stands by."""

    sees = True

    def parse(self, instruction: str) -> EditPlan:
        """See `read`; without a picture the model knows only the words."""
        return self.read(instruction)

    def read(self, instruction: str, picture: Picture | None = None, report: Reporter | None = None) -> EditPlan:
        """The steps of one instruction, with the words for the generators that will carry them out.

        Args:
            instruction: In any language that the model knows. picture: What it is about, or None.
            report: Progress and cancel.

        Returns:
            The model's plan, with ``parser="vlm"``; or that of the grammar, with a warning that says why.

        Raises:
            NotUnderstood: Empty text, or neither of the two made anything of it. Cancelled: By the user.
        """
        self.identity = ""
        if not any(c.isalnum() for c in instruction):
            raise NotUnderstood("The instruction is empty.", HINT)
        report = report or Reporter()
        try:
            talker = talker_for(self.models)
            said, notes = self._asked(talker, instruction[:MAX_LENGTH], picture, report)
        except Cancelled:
            raise
        except FinetouchError as error:
            return _by_grammar(instruction, error)
        self.identity = talker.identity
        if len(instruction) > MAX_LENGTH:
            notes = (*notes, f"Only the first {MAX_LENGTH} characters were read.")
        steps = tuple(self._with_words(s) for s in said)
        return EditPlan(steps=steps, instruction=instruction, parser="vlm", warnings=notes)

    def _asked(
        self, talker: Talker, instruction: str, picture: Picture | None, report: Reporter
    ) -> tuple[list[Said], tuple[str, ...]]:
        """The model's steps; a bad answer is shown to it once, with what is wrong.

        Raises:
            NoAnswer: The second answer cannot be used either.
        """
        schema = answer_schema()
        turns = [
            Turn("system", SYSTEM),
            Turn("user", question(instruction), None if picture is None else picture.pixels),
        ]
        wrong = ""
        for attempt in range(ATTEMPTS):
            report.update("plan", attempt, ATTEMPTS, "asking the vision-language model")
            text = talker.ask(turns, schema, report)
            try:
                said = read_answer(text)
            except BadAnswer as error:
                wrong = str(error)
                again = f"{wrong} Answer again, with the corrected JSON object only."
                turns = [*turns, Turn("assistant", text[:ECHO] or "(nothing)"), Turn("user", again)]
            else:
                note = "The vision-language model's first answer was not usable; it was asked again."
                return said, (note,) if attempt else ()
        raise NoAnswer(f"Two answers of {talker.identity} could not be used. {wrong}")

    def _with_words(self, said: Said) -> EditStep:
        """The step with prompt, negative prompt and instruction, those that the method to be chosen takes."""
        if self.models is None or not said.words:
            return said.step
        try:
            spec = choose_editor(said.step, self.models.preset, None, has_reference=False, models=self.models)
        except FinetouchError:
            return said.step
        fields = spec.cls.Params.model_fields
        words = {name: text for name, text in said.words.items() if name in fields}
        return said.step.model_copy(update={"params": {**said.step.params, **words}})


def _by_grammar(instruction: str, reason: FinetouchError) -> EditPlan:
    """The grammar's plan with a warning that it is not the model's."""
    why = f"The vision-language model did not read this, the grammar did. {reason}".replace("\n", " ")
    try:
        plan = GrammarParser().parse(instruction)
    except NotUnderstood as error:
        raise NotUnderstood(error.message, f"{error.hint or HINT} {why}", error.unknown) from reason
    return plan.model_copy(update={"warnings": (why, *plan.warnings)})
