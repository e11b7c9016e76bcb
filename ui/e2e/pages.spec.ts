// SPDX-License-Identifier: Apache-2.0
// Each page with data, as everybody may come to it: by light and by dark, on a telephone, with a screen reader, in Korean.
import type { Page } from '@playwright/test';
import { axe } from './lib/axe';
import { expect, PAGES, settled, test } from './lib/fixtures';
import { overflow, picture } from './lib/look';
import type { Server } from './lib/server';

const ALL: [name: string, hash: (server: Server) => Promise<string>][] = [
    ...PAGES.map(([name, hash]): [string, () => Promise<string>] => [name, async () => hash]),
    ...['summary', 'timeline', 'epochs', 'operators', 'hardware', 'export'].map((tab): [string, (server: Server) => Promise<string>] => [
        `run-${tab}`, async (server) => `#/runs/${await server.recorded()}?tab=${tab}`,
    ]),
    ['compare', async (server) => `#/compare?ids=${(await server.some(2)).join(',')}`],
];

/** How light the page's ground and its text are, 0 to 765. */
async function lightness(page: Page): Promise<{ back: number; text: number }> {
    return page.evaluate(() => {
        const light = (color: string): number => (color.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
        const body = getComputedStyle(document.body);
        const root = getComputedStyle(document.documentElement).backgroundColor;
        return { back: light(body.backgroundColor === 'rgba(0, 0, 0, 0)' ? root : body.backgroundColor), text: light(body.color) };
    });
}

for (const [name, hash] of ALL) {
    test(`${name}: by light and dark, on a telephone, reloaded`, async ({ open, server, page }) => {
        await open(await hash(server));
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        await expect(page).toHaveTitle(/joulebook/);
        await expect(page.locator('nav [aria-current=page]')).toHaveCount(1);
        await picture(page, `${name}-light`);
        expect(await axe(page), 'axe, light').toEqual([]);

        await page.emulateMedia({ colorScheme: 'dark' });
        await expect.poll(async () => (await lightness(page)).back).toBeLessThan(200);
        expect((await lightness(page)).text).toBeGreaterThan(400);
        await picture(page, `${name}-dark`);
        expect(await axe(page), 'axe, dark').toEqual([]);

        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize({ width: 390, height: 844 });
        await picture(page, `${name}-narrow`);
        expect(await overflow(page)).toEqual([]);

        const heading = await page.getByRole('heading', { level: 1 }).textContent();
        await page.reload();
        await settled(page);
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
        expect(await overflow(page)).toEqual([]);
    });

    test.describe(`${name} in Korean`, () => {
        test.use({ locale: 'ko-KR' });
        test('is in Korean', async ({ open, server }) => {
            const page = await open(await hash(server));
            await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
            const nav = await page.locator('header nav').innerText();
            expect(nav).toMatch(/[가-힣]/);
            expect(nav).not.toMatch(/[A-Za-z]/);
            const headings = await page.locator('main :is(h2, h3, th)').allInnerTexts();
            expect(headings.filter((text) => /\b(Power|Energy|Runs|Sensors|Intensity|Host|Started|Duration|Status|Time|Table)\b/.test(text))).toEqual([]);
            await picture(page, `${name}-ko`);
        });
    });
}
