// SPDX-License-Identifier: Apache-2.0
// The two build steps that make the page smaller.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { namedKeys, numbered } from '../tools/texts';
import { lean } from '../tools/uplot';

test('texts that are asked for by name in t() become numbers', () => {
    const numbers = new Map([['a.b', 0], ['a.c', 1]]);
    expect(numbered('t("a.b") + t(x ? \'a.c\' : "a.b", { n: 1 }) + t("x.y") + `a.b`', numbers)).toBe('t(0) + t(x ? 1 : 0, { n: 1 }) + t("x.y") + `a.b`');
});

test('texts that are put together at run time keep their names', () => {
    const keys = ['a.b', 'a.c', 'page.live', 'status.ok', 'run.lost', 'd.e', 'r.x'];
    const code = "t('a.b'); t(x ? 'a.c' : ''); t(`page.${name}`); `r${n}`; word('status', s); <StatusText prefix=\"run\" />";
    expect(namedKeys(keys, code)).toEqual(['page.live', 'status.ok', 'run.lost']);
});

test('uPlot is still the one that is cut, and what is left is one module', async () => {
    const whole = readFileSync(new URL('../node_modules/uplot/dist/uPlot.esm.js', import.meta.url), 'utf8');
    const cut = lean(whole);
    for (const gone of ['genTimeStuffs(1', '_timeAxisVals', 'distr == 3', 'mode == 2']) expect(cut).not.toContain(gone);
    expect(() => lean(cut)).toThrow(/no longer has/);
    const { default: uPlot } = (await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(cut).toString('base64')}`)) as { default: { paths: object } };
    expect(Object.keys(uPlot.paths)).toEqual(['points', 'linear', 'stepped']);
});
