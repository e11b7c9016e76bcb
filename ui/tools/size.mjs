// SPDX-License-Identifier: Apache-2.0
// Fails when the built page is larger than what the binary has room for: gzip -9 of everything in dist.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const limit = 90_000;
const root = new URL('../dist', import.meta.url).pathname;
let total = 0;
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const size = gzipSync(readFileSync(path), { level: 9 }).length;
    total += size;
    console.log(`${String(size).padStart(7)}  ${path.slice(root.length + 1)}`);
}
console.log(`${String(total).padStart(7)}  bytes gzip -9 in all, limit ${limit}`);
if (total > limit) {
    console.error(`size: ${total - limit} bytes too many: see what grew with vite build --sourcemap`);
    process.exit(1);
}
