// SPDX-License-Identifier: Apache-2.0
// `npm run dev`: the page with a made-up server behind it. FAKE_VARIANT picks the machine (dev/fake/machine.ts).
import type { Plugin } from 'vite';
import { createFake } from './fake/server';

export function fake(): Plugin {
    return {
        name: 'joulebook-fake-api',
        apply: 'serve',
        configureServer(server) {
            const handle = createFake(process.env.FAKE_VARIANT ?? 'h100');
            server.middlewares.use((request, response, next) => {
                if (!handle(request, response)) next();
            });
        },
    };
}
