// SPDX-License-Identifier: Apache-2.0
// The page is served by joulebook below any prefix and under Content-Security-Policy "default-src 'self'": relative URLs,
// nothing inlined, no data: URLs.
import { defineConfig } from 'vitest/config';
import { fake } from './dev/fake';

export default defineConfig({
    base: './',
    plugins: [fake()],
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
    build: {
        target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
        cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
