#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a machine can say about the code: tools/lint.sh [format|spelling|shell|cppcheck|tidy|deep]...
# deep is tidy with the analyzer's own bounds, which takes it three times as long; for the day of a release.
set -eu
cd "$(dirname "$0")/.."
build=build/lint

c_files() { git ls-files 'src/*.c' 'include/*.h'; }

format() { git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'tools/*.[ch]' | xargs clang-format --dry-run -Werror; }

spelling() {
  git ls-files | grep -vE '\.(csv|png|svg)$|package-lock\.json$|corpus/|names\.txt|tests/golden/' |
    xargs codespell --ignore-words-list=shwo,alway,gird,intervall,projcts,nam,optimise,optimiser,modelled,colour,mis,ue,ot,te,fo,ser,hist,nd,inout,crate,hsi,thi,gude,ane,nane,ues,asend
}

shell() { for file in tools/*.sh .ci/run; do sh -n "$file"; done; }

configure() { [ -f $build/build.ninja ] || CC=clang meson setup $build -Dui=disabled >/dev/null; }

cppcheck_all() {
  c_files | xargs cppcheck --quiet --std=c17 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=nullPointerOutOfMemory --suppress=normalCheckLevelMaxBranches \
    -D_GNU_SOURCE -DJB_VERSION='"lint"' '-DJB_SENSOR_LIST(X)=' '-DElfW(type)=Elf64_##type' -Isrc -Iinclude -j "$(nproc)"
}

# tidy [NODES]: so many states of each function are looked at.
tidy() {
  configure
  # os_macos.c needs the headers of macOS: tools/cross_macos.sh looks at it.
  c_files | grep -v os_macos | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p $build --warnings-as-errors='*' \
    --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg="max-nodes=${1:-75000}" 2>/dev/null
}

for part in "${@:-all}"; do
  case "$part" in
    all) format; spelling; shell; cppcheck_all; tidy ;;
    format | spelling | shell | tidy) "$part" ;;
    cppcheck) cppcheck_all ;;
    deep) tidy 225000 ;;
    *) echo "tools/lint.sh: there is no part '$part'" >&2; exit 2 ;;
  esac
done
