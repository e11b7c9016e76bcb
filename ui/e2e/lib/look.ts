// SPDX-License-Identifier: Apache-2.0
// What can be seen of a page: what sticks out of it, what its figures say, and pictures of it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';

const shots = process.env.E2E_SCREENSHOTS ?? '../../build/screenshots';

/** What makes the page scroll sideways: nothing, or the widest culprits. */
export async function overflow(page: Page): Promise<string[]> {
    return page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return [];
        const inside = (element: Element): boolean => {
            for (let up = element.parentElement; up !== null && up !== document.body; up = up.parentElement) {
                if (getComputedStyle(up).overflowX !== 'visible') return true;
            }
            return false;
        };
        const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > clientWidth + 0.5 && !inside(e));
        return [`${scrollWidth} > ${clientWidth}`, ...wide.slice(0, 8).map((e) => `${e.tagName}.${e.getAttribute('class') ?? ''} ${e.textContent?.slice(0, 40) ?? ''}`)];
    });
}

/** Keeps a picture of the page, all of it, below build/screenshots. */
export async function picture(page: Page, name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    // Charts come in a moment after their data; a picture of half of them shows nothing wrong.
    let before = -1;
    for (let same = 0; same < 3; ) {
        const height = await page.evaluate(() => new Promise<number>((done) => { requestAnimationFrame(() => done(document.documentElement.scrollHeight)); }));
        same = height === before ? same + 1 : 0;
        before = height;
    }
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** Drags across a chart's plot, from one share of its width to another. */
export async function drag(page: Page, plot: Locator, from: number, to: number): Promise<void> {
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the plot is not to be seen');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * from, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 4 });
    await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
    await page.mouse.up();
}

/** t0 and t1 of the address, or null. */
export function span(page: Page): { t0: number; t1: number } | null {
    const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '');
    const [t0, t1] = [query.get('t0'), query.get('t1')];
    return t0 === null || t1 === null ? null : { t0: Number(t0), t1: Number(t1) };
}
