#!/usr/bin/env bash
# Builds the targets for libFuzzer as `cargo fuzz build --sanitizer none` does; nothing here is unsafe code of ours, so no sanitizer is asked.
set -euo pipefail
cd "$(dirname "$0")"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
bins=()
for it in fuzz_targets/*.rs; do bins+=(--bin "$(basename "$it" .rs)"); done
exec cargo build --locked --release --features libfuzzer "${bins[@]}" --target "$(rustc -vV | sed -n 's/^host: //p')" "$@"
