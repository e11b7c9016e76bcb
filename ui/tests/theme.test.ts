// SPDX-License-Identifier: Apache-2.0
// Contrast by WCAG 2.1, of the colours of theme.css.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync(new URL('../src/theme.css', import.meta.url), 'utf8');
const pairs = new Map([...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map((m) => [m[1]!, [m[2]!, m[3]!] as const]));

function luminance(hex: string): number {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
    const [r, g, b] = [1, 3, 5].map((i) => {
        const c = parseInt(full.slice(i, i + 2), 16) / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
const contrast = (a: string, b: string) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x! + 0.05) / (y! + 0.05);
};
const of = (name: string) => pairs.get(name) ?? (() => { throw new Error(`no colour ${name}`); })();

test('text is at least 4.5 to 1 on each of its grounds', () => {
    for (const ink of ['ink', 'soft', 'link', 'ok', 'warn', 'bad']) {
        for (const ground of ['bg', 'panel', 'raised']) for (const mode of [0, 1]) expect(contrast(of(ink)[mode]!, of(ground)[mode]!), `${ink} on ${ground} ${mode}`).toBeGreaterThanOrEqual(4.5);
    }
    for (const mode of [0, 1]) {
        expect(contrast(of('on-accent')[mode]!, of('accent')[mode]!)).toBeGreaterThanOrEqual(4.5);
        for (const ground of ['warn-bg', 'bad-bg']) expect(contrast(of('ink')[mode]!, of(ground)[mode]!)).toBeGreaterThanOrEqual(4.5);
    }
});

test('lines and bars are at least 3 to 1 on a panel', () => {
    for (const mark of ['cpu', 'gpu', 'ram', 'board', 'other', 'none', 'run', 'runs', 'idle', 'others', 'unattributed', 'carbon', 'edge', 'focus']) {
        for (const mode of [0, 1]) expect(contrast(of(mark)[mode]!, of('panel')[mode]!), `${mark} ${mode}`).toBeGreaterThanOrEqual(3);
    }
});

test('the carbon ramp is monotone in lightness, in both modes', () => {
    const steps = [0, 1, 2, 3, 4, 5].map((n) => of(`c${n}`));
    const light = steps.map((s) => luminance(s[0]));
    const dark = steps.map((s) => luminance(s[1]));
    expect(light).toEqual(light.slice().sort((a, b) => b - a));
    expect(dark).toEqual(dark.slice().sort((a, b) => a - b));
});
