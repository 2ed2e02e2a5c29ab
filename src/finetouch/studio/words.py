"""Sentences of the library as a page says them: names of fields and tools where a terminal has options."""

from __future__ import annotations

import re

from finetouch.errors import FinetouchError

_SETTINGS = "in the settings"
# Longer phrases first; what stands after an option is its value, or a placeholder in capitals or with commas.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"Give (?:one|it) with --reference(?: [A-Z]+)?", "Use “Take it from a picture” in the step"),
    (r"add --reference(?: [A-Z]+)?", "use “Take it from a picture” in the step"),
    (r"a picture of it with --reference(?: [A-Z]+)?", "a picture of it (“Take it from a picture” in the step)"),
    (r"bring your own with --background(?: [A-Z]+)?", "bring your own in “Method and options”"),
    (r"--reference(?: [A-Z]+)?", "a picture of the new thing"),
    (r"[Cc]hoose one with --preset(?:, e\.g\. (\w+))?", rf"Choose another preset {_SETTINGS}"),
    (r"--preset (\w+) or (\w+)", rf"the preset \1 or \2 ({_SETTINGS})"),
    (r"--preset ([\w-]+)", rf"the preset \1 ({_SETTINGS})"),
    (r"[Gg]ive --device (\w+) or --device (\w+)", rf"Choose the device \1 or \2 {_SETTINGS}"),
    (r"--device (\w+):", r"Device \1:"),
    (r"--device (\w+)", rf"the device \1 ({_SETTINGS})"),
    (r"--grow (-?[\d.]+) is", r"“Widen by” \1 is"),
    (r"--feather (-?[\d.]+) is", r"“Feather” \1 is"),
    (r"--grow (-?[\d.]+)", r"a “Widen by” of \1 px"),
    (r"--feather (-?[\d.]+)", r"a “Feather” of \1 px"),
    (r"--point x,y or --box x0,y0,x1,y1 or --mask FILE", "a click, a box or the brush"),
    (r"--point, --box or --mask", "a click, a box or the brush"),
    (r"bring --place MASK", "paint one"),
    (r"--box(?: x0,y0,x1,y1)?", "a box"),
    (r"--point(?: x,y)?", "a click"),
    (r"--mask(?: FILE)?", "the brush"),
    (r"If you trust it, raise the limit: --max-pixels \d+", "Open a smaller version of it"),
    (r"--(?:grow|feather)", "“Widen by”"),
    (r"--param (\w+)=(\w+)", r"\1 = \2 in “Method and options”"),
    (r"(?:another|other|different) --seed", "another seed"),
    (r"--seed", "the seed"),
    (r"[Ll]eave out --offline and unset HF_HUB_OFFLINE", "Start the studio without HF_HUB_OFFLINE"),
    (r"[Ll]eave --offline away", "Start the studio without HF_HUB_OFFLINE"),
    (r"--offline", "offline work"),
    (r"What was made so far is in .+?stages-\w+\.", "What was made so far is shown here."),
    (r"--keep FOLDER writes", "The command line writes"),
    (r"--method(?: ([\w-]+))?", "“Method and options” of the step"),
)  # fmt: skip
_RULES = tuple((re.compile(rf"(?<![\w-]){pattern}"), words) for pattern, words in _PHRASES)

_COMMAND = re.compile(r"pip install|finetouch [a-z]|--set ")
_OPTION = re.compile(r"(?<![\w-])--([a-z][\w-]*)")


def for_page(text: str) -> str:
    """The sentence without options of the command line; commands to be typed as a whole stay."""
    if "--" not in text:
        return text
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    return text if _COMMAND.search(text) else _OPTION.sub(r"“\1”", text)


def reworded(error: FinetouchError) -> FinetouchError:
    """The same error, said for the page."""
    error.message = for_page(error.message)
    error.hint = None if error.hint is None else for_page(error.hint)
    return error
