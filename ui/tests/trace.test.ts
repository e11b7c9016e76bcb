// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { History } from '../src/api/types';
import { adopt, append, emptyTrace, fillRun, fromHistory, sound, withTick } from '../src/state/trace';
import { channel, live, liveRun, tick } from './fixture';

const history = (t_ms: number[], mean_w: (number | null)[]): History => ({
    schema: 1, t0_ms: 0, t1_ms: 0, step_s: 1, level: 'seconds', t_ms, g_per_kwh: t_ms.map(() => 400),
    channels: [
        { id: 'gpu/0/device', device: 'gpu', name: null, source: 'nvml', method: 'counter', in_total: true, mean_w, min_w: mean_w, max_w: mean_w, energy_j: 1 },
        { id: 'cpu/0/package', device: 'cpu', name: null, source: 'rapl-perf', method: 'counter', in_total: true, mean_w: t_ms.map(() => 50), min_w: [], max_w: [], energy_j: 1 },
    ],
});

test('ticks are appended to what history told, by channel', () => {
    const trace = append(fromHistory(history([1000, 2000], [10, null])), tick(3000, { w: [7, null] }), live(), 900);
    expect(trace.t).toEqual([1, 2, 3]);
    expect(trace.channels['gpu/0/device']).toEqual([10, null, 7]);
    expect(trace.channels['cpu/0/package']).toEqual([50, 50, null]);
    expect(trace.power).toEqual([60, 50, 200]);
    expect(sound(trace)).toBe(true);
});

test('a machine of which nothing is known yet begins with its first tick', () => {
    const none = fromHistory({ schema: 1, t0_ms: 0, t1_ms: 0, step_s: null, level: null, t_ms: [], channels: [], g_per_kwh: [] });
    const trace = append(adopt(none, append(emptyTrace(), tick(1000), live(), 900)), tick(2000), live(), 900);
    expect(trace.t).toEqual([1, 2]);
    expect(sound(trace)).toBe(true);
});

test('a tick that is older than what is there changes nothing', () => {
    const trace = append(emptyTrace(), tick(3000), live(), 900);
    expect(append(trace, tick(3000), live(), 900)).toBe(trace);
    expect(append(trace, tick(2000), live(), 900)).toBe(trace);
});

test('time without ticks is a gap and not a line', () => {
    const trace = append(append(emptyTrace(), tick(1000), live(), 900), tick(61_000), live(), 900);
    expect(trace.t).toEqual([1, 31, 61]);
    expect(trace.power).toEqual([200, null, 200]);
    expect(trace.channels['gpu/0/device']).toEqual([100, null, 100]);
    expect(sound(trace)).toBe(true);
});

test('what is older than the window goes', () => {
    let trace = emptyTrace();
    for (let t = 0; t < 100; t++) trace = append(trace, tick(1000 * t), live(), 10);
    expect(trace.t[0]).toBe(89);
    expect(trace.t.length).toBe(11);
    expect(sound(trace)).toBe(true);
});

test('a trace that was drawn is not changed by what comes after', () => {
    const before = append(emptyTrace(), tick(1000), live(), 900);
    const copy = structuredClone(before);
    append(before, tick(2000, { runs: [['a', 1, 2, 3, 4, 'forward', 5, 6]] }), live(), 900);
    expect(before).toEqual(copy);
});

test('channels and runs that come later have no past', () => {
    const first = append(emptyTrace(), tick(1000), live(), 900);
    const grown = live({ channels: [channel('gpu/0/device'), channel('cpu/0/package'), channel('ram/0/dram')] });
    const trace = append(first, tick(2000, { w: [1, 2, 3], runs: [['a', 1, 2, 3, 4, 'forward', 5, 6]] }), grown, 900);
    expect(trace.channels['ram/0/dram']).toEqual([null, 3]);
    expect(trace.runs.a!.power).toEqual([null, 1]);
    expect(trace.runs.a!.phase).toEqual([null, 'forward']);
    expect(trace.runs.a!.epoch).toEqual([null, 5]);
    expect(sound(trace)).toBe(true);
});

test('a run that has ended is null from then on', () => {
    let trace = append(emptyTrace(), tick(1000, { runs: [['a', 1, 2, 3, 4, null, null, null]] }), live(), 900);
    trace = append(trace, tick(2000), live(), 900);
    expect(trace.runs.a!.power).toEqual([1, null]);
});

test('history takes the place of ticks, and keeps what only ticks know', () => {
    let old = emptyTrace();
    for (const t of [1000, 2000, 3000]) old = append(old, tick(t, { runs: [['a', t / 1000, 2, 3, 4, 'forward', 5, 6]] }), live(), 900);
    const joined = adopt(fromHistory(history([500, 1500, 2500], [10, 11, 12])), old);
    expect(joined.t).toEqual([0.5, 1.5, 2.5, 3]);
    expect(joined.channels['gpu/0/device']).toEqual([10, 11, 12, 100]);
    expect(joined.runs.a!.power[3]).toBe(3);
    expect(joined.runs.a!.phase).toEqual(['forward', 'forward', 'forward', 'forward']);
    expect(sound(joined)).toBe(true);
});

test('what a run drew before is filled in, and never over what a tick has told', () => {
    let trace = fromHistory(history([500, 1500, 2500], [10, 11, 12]));
    trace = append(trace, tick(3000, { runs: [['a', 99, 2, 3, 4, null, null, null]] }), live(), 900);
    const filled = fillRun(trace, 'a', 1, 1, [40, 41, 42]);
    expect(filled.runs.a!.power).toEqual([null, 40, 41, 99]);
    expect(sound(filled)).toBe(true);
    expect(fillRun(trace, 'b', 1, 1, [40]).runs.b!.power).toEqual([null, 40, null, null]);
});

test('a tick changes what it tells and nothing else', () => {
    const start = live({ runs: [liveRun('a'), liveRun('b')] });
    const now = withTick(start, tick(start.t_ms + 500, { p: 333, j: 2100, g: 8, w: [1, null], runs: [['a', 7, 6, 5, 4, 'data', 3, 2]] }));
    expect(now.machine).toMatchObject({ power_w: 333, energy_j: 2100, emissions_g: 8, idle_j: 0 });
    expect(now.channels.map((c) => c.power_w)).toEqual([1, null]);
    expect(now.runs[0]).toMatchObject({ power_w: 7, run_j: 6, emissions_g: 5, footprint_j: 4, phase: 'data', epoch: 3, step: 2, elapsed_s: 300.5, machine_j: 120100 });
    expect(now.runs[0]!.projected_j).toBeUndefined();
    const planned = withTick(now, tick(start.t_ms + 600, { w: [1, null], runs: [['a', 7, 6, 5, 4, 'data', 3, 2, [30, 4, 6e5, null, 2250.5, 69.2]]] }));
    expect(planned.runs[0]).toMatchObject({ epochs_planned: 30, epoch_nth: 4, projected_j: 6e5, projected_uncertainty_j: null, projected_s: 2250.5, projected_emissions_g: 69.2 });
    expect(now.runs[0]!.devices.gpu! + now.runs[0]!.devices.cpu!).toBeCloseTo(7, 9);
    expect(now.runs[0]!.devices.ram).toBeNull();
    expect(now.runs[1]).toEqual(start.runs[1]);
    expect(now.elapsed_s).toBe(7200.5);
});
