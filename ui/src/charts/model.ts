// SPDX-License-Identifier: Apache-2.0
// What a chart shows, apart from how it is drawn: so that its table, its legend and its tests need no canvas.
import type { Unit } from '../format';

export type Value = number | null;

export interface Line {
    /** names the line in the URL; the same in all charts of a page */
    key: string;
    label: string;
    /** a colour of theme.css without the dashes: cpu, gpu, run, ... */
    color: string;
    /** as long as x; null is a gap and drawn as one */
    y: readonly Value[];
    /** the band between the smallest and the largest within a slice */
    min?: readonly Value[];
    max?: readonly Value[];
    dash?: readonly number[];
    /** dotted, and marked "est." */
    estimated?: boolean;
    /** drawn as steps: a value holds until the next */
    step?: boolean;
    /** a limit: thin and dashed, no value at the end, not in the table of a cursor */
    limit?: boolean;
    width?: number;
}

export interface Hatch {
    x0: number;
    x1: number;
    label?: string;
}

export interface ChartModel {
    /** ascending; seconds since 1970, seconds since the start, or plain numbers */
    x: readonly number[];
    xKind: 'time' | 'elapsed' | 'number';
    lines: readonly Line[];
    /** full text of a value, with unit */
    format: (y: number | null) => string;
    /** the unit of the axis, for the values along it: chosen by the largest, so that ticks are round in it */
    unit: (values: readonly number[]) => Unit;
    /** what is shown when nobody has zoomed; default all of x */
    x0?: number;
    x1?: number;
    /** y starts at 0 (default true) */
    fromZero?: boolean;
    hatches?: readonly Hatch[];
    height?: number;
}

/** Index of the entry of ascending `x` that is nearest to `at`; -1 when x is empty. */
export function nearest(x: readonly number[], at: number): number {
    if (x.length === 0) return -1;
    let low = 0;
    let high = x.length - 1;
    while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (x[middle]! <= at) low = middle;
        else high = middle;
    }
    return Math.abs(x[low]! - at) <= Math.abs(x[high]! - at) ? low : high;
}

/** Where texts that want to stand at `wanted` can stand, `height` apart and between `top` and `bottom`. Order is kept. */
export function spread(wanted: readonly number[], height: number, top: number, bottom: number): number[] {
    const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
    const at = wanted.slice();
    let floor = top;
    for (const i of order) {
        at[i] = Math.max(at[i]!, floor);
        floor = at[i]! + height;
    }
    let ceiling = bottom;
    for (const i of order.slice().reverse()) {
        at[i] = Math.min(at[i]!, ceiling);
        ceiling = at[i]! - height;
    }
    return at;
}

export interface Span {
    x0: number;
    x1: number;
}

/** Distances of ticks that are round in `by`, ascending. */
export function increments(by: number): number[] {
    const found: number[] = [];
    for (let power = -6; power <= 9; power++) for (const step of [1, 2, 5]) found.push(Number(`${step}e${power}`) * by);
    return found;
}

/** Steps of a time axis, in seconds. */
export const TIME_STEPS: readonly number[] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 345600, 604800, 2419200,
];

/** Multiples of `step` between two moments, as a clock that is `ahead_s` ahead of UTC counts them. */
export function timeTicks(x0: number, x1: number, step: number, ahead_s: number): number[] {
    const found: number[] = [];
    for (let n = Math.ceil((x0 + ahead_s) / step); n * step - ahead_s <= x1; n++) found.push(Number((n * step - ahead_s).toFixed(3)));
    return found;
}

/** The texts along an axis: bare numbers, and the unit at the last. */
export function axisTexts(values: readonly number[], unit: Unit): string[] {
    return values.map((value, i) => {
        const text = String(Number((value / unit.by).toPrecision(6)));
        return i === values.length - 1 && unit.name ? `${text} ${unit.name}` : text;
    });
}

/** A span moved or scaled, kept inside `all`; null when it would show all of it. */
export function clampSpan(x0: number, x1: number, all: Span, least = 0): Span | null {
    const whole = all.x1 - all.x0;
    let width = Math.max(x1 - x0, least);
    if (!(whole > 0) || width >= whole) return null;
    width = Math.min(width, whole);
    const from = Math.min(Math.max(x0, all.x0), all.x1 - width);
    return { x0: from, x1: from + width };
}

/** Which of `lines` is alone after `key` was pressed: null is all. */
export function isolate(alone: string | null, key: string): string | null {
    return alone === key ? null : key;
}

/** Splits values into those that are estimated and those that are not; they share the point where one becomes the other. */
export function splitEstimated(y: readonly Value[], estimated: readonly boolean[]): { sure: Value[]; guess: Value[] } {
    const sure: Value[] = y.map((value, i) => (estimated[i] ? null : value));
    const guess: Value[] = y.map((value, i) => (estimated[i] || (i > 0 && estimated[i - 1]) || estimated[i + 1] ? value : null));
    for (let i = 0; i < y.length; i++) if (!estimated[i] && !estimated[i - 1] && !estimated[i + 1]) guess[i] = null;
    return { sure, guess };
}

/** `columns` of a table of at most `most` rows; `every` is the thinning. */
export function thin<T>(rows: readonly T[], most: number): { rows: T[]; every: number } {
    const every = Math.max(1, Math.ceil(rows.length / most));
    return { rows: rows.filter((_, i) => i % every === 0), every };
}
