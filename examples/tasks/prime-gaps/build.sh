#!/bin/sh
# Builds prime-gaps.wasm, which is not kept: standard Go carries its runtime, 2.7 MB. Needs Go 1.21 or newer.
set -eu
cd "$(dirname "$0")"
GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -trimpath -ldflags='-s -w -buildid=' -o prime-gaps.wasm main.go
