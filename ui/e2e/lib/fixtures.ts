// SPDX-License-Identifier: Apache-2.0
// `test` as the specs use it: a page under guard, and servers that end with it.
import { test as base, expect, type Page } from '@playwright/test';
import { Guard } from './guard';
import { Server, type Kind } from './server';

interface Fixtures {
    guard: Guard;
    /** Open a page of the dashboard, "#/runs", of the shared server or of another. */
    open: (hash?: string, server?: Server) => Promise<Page>;
    /** A server of this test's own. */
    serve: (kind: Kind) => Promise<Server>;
}

interface Shared {
    /** A machine in use, with runs: shared by the tests of a worker, so none of them stops it. */
    server: Server;
}

export const test = base.extend<Fixtures, Shared>({
    server: [
        async ({}, use) => {
            const server = new Server('data');
            try {
                await server.start();
                await server.train('watched');
                await use(server);
            } finally {
                await server.destroy();
            }
        },
        { scope: 'worker' },
    ],
    guard: [
        async ({ context, server }, use) => {
            const guard = new Guard();
            guard.trust(server.url);
            await guard.watch(context);
            await use(guard);
            expect(guard.remaining(), 'what the page did wrong').toEqual([]);
        },
        { auto: true },
    ],
    serve: async ({ guard, page }, use) => {
        const started: Server[] = [];
        await use(async (kind) => {
            const server = new Server(kind);
            started.push(server);
            await server.start();
            guard.trust(server.url);
            return server;
        });
        await page.goto('about:blank'); // a page that loses its server complains, and is right
        for (const server of started) await server.destroy();
    },
    open: async ({ page, server }, use) => {
        await use(async (hash = '#/', other = server) => {
            await page.goto(`${other.url}${hash}`);
            await settled(page);
            return page;
        });
    },
});

/** The page has its heading, has heard from the server, and is not loading any more. */
export async function settled(page: Page): Promise<void> {
    await expect(page.locator('main h1').first()).toBeVisible();
    await expect(page.locator('[data-connection]')).not.toHaveAttribute('data-connection', 'connecting');
    await expect(page.locator('main [role=status]').filter({ hasText: /…$/ })).toHaveCount(0);
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
}

export const PAGES: [name: string, hash: string][] = [
    ['live', '#/'], ['runs', '#/runs'], ['carbon', '#/carbon'], ['hosts', '#/hosts'], ['doctor', '#/doctor'],
];

export { expect };
