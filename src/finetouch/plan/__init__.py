"""Words to plan: the offline grammar and its lexicon."""
