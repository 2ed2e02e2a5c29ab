"""Where a new thing belongs and which outline it has: training of the mask generator."""
