#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Check on a machine with an NVIDIA GPU that CUDA kernels are tied to the operators that launch them, and what that
# costs; keep what was printed in docs/measured/ (see its README.md).
# usage: tools/measure_cuda.sh [JOULEBOOK [PYTHON]]      default: what was built or is on the PATH, python3 with PyTorch
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
joulebook=${1:-}
python=${2:-python3}

for candidate in "$here"/build/joulebook "$here"/build/*/joulebook "$(command -v joulebook || true)"; do
    if [ -z "$joulebook" ] && [ -x "$candidate" ]; then
        joulebook=$candidate
    fi
done

if [ ! -x "$joulebook" ]; then
    echo "measure_cuda.sh: no joulebook to run${joulebook:+ at $joulebook}: build first, or name the program" >&2
    exit 2
fi
if ! command -v nvidia-smi >/dev/null; then
    echo "measure_cuda.sh: no nvidia-smi here: this needs a machine with an NVIDIA GPU" >&2
    exit 2
fi

name=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1 | tr -cs 'A-Za-z0-9\n' '-' | tr 'A-Z' 'a-z')
text=$here/docs/measured/$(date -u +%Y-%m-%d)-${name%-}-kernels.txt

status=0
"$python" "$here/tools/measure_cuda.py" --joulebook "$joulebook" --python "$python" >"$text.part" || status=$?
cat "$text.part"
if [ "$status" -eq 2 ]; then
    rm -f "$text.part"
else
    mv "$text.part" "$text" # a bad result is one too
    echo "kept in $text" >&2
fi
exit "$status"
