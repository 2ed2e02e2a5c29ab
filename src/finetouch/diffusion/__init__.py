"""What generative methods share: codecs, prompts, schedulers, the denoising loop, previews."""
