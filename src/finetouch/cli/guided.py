"""Options of CLIP-guided editing, and the ways to say an edit that its users are used to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetouch.errors import UsageError

if TYPE_CHECKING:
    from finetouch.types import EditPlan

_EXAMPLE = 'finetouch edit photo.jpg "replace the ball with a cup"'


@dataclass(frozen=True)
class Guided:
    """Options of the method clip-guided; each is a parameter of the same name."""

    variant: Annotated[str | None, typer.Option(help="clip-guided: local, blended, both or free.")] = None
    lambda_clip: Annotated[float | None, typer.Option(help="clip-guided: weight of CLIP inside the region.")] = None
    lambda_lpips: Annotated[float | None, typer.Option(help="clip-guided: weight of LPIPS outside of it.")] = None
    lambda_l2: Annotated[float | None, typer.Option(help="clip-guided: weight of squares outside of it.")] = None
    steps: Annotated[int | None, typer.Option(help="Denoising steps, for methods with a generative model.")] = None
    skip: Annotated[int | None, typer.Option(help="clip-guided: first steps left out; more keeps more.")] = None
    samples: Annotated[int | None, typer.Option(help="clip-guided: how many to make and rank.")] = None

    def params(self) -> dict[str, Any]:
        """What was given, as parameters of the method."""
        return {k: v for k, v in vars(self).items() if v is not None}


@dataclass(frozen=True)
class Said:
    """Other ways to name the picture and to say what to change."""

    image_path: Annotated[
        str | None, typer.Option("--image_path", "--image-path", metavar="IMAGE", help="The picture, as an option.")
    ] = None
    description: Annotated[str | None, typer.Option(help="What to change, as an option.")] = None
    segment_prompt: Annotated[
        str | None, typer.Option(metavar="PHRASE", help="What to replace, instead of an instruction.")
    ] = None
    replace_prompt: Annotated[
        str | None, typer.Option(metavar="PHRASE", help="What to put there; with --segment-prompt.")
    ] = None

    def sorted_out(self, image: str | None, instruction: str | None) -> tuple[str, str | None]:
        """Picture and instruction, whichever way they were given.

        Raises:
            UsageError: One is missing, or something was said twice.
        """
        if self.image_path is not None:
            if image is not None and instruction is not None:
                raise UsageError("The picture was given twice.", "Leave out --image_path, or the first argument.")
            image, instruction = self.image_path, instruction if image is None else image
        if image is None:
            raise UsageError("Which picture?", _EXAMPLE)
        ways = [w for w in (instruction, self.description, self.segment_prompt) if w is not None]
        if len(ways) > 1:
            raise UsageError("What to change was said twice.", "Give an instruction, or --description, or the prompts.")
        if (self.segment_prompt is None) != (self.replace_prompt is None):
            raise UsageError("--segment-prompt and --replace-prompt belong together.", "Give both of them.")
        return image, self.description if instruction is None else instruction

    def plan(self) -> EditPlan | None:
        """The plan of ``--segment-prompt`` and ``--replace-prompt``; None without them.

        Raises:
            NotUnderstood: The first of them names nothing. UsageError: The second one is empty.
        """
        if self.segment_prompt is None or self.replace_prompt is None:
            return None
        from finetouch.plan.phrase import parse_phrase
        from finetouch.types import EditPlan, EditStep

        wanted = self.replace_prompt.strip()
        if not wanted:
            raise UsageError("--replace-prompt is empty.", "Say what shall be there instead.")
        query = parse_phrase(self.segment_prompt)
        step = EditStep(
            op="replace", target=query.noun, attributes=query.attributes, relation=query.relation,
            position=query.position, count=query.count, result=wanted,
        )  # fmt: skip
        words = f"replace {self.segment_prompt.strip()} with {wanted}"
        return EditPlan(steps=(step,), instruction=words, parser="prompts")
