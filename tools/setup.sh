#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what a task needs from Debian 12: tools/setup.sh build|ui|run|test|lint|fuzz|bench ...
# Does nothing, and asks for nothing, when everything is there.
set -eu

packages() {
  case "$1" in
    build) echo gcc libc6-dev meson ninja-build pkg-config python3 libsqlite3-dev libjansson-dev libcurl4-openssl-dev libexpat1-dev libmicrohttpd-dev libncurses-dev scdoc tzdata ;;
    ui) echo nodejs npm ;;
    run) echo python3-torch python3-sklearn ;;
    test) echo clang libclang-rt-14-dev libcmocka-dev python3-pytest bash zsh fish chromium libcap2-bin procps g++ libdnnl-dev libtbb-dev python3-numpy python3-setuptools python3-wheel python3-venv openssl tmux prometheus ;;
    lint) echo clang clang-tidy clang-format cppcheck codespell ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    bench) echo valgrind ;;
    *) echo "tools/setup.sh: there is no task '$1'" >&2; exit 2 ;;
  esac
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

wanted=""
for task in "$@"; do
  # Whoever has npm has it from where they want it: other packages of node bring it along and do not go with Debian's.
  [ "$task" != ui ] || ! command -v npm >/dev/null 2>&1 || continue
  wanted="$wanted $(packages "$task")"
done
missing=""
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $wanted; do
    case " $missing " in *" $package "*) continue ;; esac
    installed "$package" || missing="$missing $package"
  done
else
  for program in meson ninja pkg-config python3; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
  done
  if [ -n "$missing" ]; then
    echo "joulebook: this is not Debian and$missing is missing. Install by your system's means:" >&2
    echo "  $wanted" >&2
    exit 1
  fi
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  sudo=""
elif command -v sudo >/dev/null 2>&1; then
  sudo="sudo"
else
  echo "joulebook: these packages are missing, and there is neither root nor sudo here. Ask an administrator for:" >&2
  echo "  apt-get install$missing" >&2
  exit 1
fi
echo "joulebook: installing$missing" >&2
$sudo apt-get update -q >/dev/null || echo "joulebook: apt-get update failed; trying with the lists that are there" >&2
# shellcheck disable=SC2086
if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/tmp/joulebook-setup.$$ 2>&1; then
  tail -n 5 /tmp/joulebook-setup.$$ >&2
  echo "joulebook: apt-get could not install$missing (the whole log is /tmp/joulebook-setup.$$)" >&2
  exit 1
fi
rm -f /tmp/joulebook-setup.$$
