// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { clampSpan, cumulative, gaps, idleSpans, labelOf, needsFiner, ribbon, totalOf } from '../../src/run/timeline';
import { region, series } from './fixture';

describe('sums over channels', () => {
    it('are not known where one channel is not', () => {
        expect(totalOf(series([[1, 2, null], [10, null, 30]]), 'run_w')).toEqual([11, null, null]);
    });
    it('leave out what is not in the total', () => {
        const s = series([[1], [2]]);
        s.channels[1]!.in_total = false;
        expect(totalOf(s, 'run_w')).toEqual([1]);
        s.channels[0]!.in_total = false;
        expect(totalOf(s, 'run_w')).toEqual([null]);
    });
    it('add up over time, with a gap as a gap', () => {
        expect(cumulative([1, 2, null, 3], 2)).toEqual([2, 6, null, 12]);
        expect(cumulative([null, 5], 1)).toEqual([null, 5]);
    });
});

describe('gaps', () => {
    it('are where a channel of the total is not known', () => {
        expect(gaps(series([[1, null, null, 4]], [[1, null, null, 4]]))).toEqual([{ t0: 1, t1: 3 }]);
    });
});

describe('idle time', () => {
    it('is where the run did next to nothing for two slices or more, with what the machine used', () => {
        const run = [100, 100, 1, 0, 2, 100, 0, 100, 100];
        const machine = run.map((w) => w + 50);
        expect(idleSpans(series([run], [machine]))).toEqual([{ t0: 2, t1: 5, joules: 153 }]);
    });
    it('is no gap', () => {
        expect(idleSpans(series([[100, 100, 100, null, null, 100]]))).toEqual([]);
        expect(idleSpans(series([[100, 100, 0, 0, 100]], [[100, 100, null, 1, 100]]))[0]!.joules).toBeNull();
    });
    it('is none of a run that does nothing at all', () => expect(idleSpans(series([[0, 0, 0]]))).toEqual([]));
});

describe('the window', () => {
    const whole = { t0: 0, t1: 100 };
    it('stays inside the whole', () => {
        expect(clampSpan({ t0: -10, t1: 20 }, whole, 1)).toEqual({ t0: 0, t1: 30 });
        expect(clampSpan({ t0: 130, t1: 150 }, whole, 1)).toEqual({ t0: 80, t1: 100 });
        expect(clampSpan({ t0: 50, t1: 50 }, whole, 2)).toEqual({ t0: 50, t1: 52 });
        expect(clampSpan({ t0: -50, t1: 500 }, whole, 2)).toEqual(whole);
    });
    it('is asked for anew when it is coarse or not there', () => {
        expect(needsFiner(whole, 0.1, { t0: 0, t1: 90 }, 600)).toBe(false);
        expect(needsFiner(whole, 0.1, { t0: 0, t1: 5 }, 600)).toBe(true);
        expect(needsFiner({ t0: 10, t1: 20 }, 0.01, { t0: 5, t1: 15 }, 600)).toBe(true);
    });
});

describe('the ribbon', () => {
    const window = { t0: 0, t1: 10 };
    it('has a lane for each kind, in order', () => {
        const lanes = ribbon([region('region', 1, 1), region('epoch', 0, 5, { index: 0 }), region('epoch', 5, 5, { index: 1 })], window, 0);
        expect(lanes.map((l) => l.kind)).toEqual(['epoch', 'region']);
        expect(lanes[0]!.blocks.map((b) => [b.x, b.width, b.label])).toEqual([[0, 0.5, '0'], [0.5, 0.5, '1']]);
    });
    it('puts inner regions below outer ones', () => {
        const lanes = ribbon([region('region', 0, 10), region('region', 1, 4), region('region', 2, 1), region('region', 2, 0.5), region('region', 6, 1)], window, 0);
        expect(lanes[0]!.levels).toBe(3);
        expect(lanes[0]!.blocks.map((b) => b.level)).toEqual([0, 1, 2, 1]);
    });
    it('shows what is in the window, cut to it', () => {
        const lanes = ribbon([region('epoch', 0, 2), region('epoch', 2, 6), region('epoch', 20, 1)], { t0: 4, t1: 8 }, 0);
        expect(lanes[0]!.blocks.map((b) => [b.x, b.width])).toEqual([[0, 1]]);
    });
    it('puts narrow neighbours together', () => {
        const steps = Array.from({ length: 10000 }, (_, i) => region('step', i / 1000, 0.001, { index: i }));
        const lanes = ribbon(steps, window, 0.005);
        expect(lanes[0]!.blocks.length).toBeLessThan(250);
        expect(lanes[0]!.blocks.reduce((a, b) => a + b.count, 0)).toBe(10000);
        expect(lanes[0]!.blocks.reduce((a, b) => a + b.width, 0)).toBeCloseTo(1, 6);
    });
    it('has none of what is not known', () => expect(ribbon([region('epoch', 0, 1, { start_s: null })], window, 0)).toEqual([]));
    it('names', () => {
        expect(labelOf(region('epoch', 0, 1, { index: 7 }))).toBe('7');
        expect(labelOf(region('region', 0, 1, { name: 'augment', index: 2 }))).toBe('augment 2');
    });
});
