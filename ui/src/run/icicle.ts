// SPDX-License-Identifier: Apache-2.0
// The icicle: one rectangle a part, its width the energy, its parts below it. Two trees of one run: by device, class and
// operator, which sums to the run's energy; and by the program's modules, which holds only what was used inside of them
// (the record does not say which operators a module called).
import { operatorTable, type Direction, type OpRow } from './operators';
import { known, type Layer, type RunRecord } from './record';

export type TreeKind = 'operators' | 'modules';

// A word of `kind` that the page puts into its language, or a name of the program.
export interface TreeNode {
    key: string;
    name: string;
    kind: 'run' | 'device' | 'class' | 'operator' | 'outside' | 'unattributed' | 'module' | 'own' | 'rest';
    class: string;
    joules: number;
    seconds: number | null;
    calls: number | null;
    confidence: string;
    children: TreeNode[];
}

const node = (kind: TreeNode['kind'], key: string, name: string, joules: number, more: Partial<TreeNode> = {}): TreeNode => ({
    key, name, kind, class: '', joules, seconds: null, calls: null, confidence: '', children: [], ...more,
});

const MOST_CHILDREN = 40;

// Many small parts make rectangles that nobody can see or reach: those behind the largest are one.
function fold(children: TreeNode[], key: string): TreeNode[] {
    const sorted = [...children].sort((a, b) => b.joules - a.joules);
    if (sorted.length <= MOST_CHILDREN) {
        return sorted;
    }
    const rest = sorted.slice(MOST_CHILDREN - 1);
    return [
        ...sorted.slice(0, MOST_CHILDREN - 1),
        node('rest', `${key}/…`, `${rest.length}`, rest.reduce((a, c) => a + c.joules, 0)),
    ];
}

export function operatorTree(record: RunRecord, direction: Direction | null): TreeNode | null {
    const table = operatorTable(record);
    const rows = table.rows.filter((r) => direction === null || (r.kind === 'operator' && r.direction === direction));
    if (!rows.some((r) => r.kind === 'operator' && r.joules > 0)) {
        return null;
    }
    const devices = new Map<string, Map<string, OpRow[]>>();
    for (const row of rows.filter((r) => r.kind === 'operator')) {
        const classes = devices.get(row.device) ?? new Map<string, OpRow[]>();
        classes.set(row.class, [...(classes.get(row.class) ?? []), row]);
        devices.set(row.device, classes);
    }
    const children = [...devices].map(([device, classes]) => {
        const below = [...classes].map(([name, members]) => {
            const key = `${device}/${name}`;
            const leaves = members.map((m) =>
                node('operator', `${key}/${m.name}`, m.names.join(' + '), m.joules,
                        { class: name, seconds: m.seconds, calls: m.calls, confidence: m.confidence }));
            return node('class', key, name, total(leaves), { class: name, children: fold(leaves, key) });
        });
        return node('device', device, device, total(below), { children: fold(below, device) });
    });
    for (const row of rows.filter((r) => r.kind === 'outside' || r.kind === 'unattributed')) {
        children.push(node(row.kind as 'outside' | 'unattributed', row.kind, '', row.joules, { seconds: row.seconds }));
    }
    return node('run', 'run', '', total(children), { children: children.sort((a, b) => b.joules - a.joules) });
}

const total = (nodes: TreeNode[]): number => nodes.reduce((a, n) => a + Math.max(0, n.joules), 0);

// Modules by their dotted paths ("features.0.conv" lies in "features.0"). The outermost module has no path and is told by
// its type; it is the one whose time contains the others. A module that used more than its parts has the rest as its own.
// Parts that were estimated to more than their whole are taken as they are, and the whole is their sum.
export function moduleTree(layers: Layer[]): TreeNode | null {
    const there = layers.filter((l) => known(l.energy_j));
    if (there.length === 0) {
        return null;
    }
    const made = new Map<string, TreeNode>();
    for (const l of there) {
        made.set(l.name, node('module', l.name, l.name, l.energy_j as number, { seconds: l.time_s, calls: l.calls }));
    }
    const root = outermost(there);
    const tops: TreeNode[] = [];
    for (const [name, n] of made) {
        const parent = parentOf(name, made) ?? (root !== null && name !== root ? made.get(root) : undefined);
        (parent ? parent.children : tops).push(n);
    }
    const whole = tops.length === 1 ? tops[0]! : node('run', 'modules', '', 0, { children: tops });
    settle(whole);
    return whole.joules > 0 ? whole : null;
}

function parentOf(name: string, made: Map<string, TreeNode>): TreeNode | undefined {
    for (let at = name.lastIndexOf('.'); at > 0; at = name.lastIndexOf('.', at - 1)) {
        const parent = made.get(name.slice(0, at));
        if (parent) {
            return parent;
        }
    }
    return undefined;
}

// The type's name ("ResNet") of the module that was called from no other: no path begins with it, and it took at least as
// long as all others that have no parent. Without such a one there are several trees side by side.
function outermost(layers: Layer[]): string | null {
    const names = new Set(layers.map((l) => l.name));
    const tops = layers.filter((l) => ![...l.name.matchAll(/\./g)].some((m) => names.has(l.name.slice(0, m.index))));
    const longest = [...tops].sort((a, b) => (b.time_s ?? 0) - (a.time_s ?? 0))[0];
    if (!longest || tops.length < 2 || !/^_*[A-Z]\w*$/.test(longest.name)) {
        return null;
    }
    const others = tops.filter((l) => l !== longest).reduce((a, l) => a + (l.time_s ?? 0), 0);
    return (longest.time_s ?? 0) >= others * 0.999 && !layers.some((l) => l.name.startsWith(`${longest.name}.`))
        ? longest.name
        : null;
}

function settle(n: TreeNode): void {
    if (n.children.length === 0) {
        return;
    }
    n.children.forEach(settle);
    const inner = total(n.children);
    if (n.joules > inner && n.kind === 'module') {
        n.children.push(node('own', `${n.key}/own`, n.name, n.joules - inner));
    } else {
        n.joules = inner;
    }
    n.children = fold(n.children, n.key);
}

export interface Cell {
    node: TreeNode;
    depth: number;
    x0: number; // 0 to 1 of the width
    x1: number;
    parent: Cell | null;
    children: Cell[];
}

// Laid out from `at` (a key; the root where there is none such), at most `depth` levels, without what is thinner than
// `least` of the width. Children share the width of their whole as they share its energy.
export function layout(tree: TreeNode, at: string | null, depth: number, least: number): Cell {
    const top = (at === null ? null : find(tree, at)) ?? tree;
    return place(top, null, 0, 1, depth, least);
}

function place(node: TreeNode, parent: Cell | null, x0: number, x1: number, depth: number, least: number): Cell {
    const cell: Cell = { node, depth: parent ? parent.depth + 1 : 0, x0, x1, parent, children: [] };
    const sum = total(node.children);
    let x = x0;
    for (const child of cell.depth + 1 < depth && sum > 0 ? node.children : []) {
        const width = ((x1 - x0) * Math.max(0, child.joules)) / sum;
        if (width >= least) {
            cell.children.push(place(child, cell, x, x + width, depth, least));
        }
        x += width;
    }
    return cell;
}

export function flat(cell: Cell): Cell[] {
    return [cell, ...cell.children.flatMap(flat)];
}

export function find(tree: TreeNode, key: string): TreeNode | null {
    if (tree.key === key) {
        return tree;
    }
    for (const child of tree.children) {
        const found = find(child, key);
        if (found) {
            return found;
        }
    }
    return null;
}

export function pathTo(tree: TreeNode, key: string): TreeNode[] {
    if (tree.key === key) {
        return [tree];
    }
    for (const child of tree.children) {
        const below = pathTo(child, key);
        if (below.length > 0) {
            return [tree, ...below];
        }
    }
    return [];
}

// Where an arrow key goes; null: nowhere.
export function step(cell: Cell, key: string): Cell | null {
    const siblings = cell.parent?.children ?? [cell];
    const i = siblings.indexOf(cell);
    switch (key) {
        case 'ArrowLeft':
            return siblings[i - 1] ?? null;
        case 'ArrowRight':
            return siblings[i + 1] ?? null;
        case 'ArrowUp':
            return cell.parent;
        case 'ArrowDown':
            return cell.children[0] ?? null;
        case 'Home':
            return siblings[0] ?? null;
        case 'End':
            return siblings[siblings.length - 1] ?? null;
        default:
            return null;
    }
}
