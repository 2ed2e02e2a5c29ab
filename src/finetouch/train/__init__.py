"""Training recipes. Everything here needs the extra `diffusion`."""
