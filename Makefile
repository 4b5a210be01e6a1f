# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/edxops
# Kept between clones, so that a fresh one compiles only this project's own crates.
export CARGO_TARGET_DIR ?= $(cache)/target

targets := x86_64 aarch64

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what the project needs on this machine (apt, rustup targets, a Python environment)
	@tools/setup

.PHONY: build
build: $(targets:%=build-%) ## Build the modules, static and stripped, into build/bin/ARCHITECTURE, and build/library
	@tools/library

.PHONY: $(targets:%=build-%)
$(targets:%=build-%): build-%:
	@tools/build $*

.PHONY: command
command: setup ## Build the operator's command edx_verify for this machine, into build/command
	@tools/command

.PHONY: install
install: setup ## Build the operator's command and install it below PREFIX (/usr/local)
	@tools/command install $(or $(PREFIX),/usr/local)

.PHONY: library
library: build ## Build build/library, to copy into an edX configuration repository's playbooks/

.PHONY: dist
dist: setup build ## Build the collection for both architectures: dist/edxops-scaling-VERSION.tar.gz
	@tools/dist

.PHONY: demo
demo: setup build ## Bring up hosts, move memcached off a server, and show the proof
	@tools/demo

.PHONY: test
test: ## Run every check and test
	@tools/run-tests

.PHONY: test-mysql
test-mysql: setup ## Run the tests of edx_databases on MySQL in the place of MariaDB
	@tools/on-mysql

.PHONY: bench
bench: setup build ## Measure, and write docs/benchmarks.md
	@tools/bench

.PHONY: docs
docs: ## Bring the generated pages up to date
	cargo run --quiet --package docgen
	$$(tools/setup --print-venv)/bin/python tools/check-roles --write

.PHONY: clean
clean: ## Remove what was built here; the cache folder stays
	rm -rf build dist target
