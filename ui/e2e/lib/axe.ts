// SPDX-License-Identifier: Apache-2.0
// axe-core in the page. It is evaluated, not inserted: a script element would rightly be refused by the page's policy.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Result {
    violations: { id: string; impact: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[];
    passes: { id: string }[];
}

/** What axe finds wrong, a line each; it has looked at something, or this throws. */
export async function axe(page: Page): Promise<string[]> {
    await page.evaluate(source);
    const result = await page.evaluate(
        () =>
            (window as unknown as { axe: { run(root: Document, options: object): Promise<unknown> } }).axe.run(document, {
                // Experimental, and wrong where a label is cut for want of room: its name is the whole text.
                rules: { 'label-content-name-mismatch': { enabled: false } },
                runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            }) as Promise<Result>,
    );
    if (!result.passes.some((rule) => rule.id === 'document-title')) throw new Error('axe has not looked at the page');
    return result.violations.flatMap(({ id, impact, help, nodes }) =>
        nodes.map((node) => `${id} (${impact}): ${help}: ${node.target.join(' ')}: ${node.failureSummary.split('\n')[1] ?? ''}`),
    );
}
