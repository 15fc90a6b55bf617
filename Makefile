# Two commands: `make run` and `make test`. Both install what they need and say what.
SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tiepdon
export CARGO_TARGET_DIR ?= $(CACHE)/target
export TIEPDON_SHARED ?= $(abspath ../shared)
export CLIPPY_CONF_DIR := .ci

.PHONY: run test screens bench

# The trial: the window where there is a display, else one check-in at the terminal.
run:
	@.ci/setup run
	cargo build --release --locked
	@trap '.ci/reader off' EXIT; .ci/reader on; \
	if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		"$$CARGO_TARGET_DIR/release/tiepdon" run --demo; \
	else \
		"$$CARGO_TARGET_DIR/release/tiepdon" check-in --demo; \
	fi

# All tests, the lints, and the build that a hospital gets (without simulators).
test:
	@.ci/setup test
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --features ui,camera -- -D warnings
	$(CACHE)/tools/bin/cargo-deny --config .ci/deny.toml check licenses bans sources
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet
	@trap '.ci/reader off' EXIT; .ci/reader on; \
	cargo test --locked

# A picture of every screen, for looking at: folder `screens`.
screens:
	@.ci/setup test
	TIEPDON_SCREENS=$(CURDIR)/screens xvfb-run -a -s "-screen 0 1920x1920x24" cargo test --locked --test screens

bench:
	@.ci/setup test
	cargo bench --locked
