// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { directionOf, filterRows, groupRows, operatorTable, rough, sortRows } from '../../src/run/operators';
import { made, operator, record } from './fixture';

const none = { text: '', direction: null, device: null };

describe('the table of operators', () => {
    for (const name of ['cnn', 'digits-a', 'digits-b']) {
        it(`sums to the energy of the run (${name})`, () => {
            const r = record(name);
            const table = operatorTable(r);
            expect(table.rows.reduce((a, row) => a + row.joules, 0)).toBeCloseTo(r.energy.run_j!, 5);
            expect(table.rows.reduce((a, row) => a + row.share!, 0)).toBeCloseTo(1, 9);
            expect(table.rows.reduce((a, row) => a + row.names.length, 0)).toBe(r.operators.length);
            expect(table.rows.slice(-2).map((row) => row.kind)).toEqual(['outside', 'unattributed']);
        });
    }
    it('merges what cannot be told apart into one row with the doubt of the sum', () => {
        const operators = [
            operator('aten::a', 3, { merged_with: ['aten::b'], merged_uncertainty_j: 0.5, uncertainty_j: 2 }),
            operator('aten::c', 2),
            operator('aten::b', 1, { merged_with: ['aten::a'], merged_uncertainty_j: 0.5, confidence: 'low' }),
            operator('aten::b', 7, { device: 'cuda:0' }),
        ];
        const { rows } = operatorTable(made({ operators }));
        expect(rows.map((r) => r.names)).toEqual([['aten::b'], ['aten::a', 'aten::b'], ['aten::c']]);
        expect(rows[1]).toMatchObject({ joules: 4, sigma: 0.5, confidence: 'low', calls: 20, device: 'cpu' });
    });
    it('gives 95 % of the whole', () => {
        const { rows } = operatorTable(made({ operators: [operator('x', 10, { uncertainty_j: 1 })] }));
        expect(rows[0]!.shareHalf95).toBeCloseTo(0.196, 9);
    });
    it('does not call exact what is hardly known', () => {
        const { rows } = operatorTable(made({ operators: [operator('x', 10, { uncertainty_j: 0, confidence: 'low' })] }));
        expect(rows[0]!.sigma).toBeNull();
    });
    it('is empty where no operators are', () => expect(operatorTable(record('no-ops')).rows).toEqual([]));
    it('shows energy that operators take from negative or missing figures as it is', () => {
        const { rows } = operatorTable(made({ operators: [operator('x', 0, { energy_j: null, calls: null })] }));
        expect(rows[0]).toMatchObject({ joules: 0, perCall: null });
    });
});

describe('sorting, searching, grouping', () => {
    const table = operatorTable(record('cnn'));
    it('keeps outside and unattributed last', () => {
        for (const down of [true, false]) {
            expect(sortRows(table.rows, 'joules', down).slice(-2).map((r) => r.kind)).toEqual(['outside', 'unattributed']);
        }
    });
    it('sorts either way', () => {
        const up = sortRows(table.rows, 'calls', false).filter((r) => r.kind === 'operator').map((r) => r.calls!);
        expect(up).toEqual([...up].sort((a, b) => a - b));
        const names = sortRows(table.rows, 'name', true).filter((r) => r.kind === 'operator').map((r) => r.name);
        expect(names).toEqual([...names].sort((a, b) => b.localeCompare(a)));
    });
    it('sorts confidence by how good it is', () => {
        const words = sortRows(table.rows, 'confidence', true).filter((r) => r.kind === 'operator').map((r) => r.confidence);
        expect([...new Set(words)]).toEqual(['high', 'medium', 'low'].filter((w) => words.includes(w)));
    });
    it('finds by every word, in members too', () => {
        const found = filterRows(table.rows, { ...none, text: 'CONV backward' });
        expect(found.length).toBeGreaterThan(0);
        expect(found.every((r) => /conv/i.test([r.class, ...r.names].join()) && /backward/i.test(r.names.join()))).toBe(true);
        expect(filterRows(table.rows, none)).toHaveLength(table.rows.length);
        expect(filterRows(table.rows, { ...none, text: 'no such thing' })).toEqual([]);
    });
    it('groups by class without losing a joule', () => {
        const groups = groupRows(table.rows, table.whole);
        expect(groups.reduce((a, r) => a + r.joules, 0)).toBeCloseTo(table.whole!, 6);
        expect(groups.find((r) => r.name === 'convolution')!.members!.length).toBeGreaterThan(1);
        expect(groups.every((r) => r.kind !== 'class' || r.sigma === null)).toBe(true);
    });
});

describe('the direction', () => {
    it('is told only by names that say it', () => {
        expect(directionOf('aten::convolution_backward', 'convolution')).toBe('backward');
        expect(directionOf('autograd::engine::evaluate_function: MmBackward0', 'matmul')).toBe('backward');
        expect(directionOf('Optimizer.step#SGD.step', 'optimizer')).toBe('optimise');
        expect(directionOf('aten::conv2d', 'convolution')).toBe('forward');
        for (const name of ['aten::relu_', 'aten::gelu', 'aten::silu', 'aten::native_layer_norm', 'aten::_softmax', 'aten::max_pool2d_with_indices']) expect(directionOf(name, '')).toBe('forward');
        for (const name of ['aten::linalg_vector_norm', 'aten::copy_', 'aten::mul']) expect(directionOf(name, '')).toBeNull();
        expect(directionOf('aten::mm', 'matmul')).toBeNull();
        expect(directionOf('aten::add_', 'elementwise')).toBeNull();
        expect(directionOf('enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__', 'data')).toBe('data');
    });
    it('filters the rows', () => {
        const table = operatorTable(record('cnn'));
        expect(table.directions).toContain('backward');
        const rows = filterRows(table.rows, { ...none, direction: 'backward' });
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.every((r) => r.direction === 'backward')).toBe(true);
    });
});

it('rounds to one digit what is hardly known', () => {
    expect([0.0234, 19.6, 950, 0, 1].map(rough)).toEqual([0.02, 20, 1000, 0, 1]);
});
