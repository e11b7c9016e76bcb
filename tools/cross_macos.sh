#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compile what joulebook has for macOS with a cross compiler: the Apple driver, os_macos.c and what they rest on, without
# warnings, and link them into apple_check, which shows on a Mac what the driver sees.
#   tools/cross_macos.sh [OUT]     OUT: where to put apple_check (default build/macos)
# Ends with 77 where there is no cross compiler. One is zig, which brings the headers of macOS along:
#   python3 -m pip install ziglang
set -eu
cd "$(dirname "$0")/.."
out=${1:-build/macos}

if [ -n "${ZIG:-}" ]; then
  zig=$ZIG
elif command -v zig >/dev/null 2>&1; then
  zig=zig
elif python3 -c 'import ziglang' 2>/dev/null; then
  zig="python3 -m ziglang"
else
  echo "no cross compiler for macOS: put zig into PATH, or name it with ZIG=" >&2
  exit 77
fi

mkdir -p "$out"
warnings="-Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wno-unused-parameter -Wno-missing-field-initializers"
objects=""
for source in src/base/os_macos.c src/base/text.c src/base/number.c src/base/diag.c src/base/clock.c src/base/cleanup.c \
  src/base/file.c src/base/recording.c src/base/recording_place.c src/base/scrub.c src/base/series_write.c src/base/write.c src/base/series_text.c src/base/series_parse.c src/base/ident.c src/base/units.c src/base/buf.c src/base/csv.c src/sensor/source.c src/sensor/scale.c \
  src/sensor/apple/apple_names.c src/sensor/apple/apple_ioreport.c src/sensor/apple/apple.c src/sensor/apple/apple_files.c \
  tools/apple_check.c; do
  object="$out/$(basename "$source" .c).o"
  # shellcheck disable=SC2086
  $zig cc -target aarch64-macos -std=gnu17 -O2 -D_GNU_SOURCE -DJB_VERSION='"cross"' -Isrc $warnings -c "$source" -o "$object"
  case "$source" in
    */apple_files.c | */csv.c) ;; # compiled, and not needed by the tool
    *) objects="$objects $object" ;;
  esac
done
# shellcheck disable=SC2086
$zig cc -target aarch64-macos $objects -o "$out/apple_check"
echo "$out/apple_check"
