#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a built dashboard into one C source: each file gzipped, with its type and ETag (src/server/assets.h).

Runs at build time. The server sends these bytes as they are, so a file that is none of the dashboard's, has a type that
nobody knows, or makes the whole too large for a slow line stops the build. Only file names of ours get in: a path is
compared with what a browser asks for, and needs no decoding.

    embed_assets.py DIST -o OUT.c [--depfile FILE] [--limit BYTES]
"""
import argparse
import gzip
import hashlib
import os
import re
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/vnd.microsoft.icon", ".woff2": "font/woff2",
    ".json": "application/json", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
}
LIMIT = 90000  # the whole dashboard, gzipped
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
# What Vite names after its content: it never changes under this name.
HASHED = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")


class AssetError(Exception):
    pass


class Asset:
    def __init__(self, path, data):
        extension = os.path.splitext(path)[1]
        if not NAME.fullmatch(path):
            raise AssetError("%s: a name with more than letters, digits, '.', '_' and '-'" % path)
        if extension not in TYPES:
            raise AssetError("%s: no content type is known for '%s'" % (path, extension))
        self.path, self.type = path, TYPES[extension]
        self.gz = gzip.compress(data, 9, mtime=0)
        self.etag = hashlib.sha256(self.gz).hexdigest()[:20]
        self.immutable = bool(HASHED.fullmatch(path))


def files_of(folder):
    """Each file's path below the folder, and all that a change of the folder shows in. Hidden files are not served."""
    found, seen = [], []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        seen.append(base)
        for name in sorted(names):
            if not name.startswith("."):
                found.append(os.path.relpath(os.path.join(base, name), folder))
                seen.append(os.path.join(base, name))
    return sorted(found), seen


def read(folder):
    paths, seen = files_of(folder)
    if "index.html" not in paths:
        raise AssetError("%s: there is no index.html: this is no built dashboard" % folder)
    assets = []
    for path in paths:
        with open(os.path.join(folder, path), "rb") as file:
            assets.append(Asset(path, file.read()))
    return assets, seen


def check_size(assets, limit):
    total = sum(len(asset.gz) for asset in assets)
    if total > limit:
        largest = "\n".join("  %7d  %s" % (len(a.gz), a.path) for a in sorted(assets, key=lambda a: -len(a.gz))[:10])
        raise AssetError("the dashboard is %d bytes gzipped, at most %d:\n%s" % (total, limit, largest))


def source(assets):
    text = ["/* Made by tools/embed_assets.py. Do not edit. */", '#include "server/assets.h"', ""]
    for number, asset in enumerate(assets):
        text.append("static const unsigned char asset_%d[] = {" % number)
        text += ["    " + ",".join(map(str, asset.gz[i:i + 32])) + "," for i in range(0, len(asset.gz), 32)]
        text += ["};", ""]
    text.append("const struct jb_asset jb_assets[] = {")
    for number, asset in enumerate(assets):
        text.append('    {"%s", "%s", "\\"%s\\"", asset_%d, sizeof asset_%d, %s},' % (
            asset.path, asset.type, asset.etag, number, number, "true" if asset.immutable else "false"))
    text += ["    {NULL, NULL, NULL, NULL, 0, false},", "};", ""]
    return "\n".join(text)


def escaped(path):
    return path.replace("\\", "\\\\").replace(" ", "\\ ").replace("#", "\\#").replace("$", "$$")


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("dist")
    parser.add_argument("--limit", type=int, default=LIMIT)
    parser.add_argument("--depfile")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args(argv)
    try:
        assets, seen = read(options.dist)
        check_size(assets, options.limit)
        with open(options.output, "w", encoding="ascii") as file:
            file.write(source(assets))
        if options.depfile:
            with open(options.depfile, "w", encoding="utf-8") as file:
                file.write("%s: %s\n" % (escaped(options.output), " ".join(map(escaped, seen))))
    except (OSError, AssetError) as error:
        if os.path.exists(options.output):
            os.unlink(options.output)
        print("embed_assets.py: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
