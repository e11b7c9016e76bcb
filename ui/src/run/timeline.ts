// SPDX-License-Identifier: Apache-2.0
// The time of one run: windows, sums over channels, gaps, and which region was open when. Seconds since the run's start.
import type { Series } from '../api/types';
import { known, type Maybe, type Region } from './record';

export interface Span {
    t0: number;
    t1: number;
}

// A sum with a part missing is not the sum: where a channel is not known the total is not known.
export function totalOf(series: Series, what: 'mean_w' | 'run_w'): Maybe[] {
    const there = series.channels.filter((c) => c.in_total);
    return series.t_s.map((_, i) => {
        let sum = 0;
        for (const c of there) {
            const value = c[what]?.[i];
            if (!known(value)) {
                return null;
            }
            sum += value;
        }
        return there.length > 0 ? sum : null;
    });
}

// Joules up to the end of each slice; null before anything is known. A gap keeps what was there: the line goes on level.
export function cumulative(watts: Maybe[], step: number): Maybe[] {
    let sum: Maybe = null;
    return watts.map((w) => {
        if (known(w)) {
            sum = (sum ?? 0) + w * step;
            return sum;
        }
        return null;
    });
}

// The window that the slices are of, and a zoom that asks for more than a few of them is worth asking anew.
export function needsFiner(loaded: Span, step: number, wanted: Span, px: number): boolean {
    const covered = wanted.t0 >= loaded.t0 - step && wanted.t1 <= loaded.t1 + step;
    const slices = (wanted.t1 - wanted.t0) / step;
    return !covered || slices < px / 3;
}

export function clampSpan(span: Span, whole: Span, least: number): Span {
    const length = Math.min(Math.max(span.t1 - span.t0, least), whole.t1 - whole.t0);
    const t0 = Math.min(Math.max(span.t0, whole.t0), whole.t1 - length);
    return { t0, t1: t0 + length };
}

export interface Idle extends Span {
    joules: Maybe; // what the machine used meanwhile
}

const IDLE_SHARE = 0.05;
const IDLE_SLICES = 2;

// Times in which the run did next to nothing: its share of the power is below 5 % of what it is when busy (the 90th
// percentile), for two slices or more. Where nothing is known is no idle time but a gap.
export function idleSpans(series: Series): Idle[] {
    const run = totalOf(series, 'run_w');
    const machine = totalOf(series, 'mean_w');
    const sorted = run.filter(known).sort((a, b) => a - b);
    const busy = sorted[Math.floor(sorted.length * 0.9)] ?? 0;
    if (!(busy > 0)) {
        return [];
    }
    return spansWhere(run.map((w) => known(w) && w < IDLE_SHARE * busy), IDLE_SLICES).map(([from, to]) => {
        const there = machine.slice(from, to);
        const joules = there.every(known) ? (there as number[]).reduce((a, w) => a + w * series.step_s, 0) : null;
        return { ...spanOf(series, from, to), joules };
    });
}

// Where some channel of the total is not known.
export function gaps(series: Series): Span[] {
    const total = totalOf(series, 'mean_w');
    return spansWhere(total.map((w) => w === null), 1).map(([from, to]) => spanOf(series, from, to));
}

const spanOf = (series: Series, from: number, to: number): Span => ({
    t0: series.t_s[from]! - series.step_s / 2,
    t1: series.t_s[to - 1]! + series.step_s / 2,
});

function spansWhere(is: boolean[], least: number): [number, number][] {
    const found: [number, number][] = [];
    for (let i = 0; i < is.length; i++) {
        if (!is[i]) {
            continue;
        }
        let end = i;
        while (end < is.length && is[end]) {
            end++;
        }
        if (end - i >= least) {
            found.push([i, end]);
        }
        i = end;
    }
    return found;
}

export interface Block {
    x: number; // of the window, 0 to 1
    width: number;
    level: number; // how many of its own lane contain it
    label: string;
    kind: string;
    count: number; // regions that are too narrow to be told apart are one block
    region: Region;
}

export interface Lane {
    kind: string;
    levels: number;
    blocks: Block[];
}

const LANES = ['epoch', 'phase', 'step', 'region'];
const MOST_LEVELS = 3;

// A lane for each kind that was told, outer regions above inner ones, what is narrower than `least` of the window put
// together with its neighbours.
export function ribbon(regions: Region[], window: Span, least: number): Lane[] {
    const length = window.t1 - window.t0;
    return LANES.flatMap((kind) => {
        const open: { end: number; level: number }[] = [];
        const blocks: Block[] = [];
        const last: (Block | undefined)[] = [];
        let levels = 1;
        const here = regions
            .filter((r) => r.kind === kind && known(r.start_s) && known(r.duration_s))
            .sort((a, b) => a.start_s! - b.start_s! || b.duration_s! - a.duration_s!);
        for (const region of here) {
            const start = region.start_s!;
            const end = start + region.duration_s!;
            while (open.length > 0 && open[open.length - 1]!.end <= start + 1e-9) {
                open.pop();
            }
            const level = open.length;
            open.push({ end, level });
            if (level >= MOST_LEVELS || end <= window.t0 || start >= window.t1) {
                continue;
            }
            levels = Math.max(levels, level + 1);
            const x = Math.max(0, (start - window.t0) / length);
            const width = Math.min(1, (end - window.t0) / length) - x;
            const before = last[level];
            if (width < least && before && before.width < 2 * least && x - before.x - before.width < least) {
                before.width = x + width - before.x;
                before.count++;
                continue;
            }
            const block = { x, width, level, label: labelOf(region), kind, count: 1, region };
            last[level] = block;
            blocks.push(block);
        }
        return blocks.length > 0 ? [{ kind, levels, blocks }] : [];
    });
}

export const labelOf = (region: Region): string =>
    region.kind === 'epoch' || region.kind === 'step'
        ? region.index === null ? region.name : `${region.index}`
        : region.index === null ? region.name : `${region.name} ${region.index}`;
