// SPDX-License-Identifier: Apache-2.0
// The table of operators. Operators whose power cannot be told apart are one row: its energy and doubt are those of their
// sum, which was measured (docs/operators.md). What no operator used is two further rows, so that the table sums to the
// run's energy.
import { known, type Maybe, type Operator, type RunRecord } from './record';

export type Direction = 'forward' | 'backward' | 'optimise' | 'data';
export type RowKind = 'operator' | 'outside' | 'unattributed' | 'class';

export interface OpRow {
    key: string;
    kind: RowKind;
    name: string;
    names: string[]; // of a merged row: all
    class: string;
    device: string;
    direction: Direction | null;
    calls: Maybe;
    seconds: Maybe;
    joules: number;
    sigma: Maybe;
    perCall: Maybe;
    share: Maybe;
    shareHalf95: Maybe;
    confidence: string;
    members?: OpRow[];
}

const ENGINE = 'autograd::engine::evaluate_function: ';

export const shortName = (name: string): string => (name.startsWith(ENGINE) ? name.slice(ENGINE.length) : name);

// By the name alone, as PyTorch names them: only what is certain. A kernel or an operator that both directions call
// (aten::mm, aten::add) tells nothing.
export function directionOf(name: string, opClass: string): Direction | null {
    const s = shortName(name);
    if (s.startsWith('Optimizer.') || opClass === 'optimizer') {
        return 'optimise';
    }
    if (s.startsWith('enumerate(Data') || opClass === 'data') {
        return 'data';
    }
    if (/backward/i.test(s) || s.startsWith('torch::autograd::') || name.startsWith(ENGINE)) {
        return 'backward';
    }
    return FORWARD_ONLY.test(s) ? 'forward' : null;
}

// Operators that have another name for their backward pass, so that under this one they are the forward pass.
const FORWARD_ONLY = /^aten::(_?conv|(mkldnn|cudnn)_conv|linear|addmm|[rgs]e?i?lu|_?(log_)?softmax|dropout|(_|native_)?(batch|layer|group)_norm|(adaptive_)?(max|avg)_pool|embedding|nll_loss|cross_entropy|scaled_dot)/;

export const rowDirection = (operators: Operator[]): Direction | null => {
    const all = new Set(operators.map((o) => directionOf(o.name, o.class)));
    return all.size === 1 ? [...all][0]! : null;
};

function groupOf(operators: Operator[]): Operator[][] {
    const at = new Map(operators.map((o) => [`${o.device}\n${o.name}`, o]));
    const done = new Set<Operator>();
    const groups: Operator[][] = [];
    for (const o of operators) {
        if (done.has(o)) {
            continue;
        }
        const group = [o, ...o.merged_with.map((name) => at.get(`${o.device}\n${name}`)).filter((m): m is Operator => !!m)];
        const fresh = [...new Set(group)].filter((m) => !done.has(m));
        fresh.forEach((m) => done.add(m));
        groups.push(fresh);
    }
    return groups;
}

const sum = (values: Maybe[]): Maybe => {
    const there = values.filter(known);
    return there.length > 0 ? there.reduce((a, b) => a + b, 0) : null;
};

const WORST = ['low', 'medium', 'high'];

function rowOf(group: Operator[], whole: Maybe): OpRow {
    const sorted = [...group].sort((a, b) => (b.energy_j ?? 0) - (a.energy_j ?? 0));
    const first = sorted[0]!;
    const joules = sum(sorted.map((o) => o.energy_j)) ?? 0;
    const calls = sorted.length === 1 ? first.calls : sum(sorted.map((o) => o.calls));
    const sigma = sorted.length > 1 ? sorted.map((o) => o.merged_uncertainty_j ?? null).find(known) ?? null : first.uncertainty_j;
    const confidence = WORST.find((word) => sorted.some((o) => o.confidence === word)) ?? first.confidence;
    return finish({
        key: `${first.device}\n${first.name}`, kind: 'operator', name: shortName(first.name),
        names: sorted.map((o) => shortName(o.name)), class: first.class, device: first.device,
        direction: rowDirection(sorted), calls, seconds: sum(sorted.map((o) => o.time_s)), joules, sigma, confidence,
    }, whole);
}

type Bare = Omit<OpRow, 'perCall' | 'share' | 'shareHalf95'>;

// What is hardly known is not exact: no doubt of 0 beside a figure of low confidence.
function finish(row: Bare, whole: Maybe): OpRow {
    const told = known(row.sigma) && (row.sigma > 0 || row.confidence !== 'low') ? row.sigma : null;
    const of = known(whole) && whole > 0 ? whole : null;
    return {
        ...row,
        sigma: told,
        perCall: known(row.calls) && row.calls > 0 ? row.joules / row.calls : null,
        share: of === null ? null : row.joules / of,
        shareHalf95: of === null || told === null ? null : (1.96 * told) / of,
    };
}

export interface OpTable {
    rows: OpRow[];
    whole: Maybe;
    devices: string[];
    directions: Direction[];
    coverage: Maybe; // of the run's energy, what operators have
}

export function operatorTable(record: RunRecord): OpTable {
    const work = record.work;
    const ops = sum(record.operators.map((o) => o.energy_j));
    const whole = sum([ops, work?.outside_j ?? null, work?.unattributed_j ?? null]);
    const rows = groupOf(record.operators).map((g) => rowOf(g, whole));
    rows.sort((a, b) => b.joules - a.joules);
    if (rows.length > 0 && work) {
        if (known(work.outside_j)) {
            rows.push(extra('outside', work.outside_j, work.outside_s, work.outside_uncertainty_j, whole));
        }
        if (known(work.unattributed_j)) {
            rows.push(extra('unattributed', work.unattributed_j, null, null, whole));
        }
    }
    const told = new Set(rows.map((r) => r.direction).filter((d): d is Direction => d !== null));
    return {
        rows,
        whole,
        devices: [...new Set(record.operators.map((o) => o.device))],
        directions: (['forward', 'backward', 'optimise', 'data'] as const).filter((d) => told.has(d)),
        coverage: known(ops) && known(whole) && whole > 0 ? ops / whole : null,
    };
}

function extra(kind: RowKind, joules: number, seconds: Maybe, sigma: Maybe, whole: Maybe): OpRow {
    return finish({ key: kind, kind, name: '', names: [], class: '', device: '', direction: null, calls: null, seconds, joules,
                                    sigma, confidence: '' }, whole);
}

export type SortKey = 'name' | 'class' | 'device' | 'calls' | 'seconds' | 'joules' | 'perCall' | 'share' | 'confidence';

const LAST: RowKind[] = ['outside', 'unattributed']; // others: -1

// The two rows that are no operator stay last, whatever the order.
export function sortRows(rows: OpRow[], key: SortKey, down: boolean): OpRow[] {
    const side = down ? -1 : 1;
    const value = (row: OpRow): string | number | null =>
        key === 'confidence' ? (WORST.indexOf(row.confidence) < 0 ? null : WORST.indexOf(row.confidence)) : row[key];
    return [...rows].sort((a, b) => {
        const last = LAST.indexOf(a.kind) - LAST.indexOf(b.kind);
        if (last !== 0) {
            return last;
        }
        const x = value(a);
        const y = value(b);
        if (x === null || y === null) {
            return Number(x === null) - Number(y === null); // what is not known comes last either way
        }
        return side * (typeof x === 'string' ? x.localeCompare(y as string) : x - (y as number));
    });
}

export interface OpFilter {
    text: string;
    direction: Direction | null;
    device: string | null;
}

export function filterRows(rows: OpRow[], filter: OpFilter): OpRow[] {
    const words = filter.text.toLowerCase().split(/\s+/).filter((w) => w !== '');
    return rows.filter((row) => {
        if (row.kind !== 'operator') {
            return words.length === 0 && filter.direction === null && filter.device === null;
        }
        const text = [row.class, row.device, ...row.names].join(' ').toLowerCase();
        return (
            words.every((word) => text.includes(word)) &&
            (filter.direction === null || row.direction === filter.direction) &&
            (filter.device === null || row.device === filter.device)
        );
    });
}

// Rows of one class under a row with their sum. Operators are not independent, so the sum has no doubt of its own; a class
// of nothing but low figures is as rough as they are.
export function groupRows(rows: OpRow[], whole: Maybe): OpRow[] {
    const classes = new Map<string, OpRow[]>();
    for (const row of rows.filter((r) => r.kind === 'operator')) {
        classes.set(row.class, [...(classes.get(row.class) ?? []), row]);
    }
    const heads = [...classes].map(([name, members]) =>
        finish({
            key: `class\n${name}`, kind: 'class', name, names: [name], class: name, device: '', direction: null,
            calls: sum(members.map((m) => m.calls)), seconds: sum(members.map((m) => m.seconds)),
            joules: members.reduce((a, m) => a + m.joules, 0), sigma: null,
            confidence: members.every((m) => m.confidence === 'low') ? 'low' : '', members,
        }, whole));
    return [...heads, ...rows.filter((r) => r.kind !== 'operator')];
}

// One digit, for what is hardly known.
export function rough(value: number): number {
    if (!(value > 0) || !Number.isFinite(value)) {
        return value;
    }
    const power = 10 ** Math.floor(Math.log10(value));
    return Number((Math.round(value / power) * power).toPrecision(1));
}
