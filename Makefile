# make demo   JupyterLab on the quickstart notebook
# make test   everything that must hold: Python, JavaScript, browser and notebook tests
# make docs   the documentation, as pages in .bench/site
# make release  wheel and sdist in .bench/release, tried in an empty environment
# make soak   what takes too long for that: longer random walks, every test in both hosts
# make parity the masks of ncut-pytorch 1.8.19, made by itself in its own environment
# make lowest the tests without a browser, with the lowest releases that are allowed
# make latest the same with the newest ones, whatever they are today
# make bench  speed, accuracy and memory against our peers, each in an environment of
#             its own; bench-solver, bench-accuracy, bench-click, ... repeat one part

PYTHON ?= python3
BIN := .venv/bin
PEERS := ncut-pytorch-1.8.19 ncut-pytorch-3.2.0 scikit-learn-1.9.1
# Python compiles what is imported, once, in a tenth of the time that all of it takes.
export PYTHONDONTWRITEBYTECODE :=
PIP := -m pip --disable-pip-version-check --quiet install --no-compile \
	--constraint constraints.txt
RESULTS := .bench/results
PARTS := solver tutorial accuracy click texture import floors extraction growth busy \
	busy_click batches clicks exports page remote

# Two at a time, file by file, the browser's first. Each computes with one thread: where
# both have two, they take a fifth longer.
PROCESSES ?= 2
pytest = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --hypothesis-profile=ci \
	--numprocesses=$(PROCESSES) --dist=loadfile --no-loadscope-reorder
# $(call suite,NAME,SIDES): a suite of tests/benchmarks in the environment of each side.
python = $(if $(filter ncut_widget,$1),.venv,.bench/$1)/bin/python
suite = $(foreach side,$2,$(call python,$(side)) -m pytest \
	tests/benchmarks/test_$1.py --side=$(side) \
	--benchmark-json=$(RESULTS)/$1-$(side).json &&) true
# $(call program,NAME): a program of tests/benchmarks; what it prints is kept.
program = $(BIN)/python -m tests.benchmarks.$1 > $(RESULTS)/$1.txt
show = @$(BIN)/python -m tests.benchmarks.results

.PHONY: demo test docs release soak parity lowest latest bench bench-quality $(PARTS:%=bench-%) arrays peers bundle check check-python check-js pytest node browser

demo: .venv/lab
	@tests/install/demo.sh $(BIN)/jupyter

# What is installed comes at the same time, from different places. The linters run as
# soon as what they need is there; with `+` the tests are heard at once, and not at
# their end.
test:
	$(MAKE) --no-print-directory --jobs=4 --output-sync=target check docs pytest

pytest: browser js/node_modules/.package-lock.json
	+$(pytest)

# Every link and every name is checked: a warning is an error.
docs: .venv/dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build
	@echo "The documentation is in .bench/site: $(BIN)/python -m mkdocs serve shows it."

# Nothing is uploaded.
release: .venv/dev
	rm -rf .bench/release
	$(BIN)/python -m build --outdir .bench/release/dist
	$(BIN)/python -m twine check --strict .bench/release/dist/*
	tests/install/venv.sh "$(PYTHON)" .bench/release/venv
	.bench/release/venv/bin/python $(PIP) "$$(ls .bench/release/dist/*.whl)[plot]"
	cd .bench/release && venv/bin/python -I ../../tests/install/quickstart.py \
		../../notebooks/quickstart.ipynb

soak: browser
	$(pytest) --run=soak

parity: .venv/dev peers
	$(BIN)/python -m pytest --run=parity

lowest latest: %: .bench/%/installed
	.bench/$@/bin/python -m pytest --ignore=tests/browser --ignore=tests/install

# One part at a time, also under `make -j`: what is timed must have the machine alone.
bench:
	for part in $(PARTS); do $(MAKE) --no-print-directory bench-$$part || exit; done
	$(show)

bench-solver: arrays $(PEERS:%=.bench/%/installed)
	$(call suite,solver,ncut_widget $(PEERS))
	$(show) solver

bench-tutorial: arrays $(PEERS:%=.bench/%/installed)
	$(call suite,tutorial,ncut_widget ncut-pytorch-3.2.0 ncut-pytorch-1.8.19)
	$(show) tutorial

bench-accuracy: arrays
	$(call suite,accuracy,ncut_widget)
	$(show) accuracy

bench-click: .venv/dev peers $(RESULTS)
	$(call suite,click,ncut_widget ncut-pytorch-1.8.19)
	$(show) click

bench-texture: .venv/dev $(RESULTS)
	$(call suite,texture,ncut_widget)
	$(show) texture

bench-import: .venv/dev $(PEERS:%=.bench/%/installed) $(RESULTS)
	$(call suite,import,ncut_widget $(PEERS))
	$(show) import

bench-floors: arrays
	$(call suite,floors,ncut_widget)
	$(show) floors

bench-extraction: .venv/dev peers $(RESULTS)
	$(call program,extraction)
	$(show) extraction

bench-growth: arrays
	$(call program,growth)
	$(show) growth

bench-busy: arrays
	$(call program,busy)
	$(show) busy

bench-batches: .venv/dev $(RESULTS)
	$(call program,batches)
	$(show) batches

bench-busy_click: .venv/dev $(RESULTS)
	$(call program,busy_click)
	$(show) busy_click

# make bench-quality QUALITY=folder: of labelled photographs, in DEVELOP.md's format;
#             MORE="--every 2 --distractors 30 --protocol mixed"
bench-quality: .venv/dev .bench/ncut-pytorch-3.2.0/installed $(RESULTS)
	$(BIN)/python -m tests.benchmarks.quality $(QUALITY) $(MORE) | tee $(RESULTS)/quality.md

bench-clicks: .venv/dev $(RESULTS)
	$(call program,clicks)
	$(show) clicks

bench-exports: .venv/dev $(RESULTS)
	$(call program,exports)
	$(show) exports

bench-page: browser $(RESULTS)
	$(call program,page)
	$(show) page

bench-remote: browser $(RESULTS)
	$(call program,remote)
	$(show) remote

# Features and exact solutions, made once.
arrays: .venv/dev $(RESULTS)
	$(BIN)/python -m tests.benchmarks.arrays

$(RESULTS):
	mkdir -p $@

peers: .bench/ncut-pytorch-1.8.19/installed

# The bundle is committed, so that installing needs no Node; this makes it anew.
bundle: js/node_modules/.package-lock.json
	npm --prefix js run --silent build

check: check-python check-js

check-python: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

check-js: js/node_modules/.package-lock.json
	npm --prefix js run --silent check
	npm --prefix js run --silent test
	npm --prefix js run --silent build -- --outdir="$(CURDIR)/.bench/bundle"
	diff -r .bench/bundle ncut_widget/static

.venv/lab: pyproject.toml constraints.txt
	tests/install/venv.sh "$(PYTHON)" .venv
	$(BIN)/python $(PIP) --editable '.[lab,tsne,tables,coco]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt
	tests/install/venv.sh "$(PYTHON)" .venv
	$(BIN)/python $(PIP) --editable '.[dev,hosts,docs]'
	@touch $@ .venv/lab

node:
	@tests/install/node.sh

browser: .venv/dev
	$(BIN)/python tests/install/browser.py

js/node_modules/.package-lock.json: js/package.json js/package-lock.json | node
	npm --prefix js ci --no-audit --no-fund
	@touch $@

.bench/%/installed: tests/peers/%.txt constraints.txt
	tests/install/venv.sh "$(PYTHON)" .bench/$*
	.bench/$*/bin/python $(PIP) --requirement $<
	@touch $@

# The pair of torch is constraints.txt's, here and below: each one more is gigabytes.
.bench/latest/installed: pyproject.toml constraints.txt
	tests/install/venv.sh "$(PYTHON)" .bench/latest
	grep ^torch constraints.txt > .bench/latest/constraints.txt
	.bench/latest/bin/python -m pip --disable-pip-version-check --quiet install \
		--no-compile --constraint .bench/latest/constraints.txt --editable '.[dev]'
	@touch $@

.bench/lowest/installed: pyproject.toml constraints.txt .venv/dev
	tests/install/venv.sh "$(PYTHON)" .bench/lowest
	grep ^torch constraints.txt > .bench/lowest/constraints.txt
	$(BIN)/python -m tests.install.lowest >> .bench/lowest/constraints.txt
	.bench/lowest/bin/python -m pip --disable-pip-version-check --quiet install \
		--no-compile --constraint .bench/lowest/constraints.txt --editable '.[dev]'
	@touch $@
