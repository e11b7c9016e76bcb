// SPDX-License-Identifier: Apache-2.0
// Where there is nothing to show the page says why, and the one command that changes it.
import type { Page } from '@playwright/test';
import { axe } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { overflow, picture } from './lib/look';

const commands = (page: Page) => page.locator('main .command code');

test('no run: how to make one', async ({ serve, open }) => {
    const page = await open('#/runs', await serve('empty'));
    await expect(commands(page).filter({ hasText: 'joulebook run' })).toBeVisible();
    await picture(page, 'empty-runs');
    expect(await axe(page)).toEqual([]);
});

test('nothing measures: the live page says so, and never 0 W', async ({ serve, open }) => {
    const page = await open('#/', await serve('empty'));
    const text = await page.locator('[data-figure]').allInnerTexts();
    expect(text.join('\n')).not.toMatch(/(^|\s)0(\.0+)?\s*m?W\b/);
    await expect(page.locator('main')).not.toContainText(/NaN|undefined|null|Infinity/);
    await expect(commands(page).first()).toBeVisible();
    await picture(page, 'empty-live');
    expect(await axe(page)).toEqual([]);
    expect(await overflow(page)).toEqual([]);
});

for (const hash of ['#/carbon', '#/hosts', '#/doctor']) {
    test(`${hash} of an empty machine`, async ({ serve, open }) => {
        const page = await open(hash, await serve('empty'));
        await expect(page.locator('main')).not.toContainText(/NaN|undefined|null|Infinity|Invalid/);
        await picture(page, `empty-${hash.slice(2)}`);
        expect(await axe(page)).toEqual([]);
    });
}

test('an address that names nothing leads home', async ({ page, server }) => {
    await page.goto(`${server.url}#/nowhere`);
    await page.locator('main').getByRole('link').first().click();
    await expect.poll(() => new URL(page.url()).hash).toBe('#/');
});

test('a run that does not exist is told', async ({ page, server, guard }) => {
    guard.allow(/^(status|console) .*404/);
    await page.goto(`${server.url}#/runs/01J0000000000000000000NONE`);
    await expect(page.locator('main')).toContainText(/no run|not found|no such|unknown|There is no/i);
});

test.describe('on machines that the stand-in makes up', () => {
    test('a denied sensor shows the command that opens it, and copies it', async ({ serve, open, context }) => {
        await context.grantPermissions(['clipboard-read', 'clipboard-write']);
        const page = await open('#/', await serve('denied'));
        const command = commands(page).first();
        await expect(command).toBeVisible();
        const text = await command.textContent();
        await page.locator('main .command button').first().click();
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
        await picture(page, 'denied-live');
    });

    test('modelled power is marked', async ({ serve, open }) => {
        const page = await open('#/', await serve('modelled'));
        await expect(page.locator('main')).toContainText(/est\.|estimated|modelled/);
        await picture(page, 'modelled-live');
        expect(await axe(page)).toEqual([]);
    });

    test('runs of others show joules and no name', async ({ serve, open }) => {
        const server = await serve('users');
        const page = await open('#/', server);
        const { runs } = await server.live();
        expect(runs.some((run) => run.name === null)).toBe(true);
        await expect(page.locator('main')).not.toContainText(/null|undefined/);
        await picture(page, 'users-live');
        expect(await axe(page)).toEqual([]);
    });

    test('a server that wants a token asks for it, in no address', async ({ serve, page, guard }) => {
        guard.allow(/^(status|console) .*401/);
        const server = await serve('token');
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(`${server.url}#/`);
        const field = page.locator('input[type=password]');
        await expect(field).toBeVisible();
        await picture(page, 'login');
        await field.fill('wrong');
        await page.keyboard.press('Enter');
        await expect(page.getByRole('alert')).toBeVisible();
        await field.fill('let-me-in');
        await page.keyboard.press('Enter');
        await expect(page.locator('[data-figure]').first()).toBeVisible();
        expect(asked.join('\n')).not.toMatch(/let-me-in|wrong/);
    });
});
