// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { TIME_STEPS, axisTexts, clampSpan, increments, isolate, nearest, splitEstimated, spread, thin, timeTicks } from '../src/charts/model';
import { carbonStep, dashOf } from '../src/charts/palette';
import { carbonModel, steps } from '../src/carbon/model';
import { waitCommand } from '../src/pages/Carbon';
import type { Grid, GridPoint } from '../src/api/types';

test('the nearest sample', () => {
    expect(nearest([], 1)).toBe(-1);
    expect(nearest([5], 99)).toBe(0);
    const x = [0, 1, 2, 10];
    expect([-5, 0.4, 0.6, 5.9, 6.1, 99].map((at) => nearest(x, at))).toEqual([0, 0, 1, 2, 3, 3]);
});

test('labels keep their order and do not overlap', () => {
    const at = spread([100, 101, 50, 102], 12, 0, 200);
    const sorted = at.slice().sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(12);
    expect(at[2]).toBe(50);
    expect(Math.max(...spread([198, 199, 200], 12, 0, 200))).toBe(200);
});

test('zoom stays inside and ends where it shows all', () => {
    const all = { x0: 0, x1: 100 };
    expect(clampSpan(-10, 20, all)).toEqual({ x0: 0, x1: 30 });
    expect(clampSpan(90, 120, all)).toEqual({ x0: 70, x1: 100 });
    expect(clampSpan(-1, 101, all)).toBeNull();
    expect(clampSpan(10, 10, all, 5)).toEqual({ x0: 10, x1: 15 });
});

test('a line alone, and all again', () => {
    expect(isolate(null, 'gpu')).toBe('gpu');
    expect(isolate('gpu', 'gpu')).toBeNull();
    expect(isolate('gpu', 'cpu')).toBe('cpu');
});

test('sure and estimated values share the point where one becomes the other', () => {
    const { sure, guess } = splitEstimated([1, 2, 3, 4, 5], [false, false, true, true, false]);
    expect(sure).toEqual([1, 2, null, null, 5]);
    expect(guess).toEqual([null, 2, 3, 4, 5]);
    expect(splitEstimated([1, 2], [false, false]).guess).toEqual([null, null]);
});

test('ticks are round in the unit that is printed', () => {
    const by = 3600;
    expect(increments(by)).toContain(500 * by);
    expect(increments(by).every((step, i, all) => i === 0 || step > all[i - 1]!)).toBe(true);
    expect(axisTexts([0, 0.2 * by, 0.4 * by], { by, name: 'Wh' })).toEqual(['0', '0.2', '0.4 Wh']);
});

test('a long table is thinned evenly, and says so', () => {
    expect(thin([1, 2, 3, 4, 5], 2)).toEqual({ rows: [1, 4], every: 3 });
    expect(thin([1, 2], 2)).toEqual({ rows: [1, 2], every: 1 });
});

test('the carbon ramp only goes up', () => {
    const at = [0, 50, 100, 200, 400, 600, 1200].map(carbonStep);
    expect(at).toEqual(at.slice().sort((a, b) => a - b));
    expect([at[0], at.at(-1)]).toEqual([0, 5]);
});

test('eight lines of one device differ by dash', () => {
    expect(new Set(Array.from({ length: 8 }, (_, n) => dashOf(n).join())).size).toBe(8);
});

const hour = 3_600_000;
const point = (n: number, g: number, estimated = false): GridPoint => ({ start_ms: n * hour, end_ms: (n + 1) * hour, g_per_kwh: g, estimated, source: 's' });
const grid = (history: GridPoint[], forecast: GridPoint[] = []): Grid => ({
    schema: 1, zone: 'KR', zone_name: 'South Korea', now: null, yearly: { g_per_kwh: 415, year: 2025, source: 's' }, history, forecast, greenest: null, providers: [],
});
const words = { measured: 'm', estimated: 'e', forecast: 'f', yearly: 'y' };

test('an hour that is missing is a gap, and the hour before it is drawn whole', () => {
    const { t, y } = steps([point(0, 100), point(1, 200), point(3, 300)]);
    expect(y).toEqual([100, 200, 200, null, 300, 300]);
    expect(t[2]).toBe(7200);
    expect(t[3]! - t[2]!).toBeLessThan(1);
});

test('past, estimate and forecast are lines of their own', () => {
    const model = carbonModel(grid([point(0, 100), point(1, 120, true)], [point(2, 90), point(3, 80)]), 24, 2 * hour, words)!;
    expect(model.lines.map((line) => line.key)).toEqual(['measured', 'estimated', 'forecast', 'yearly']);
    expect(model.lines.every((line) => line.y.length === model.x.length)).toBe(true);
    expect(model.x).toEqual(model.x.slice().sort((a, b) => a - b));
    expect(carbonModel(grid([]), 24, 0, words)).toBeNull();
});

test('only so many hours of the past', () => {
    const model = carbonModel(grid(Array.from({ length: 48 }, (_, n) => point(n, 100))), 24, 48 * hour, words)!;
    expect(model.x[0]).toBe(24 * 3600);
});

test('the command waits long enough for the hours that are shown', () => {
    expect(waitCommand(3 * hour, 14400, 0)).toBe('joulebook run --when greenest:4h,within:12h -- python3 train.py');
    expect(waitCommand(33 * hour, 14400, 0)).toContain('within:48h');
    expect(waitCommand(90 * hour, 14400, 0)).toContain('within:72h');
});

test('ticks are at round times of the local clock', () => {
    expect(timeTicks(100, 1300, 300, 0)).toEqual([300, 600, 900, 1200]);
    // nine and a half hours ahead of UTC, ticks of six hours: midnight there is 14:30 UTC
    expect(timeTicks(0, 86400, 21600, 34200)).toContain(14.5 * 3600);
    expect(timeTicks(0, 0.01, 0.005, 0)).toEqual([0, 0.005, 0.01]);
    expect(TIME_STEPS).toEqual(TIME_STEPS.slice().sort((a, b) => a - b));
});
