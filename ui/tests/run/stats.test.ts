// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { epochBars, epochSummary, share, ticks } from '../../src/run/epochs';
import { deviation, isTold, studentsT, trend } from '../../src/run/stats';
import { made, record, region } from './fixture';

describe('trend', () => {
    it('is the slope over the whole, relative to the mean', () => {
        const t = trend([10, 11, 12, 13, 14], [0, 0, 0, 0, 0])!;
        expect(t.whole).toBeCloseTo(4 / 12, 12);
        expect(t.half95).toBeCloseTo(0, 9);
        expect(isTold(t)).toBe(true);
    });
    it('says nothing of three epochs', () => expect(trend([1, 2, 3], [0, 0, 0])).toBeNull());
    it('is not told where the epochs are less sure than it', () => {
        expect(isTold(trend([10, 11, 12, 13, 14], [5, 5, 5, 5, 5]))).toBe(false);
    });
    it('agrees with a line fitted by hand to scattered points', () => {
        // x -1.5 -0.5 0.5 1.5; y 1 3 2 4: slope 0.8, residuals -0.3 0.9 -0.9 0.3, se = sqrt(1.8/2/5)
        const t = trend([1, 3, 2, 4], [null, null, null, null])!;
        expect(t.whole).toBeCloseTo((0.8 * 3) / 2.5, 12);
        expect(t.half95).toBeCloseTo((4.303 * Math.sqrt(1.8 / 2 / 5) * 3) / 2.5, 9);
    });
    it('knows Student beyond its table', () => {
        expect(studentsT(1)).toBe(12.706);
        expect(studentsT(100)).toBeCloseTo(1.984, 2);
    });
    it('has no scatter of one value', () => expect(deviation([3])).toBeNaN());
});

describe('epochs', () => {
    it('of a real training', () => {
        const r = record('digits-a');
        const s = epochSummary(r)!;
        expect(s.count).toBe(12);
        expect(s.guessed).toBe(true);
        const sum = r.regions.filter((x) => x.kind === 'epoch').reduce((a, x) => a + x.energy_j!, 0);
        expect(s.joules * s.count).toBeCloseTo(sum, 6);
        expect(epochBars(r)).toHaveLength(12);
    });
    it('are none where none were told', () => expect(epochSummary(record('no-ops'))).toBeNull());
    it('share a bar where they are many, with their mean', () => {
        const regions = Array.from({ length: 400 }, (_, i) => region('epoch', i, 1, { index: i, energy_j: i % 2 ? 3 : 1 }));
        const bars = epochBars(made({ regions }), 160);
        expect(bars).toHaveLength(134);
        expect(bars[0]).toMatchObject({ label: '0–2', count: 3 });
        expect(bars.at(-1)!.label).toBe('399');
        expect(bars.reduce((a, b) => a + b.joules * b.count, 0)).toBeCloseTo(800, 6);
    });
    it('has a share only of what is known', () => {
        expect(share(1, 4)).toBe(0.25);
        expect(share(null, 4)).toBeNull();
        expect(share(1, 0)).toBeNull();
    });
    it('has round ticks that reach the top', () => {
        expect(ticks(9.7)).toEqual([0, 2, 4, 6, 8, 10]);
        expect(ticks(10)).toEqual([0, 2, 4, 6, 8, 10]);
        expect(ticks(0.31).at(-1)).toBeGreaterThanOrEqual(0.31);
        expect(ticks(0)).toEqual([0]);
        for (const top of [1e-6, 0.999, 1.01, 42, 1e9]) expect(ticks(top).length).toBeLessThanOrEqual(7);
    });
});
