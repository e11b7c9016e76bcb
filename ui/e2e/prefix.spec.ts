// SPDX-License-Identifier: Apache-2.0
// Below a prefix, as behind Jupyter's, VS Code's and nginx's proxies.
import { expect, PAGES, settled, test } from './lib/fixtures';
import { proxy } from './lib/proxy';

test('every page works below a prefix, and asks for nothing beside it', async ({ server, page, guard }) => {
    const front = await proxy(server.url, '/user/kim/proxy/9836/');
    guard.trust(front.url);
    for (const [, hash] of PAGES) {
        await page.goto(`${front.url}${hash}`);
        await settled(page);
    }
    await page.goto(`${front.url}#/`);
    await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', 'live');
    const before = await page.locator('[data-figure]').allInnerTexts();
    await expect.poll(() => page.locator('[data-figure]').allInnerTexts()).not.toEqual(before);
    await page.goto(`${front.url}#/runs/${await server.recorded()}?tab=export`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('main a[href*="format=json"]').first().click()]);
    expect(file.url()).toContain('/user/kim/proxy/9836/api/');
    expect(front.strays).toEqual([]);
    await page.goto('about:blank');
    await front.close();
});
