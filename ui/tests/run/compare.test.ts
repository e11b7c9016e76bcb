// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { classTable, courseOf, deltaOf, deltaTable, epochAxis, onOneAxis, pareto, paretoLine, parseIds, phaseTable, valueOf } from '../../src/compare/compare';
import { lowerIsBetter, metricNames, numberOf } from '../../src/run/tags';
import { made, record, region, series } from './fixture';

describe('a difference', () => {
    it('is told only where it is larger than its 95 % interval', () => {
        expect(deltaOf({ value: 110, sigma: 3 }, { value: 100, sigma: 4 })).toMatchObject({ delta: 10, relative: 0.1, half95: 9.8, verdict: 'more' });
        expect(deltaOf({ value: 109, sigma: 3 }, { value: 100, sigma: 4 }).verdict).toBe('within');
        expect(deltaOf({ value: 50, sigma: 3 }, { value: 100, sigma: 4 }).verdict).toBe('less');
        expect(deltaOf({ value: 5, sigma: 0 }, { value: 5, sigma: 0 }).verdict).toBe('same');
    });
    it('is not judged where the doubt is not known', () => {
        expect(deltaOf({ value: 5, sigma: null }, { value: 4, sigma: 1 })).toMatchObject({ delta: 1, verdict: 'unknown' });
        expect(deltaOf({ value: null, sigma: 1 }, { value: 4, sigma: 1 })).toMatchObject({ delta: null, verdict: 'unknown' });
        expect(deltaOf({ value: 1, sigma: 1 }, { value: 0, sigma: 1 }).relative).toBeNull();
    });
    it('of real runs', () => {
        const rows = deltaTable([record('digits-a'), record('digits-b'), record('no-ops')]);
        const row = rows.find((r) => r.quantity === 'run_j')!;
        expect(row.values).toHaveLength(3);
        expect(row.values[0]!.delta).toBe(0);
        expect(row.values[1]!.delta).toBeCloseTo(record('digits-b').energy.run_j! - record('digits-a').energy.run_j!, 6);
        expect(rows.find((r) => r.quantity === 'epoch_j')!.values[2]!.value).toBeNull();
        expect(rows.some((r) => r.quantity === 'cost')).toBe(false);
    });
    it('of the mean power is that of the energy that was priced', () => {
        const r = record('digits-a');
        expect(valueOf(r, 'mean_w').value).toBeCloseTo(r.energy.footprint_j! / r.run.duration_s!, 9);
    });
    it('of a part takes the doubt of its whole run too', () => {
        const r = record('digits-a');
        const { run_j, run_uncertainty_j } = r.energy;
        const backward = r.phases.find((p) => p.name === 'backward')!;
        const sigma = phaseTable([r]).find((p) => p.name === 'backward')!.values[0]!.sigma!;
        expect(sigma).toBeCloseTo(Math.hypot(backward.uncertainty_j!, (backward.energy_j! * run_uncertainty_j!) / run_j!), 9);
        expect(sigma).toBeGreaterThan(10 * backward.uncertainty_j!);
    });
    it('by phases and classes', () => {
        const all = [record('digits-a'), record('no-ops')];
        expect(phaseTable(all).find((p) => p.name === 'backward')!.values[1]!.value).toBeNull();
        const classes = classTable(all);
        expect(classes[0]!.name).toBe('convolution');
        expect(classes[0]!.values[0]!.sigma).toBeNull();
    });
});

describe('one axis', () => {
    const regions = [region('epoch', 10, 10, { index: 0 }), region('epoch', 20, 5, { index: 1 })];
    it('of epochs', () => {
        const axis = epochAxis(made({ regions }))!;
        expect([5, 10, 15, 22.5, 30].map(axis)).toEqual([null, 0, 0.5, 1.5, null]);
        expect(epochAxis(record('no-ops'))).toBeNull();
    });
    it('takes a run by its epochs', () => {
        const course = courseOf(made({ regions }), series([Array(30).fill(2)]), 'run_w', 'epoch')!;
        expect(course.x[0]).toBeCloseTo(0.05, 9);
        expect(course.x.at(-1)).toBeCloseTo(1.9, 9);
        expect(course.joules[0]).toBe(22);
        expect(courseOf(record('no-ops'), series([[1]]), 'run_w', 'epoch')).toBeNull();
    });
    it('holds runs of different steps and lengths', () => {
        const long = courseOf(made({}), series([[1, 2, 3, 4]], undefined, 5), 'run_w', 'time');
        const short = courseOf(made({}), series([Array(10).fill(7)], undefined, 0.5), 'run_w', 'time');
        const { x, y } = onOneAxis([long, null, short], 'watts', 40);
        expect(x).toHaveLength(40);
        expect(y[1]).toEqual(Array(40).fill(null));
        expect(y[0]![0]).toBe(1);
        expect(x[13]).toBeCloseTo(5.90625, 9);
        expect(y[0]![13]).toBeCloseTo(1 + (5.90625 - 2.5) / 5, 9);
        expect(y[0]!.at(-1)).toBeCloseTo(4, 1);
        expect(y[2]![0]).toBe(7);
        expect(y[2]!.at(-1)).toBeNull();
    });
    it('keeps a gap', () => {
        const c = courseOf(made({}), series([[1, null, 3]]), 'run_w', 'time');
        expect(onOneAxis([c], 'watts', 3).y[0]).toEqual([1, null, 3]);
    });
    it('is empty of nothing', () => expect(onOneAxis([null], 'watts', 10)).toEqual({ x: [], y: [[]] }));
});

describe('the Pareto line', () => {
    const points = [
        { id: 'a', label: 'a', x: 1, y: 0.9 },
        { id: 'b', label: 'b', x: 2, y: 0.95 },
        { id: 'c', label: 'c', x: 3, y: 0.94 },
        { id: 'd', label: 'd', x: 1, y: 0.8 },
        { id: 'e', label: 'e', x: 4, y: 0.95 },
    ];
    it('goes through those that nobody beats', () => {
        expect(paretoLine(pareto(points, false)).map((p) => p.id)).toEqual(['a', 'b']);
        expect(paretoLine(pareto(points, true)).map((p) => p.id)).toEqual(['d']);
    });
    it('keeps twins', () => {
        const twins = [{ id: 'a', label: '', x: 1, y: 1 }, { id: 'b', label: '', x: 1, y: 1 }];
        expect(pareto(twins, false).every((p) => p.best)).toBe(true);
    });
});

describe('metrics', () => {
    it('are tags that are numbers in two runs', () => {
        expect(metricNames([{ accuracy: '0.9', lr: '1e-3', note: 'x' }, { accuracy: '91.5 %', lr: '5e-4' }, null, { only: '1' }])).toEqual(['accuracy', 'lr']);
        expect(numberOf('91.5 %')).toBe(91.5);
        for (const text of ['', 'NaN', '0x10', '1e999', '3 apples', undefined]) expect(numberOf(text)).toBeNull();
    });
    it('know which way is better', () => {
        expect(['loss', 'val_loss', 'word-error', 'perplexity'].every(lowerIsBetter)).toBe(true);
        expect(['accuracy', 'f1', 'glossary'].some(lowerIsBetter)).toBe(false);
    });
});

it('reads ids from the address', () => {
    expect(parseIds('a,b,,a, c')).toEqual(['a', 'b', 'c']);
    expect(parseIds(null)).toEqual([]);
    expect(parseIds('1,2,3,4,5,6,7,8,9')).toHaveLength(8);
});
