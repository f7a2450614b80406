# Everything works from a clean clone: each target installs and compiles what it needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Python starts a hundred times in the tests, and should not compile all it imports each time.
unexport PYTHONDONTWRITEBYTECODE

RUN := . .venv/bin/activate &&
KEEP ?=
SOLIDITY := 'contracts/**/*.sol' 'tests/**/*.sol'
# Files with tests that need neither a chain nor compiled contracts say so: `pytestmark = pytest.mark.quick`.
# Not files of a folder that is named itself: pytest would run the files alone.
QUICK = tests/protocol tests/registry $(filter-out tests/protocol/% tests/registry/%, \
	$(shell grep -rl "^pytestmark = pytest.mark.quick" tests --include=test_*.py))

.PHONY: help setup build build-demo demo demo-slash demo-guard package test test-long test-fork test-interop test-quick prove lint format docs bench bench-gas bench-indexing bench-growth bench-relayer bench-faults bench-registry bench-scraping bench-explorer bench-fast-path bench-calls screenshots charts clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-16s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install the pinned Python and npm packages (quick when nothing changed)
	@toolchain/setup

build: setup ## Compile the contracts that changed, and what depends on them
	@$(RUN) python toolchain/compile

# Compiles no contracts for tests: half of what there is.
build-demo: setup
	@$(RUN) python toolchain/compile --packaged

# Status 130 is Ctrl-C, which the demos end with a word of their own.
demo: build-demo ## Two chains, a message and a token there and back (KEEP=1 leaves it running)
	@$(RUN) ape run demo $(if $(KEEP),--keep) || [ $$? -eq 130 ]

demo-slash: build-demo ## A validator signs a false checkpoint and loses its stake
	@$(RUN) ape run demo_slash || [ $$? -eq 130 ]

demo-guard: build-demo ## A forged transfer is delivered, the route stopped, its signers slashed (KEEP=1 as above)
	@$(RUN) ape run demo_guard $(if $(KEEP),--keep) || [ $$? -eq 130 ]

package: build-demo ## The wheel and the source archive, in build/dist
	@$(RUN) python -m hatchling build -d build/dist

test: lint build ## Everything we promise
	@$(RUN) ape test -q -n 3
	@$(RUN) tests/fork/run

test-quick: setup ## Formats, files, settings and the parts of agents that need no chain
	@$(RUN) python -m pytest -p no:ape_test -o addopts="--strict-markers --import-mode=importlib" \
		-m "not long" -q -n 2 --ignore tests/protocol/test_imports.py --ignore tests/registry/test_public_size.py \
		$(QUICK)

test-long: build ## The long forms of tests that make test runs shortened
	@$(RUN) ape test -m long -q

test-fork: build ## The suite that runs on a fork of mainnet
	@$(RUN) tests/fork/run

test-interop: build ## The reference's command line tool against what we deploy, and we against what it deploys
	@$(RUN) tests/interop/run

prove: setup ## Symbolic proof that a true checkpoint is never punished
	@tests/proofs/prove

docs: setup ## This documentation as a site, in build/docs
	@$(RUN) NO_MKDOCS_2_WARNING=1 mkdocs build --quiet

lint: docs ## Style, types, and links of the documentation
	@$(RUN) ruff check . && ruff format --check . && mypy
	@! grep -rnE "(from|import) .*\bconftest\b" tests benchmarks --include=*.py || { echo "import from tests/support instead of a conftest" >&2; false; }
	@toolchain/typecheck
	@node_modules/.bin/prettier --cache --check --log-level warn $(SOLIDITY)
	@node_modules/.bin/solhint --disc --noPoster $(SOLIDITY)
	@! grep -rnE "\.isolate\(" tests benchmarks scripts src --include=*.py --exclude=test_snapshot.py || { echo "isolate() of ape swallows exceptions: tests/support/snapshot.py" >&2; false; }

format: setup ## Format Python and Solidity
	@$(RUN) ruff format .
	@node_modules/.bin/prettier --cache --write --log-level warn $(SOLIDITY)

bench: bench-gas bench-indexing bench-growth bench-relayer bench-faults bench-registry bench-scraping bench-explorer bench-fast-path bench-calls ## Everything that is measured

bench-gas: build ## Gas of each operation beside the reference's; keeps the figures
	@$(RUN) python -m benchmarks.gas --write && python -m benchmarks.charts --write

bench-indexing: build ## Catching up with 100,000 messages; keeps the figures
	@$(RUN) python -m benchmarks.indexing --write && python -m benchmarks.charts --write

bench-growth: build ## Start-up and memory of agents with up to 1,000,000 finished messages; keeps the figures
	@$(RUN) python -m benchmarks.growth --write

bench-relayer: build ## Throughput, latency and memory of the relayer; keeps the figures
	@$(RUN) python -m benchmarks.relayer --write && python -m benchmarks.charts --write

bench-fast-path: build ## How long a transfer takes with a reorg period of one block, and by default
	@$(RUN) python -m benchmarks.fast_path

bench-calls: build ## What agents ask nodes for while nothing happens, and round trips of one message; keeps the figures
	@$(RUN) python -m benchmarks.calls --write

bench-faults: build ## Latency while a tenth of all requests to the nodes fails; keeps the figures
	@$(RUN) python -m benchmarks.faults --write && python -m benchmarks.charts --write

bench-registry: setup ## What commands take to find their way in a registry of the public one's size
	@$(RUN) python -m benchmarks.registry --write

bench-scraping: setup ## Loading a history of 1,000,000 messages into the scraper's database; keeps the figures
	@$(RUN) python -m benchmarks.scraping --write

bench-explorer: setup ## Pages and API with a million messages in the database; keeps the figures
	@$(RUN) python -m benchmarks.explorer --write

screenshots: setup ## Draw the pictures of the explorer in docs/images anew
	@$(RUN) python -m pytest -p no:ape_test -o addopts="--import-mode=importlib" -q tests/explorer/screenshots.py

charts: setup ## Draw the charts of the documentation from the committed figures
	@$(RUN) python -m benchmarks.charts --write

clean: ## Forget builds and installations
	rm -rf .build build .venv .halmos node_modules contracts/.cache src/ape_hyperlane/artifacts/*.xz .mypy_cache .ruff_cache .pytest_cache .hypothesis
