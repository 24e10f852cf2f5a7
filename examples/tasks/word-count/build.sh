#!/bin/sh
# Builds word-count.wasm. Needs clang, lld, wasi-libc and libclang-rt-dev-wasm32 (Debian package names).
set -eu
cd "$(dirname "$0")"
clang --target=wasm32-wasi -Oz -Wall -Wextra -Wl,--strip-all -o word-count.wasm word-count.c
