// SPDX-License-Identifier: Apache-2.0
// Charts: a drag zooms all of them and the address says so, a double click shows all, one crosshair runs through all.
import type { Page } from '@playwright/test';
import { expect, settled, test } from './lib/fixtures';
import { drag, span } from './lib/look';
import type { Server } from './lib/server';

const WHERE: [name: string, hash: (server: Server) => Promise<string>][] = [
    ['live', async () => '#/'],
    ['run', async (server) => `#/runs/${await server.recorded()}?tab=timeline`],
];
const plots = (page: Page) => page.locator('figure.chart .u-over');
/** what the charts' legends say at the crosshair */
const values = (page: Page) => page.locator('figure.chart .legend .value').allInnerTexts();

for (const [name, hash] of WHERE) {
    test(`${name}: drag zooms, the address keeps it, double click resets`, async ({ open, server, page }) => {
        await open(await hash(server));
        expect(span(page)).toBeNull();
        await drag(page, plots(page).first(), 0.3, 0.6);
        await expect.poll(() => span(page)).not.toBeNull();
        const zoomed = span(page)!;
        expect(zoomed.t1).toBeGreaterThan(zoomed.t0);

        await drag(page, plots(page).first(), 0.25, 0.75);
        await expect.poll(() => span(page)!.t1 - span(page)!.t0).toBeLessThan((zoomed.t1 - zoomed.t0) * 0.7);
        const closer = span(page)!;
        expect(closer.t0).toBeGreaterThanOrEqual(zoomed.t0);
        expect(closer.t1).toBeLessThanOrEqual(zoomed.t1);

        await page.reload();
        await settled(page);
        expect(span(page)).toEqual(closer);
        await plots(page).first().dblclick();
        await expect.poll(() => span(page)).toBeNull();
    });

    test(`${name}: shift and drag moves the span`, async ({ open, server, page }) => {
        await open(await hash(server));
        await drag(page, plots(page).first(), 0.3, 0.6);
        await expect.poll(() => span(page)).not.toBeNull();
        const before = span(page)!;
        await page.keyboard.down('Shift');
        await drag(page, plots(page).first(), 0.3, 0.6);
        await page.keyboard.up('Shift');
        await expect.poll(() => span(page)!.t0).toBeLessThan(before.t0);
        const after = span(page)!;
        expect(Math.abs(after.t1 - after.t0 - (before.t1 - before.t0))).toBeLessThan((before.t1 - before.t0) * 0.01 + 2);
    });

    test(`${name}: the crosshair is in every chart`, async ({ open, server, page }) => {
        await open(await hash(server));
        const first = plots(page).first();
        await first.scrollIntoViewIfNeeded();
        const box = (await first.boundingBox())!;
        await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2);
        await expect.poll(() => page.locator('figure.chart .u-cursor-x:not(.u-off)').count()).toBe(await plots(page).count());
        expect(await plots(page).count()).toBeGreaterThan(1);
        // Where it stands, as a share of each plot's width: the same in all, and where the mouse is.
        const where = () => page.locator('figure.chart .u-cursor-x').evaluateAll((all) =>
            all.map((one) => (one.getBoundingClientRect().left - one.parentElement!.getBoundingClientRect().left) / one.parentElement!.clientWidth));
        for (const share of [0.9, 0.5]) {
            await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
            await expect.poll(async () => Math.max(...(await where()).map((at) => Math.abs(at - share)))).toBeLessThan(0.02);
        }
    });

    test(`${name}: each chart has its table`, async ({ open, server, page }) => {
        await open(await hash(server));
        for (const chart of await page.locator('figure.chart').all()) {
            await chart.getByRole('button', { name: /^Table/ }).click();
            await expect(chart.locator('table')).toBeVisible();
            expect(await chart.locator('tbody tr').count()).toBeGreaterThan(0);
            await chart.getByRole('button', { name: /^Chart/ }).click();
            await expect(chart.locator('table')).toHaveCount(0);
        }
    });

    test(`${name}: the keyboard does all that the mouse does`, async ({ open, server, page }) => {
        await open(await hash(server));
        await page.locator('figure.chart [tabindex="0"]').first().focus();
        const before = await values(page);
        for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowLeft');
        await expect.poll(() => values(page)).not.toEqual(before);
        await page.keyboard.press('+');
        await expect.poll(() => span(page)).not.toBeNull();
        await page.keyboard.press('0');
        await expect.poll(() => span(page)).toBeNull();
    });

    test(`${name}: a line of the legend can stand alone`, async ({ open, server, page }) => {
        await open(await hash(server));
        const lines = page.locator('figure.chart').first().locator('.legend button');
        test.skip((await lines.count()) < 2, 'the first chart has one line');
        await lines.nth(1).click();
        await expect(lines.nth(1)).toHaveAttribute('aria-pressed', 'true');
        await expect(page).toHaveURL(/[?&]ch=/);
        await lines.nth(1).click();
        await expect(page).not.toHaveURL(/[?&]ch=/);
    });
}
