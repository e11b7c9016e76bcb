// SPDX-License-Identifier: Apache-2.0
// All of it without a mouse.
import type { Page } from '@playwright/test';
import { expect, PAGES, test } from './lib/fixtures';

const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName || '');

test('g and a letter go to each page', async ({ open, page }) => {
    await open('#/runs');
    for (const [name, hash] of PAGES) {
        await page.keyboard.press('g');
        await page.keyboard.press(name[0]!);
        await expect.poll(() => new URL(page.url()).hash.split('?')[0]).toBe(hash);
        await expect(page.locator('nav [aria-current=page]')).toHaveAttribute('href', hash);
    }
});

test('? lists the keys, Escape closes the list, and the focus comes back', async ({ open, page }) => {
    await open();
    const button = page.getByRole('button', { name: 'Keys' });
    await button.focus();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    await expect(dialog.locator('kbd')).not.toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(button).toBeFocused();
});

test('/ goes to the search of the runs, and what is typed there is no command', async ({ open, page }) => {
    await open('#/runs');
    await page.keyboard.press('/');
    const search = page.getByRole('searchbox');
    await expect(search).toBeFocused();
    await page.keyboard.type('gl?e ');
    await expect(search).toHaveValue('gl?e ');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect(new URL(page.url()).hash).toMatch(/^#\/runs/);
});

test('the skip link is first and leads past the navigation', async ({ open, page }) => {
    await open();
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to the content' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('main');
});

for (const [name, hash] of PAGES) {
    test(`${name}: whatever has the focus shows it`, async ({ open, page }) => {
        await open(hash);
        const seen = new Set<string>();
        for (let i = 0; i < 25; i++) {
            await page.keyboard.press('Tab');
            const { what, shows } = await page.evaluate(() => {
                const element = document.activeElement as HTMLElement;
                const style = getComputedStyle(element);
                return {
                    what: `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 30)}`,
                    shows: element === document.body || (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1),
                };
            });
            seen.add(what);
            expect(shows, what).toBe(true);
        }
        expect(seen.size).toBeGreaterThan(8);
    });
}

test('settings: colours and language, kept over a reload', async ({ open, page }) => {
    await open();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Colours').selectOption('dark');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await page.getByLabel('Language').selectOption('ko');
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('equivalents are off, and name their source when they are on', async ({ open, page }) => {
    await open();
    await expect(page.locator('main')).not.toContainText(/\bcar\b/);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('checkbox').check();
    await page.keyboard.press('Escape');
    await expect(page.locator('main')).toContainText(/\bcar\b/);
    await expect(page.locator('main').getByTitle(/EPA/)).toBeVisible();
});
