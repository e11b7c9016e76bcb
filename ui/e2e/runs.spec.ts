// SPDX-License-Identifier: Apache-2.0
// The table of runs: sort, search, choose and compare.
import { expect, settled, test } from './lib/fixtures';

test('sorting by a column is kept in the address', async ({ open, page }) => {
    await open('#/runs');
    const header = page.locator('main thead button').first();
    await header.click();
    await expect(page).toHaveURL(/sort=/);
    await expect(page.locator('main th[aria-sort]')).toHaveCount(1);
    const names = page.locator('main tbody a[href*="#/runs/"]');
    const order = await names.allInnerTexts();
    await page.reload();
    await settled(page);
    expect(await names.allInnerTexts()).toEqual(order);
    expect(order.length).toBeGreaterThan(1);
});

test('a search that finds nothing says so', async ({ open, page }) => {
    await open('#/runs');
    const rows = page.locator('main tbody tr');
    expect(await rows.count()).toBeGreaterThan(0);
    await page.getByRole('searchbox').fill('no run is called so');
    await expect(rows).toHaveCount(0);
    await expect(page.locator('main .empty')).toBeVisible();
    await page.getByRole('searchbox').fill('');
    await expect(rows).not.toHaveCount(0);
});

test('two runs are chosen and compared', async ({ open, page }) => {
    await open('#/runs');
    const boxes = page.locator('main tbody input[type=checkbox]');
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('button', { name: /Compare/ }).or(page.locator('main').getByRole('link', { name: /Compare/ })).first().click();
    await expect(page).toHaveURL(/#\/compare\?.*ids=[^,&]+(,|%2C)[^,&]+/);
    await settled(page);
    expect(await page.locator('main table').first().locator('tbody tr').count()).toBe(2);
    expect(await page.locator('figure.chart').count()).toBeGreaterThan(1);
});

test('a row leads to its run, and back comes back', async ({ open, page }) => {
    await open('#/runs');
    await page.locator('main tbody a[href*="#/runs/"]').first().click();
    await expect(page).toHaveURL(/#\/runs\/\w+/);
    await settled(page);
    await page.goBack();
    await expect(page).toHaveURL(/#\/runs$/);
});

test('tabs are walked by arrow keys, and are in the address', async ({ open, server, page }) => {
    await open(`#/runs/${await server.recorded()}`);
    const tabs = page.getByRole('tab');
    expect(await tabs.count()).toBeGreaterThanOrEqual(6);
    await tabs.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(tabs.nth(1)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(tabs.nth(1)).toHaveAttribute('aria-selected', 'true');
    await expect(page).toHaveURL(/tab=/);
});

test('operators: the table and what is outside of them sum to the run', async ({ open, server, page }) => {
    await open(`#/runs/${await server.recorded()}?tab=operators`);
    expect(await page.locator('main table').first().locator('tbody tr').count()).toBeGreaterThan(3);
    await expect(page.locator('main')).toContainText(/[Uu]nattributed/);
    await expect(page.locator('main svg').first()).toBeVisible();
});
