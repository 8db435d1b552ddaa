# make demo   JupyterLab on the quickstart notebook
# make test   everything that must hold: Python, JavaScript, browser and notebook tests
# make bench  speed and accuracy against ncut-pytorch 1.8.19, in one run

PYTHON ?= python3
BIN := .venv/bin
PEER := .bench/ncut-pytorch-1.8.19
PIP := -m pip --disable-pip-version-check --quiet install --constraint constraints.txt

.PHONY: demo test bench peers bundle check

demo: .venv/lab
	@tests/install/demo.sh $(BIN)/jupyter

test: check peers
	$(BIN)/python tests/install/browser.py
	$(BIN)/python -m pytest --hypothesis-profile=ci

bench: .venv/dev peers
	$(BIN)/python tests/benchmarks/interaction.py --peer-python $(PEER)/bin/python
	$(BIN)/python tests/benchmarks/solver.py --peer-python $(PEER)/bin/python
	$(BIN)/python tests/install/browser.py
	$(BIN)/python tests/benchmarks/page.py
	$(BIN)/python tests/benchmarks/extraction.py --peer-python $(PEER)/bin/python

peers: $(PEER)/installed

# The bundle is committed, so that installing needs no Node; this makes it anew.
bundle: js/node_modules/.package-lock.json
	npm --prefix js run --silent build

check: .venv/dev js/node_modules/.package-lock.json
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	npm --prefix js run --silent check
	npm --prefix js run --silent test
	npm --prefix js run --silent build -- --outdir=$(CURDIR)/.bench/bundle
	diff -r .bench/bundle ncut_widget/static

.venv/lab: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --editable '.[lab,tsne]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --editable '.[dev]'
	@touch $@ .venv/lab

js/node_modules/.package-lock.json: js/package.json js/package-lock.json
	tests/install/node.sh
	npm --prefix js ci --no-audit --no-fund
	@touch $@

$(PEER)/installed: tests/peers/ncut-pytorch-1.8.19.txt constraints.txt
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python $(PIP) --requirement $<
	@touch $@
