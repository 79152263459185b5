# Everything starts here. Needs only make and Python 3.11 to 3.13; the rest is set up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA := $(wildcard ../shared/data)
export INKDIGITS_DATA ?= $(if $(DATA),$(abspath $(DATA)))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run window train test lint audit format lock docs model numbers clean

help:
	@echo "make run    set up, start the web app and open it in the browser"
	@echo "make window set up, then open the drawing window"
	@echo "make train  set up everything, then train by the original's recipe (ARGS=configs/fast.yaml: by another)"
	@echo "make test   set up everything, then run all tests"
	@echo "make lint   formatting, rules, types and import layers"
	@echo "make audit  look for known weaknesses in what the server is made of"
	@echo "make format format the code"
	@echo "make model  make the shipped model again, from the data on (hours; goes on where it was)"
	@echo "make numbers make the shipped model of lines again (hours; goes on where it was)"
	@echo "make docs   write the generated pages and pictures again"
	@echo "make lock   compile requirements*.txt again"
	@echo "make clean  remove the environment and caches"

run: $(VENV)/.web
	$(BIN)/inkdigits serve --open $(ARGS)

window: $(VENV)/.app
	$(BIN)/python app.py $(ARGS)

train: $(VENV)/.dev
	$(BIN)/python train_model.py $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)
WORKERS := 2  # at once, a file of tests each, the slow ones first (tests/conftest.py)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/.dev  # needs the advisories of pypi.org
	$(BIN)/pip-audit --no-deps --disable-pip -r requirements-web.txt

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra web --extra granian -o requirements-web.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra dev -o requirements-dev.txt
LOCK := --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 \
	--custom-compile-command 'make lock' --no-annotate

docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py
	$(BIN)/python tests/virtual_screen.py docs/window.png
	$(BIN)/python tests/virtual_screen.py docs/window-number.png 2026
	$(BIN)/python tests/page_pictures.py docs

# Test sets are opened here and nowhere before.
RUN := runs/inkdigits-$(shell sed -n 's/^version: //p' configs/inkdigits.yaml)
MODEL := src/inkdigits/models/inkdigits
STRANGERS := unipen_1b_upper unipen_1c_lower unipen_1d_symbols
model: $(VENV)/.dev
	$(BIN)/inkdigits data fetch mnist pendigits unipen
	$(BIN)/inkdigits train configs/inkdigits.yaml --output $(RUN) $(if $(wildcard $(RUN)/config.yaml),--resume)
	$(BIN)/inkdigits evaluate $(RUN)/model mnist --card --held-out $(STRANGERS:%=--outliers %)
	$(BIN)/inkdigits evaluate $(RUN)/model pendigits_test --card --held-out $(STRANGERS:%=--outliers %)
	rm -rf $(MODEL)  # with the notes on the errors of other weights
	cp -r $(RUN)/model $(MODEL)

# The same for whole numbers.
NUMBERS_RUN := runs/numbers-$(shell sed -n 's/^version: //p' configs/numbers.yaml)
NUMBERS := src/inkdigits/models/numbers
numbers: $(VENV)/.dev
	$(BIN)/inkdigits data fetch mnist pendigits unipen
	$(BIN)/inkdigits train configs/numbers.yaml --output $(NUMBERS_RUN) $(if $(wildcard $(NUMBERS_RUN)/config.yaml),--resume)
	rm -rf $(NUMBERS)
	cp -r $(NUMBERS_RUN)/model $(NUMBERS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.app: requirements.txt | $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.web: requirements-web.txt pyproject.toml | $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements-web.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@ $(VENV)/.app

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@ $(VENV)/.app $(VENV)/.web

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "inkdigits needs Python 3.11 to 3.13: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
