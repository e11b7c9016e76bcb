#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build the dashboard out of its source tree, so that nothing is written into that:
#   tools/build_ui.sh UI WORK DIST [DEPFILE STAMP]
# copies UI into WORK/ui, installs its packages there when package-lock.json is another one than last time (the only thing
# that needs the network), builds when a source changed, and copies what was built to DIST. Several build folders may
# share one WORK. DEPFILE tells ninja which files and folders to look at; STAMP is touched last.
#   tools/build_ui.sh --packages UI WORK     the packages and the sources only
#   tools/build_ui.sh --hash UI              what DIST/.sources says when DIST was built of these sources
set -eu
export LC_ALL=C

# Beside node_modules and dist, which an editor's own build leaves in UI, the browser tests: they are not built.
sources() { (cd "$1" && find . \( -name node_modules -o -path ./dist -o -path ./e2e \) -prune -o -type "$2" -print | sort); }
hash() { (cd "$1" && sources . f | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -c 1-64); }
wanted() { cat "$1/package-lock.json" && node --version; }

packages() {
  if [ ! -d "$2/ui" ] || ! wanted "$1" | cmp -s - "$2/packages"; then
    rm -rf "$2/ui" "$2/packages"
    mkdir -p "$2/ui"
    cp "$1/package.json" "$1/package-lock.json" "$2/ui"
    [ ! -f "$1/.npmrc" ] || cp "$1/.npmrc" "$2/ui"
    if ! (cd "$2/ui" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$2/npm.log" 2>&1; then
      tail -n 15 "$2/npm.log" >&2
      echo "build_ui.sh: npm could not install the dashboard's packages; -Dui=disabled builds without a dashboard" >&2
      return 1
    fi
    wanted "$1" >"$2/packages"
  fi
  find "$2/ui" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name dist -exec rm -rf {} +
  (cd "$1" && sources . f | tar cf - -T -) | tar xf - -C "$2/ui"
}

build() {
  now=$(hash "$1")
  [ "$(cat "$2/ui/dist/.sources" 2>/dev/null)" != "$now" ] || return 0
  packages "$1" "$2"
  rm -rf "$2/ui/dist"
  if ! (cd "$2/ui" && npm run build) >"$2/build.log" 2>&1; then
    tail -n 40 "$2/build.log" >&2
    echo "build_ui.sh: the dashboard does not build" >&2
    return 1
  fi
  echo "$now" >"$2/ui/dist/.sources"
}

locked() {
  mkdir -p "$2"
  exec 9>"$2/lock"
  ! command -v flock >/dev/null 2>&1 || flock 9
}

case "${1:-}" in
--hash) hash "$2"; exit ;;
--packages) locked "$1" "$3"; packages "$2" "$3"; exit ;;
esac
[ $# -eq 3 ] || [ $# -eq 5 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
locked "$1" "$2"
build "$1" "$2"
if [ "$(cat "$3/.sources" 2>/dev/null)" != "$(cat "$2/ui/dist/.sources")" ]; then
  rm -rf "$3.new"
  cp -R "$2/ui/dist" "$3.new"
  rm -rf "$3"
  mv "$3.new" "$3"
fi
if [ $# -eq 5 ]; then
  # A folder's time changes when a file comes or goes.
  { printf '%s: ' "$5"; { sources "$1" f; sources "$1" d; } | sed "s|^\.|$1|; s| |\\\\ |g" | tr '\n' ' '; echo; } >"$4"
  : >"$5"
fi
