.DEFAULT_GOAL := help
.PHONY: help run demo test nightly lint bench profile soak charts charts-helm3 image e2e clients terraform crds fmt build control-plane
programs := $(or $(CARGO_TARGET_DIR),target)/debug

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: control-plane build ## A control plane, an Azure emulator, the operator and two keys; stays up until Ctrl-C
	@$(programs)/dev run

demo: control-plane build ## The same, and ends when the keys are Ready
	@$(programs)/dev demo

test: ## Every test, on real servers
	@dev/timed "OpenSSH" dev/openssh
	@dev/timed "Helm" dev/helm/build >/dev/null
	@dev/timed "control plane" $(MAKE) --no-print-directory control-plane && dev/timed "programs" $(MAKE) --no-print-directory build
	@dev/timed "tests" cargo test --workspace --no-fail-fast

nightly: control-plane build ## Every kind of fault at every write of the operator; about 20 minutes
	@dev/timed "model" cargo test --package sshkey-operator --test model -- --ignored
	@dev/timed "fault matrix" cargo test --package sshkey-operator --test servers faults::matrix -- --ignored
	@dev/timed "a thousand plans" cargo test --package sshkey-operator --test servers planned::crowd -- --ignored
	@dev/timed "five thousand SshKeys and the plugin" cargo test --package sshkey-operator --test servers cli::crowd -- --ignored

lint: ## Formatting, clippy, and cargo-deny where it is installed
	@dev/timed "format" cargo fmt --all --check && dev/timed "clippy" cargo clippy --workspace --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then dev/timed "deny" cargo deny check bans licenses sources; else echo "SKIPPED: cargo deny is not installed"; fi

bench: control-plane ## The image's operator against a bare client and against targets; 15 minutes once built; THROTTLE=1, SCALE=100000, HOURS=1
	@cargo build --release --package dev --bins
	@$(dir $(programs))release/dev bench $(if $(THROTTLE),--throttled-keys 1000) $(if $(SCALE),--ready-keys $(SCALE)) $(if $(HOURS),--rest-minutes $$(( $(HOURS) * 60 )))

profile: control-plane ## Where CPU time and memory go with KEYS=10000: the ten largest, by perf and heaptrack; 5 minutes once built
	@cargo build --profile profiling --workspace --bins
	@$(dir $(programs))profiling/dev profile $(if $(KEYS),--keys $(KEYS))

soak: control-plane build ## Edits at random for FOR=10m while the operator is killed, servers restart and requests fail; KEYS, SEED
	@$(programs)/dev soak --for $(or $(FOR),10m) --keys $(or $(KEYS),300) $(if $(SEED),--seed $(SEED))

charts: control-plane build ## Test the charts with Helm 4, which is built once where it is not installed
	@dev/helm/build >/dev/null
	@cargo test --package sshkey-operator --test charts

charts-helm3: control-plane build ## The same with the oldest Helm that will do, built once (a few minutes)
	@dev/helm/build 3 >/dev/null
	@CHARTS_HELM=3 cargo test --package sshkey-operator --test charts

image: ## Build the container images into target/image/, without a container engine; about 10 minutes at first
	@cargo run --quiet --package dev --bin dev -- image

e2e: ## Install images and charts in the cluster of KUBECONFIG; E2E_LOAD_IMAGE brings images to its nodes; 3 minutes once built
	@cargo build --quiet --package dev --bins
	@dev/e2e $(programs)/dev

clients: ## The Azure CLI and the Python SDK, installed once (800 MB), against the emulator; about a minute
	@cargo build --quiet --package dev --bins
	@$(programs)/dev clients

terraform: ## Your terraform or tofu, with azurerm (built once, half an hour), against the emulator; a minute
	@cargo build --quiet --package dev --bins
	@$(programs)/dev terraform

crds: ## Write the custom resource definitions into crds/ and into their chart, and the table of the chart's values
	@cargo run --quiet --bin crdgen -- crds
	@cargo run --quiet --bin crdgen -- charts/sshkey-operator-crds/files
	@cargo run --quiet --package dev --bin dev -- chart-values

fmt: ## Format the code
	@cargo fmt --all

control-plane:
	@dev/control-plane/build >/dev/null

build:
	@test -x $(programs)/dev || echo "The first build of the workspace takes about 10 minutes on two cores; later ones take seconds." >&2
	@cargo build --workspace --bins
