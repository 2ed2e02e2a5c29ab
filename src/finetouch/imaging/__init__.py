"""Pixels without models: reading and writing, masks, crop geometry, paste-back, colour, matting."""
