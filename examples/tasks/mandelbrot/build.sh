#!/bin/sh
# Builds mandelbrot.wasm with the AssemblyScript compiler of this package. It takes only .ts files, so the source is copied first.
set -eu
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cp mandelbrot.as "$folder/mandelbrot.ts"
target=$PWD/mandelbrot.wasm
node ../../../node_modules/assemblyscript/bin/asc.js "$folder/mandelbrot.ts" --baseDir "$folder" -Oz --noAssert --runtime stub --use abort= --outFile mandelbrot.wasm
mv "$folder/mandelbrot.wasm" "$target"
