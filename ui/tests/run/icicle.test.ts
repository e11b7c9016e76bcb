// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { find, flat, layout, moduleTree, operatorTree, pathTo, step, type TreeNode } from '../../src/run/icicle';
import { made, operator, record } from './fixture';

function closes(n: TreeNode): void {
    if (n.children.length === 0) return;
    expect(n.children.reduce((a, c) => a + c.joules, 0)).toBeCloseTo(n.joules, 6);
    n.children.forEach(closes);
}
const layer = (name: string, energy_j: number, time_s = energy_j) => ({ name, calls: 1, time_s, energy_j, uncertainty_j: 0.1 });

describe('the tree of operators', () => {
    it('has the energy of the run, and parts that sum to their whole', () => {
        for (const name of ['cnn', 'digits-a']) {
            const r = record(name);
            const tree = operatorTree(r, null)!;
            expect(tree.joules).toBeCloseTo(r.energy.run_j!, 5);
            closes(tree);
            expect(tree.children.map((c) => c.kind)).toContain('outside');
        }
    });
    it('of one direction has only what is told to be of it', () => {
        const tree = operatorTree(record('cnn'), 'backward')!;
        closes(tree);
        expect(flat(layout(tree, null, 9, 0)).filter((c) => c.node.kind === 'operator').every((c) => /backward|autograd/i.test(c.node.name))).toBe(true);
        expect(tree.children.map((c) => c.kind)).toEqual(['device']);
    });
    it('is none without operators', () => {
        expect(operatorTree(record('no-ops'), null)).toBeNull();
        expect(operatorTree(made({ operators: [operator('x', 0)] }), null)).toBeNull();
    });
    it('puts together what is too much to see', () => {
        const operators = Array.from({ length: 200 }, (_, i) => operator(`op${i}`, 200 - i));
        const tree = operatorTree(made({ operators }), null)!;
        closes(tree);
        const leaves = tree.children[0]!.children[0]!.children;
        expect(leaves).toHaveLength(40);
        expect(leaves.at(-1)).toMatchObject({ kind: 'rest', name: '161' });
    });
});

describe('the tree of modules', () => {
    it('nests by paths, the outermost by its type', () => {
        const tree = moduleTree(record('cnn').layers!)!;
        expect(tree.name).toBe('Net');
        closes(tree);
        expect(pathTo(tree, 'features.0.conv').map((n) => n.key)).toEqual(['Net', 'features', 'features.0', 'features.0.conv']);
        expect(tree.children.map((c) => c.kind)).toContain('module');
    });
    it('of the example has one level below Sequential', () => {
        const tree = moduleTree(record('digits-a').layers!)!;
        expect(tree.name).toBe('Sequential');
        expect(tree.children.filter((c) => c.kind === 'module')).toHaveLength(13);
        expect(tree.children.find((c) => c.kind === 'own')).toBeDefined();
    });
    it('gives a module what its parts did not use', () => {
        const tree = moduleTree([layer('a', 10), layer('a.b', 4), layer('a.c', 3)])!;
        expect(tree.children.map((c) => [c.kind, c.joules])).toEqual([['module', 4], ['module', 3], ['own', 3]]);
    });
    it('takes the sum of the parts where they were estimated to more than the whole', () => {
        expect(moduleTree([layer('a', 5), layer('a.b', 4), layer('a.c', 3)])!.joules).toBe(7);
    });
    it('skips levels that were not told', () => {
        expect(pathTo(moduleTree([layer('a', 9), layer('a.b.c', 4)])!, 'a.b.c').map((n) => n.key)).toEqual(['a', 'a.b.c']);
    });
    it('stands side by side without an outermost', () => {
        expect(moduleTree([layer('a', 2), layer('b', 2)])!.kind).toBe('run');
        expect(moduleTree([])).toBeNull();
    });
    it('does not loop on hostile names', () => {
        for (const names of [['.', '..', '...'], ['', '.a'], ['a.', 'a..b'], ['a', 'a.a.a']]) {
            const tree = moduleTree(names.map((n, i) => layer(n, i + 1)));
            if (tree) closes(tree);
        }
    });
});

describe('the layout', () => {
    const tree = operatorTree(record('cnn'), null)!;
    it('covers its parent from left to right', () => {
        const top = layout(tree, null, 9, 0);
        expect([top.x0, top.x1]).toEqual([0, 1]);
        for (const cell of flat(top)) {
            if (cell.children.length === 0 || cell.node.joules === 0) continue;
            expect(cell.children[0]!.x0).toBeCloseTo(cell.x0, 9);
            expect(cell.children.at(-1)!.x1).toBeCloseTo(cell.x1, 9);
        }
    });
    it('widths are energies', () => {
        for (const cell of flat(layout(tree, null, 9, 0))) expect(cell.x1 - cell.x0).toBeCloseTo(cell.node.joules / tree.joules, 9);
    });
    it('zooms to a node, and back where there is none such', () => {
        expect(layout(tree, 'cpu/convolution', 9, 0)).toMatchObject({ x0: 0, x1: 1, node: { name: 'convolution' } });
        expect(layout(tree, 'gone', 9, 0).node.kind).toBe('run');
    });
    it('leaves out what is too thin and too deep', () => {
        expect(flat(layout(tree, null, 9, 0.05)).every((c) => c.x1 - c.x0 >= 0.05)).toBe(true);
        expect(Math.max(...flat(layout(tree, null, 2, 0)).map((c) => c.depth))).toBe(1);
    });
    it('is walked by arrows', () => {
        const top = layout(tree, null, 9, 0);
        const device = step(top, 'ArrowDown')!;
        expect(device.parent).toBe(top);
        expect(step(device, 'ArrowUp')).toBe(top);
        const next = step(device, 'ArrowRight')!;
        expect(step(next, 'ArrowLeft')).toBe(device);
        expect(step(device, 'End')).toBe(top.children.at(-1));
        expect(step(top, 'ArrowUp')).toBeNull();
        expect(step(top, 'x')).toBeNull();
    });
    it('finds', () => expect(find(tree, 'outside')!.kind).toBe('outside'));
});
