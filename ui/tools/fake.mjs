// SPDX-License-Identifier: Apache-2.0
// Runs dev/fake/serve.ts on a node that does not read TypeScript.
import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const outfile = `${root}node_modules/.cache/fake-${process.pid}.mjs`;
mkdirSync(`${root}node_modules/.cache`, { recursive: true });
await build({ entryPoints: [`${root}dev/fake/serve.ts`], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
const { serve } = await import(outfile);
serve(`${root}dist`, process.argv.slice(2));
