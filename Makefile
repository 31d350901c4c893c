# The two commands that do everything: `make demo` and `make test`. `make` alone lists them all.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test docs survive parity fuzz package packages bench format format-check lint umbrella clean

# A compiler that reads torch takes more than a gigabyte: as many at once as there are cores, and two gigabytes for each.
JOBS ?= $(shell cores=$$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2); \
	fit=$$(awk '/MemAvailable/ {print int($$2 / 2000000)}' /proc/meminfo 2>/dev/null); \
	[ -n "$$fit" ] && [ "$$fit" -lt "$$cores" ] && cores=$$fit; [ "$$cores" -gt 0 ] && echo $$cores || echo 1)

SOURCES = $(shell find include examples tests bench -name "*.hpp" -o -name "*.ipp" -o -name "*.cpp")
RUN_DEMO = build/release/examples/fashion_mnist --data examples/data/fashion-mnist-sample --epochs 10 --lr 0.05 \
	--output-dir runs/demo --overwrite

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' Makefile

setup: ## find or install what hearth needs: LibTorch, libraries, tools
	@cmake/setup.sh test

demo: ## build the FashionMNIST program, train it on the sample that is here, and show what came out
	@cmake/setup.sh demo
	@cmake/build.sh release -j $(JOBS) fashion_mnist
	$(RUN_DEMO)

test: ## build and run every test
	@cmake/setup.sh test
	@cmake/build.sh dev -k 0 -j $(JOBS)
	@cmake/run-tests.sh build/dev -j $(JOBS)

docs: ## make the API reference, build/docs/html/index.html, and name what has no sentence in it
	@cmake/setup.sh docs
	@python3 docs/api/reference.py build/docs --html

services: ## install Weights & Biases' and MLflow's packages, log a run to each, and read what they have of it
	@cmake/setup.sh test
	@cmake/services.sh
	@cmake/build.sh dev -j $(JOBS) log_program
	@cmake/run-tests.sh build/dev -R services_

survive: ## end runs of the programs at any moment, 300 times, resume them and compare the ends (SEED=N: other moments)
	@cmake/setup.sh test
	@cmake/build.sh dev -j $(JOBS) fashion_mnist tiny_imagenet counting_worker
	python3 tests/examples/survive.py build/dev/examples --kills 200 --stops 100 --seed $(or $(SEED),1)
	python3 tests/examples/survive_together.py build/dev/examples --faults 20 --seed $(or $(SEED),1)
	python3 tests/examples/elastic.py build/dev/examples --faults 5 --seed $(or $(SEED),1)
	python3 tests/examples/two_hosts.py build/dev/examples --faults 20

parity: ## train and evaluate beside Python, every architecture and recipe, and show the differences
	@cmake/setup.sh test
	@cmake/parity.sh check
	@cmake/build.sh dev -j $(JOBS) parity
	@cmake/parity.sh build/dev runs/parity.png

fuzz: ## read millions of damaged files: weights, archives, images and packs
	@cmake/setup.sh test
	@cmake/build.sh dev fuzz

package: ## write packages for Debian and as a .tar.gz, with the compiled library, into build/release/packages
	@cmake/setup.sh test
	@cmake/build.sh release -j $(JOBS) hearth_compiled
	@. build/setup.env && cd build/release && "$${CMAKE%cmake}cpack" -B packages > cpack.log || { cat cpack.log; exit 1; }
	@ls -l build/release/packages/*.deb build/release/packages/*.tar.gz

packages: package ## install them in clean systems, and make Conan's and vcpkg's packages from the sources
	tests/packages/all.sh build/release

bench: ## measure hearth beside Python, a table of some ten minutes (BENCH=--quick: two; BENCH=--help: what else)
	@cmake/setup.sh test
	@cmake/parity.sh check
	@cmake/build.sh release -D HEARTH_BUILD_BENCH=ON -j $(JOBS) bench_compare
	@. build/setup.env && "$$PYTHON" bench/run.py $(BENCH)

format: ## lay out the sources with clang-format
	@cmake/setup.sh format
	@$$(command -v clang-format-14 || echo clang-format) -i $(SOURCES)

format-check: ## fail where clang-format would change something
	@cmake/setup.sh format
	@$$(command -v clang-format-14 || echo clang-format) --dry-run --Werror $(SOURCES) || { echo "make format lays them out"; exit 1; }

lint: ## read with clang-tidy what the last commit changed (LINT=all: everything, LINT=REVISION: since then)
	@cmake/setup.sh lint
	@cmake/lint.sh $(LINT)

umbrella: ## write include/hearth/hearth.hpp from the headers that there are
	@cmake/setup.sh demo
	@cmake -P cmake/umbrella.cmake

clean: ## remove what was built; the virtual environment stays
	rm -rf build/dev build/release build/asan build/tsan build/setup.env build/setup.stamp
