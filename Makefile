# Everything runs in its own virtual environment; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without a graphics card the processor's build is enough and much smaller:
# make test TORCH="torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
TORCH ?= torch==2.13.0

.PHONY: demo test slow lint clean

demo: $(VENV)/.base  ## edit two real photos and show before / mask / after
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev  ## set up everything and run the tests
	$(BIN)/python -m pytest -n 2

slow: $(VENV)/.dev  ## the slow tests
	$(BIN)/python -m pytest -n 2 -m slow

lint: $(VENV)/.dev  ## style and types
	rm -f src/finetouch/gradio.pyi  # Gradio writes it when it is used; it is no valid stub
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.base: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,diffusion,studio,lab,tune]'
	touch $@
