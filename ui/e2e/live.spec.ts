// SPDX-License-Identifier: Apache-2.0
// The live page moves by itself, holds one stream while it is seen and none while it is not, and comes back.
import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';

/** Counts the page's event streams: how many were opened, and how many are open. */
async function count(page: Page): Promise<() => Promise<{ made: number; open: number }>> {
    await page.addInitScript(() => {
        const made: EventSource[] = [];
        (window as unknown as { streams: EventSource[] }).streams = made;
        window.EventSource = class extends EventSource {
            constructor(url: string | URL) {
                super(url);
                made.push(this);
            }
        };
    });
    return () => page.evaluate(() => {
        const { streams } = window as unknown as { streams: EventSource[] };
        return { made: streams.length, open: streams.filter((one) => one.readyState !== EventSource.CLOSED).length };
    });
}

/** As if the reader had gone to another tab, or come back. */
async function show(page: Page, seen: boolean): Promise<void> {
    await page.evaluate((visible) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => !visible });
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (visible ? 'visible' : 'hidden') });
        document.dispatchEvent(new Event('visibilitychange'));
    }, seen);
}

const link = (page: Page) => page.locator('[data-connection]');
const figures = (page: Page) => page.locator('[data-figure]').allInnerTexts();

test('the first screen answers: how much now, how much so far, how sure, by which sensor', async ({ open }) => {
    const page = await open();
    await expect(link(page)).toHaveAttribute('data-connection', 'live');
    await expect(page.locator('[data-figure]')).toHaveCount(5);
    const text = (await figures(page)).join('\n');
    expect(text).toMatch(/\d[\d.,]*\s*(m|k)?W\b/);
    expect(text).toMatch(/\d[\d.,]*\s*(m|k|M)?Wh\b/);
    expect(text).toMatch(/\d[\d.,]*\s*(m|k)?g\b/);
    expect(text).toContain('±');
    const fold = await page.evaluate(() => innerHeight);
    for (const figure of await page.locator('[data-figure]').all()) {
        const box = await figure.boundingBox();
        expect(box !== null && box.y + box.height <= fold, 'without scrolling').toBe(true);
    }
    const sensors = page.getByRole('complementary').first();
    await expect(sensors).toContainText(/[a-z]/);
});

test('figures move without anybody asking', async ({ open }) => {
    const page = await open();
    const before = await figures(page);
    await expect.poll(() => figures(page)).not.toEqual(before);
});

test('charts grow', async ({ open }) => {
    const page = await open();
    const chart = page.locator('figure.chart[data-points]').first();
    const points = async (): Promise<number> => Number(await chart.getAttribute('data-points'));
    await expect.poll(points).toBeGreaterThan(1);
    const before = await points();
    await expect.poll(points).toBeGreaterThan(before);
});

test('pause holds the figures, and they go on', async ({ open, server }) => {
    const page = await open();
    await page.keyboard.press('Space');
    await expect(link(page)).toHaveAttribute('data-connection', 'paused');
    const held = await figures(page);
    const { seq } = await server.live();
    await expect.poll(async () => (await server.live()).seq).toBeGreaterThan(seq + 10);
    expect(await figures(page)).toEqual(held);
    await page.keyboard.press('Space');
    await expect(link(page)).toHaveAttribute('data-connection', 'live');
    await expect.poll(() => figures(page)).not.toEqual(held);
});

test('one stream, and none while the page is hidden', async ({ open, page }) => {
    const streams = await count(page);
    await open();
    await expect(link(page)).toHaveAttribute('data-connection', 'live');
    expect((await streams()).open).toBe(1);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    expect((await streams()).open).toBe(1);

    await show(page, false);
    await expect.poll(async () => (await streams()).open).toBe(0);
    const before = (await streams()).made;
    await show(page, true);
    await expect.poll(async () => (await streams()).open).toBe(1);
    expect((await streams()).made).toBe(before + 1);
    await expect(link(page)).toHaveAttribute('data-connection', 'live');
});

test('a server that goes away is told, and found again', async ({ serve, open, guard }) => {
    const server = await serve('data');
    const page = await open('#/', server);
    await expect(link(page)).toHaveAttribute('data-connection', 'live');
    guard.allow(/^(request|console) .*(ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED)/);
    await server.stop();
    await expect(link(page)).toHaveAttribute('data-connection', 'lost', { timeout: 20_000 });
    await expect(page.getByRole('alert')).toContainText('127.0.0.1');
    await server.start();
    await expect(link(page)).toHaveAttribute('data-connection', 'live', { timeout: 20_000 });
    await expect(page.getByRole('alert')).toHaveCount(0);
    const before = await figures(page);
    await expect.poll(() => figures(page)).not.toEqual(before);
});

test('the run that is attached leads to its page', async ({ open }) => {
    const page = await open();
    await page.locator('main a[href*="#/runs/"]').first().click();
    await expect(page).toHaveURL(/#\/runs\/\w+/);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

// 5000 epochs of a tenth of a second: longer than any test.
const PLANNED = `import ctypes, os, time
told = ctypes.CDLL(os.environ["JOULEBOOK_LIBRARY"])
told.jb_epochs(5000)
for epoch in range(5000):
    told.jb_epoch(epoch)
    end = time.monotonic() + 0.1
    while time.monotonic() < end: pass
    told.jb_end()
`;

const elapsed = (page: Page) => page.locator('[data-figure="elapsed"]');

test('a training with a plan tells where it leads, on a telephone too', async ({ serve, open }) => {
    const server = await serve('data');
    await server.train('planned', ['python3', '-c', PLANNED]);
    const page = await open('#/', server);
    await expect(elapsed(page)).toContainText(/epoch \d+ of \d+/, { timeout: 20_000 });
    await expect(elapsed(page)).toContainText(/about \d[\d.,]*\s(m|k|M)?Wh( ±\s\d[\d.,]*)? in all, \d.* to go/, { timeout: 20_000 });
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing beyond the edge').toBe(true);
});

test.describe('in Korean', () => {
    test.use({ locale: 'ko-KR' });
    test('a plan is told in Korean', async ({ serve, open }) => {
        const server = await serve('data');
        await server.train('planned', ['python3', '-c', PLANNED]);
        const page = await open('#/', server);
        await expect(elapsed(page)).toContainText(/에폭 \d+\/\d+/, { timeout: 20_000 });
        await expect(elapsed(page)).toContainText(/총 약 .*Wh.* 남음/, { timeout: 20_000 });
    });
});
