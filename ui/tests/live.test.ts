// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { integrate, powerModel, energyModel } from '../src/live/charts';
import { doing, leading } from '../src/live/doing';
import { basisEnergy, byDevice, figures, modelledShare, powerDoubt, scopeOf, witnesses } from '../src/live/figures';
import { epochSpans, epochs, pieces, withEarlier } from '../src/live/ribbon';
import { append, emptyTrace } from '../src/state/trace';
import { equivalents } from '../src/equivalents';
import { channel, live, liveRun, tick } from './fixture';

const words = { device: (device: string) => device.toUpperCase(), run: 'run', machine: 'machine', limit: 'limit' };

test('without a wish it is about the newest run of one’s own', () => {
    const runs = [liveRun('old'), liveRun('mine', { started: '2026-11-22T02:58:00Z' }), liveRun('theirs', { mine: false, started: '2026-11-22T02:59:00Z' })];
    expect(scopeOf(live({ runs }), undefined)?.id).toBe('mine');
    expect(scopeOf(live({ runs }), 'theirs')?.id).toBe('theirs');
    expect(scopeOf(live({ runs }), 'gone')?.id).toBe('mine');
    expect(scopeOf(live({ runs }), 'machine')).toBeNull();
    expect(scopeOf(live({ runs: [runs[2]!] }), undefined)?.id).toBe('theirs');
    expect(scopeOf(live(), undefined)).toBeNull();
});

test('energy is what the emissions are the price of', () => {
    expect(basisEnergy(liveRun('a'))).toBe(80000);
    expect(basisEnergy(liveRun('a', { basis: 'run' }))).toBe(75000);
    expect(basisEnergy(liveRun('a', { basis: 'machine' }))).toBe(120000);
    const sums = figures(live(), liveRun('a'));
    expect(sums.mean_g_per_kwh).toBeCloseTo(9.2 / (80000 / 3.6e6), 6);
    expect(figures(live({ machine: { ...live().machine, energy_j: null } }), null).mean_g_per_kwh).toBeNull();
    expect(figures(live(), null).emissions_sure_g).toBeCloseTo(Math.hypot(0.02, 0.1), 6);
    expect(figures(live({ grid: null }), null).emissions_sure_g).toBeNull();
});

test('what it does, and where that leads', () => {
    const plain = liveRun('a', { epoch: 3, step: 1201, phase: 'forward' });
    expect(doing(liveRun('a'))).toBe('');
    expect(doing(plain)).toBe('epoch 3 · forward · step 1201');
    expect(leading(plain)).toBe('');
    const planned = { ...plain, epochs_planned: 30, epoch_nth: 4 };
    expect(doing(planned)).toBe('epoch 4 of 30 · forward · step 1201');
    expect(leading(planned)).toBe(''); // the first epoch has not ended
    const projected = { ...planned, projected_j: 4.32e6, projected_uncertainty_j: 3.6e5, projected_s: 300 + 11400, projected_emissions_g: 500 };
    expect(leading(projected)).toBe('about 1.20\u00a0kWh ±\u00a00.10 in all, 3\u00a0h\u00a010\u00a0min to go');
    expect(leading({ ...projected, projected_uncertainty_j: null })).toBe('about 1.20\u00a0kWh in all, 3\u00a0h\u00a010\u00a0min to go');
    expect(leading({ ...projected, projected_s: 299 })).toContain('0\u00a0s to go'); // later than it was thought
    expect(doing(liveRun('a', { epochs_planned: 30, epoch_nth: null, epoch: null }))).toBe('');
});

test('who said so: the strongest first, and whether it was measured', () => {
    const channels = [channel('cpu/0/package', { power_w: 50 }), channel('gpu/0/device', { power_w: 400 }), channel('ram/0', { source: 'ram-model', method: 'modelled', power_w: 20 })];
    expect(witnesses(channels).map((w) => [w.source, w.modelled])).toEqual([['nvml', false], ['rapl-perf', false], ['ram-model', true]]);
    expect(witnesses([channel('cpu/0/core', { in_total: false }), channel('gpu/0/device', { power_w: null })])).toEqual([]);
});

test('the doubt of the power is that of its channels', () => {
    const two = live({ channels: [channel('gpu/0/device', { power_w: 300, rel_error: 0.05 }), channel('cpu/0/package', { power_w: 100, rel_error: 0.02 })] });
    expect(powerDoubt(two, null)).toBeCloseTo(17);
    expect(powerDoubt(two, liveRun('a', { power_w: 200 }))).toBeCloseTo(8.5);
    expect(powerDoubt(two, liveRun('a', { power_w: null }))).toBeNull();
    expect(powerDoubt(live({ channels: [] }), null)).toBeNull();
});

test('devices come in an order of their own, and a run has its own watts', () => {
    const many = live({ channels: [channel('cpu/0/package'), channel('cpu/1/package'), channel('cpu/0/core', { in_total: false }), channel('gpu/0/device', { power_w: null })] });
    expect(byDevice(many, null).map((d) => [d.device, d.power_w, d.count])).toEqual([['gpu', 0, 1], ['cpu', 200, 2]]);
    expect(byDevice(many, liveRun('a')).map((d) => [d.device, d.power_w])).toEqual([['gpu', 100], ['cpu', 50]]);
});

test('the share that nothing has measured', () => {
    expect(modelledShare(live())).toBe(0.25);
    expect(modelledShare(live({ machine: { ...live().machine, measured_j: null } }))).toBeNull();
});

test('energy grows by power times time, and not over a gap', () => {
    expect(integrate([0, 1, 2, 10, 12], [100, 100, null, 100, 50], 0)).toEqual([0, 100, null, 900, 1000]);
    expect(integrate([0, 1, 2], [100, 100, 100], 1)).toEqual([null, 0, 100]);
});

test('power by device sums its channels; a limit far away is left out', () => {
    const state = live({ channels: [channel('gpu/0/device', { limit_w: 150 }), channel('gpu/1/device', { limit_w: 150 }), channel('cpu/0/package', { limit_w: 9000 })] });
    const trace = append(emptyTrace(), tick(1000, { w: [100, 120, 50] }), state, 900);
    const model = powerModel(state, trace, 900, 'device', null, words);
    expect(model.lines.map((line) => [line.label, line.y[0]])).toEqual([['GPU ×2', 220], ['CPU', 50], ['GPU limit', 300]]);
    const single = powerModel(state, trace, 900, 'channel', null, words);
    expect(single.lines.map((line) => line.label)).toEqual(['GPU 0', 'GPU 1', 'CPU', 'GPU limit']);
    expect(new Set(single.lines.slice(0, 2).map((line) => line.dash?.join())).size).toBe(2);
    expect(energyModel(trace, 900, null, words).lines).toHaveLength(1);
});

test('an empty past does not take the room of what there is', () => {
    const state = live({ channels: [channel('cpu/0/package')] });
    const t = Array.from({ length: 900 }, (_, i) => 1000 + i);
    const from = (first: number) => ({ ...emptyTrace(), t, power: t.map((s) => (s < first ? null : 5)) });
    expect(powerModel(state, from(1700), 900, 'device', null, words).x0).toBe(1700);
    expect(powerModel(state, from(1890), 900, 'device', null, words).x0).toBe(1839); // a minute at least
    expect(powerModel(state, from(0), 900, 'device', null, words).x0).toBe(1000);
});

test('a modelled channel is marked as estimated', () => {
    const state = live({ channels: [channel('ram/0', { method: 'modelled' })] });
    const trace = append(emptyTrace(), tick(1000, { w: [10] }), state, 900);
    expect(powerModel(state, trace, 900, 'device', null, words).lines[0]!.estimated).toBe(true);
});

test('pieces of the ribbon end where the next begins, and what was not told is not covered', () => {
    const name = (x: string | number) => String(x);
    expect(pieces([0, 1, 2, 3, 4], ['a', 'a', null, 'b', 'c'], name, name)).toEqual([
        { x0: 0, x1: 2, label: 'a', kind: 'a' },
        { x0: 3, x1: 4, label: 'b', kind: 'b' },
    ]);
    expect(pieces([], [], name, name)).toEqual([]);
    expect(epochs([0, 1, 2], [3, 4, 4], 'E').map((p) => [p.label, p.kind])).toEqual([['E 3', 'odd'], ['E 4', 'even']]);
});

test('earlier epochs of the record end where the ticks begin', () => {
    const spans = epochSpans([{ kind: 'epoch', name: 'epoch', index: 0, start_s: 0, duration_s: 10 }, { kind: 'region', name: 'x', index: 0, start_s: 0, duration_s: 3 }, { kind: 'epoch', name: 'epoch', index: 1, start_s: 10, duration_s: 10 }, { kind: 'epoch', name: 'epoch', index: 2, start_s: 20, duration_s: null }], 100);
    expect(spans).toEqual([{ x0: 100, x1: 110, epoch: 0 }, { x0: 110, x1: 120, epoch: 1 }]);
    expect(withEarlier([{ x0: 115, x1: 130, label: 'E 1', kind: 'odd' }], spans, 'E').map((p) => [p.x0, p.x1])).toEqual([[100, 110], [110, 115], [115, 130]]);
});

test('a kilogram is four kilometres by car, or two months of a tree', () => {
    expect(equivalents(1000).car_km).toBeCloseTo(4.095, 2);
    expect(equivalents(1000).tree_months).toBeCloseTo(2, 6);
});
