# Everything a newcomer needs. `make run` and `make test` install what is missing.
SHELL := /bin/bash
export CARGO_INCREMENTAL := 0
built := $(or $(CARGO_TARGET_DIR),target)/release

.PHONY: run test bench bench-scale lint fuzz audit assets

run: ## the demonstration: portal, signer and a certificate just signed
	@scripts/install run
	@echo "building (about ten minutes the first time on two cores) …"
	@cargo build --release --locked -p rabrong
	@$(built)/rabrong up --dir $${RABRONG_STATE:-state}

test: ## everything, on both databases
	@scripts/install test
	@scripts/test

bench: ## speed beside the raw rates of the same token and pyHanko, in one run
	@scripts/install bench
	@scripts/judges >/dev/null
	@cargo build --release --locked -p rabrong --features measuring
	@$(built)/rabrong bench

bench-scale: ## a million certificates beside a thousand, on both databases (some minutes)
	@scripts/install test
	@cargo build --release --locked -p rabrong --features measuring
	@$(built)/rabrong bench scale

lint: ## format, clippy, licences
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@cargo clippy -p rabrong --features measuring --all-targets --locked -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "skipped: cargo-deny is not installed (cargo install cargo-deny)"; fi

audit: ## known advisories; needs the network
	@cargo deny check advisories

fuzz: ## each target for a minute; needs a nightly toolchain and cargo-fuzz
	@scripts/fuzz

assets: ## rebuild the checked-in style sheet and scripts; needs node
	@web/assets/build.sh
