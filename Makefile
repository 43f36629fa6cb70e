# `make` alone lists what there is. CONFIG=release builds and runs optimized; ARGS goes to the tests.
CONFIG ?= debug
ARGS ?=
# How many tests run at once; more only makes the ones with time limits fail on a small machine.
WIDTH ?= 4
ROUNDS ?= 3
SECS ?= 8
SOURCES := Package.swift Sources Tests Benchmarks
BUILT := .build/$(CONFIG).built
OPENCLAW := .build/$(CONFIG)/openclaw

# The chaos run goes first and alone: what it measures must not depend on other tests.
TESTS := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(WIDTH) $(OPENCLAW) test-services -- \
  swift test -c $(CONFIG) --skip-build --disable-xctest --parallel

.DEFAULT_GOAL := help
.PHONY: help setup test-tools build run test chaos mutants bench-tools bench lint format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing on this machine (apt packages, PostgreSQL with pgvector)
	@scripts/setup.sh

test-tools: ## install what the tests need besides (promtool, a Python environment)
	@scripts/setup.sh --test

build: $(BUILT) ## build everything (CONFIG=debug or release)

# With nothing changed this does not even ask the package manager, which may take 20 s to say so.
$(BUILT): Package.swift $(shell find Sources -type f) | setup
	swift build -c $(CONFIG)
	@touch $@

run: build ## start everything here, run a sample job, stay up until Ctrl-C
	@exec $(OPENCLAW) up

test: test-tools ## run all tests on a private broker and database (ARGS="--filter NAME")
	swift build -c $(CONFIG) --build-tests
	@$(if $(ARGS),,$(TESTS) --filter ShortRunTests)
	@$(TESTS) $(if $(ARGS),$(ARGS),--skip ShortRunTests)

chaos: setup ## break a running system on purpose; two or three hours with LONG=1 (SEED=1 ONLY=D1,links)
	swift build -c $(CONFIG)
	@exec .build/$(CONFIG)/openclaw-chaos run $(if $(SEED),--seed $(SEED)) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(LONG),--long --json docs/chaos.json --markdown docs/CHAOS.md)

mutants: setup ## see whether chaos finds known defects; writes docs/MUTANTS.md (SEED=1 ONLY=last-relayed)
	swift build -c debug
	@scripts/mutants.sh
	@exec .build/debug/openclaw-chaos mutants .build-mutants/build/debug \
	  $(if $(SEED),--seed $(SEED)) \
	  $(if $(ONLY),--only $(ONLY),--json docs/mutants.json --markdown docs/MUTANTS.md)

bench-tools: ## install what the benchmarks need besides (a Python environment for the rivals)
	@scripts/setup.sh --bench

bench: bench-tools ## measure beside rivals and limits; writes docs/BENCHMARKS.md (ONLY="W1 W3" ROUNDS=3)
	swift build -c release
	@exec .build/release/openclaw-bench $(ONLY) --rounds $(ROUNDS) --seconds $(SECS) \
	  $(if $(SEED),--seed $(SEED)) --json docs/bench.json --markdown docs/BENCHMARKS.md

lint: ## check format and style; changes nothing
	swift format lint --strict --parallel --recursive $(SOURCES)
	@for script in scripts/*.sh .ci/run; do bash -n "$$script" || exit 1; done

format: ## format the code in place
	swift format --in-place --parallel --recursive $(SOURCES)

clean: ## delete build output; data stays
	rm -rf .build
