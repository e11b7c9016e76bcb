#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Called by `meson dist`: put the built dashboard (tools/dist_ui.sh DIST) into the tarball, so that it builds without npm.
set -eu
if [ ! -f "$1/index.html" ] || [ ! -f "$1/.sources" ]; then
  echo "dist_ui.sh: there is no built dashboard in $1; configure with -Dui=enabled and build first" >&2
  exit 1
fi
if [ "$(cat "$1/.sources")" != "$("$MESON_DIST_ROOT/tools/build_ui.sh" --hash "$MESON_DIST_ROOT/ui")" ]; then
  echo "dist_ui.sh: $1 was not built of the dashboard's committed sources; commit and build first" >&2
  exit 1
fi
rm -rf "$MESON_DIST_ROOT/ui/dist"
cp -R "$1" "$MESON_DIST_ROOT/ui/dist"
