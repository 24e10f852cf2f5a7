#!/bin/sh
# Builds kernels.wasm and kernels-command.wasm. Needs clang and lld (Debian package names).
set -eu
cd "$(dirname "$0")"
flags='--target=wasm32 -ffreestanding -nostdlib -Wall -Wextra -Wl,--no-entry -Wl,--strip-all'
# shellcheck disable=SC2086
clang $flags -O2 -o kernels.wasm kernels.c
# shellcheck disable=SC2086
clang $flags -O1 -DCOMMAND -o kernels-command.wasm kernels.c
