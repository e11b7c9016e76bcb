// SPDX-License-Identifier: Apache-2.0
// What the timeline draws from what it has loaded.
import { describe, expect, it } from 'vitest';
import { energyModel, hatchesOf, intensityModel, joulesAt, powerModel, totalModel } from '../../src/run/models';
import { rowsOf } from '../../src/run/pieces';
import { choose, spanOf } from '../../src/run/series';
import { channelLabel, energy } from '../../src/run/texts';
import { region, series } from './fixture';

const whole = { t0: 0, t1: 4 };

describe('the series that is drawn', () => {
    const all = series([[1, 2, 3, 4]]);
    const fine = { ...series([[2, 2, 3, 3]], undefined, 0.5), t_s: [1.25, 1.75, 2.25, 2.75] };
    it('is the fine one where it covers what is zoomed into', () => {
        expect(choose(all, fine, { t0: 1, t1: 3 })).toBe(fine);
        expect(choose(all, fine, null)).toBe(all);
        expect(choose(all, fine, { t0: 0, t1: 2 })).toBe(all);
        expect(choose(all, null, { t0: 1, t1: 3 })).toBe(all);
        expect(choose(fine, all, { t0: 1, t1: 3 })).toBe(fine);
    });
    it('knows its time', () => expect(spanOf(fine)).toEqual({ t0: 1, t1: 3 }));
    it('goes on with the energy from where its window begins', () => {
        expect(joulesAt(all, 'run_w', 0)).toBe(0);
        expect(joulesAt(all, 'run_w', 1.5)).toBe(2);
        expect(joulesAt(all, 'run_w', 99)).toBe(10);
        expect(energyModel(fine, all, whole).lines[1]!.y).toEqual([2, 3, 4.5, 6]);
        expect(energyModel(all, all, whole).lines[1]!.y).toEqual([1, 3, 6, 10]);
    });
});

describe('the charts', () => {
    const two = series([[1, 2], [3, null]], [[10, 20], [30, 40]]);
    two.channels[1]!.method = 'modelled';
    it('have a line for each channel, with its band, and marked where it is modelled', () => {
        const { lines } = powerModel(two, whole, false, []);
        expect(lines.map((l) => [l.label, l.estimated, l.min !== undefined, l.y])).toEqual([['CPU 0', false, true, [10, 20]], ['CPU 1', true, true, [30, 40]]]);
        expect(lines[0]!.dash).not.toEqual(lines[1]!.dash);
    });
    it('show the share of the run without a band', () => {
        const { lines } = powerModel(two, whole, true, []);
        expect(lines.map((l) => [l.min, l.y])).toEqual([[undefined, [1, 2]], [undefined, [3, null]]]);
    });
    it('reach over the whole run, whatever is loaded', () => expect(powerModel(two, whole, false, [])).toMatchObject({ x0: 0, x1: 4 }));
    it('have no sum where a part is missing, and say so', () => {
        expect(totalModel(two, whole, []).lines[1]!.y).toEqual([4, null]);
        expect(hatchesOf(series([[1, null]]))).toHaveLength(1);
    });
    it('have no intensity where none is known', () => {
        expect(intensityModel({ ...two, g_per_kwh: [null, null] }, whole)).toBeNull();
        const { g_per_kwh, ...none } = two;
        expect(g_per_kwh).toHaveLength(2);
        expect(intensityModel(none, whole)).toBeNull();
        expect(intensityModel(two, whole)!.lines[0]!.step).toBe(true);
    });
});

describe('the ribbon', () => {
    it('has a row for each level, and idle time last', () => {
        const rows = rowsOf([region('epoch', 0, 4, { index: 3 }), region('region', 1, 2, { name: 'a' }), region('region', 1.5, 1, { name: 'b' })], [{ t0: 2, t1: 3, joules: 1 }], whole);
        expect(rows.map((r) => r.pieces.length)).toEqual([1, 1, 1, 1]);
        expect(rows[0]!.pieces[0]).toMatchObject({ x0: 0, x1: 4, kind: 'odd', label: '3' });
        expect(rows[3]!.pieces[0]).toMatchObject({ x0: 2, x1: 3, kind: 'idle' });
        expect(new Set(rows.map((r) => r.name)).size).toBe(4);
    });
    it('is none where nothing was told', () => expect(rowsOf([], [], whole)).toEqual([]));
});

it('numbers a device only among several of its kind', () => {
    const ram = { id: 'ram/0/model', device: 'ram' };
    expect(channelLabel(ram, [ram])).toBe('RAM');
    expect(channelLabel({ id: 'gpu/3/device', device: 'gpu' }, [{ device: 'gpu' }, { device: 'gpu' }])).toBe('GPU 3');
});

it('prints joules where watt-hours would be noughts', () => {
    expect(energy(2e-6)).toBe('2.00\u00a0µJ');
    expect(energy(3600)).toBe('1.00\u00a0Wh');
    expect(energy(0)).toBe('0\u00a0Wh');
    expect(energy(null)).toBe('–');
});
