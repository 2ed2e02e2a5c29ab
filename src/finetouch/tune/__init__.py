"""Searching for good parameters of methods: resumable studies with several objectives, in parallel processes."""
