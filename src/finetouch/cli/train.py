"""``finetouch train``: recipes of the models that Finetouch trains itself."""

from __future__ import annotations

from typing import Annotated

import typer

from finetouch.cli.common import print_json, progress_bar
from finetouch.cli.edit import Json

train_app = typer.Typer(help="Train models.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(train_app, name="train")


@train_app.callback()
def group() -> None:
    """Train models."""


@train_app.command("lab")
def lab(
    model: Annotated[str, typer.Argument(help="vae, clip, inpaint, unet, lcm, segformer, grounder, sam or judge.")],
    scale: Annotated[str, typer.Option(help="cpu (64 px) or gpu (128 px, larger models).")] = "cpu",
    out: Annotated[str, typer.Option("--out", "-o", help="Folder of the whole family.")] = "runs/lab",
    minutes: Annotated[float | None, typer.Option(min=0, help="Stop after this long; run again to go on.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 takes all.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    json: Json = False,
) -> None:
    """Train one of the lab's tiny models, or go on where it was stopped."""
    from pathlib import Path

    from finetouch.errors import DependencyMissing

    try:
        import diffusers  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise DependencyMissing(error.name or "torch", "diffusion", "Training") from error
    import cv2

    from finetouch.train.lab.loop import Pace, train
    from finetouch.train.lab.recipes import Workshop, recipe
    from finetouch.train.lab.scale import scale_of
    from finetouch.types import Reporter

    if threads:
        torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    taken = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    with progress_bar(quiet=json) as (sink, cancel):
        report = Reporter(sink, cancel)
        made = recipe(model, Workshop(Path(out), scale_of(scale), taken, report))
        last = train(made, Path(out) / model, Pace(minutes=minutes), report)
    folder = f"{out}/{model}"
    if json:
        print_json({"model": model, "folder": folder, **last})
    else:
        typer.echo(f"{folder}/model: " + ", ".join(f"{k} {v}" for k, v in last.items()))


@train_app.command("mask-generator")
def mask_generator(
    model: Annotated[str, typer.Option(help="predictor (several masks at once) or diffusion (one mask per draw).")] = (
        "predictor"
    ),
    data: Annotated[
        str, typer.Option(metavar="lab|DIR", help="lab, the synthetic world, or a folder of labelled photos.")
    ] = "lab",
    scale: Annotated[str, typer.Option(help="cpu (64 px) or gpu (128 px, larger models).")] = "cpu",
    out: Annotated[str, typer.Option("--out", "-o", help="Folder of the run.")] = "runs/mask_generator",
    models: Annotated[
        str | None, typer.Option(metavar="DIR", help="Lab models to build on; default: built in.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps instead of the recipe's.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Stop after this long; run again to go on.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 takes all.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    json: Json = False,
) -> None:
    """Train the network that proposes masks for new things, or go on where it was stopped."""
    from dataclasses import replace
    from pathlib import Path

    from finetouch.errors import DependencyMissing, UsageError

    if data != "lab" and not Path(data).is_dir():
        raise UsageError(f"There is no folder '{data}'.", "Give a folder of labelled photos, or --data lab")
    if data != "lab" and model != "predictor":
        raise UsageError(f"The {model} model learns from the lab only.", "Take --data lab or --model predictor")
    try:
        import diffusers  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise DependencyMissing(error.name or "torch", "diffusion", "Training") from error
    import cv2

    from finetouch.lab.zoo import Zoo
    from finetouch.train.lab.loop import Pace, train
    from finetouch.train.mask_generator.photo_recipe import photo_recipe, photo_size
    from finetouch.train.mask_generator.photos import PhotoPairs
    from finetouch.train.mask_generator.recipe import pairs_for, reader_for, recipe, size_of
    from finetouch.types import Reporter

    if threads:
        torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    taken = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    with progress_bar(quiet=json) as (sink, cancel):
        report = Reporter(sink, cancel)
        if data == "lab":
            size = size_of(scale, model)
            zoo = Zoo(Path(models)) if models else Zoo()
            reader = reader_for(zoo)
            reader.encoder.to(taken)
            size = replace(size, steps=steps or size.steps)
            made = recipe(model, pairs_for(Path(out), size, report, zoo), reader, size)
        else:
            many = photo_size(scale)
            pairs = PhotoPairs.open(Path(data), Path(out) / "pairs-train", report=report)
            made = photo_recipe(pairs, replace(many, steps=steps or many.steps))
        made.device = taken
        last = train(made, Path(out) / model, Pace(minutes=minutes, save_every=250), report)
    folder = f"{out}/{model}"
    if json:
        print_json({"model": model, "folder": folder, **last})
    else:
        typer.echo(f"{folder}/model: " + ", ".join(f"{k} {v}" for k, v in last.items()))
