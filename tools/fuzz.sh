#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzz every parser for JB_FUZZ_SECONDS each (default 60), beginning with the corpora of tests/fuzz/.
set -eu
cd "$(dirname "$0")/.."
seconds=${JB_FUZZ_SECONDS:-60}
build=build/fuzz
[ -f $build/build.ninja ] || CC=clang meson setup $build -Dfuzzers=true -Dui=disabled -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
ninja -C $build >/dev/null
status=0
for target in "$build"/tests/fuzz/fuzz_*; do
  [ -x "$target" ] && [ -f "$target" ] || continue
  name=$(basename "$target" | sed 's/^fuzz_//')
  mkdir -p "$build/corpus/$name" "tests/fuzz/corpus/$name"
  printf '%-16s ' "$name"
  if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/corpus/$name-" "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/$name.log" 2>&1; then
    sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log" | tr '\n' ' '
    echo "runs, nothing found"
  else
    echo "FAILED, see $build/$name.log"
    tail -n 20 "$build/$name.log"
    status=1
  fi
done
exit $status
