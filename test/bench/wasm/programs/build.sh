#!/bin/sh
# Builds quickjs.wasm.br and sqlite.wasm.br from the sources that two Rust crates carry (QuickJS-ng 0.16 in rquickjs-sys, SQLite 3.54 in
# libsqlite3-sys); cargo checks their digests against Cargo.lock's. Needs cargo, clang 14, lld, wasi-libc, libclang-rt-dev-wasm32 and brotli
# (Debian package names); another clang gives other bytes than those whose digests stand in known-programs.ts.
set -eu
cd "$(dirname "$0")"
here=$PWD
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"
mkdir src && touch src/lib.rs
cat > Cargo.toml <<'TOML'
[package]
name = "sources"
version = "0.0.0"
[dependencies]
libsqlite3-sys = "=0.39.1"
rquickjs-sys = "=0.14.0"
TOML
cargo vendor --quiet > /dev/null
q=vendor/rquickjs-sys/quickjs
s=vendor/libsqlite3-sys/sqlite3
flags='--target=wasm32-wasi -Oz -w -Wl,--strip-all -Wl,-z,stack-size=1048576 -Wl,--stack-first
  -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS
  -lwasi-emulated-mman -lwasi-emulated-getpid -lwasi-emulated-signal -lwasi-emulated-process-clocks -lm'
# shellcheck disable=SC2086
clang $flags -D_GNU_SOURCE -I $q -o quickjs.wasm "$here/quickjs-command.c" $q/quickjs.c $q/libregexp.c $q/libunicode.c $q/dtoa.c
# shellcheck disable=SC2086
clang $flags -DSQLITE_THREADSAFE=0 -DSQLITE_OS_OTHER=1 -DSQLITE_TEMP_STORE=3 -DSQLITE_OMIT_LOAD_EXTENSION -DLONGDOUBLE_TYPE=double \
  -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_MATH_FUNCTIONS -I $s -o sqlite.wasm "$here/sqlite-command.c" $s/sqlite3.c $s/wasm32-wasi-vfs.c
sha256sum quickjs.wasm sqlite.wasm
for name in quickjs sqlite; do brotli --force --best --output="$here/$name.wasm.br" $name.wasm; done
