// SPDX-License-Identifier: Apache-2.0
// What can be taken away: each format of a run, pictures of charts, the table of runs.
import { readFileSync } from 'node:fs';
import type { Download, Locator, Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';

async function download(page: Page, button: Locator): Promise<Download> {
    const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return file;
}

async function text(file: Download): Promise<string> {
    return readFileSync(await file.path(), 'utf8');
}

test('every format of a run downloads, named after the run', async ({ open, server, page }) => {
    const id = await server.recorded();
    await open(`#/runs/${id}?tab=export`);
    const links = page.locator('main a[href*="/export?format="]');
    const formats = await links.evaluateAll((all) => all.map((one) => new URLSearchParams((one as HTMLAnchorElement).href.split('?')[1]).get('format')));
    expect(formats).toEqual(expect.arrayContaining(['json', 'csv', 'html']));
    for (let i = 0; i < formats.length; i++) {
        const file = await download(page, links.nth(i));
        expect(file.suggestedFilename()).not.toMatch(/^(export|download)$/);
        expect((await text(file)).length, `${formats[i]}`).toBeGreaterThan(20);
    }
});

test('the JSON is the record of this run', async ({ open, server, page }) => {
    const id = await server.recorded();
    await open(`#/runs/${id}?tab=export`);
    const file = await download(page, page.locator('main a[href*="format=json"]').first());
    const record = JSON.parse(await text(file)) as { schema: number; run: { id: string } };
    expect(record.schema).toBe(1);
    expect(record.run.id).toBe(id);
});

test('the Hugging Face card is in grams', async ({ open, server, page }) => {
    await open(`#/runs/${await server.recorded()}?tab=export`);
    const yaml = await page.locator('pre', { hasText: 'co2_eq_emissions' }).first().innerText();
    expect(yaml).toMatch(/emissions: [\d.e-]+/);
    expect(yaml).toContain('hardware_used');
    const record = (await (await page.request.get(`${server.url}api/v1/runs/${await server.recorded()}`)).json()) as { carbon?: { emissions_g?: number } };
    const grams = record.carbon?.emissions_g;
    if (grams !== undefined) expect(Number(/emissions: ([\d.e-]+)/.exec(yaml)![1])).toBeCloseTo(grams, Math.max(0, 2 - Math.floor(Math.log10(grams))));
});

test('the chart as a picture', async ({ open, server, page }) => {
    await open(`#/runs/${await server.recorded()}?tab=timeline`);
    for (const kind of ['PNG', 'SVG']) {
        const file = await download(page, page.getByRole('button', { name: new RegExp(kind) }).first());
        const bytes = readFileSync(await file.path());
        expect(bytes.length).toBeGreaterThan(500);
        if (kind === 'PNG') expect(bytes.subarray(1, 4).toString()).toBe('PNG');
        else expect(bytes.toString()).toContain('<svg');
    }
});

test('the runs as CSV have a row each', async ({ open, page }) => {
    await open('#/runs');
    const rows = await page.locator('main tbody tr').count();
    const csv = await text(await download(page, page.getByRole('button', { name: /CSV/ }).or(page.getByRole('link', { name: /CSV/ })).first()));
    const lines = csv.trim().split(/\r?\n/);
    expect(lines.length).toBe(rows + 1);
    expect(lines[0]).toContain('id');
});
