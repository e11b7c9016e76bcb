// SPDX-License-Identifier: Apache-2.0
// The page is served by joulebook below any prefix and under Content-Security-Policy "default-src 'self'": relative URLs,
// nothing inlined, no data: URLs.
import { defineConfig } from 'vitest/config';
import { fake } from './dev/fake';
import { texts } from './tools/texts';
import { leanUplot } from './tools/uplot';

const src = new URL('./src', import.meta.url).pathname;

export default defineConfig({
    base: './',
    plugins: [fake(), texts(src), leanUplot()],
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
    build: {
        target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
        cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
        minify: 'terser',
        terserOptions: { ecma: 2020, module: true, compress: { passes: 4, pure_getters: true, unsafe_arrows: true, unsafe_methods: true, keep_fargs: false, inline: 1 }, format: { comments: false } },
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
