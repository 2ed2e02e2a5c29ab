"""Running plans: pipeline, editor, history."""
