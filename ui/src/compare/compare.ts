// SPDX-License-Identifier: Apache-2.0
// Two to eight runs beside each other: whether they differ by more than their doubt, their courses on one axis, and which
// of them nobody beats in both the metric and the energy.
import type { Series } from '../api/types';
import { basisEnergy, known, type Maybe, type RunRecord } from '../run/record';
import { epochSummary, epochsOf } from '../run/epochs';
import { cumulative, totalOf } from '../run/timeline';

export const MOST_RUNS = 8;

export type Quantity = 'footprint_j' | 'run_j' | 'machine_j' | 'emissions_g' | 'duration_s' | 'mean_w' | 'epoch_j' | 'intensity' | 'cost';
export const QUANTITIES: Quantity[] = ['footprint_j', 'run_j', 'machine_j', 'emissions_g', 'duration_s', 'mean_w', 'epoch_j', 'intensity', 'cost'];

export interface Value {
    value: Maybe;
    sigma: Maybe;
}

export function valueOf(record: RunRecord, quantity: Quantity): Value {
    const e = record.energy;
    const s = record.run.duration_s;
    switch (quantity) {
        case 'footprint_j':
            return { value: e.footprint_j, sigma: e.footprint_uncertainty_j ?? null };
        case 'run_j':
            return { value: e.run_j, sigma: e.run_uncertainty_j ?? null };
        case 'machine_j':
            return { value: e.machine_j, sigma: e.uncertainty_j };
        case 'emissions_g':
            return { value: record.carbon.emissions_g, sigma: record.carbon.uncertainty_g };
        case 'duration_s':
            return { value: s, sigma: 0 };
        case 'mean_w': {
            const { joules, sigma } = basisEnergy(record);
            return { value: over(joules, s), sigma: over(sigma, s) };
        }
        case 'epoch_j': {
            const epochs = epochSummary(record);
            const scatter = epochs && epochs.count > 1 ? epochs.joulesScatter / Math.sqrt(epochs.count) : null;
            return { value: epochs?.joules ?? null, sigma: withRun(record, epochs?.joules ?? null, scatter) };
        }
        case 'intensity':
            return { value: record.carbon.intensity_g_per_kwh, sigma: null };
        case 'cost':
            return { value: record.cost?.amount ?? null, sigma: null };
    }
}

// The doubts of phases and epochs are of how a run's energy divides (docs/operators.md). Between runs the doubt of that
// energy itself, common to all parts of one run, comes on top.
function withRun(record: RunRecord, value: Maybe, sigma: Maybe): Maybe {
    const { run_j, run_uncertainty_j } = record.energy;
    if (!known(value) || !known(sigma) || !known(run_j) || run_j <= 0 || !known(run_uncertainty_j)) {
        return null;
    }
    return Math.hypot(sigma, (value * run_uncertainty_j) / run_j);
}

const over = (a: Maybe, b: Maybe): Maybe => (known(a) && known(b) && b > 0 ? a / b : null);

export type Verdict = 'more' | 'less' | 'within' | 'same' | 'unknown';

export interface Delta extends Value {
    delta: Maybe;
    relative: Maybe;
    half95: Maybe;
    verdict: Verdict;
}

// Against the first: larger than the 95 % interval of the difference, taking the two doubts as independent. Runs on one
// machine share part of their doubt, so that this errs towards saying that nothing can be told.
export function deltaOf(value: Value, base: Value): Delta {
    const none = { ...value, delta: null, relative: null, half95: null, verdict: 'unknown' as const };
    if (!known(value.value) || !known(base.value)) {
        return none;
    }
    const delta = value.value - base.value;
    const relative = base.value !== 0 ? delta / Math.abs(base.value) : null;
    if (delta === 0 || !known(value.sigma) || !known(base.sigma)) {
        return { ...none, delta, relative, verdict: delta === 0 ? 'same' : 'unknown' };
    }
    const half95 = 1.96 * Math.hypot(value.sigma, base.sigma);
    const verdict = Math.abs(delta) <= half95 ? 'within' : delta > 0 ? 'more' : 'less';
    return { ...value, delta, relative, half95, verdict };
}

export interface DeltaRow {
    quantity: Quantity;
    values: Delta[]; // the first is what the others are held against
}

export function deltaTable(records: RunRecord[]): DeltaRow[] {
    return QUANTITIES.map((quantity) => {
        const values = records.map((r) => valueOf(r, quantity));
        return { quantity, values: values.map((v) => deltaOf(v, values[0]!)) };
    }).filter((row) => row.values.some((v) => v.value !== null));
}

export interface PartRow {
    name: string;
    values: Delta[];
}

// Phases and classes of operators side by side; a class has no doubt of its own (docs/operators.md).
export function phaseTable(records: RunRecord[]): PartRow[] {
    return partTable(records, (r) => r.phases.map((p) => ({ name: p.name, value: p.energy_j, sigma: withRun(r, p.energy_j, p.uncertainty_j) })));
}

export function classTable(records: RunRecord[]): PartRow[] {
    return partTable(records, (r) => {
        const sums = new Map<string, number>();
        for (const o of r.operators) {
            if (known(o.energy_j)) {
                sums.set(o.class, (sums.get(o.class) ?? 0) + o.energy_j);
            }
        }
        return [...sums].map(([name, value]) => ({ name, value, sigma: null }));
    }).sort((a, b) => largest(b) - largest(a));
}

const largest = (row: PartRow): number => Math.max(...row.values.map((v) => v.value ?? 0));

function partTable(records: RunRecord[], of: (r: RunRecord) => (Value & { name: string })[]): PartRow[] {
    const all = records.map((r) => new Map(of(r).map((v) => [v.name, v])));
    const names = [...new Set(all.flatMap((m) => [...m.keys()]))];
    const none = { value: null, sigma: null };
    return names.map((name) => {
        const values = all.map((m) => m.get(name) ?? none);
        return { name, values: values.map((v) => deltaOf({ value: v.value, sigma: v.sigma }, values[0]!)) };
    });
}

export type Align = 'time' | 'epoch';

// Seconds since the start to epochs that are done: 2.5 is the middle of the third. null: before the first, in between two,
// after the last.
export function epochAxis(record: RunRecord): ((t: number) => Maybe) | null {
    const epochs = epochsOf(record)
        .filter((e) => known(e.start_s) && e.duration_s! > 0)
        .sort((a, b) => a.start_s! - b.start_s!);
    if (epochs.length === 0) {
        return null;
    }
    return (t) => {
        let low = 0;
        let high = epochs.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (epochs[middle]!.start_s! <= t) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        const e = epochs[low]!;
        const inside = (t - e.start_s!) / e.duration_s!;
        return inside < 0 || inside > 1 ? null : low + inside;
    };
}

export interface Course {
    x: number[];
    watts: Maybe[];
    joules: Maybe[];
}

export function courseOf(record: RunRecord, series: Series, what: 'mean_w' | 'run_w', align: Align): Course | null {
    const watts = totalOf(series, what);
    const joules = cumulative(watts, series.step_s);
    if (align === 'time') {
        return { x: series.t_s, watts, joules };
    }
    const axis = epochAxis(record);
    if (axis === null) {
        return null;
    }
    const course: Course = { x: [], watts: [], joules: [] };
    series.t_s.forEach((t, i) => {
        const x = axis(t);
        if (x !== null) {
            course.x.push(x);
            course.watts.push(watts[i]!);
            course.joules.push(joules[i]!);
        }
    });
    return course.x.length > 0 ? course : null;
}

// Courses of different steps on one axis of `count` points: straight from one of their own points to the next, and nothing
// beside a gap or beyond their ends.
export function onOneAxis(courses: (Course | null)[], what: 'watts' | 'joules', count: number, window?: [number, number]): { x: number[]; y: Maybe[][] } {
    const there = courses.filter((c): c is Course => c !== null && c.x.length > 0);
    if (there.length === 0) {
        return { x: [], y: courses.map(() => []) };
    }
    const from = window?.[0] ?? 0;
    const to = window?.[1] ?? Math.max(...there.map((c) => c.x[c.x.length - 1]!));
    const x = Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);
    return { x, y: courses.map((c) => (c === null ? x.map(() => null) : sample(c.x, c[what], x))) };
}

function sample(x: number[], y: Maybe[], at: number[]): Maybe[] {
    const half = x.length > 1 ? (x[x.length - 1]! - x[0]!) / (x.length - 1) / 2 : 0;
    let i = 0;
    return at.map((t) => {
        while (i + 2 < x.length && x[i + 1]! < t) {
            i++;
        }
        const [x0, x1] = [x[i]!, x[Math.min(i + 1, x.length - 1)]!];
        const [y0, y1] = [y[i]!, y[Math.min(i + 1, x.length - 1)]!];
        if (t < x0 || t > x1) {
            return t >= x0 - half && t <= x1 + half ? (t < x0 ? y0 : y1) : null;
        }
        if (!known(y0) || !known(y1)) {
            return t - x0 < x1 - t ? y0 : y1;
        }
        return x1 > x0 ? y0 + ((y1 - y0) * (t - x0)) / (x1 - x0) : y0;
    });
}

export interface Point {
    id: string;
    label: string;
    x: number; // kWh
    y: number; // the metric
}

export interface ParetoPoint extends Point {
    best: boolean; // nobody uses less and is at least as good, or the same and is better
}

export function pareto(points: Point[], lower: boolean): ParetoPoint[] {
    const better = (a: number, b: number): boolean => (lower ? a < b : a > b);
    return points.map((p) => ({
        ...p,
        best: !points.some((q) => q !== p && ((q.x < p.x && !better(p.y, q.y)) || (q.x === p.x && better(q.y, p.y)))),
    }));
}

// The line through the best, by energy.
export const paretoLine = (points: ParetoPoint[]): ParetoPoint[] => points.filter((p) => p.best).sort((a, b) => a.x - b.x || a.y - b.y);

export function parseIds(text: string | null | undefined): string[] {
    return [...new Set((text ?? '').split(',').map((s) => s.trim()).filter((s) => s !== ''))].slice(0, MOST_RUNS);
}
