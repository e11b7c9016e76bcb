# SPDX-License-Identifier: Apache-2.0
# A thin door to Meson. `make run` and `make test` install what they need on Debian 12.

PREFIX ?= /usr/local
BUILD ?= build
# Debian's python3, which sees Debian's torch; another one may come first in PATH.
PYTHON ?= /usr/bin/python3
# The dashboard is built with npm, but for a release tarball, which brings it built.
UI = $(if $(wildcard ui/dist/index.html),,ui)

.PHONY: all run test install dist bench lint fuzz clean

all: $(BUILD)/build.ninja
	@ninja --quiet -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/setup.sh build $(UI)
	@meson setup $(BUILD) --buildtype=release --prefix=$(PREFIX) -Dtests=false >/dev/null

run: all
	@tools/setup.sh run
	$(BUILD)/joulebook run --name digits -- $(PYTHON) examples/train_digits.py --epochs 40

test:
	@tools/setup.sh build $(UI) run test lint
	@python3 tools/run_tests.py

install: all
	@meson install -C $(BUILD)

# A tarball of what is committed, with the dashboard built: $(BUILD)/meson-dist/.
dist: all
	@meson dist -C $(BUILD) --no-tests --formats gztar --allow-dirty

bench: all
	@tools/setup.sh bench
	@python3 bench/bench.py $(BUILD)

lint:
	@tools/setup.sh build test lint
	@tools/lint.sh

fuzz:
	@tools/setup.sh build fuzz
	@tools/fuzz.sh

clean:
	rm -rf build
