#!/bin/sh
# Builds csv-summary.wasm. Needs rustc with the wasm32-wasi target (Debian: rustc, libstd-rust-dev-wasm32, lld); newer Rust calls the
# target wasm32-wasip1: set TARGET. Every release of Rust gives other bytes; the committed module is from rustc 1.63.
set -eu
cd "$(dirname "$0")"
"${RUSTC:-rustc}" --edition 2021 --target "${TARGET:-wasm32-wasi}" -C opt-level=z -C lto -C codegen-units=1 -C panic=abort -C strip=symbols \
  -o csv-summary.wasm csv-summary.rs
