#!/bin/sh
# Builds kernels.wasm. Needs clang and lld (Debian package names).
set -eu
cd "$(dirname "$0")"
clang --target=wasm32 -O2 -ffreestanding -nostdlib -Wall -Wextra -Wl,--no-entry -Wl,--strip-all -o kernels.wasm kernels.c
