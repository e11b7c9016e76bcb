// SPDX-License-Identifier: Apache-2.0
// Epochs and phases of a record as the page shows them.
import { known, type Maybe, type Region, type RunRecord } from './record';
import { deviation, mean, trend, type Trend } from './stats';

export interface EpochBar {
    label: string;
    first: number;
    last: number;
    count: number;
    seconds: number; // means, where neighbours share a bar
    joules: number;
    sigma: Maybe;
    grams: Maybe;
}

export interface EpochSummary {
    count: number;
    joules: number;
    joulesScatter: number;
    seconds: number;
    secondsScatter: number;
    trend: Trend | null;
    guessed: boolean;
}

export const epochsOf = (record: RunRecord): Region[] =>
    record.regions.filter((r) => r.kind === 'epoch' && known(r.energy_j) && known(r.duration_s));

export function epochSummary(record: RunRecord): EpochSummary | null {
    const epochs = epochsOf(record);
    if (epochs.length === 0) {
        return null;
    }
    const joules = epochs.map((r) => r.energy_j as number);
    const seconds = epochs.map((r) => r.duration_s as number);
    return {
        count: epochs.length,
        joules: mean(joules),
        joulesScatter: deviation(joules),
        seconds: mean(seconds),
        secondsScatter: deviation(seconds),
        trend: trend(joules, epochs.map((r) => r.uncertainty_j)),
        guessed: epochs.some((r) => r.guessed === true),
    };
}

// At most `most` bars. Errors of neighbours are of one kind and do not average out, so that their mean is taken.
export function epochBars(record: RunRecord, most = 160): EpochBar[] {
    const epochs = epochsOf(record);
    const each = Math.max(1, Math.ceil(epochs.length / most));
    const bars: EpochBar[] = [];
    for (let i = 0; i < epochs.length; i += each) {
        const group = epochs.slice(i, i + each);
        const number = (at: number): number => group[at]!.index ?? i + at;
        const first = number(0);
        const last = number(group.length - 1);
        bars.push({
            label: first === last ? `${first}` : `${first}–${last}`,
            first,
            last,
            count: group.length,
            seconds: mean(group.map((r) => r.duration_s as number)),
            joules: mean(group.map((r) => r.energy_j as number)),
            sigma: meanOf(group.map((r) => r.uncertainty_j)),
            grams: meanOf(group.map((r) => r.emissions_g)),
        });
    }
    return bars;
}

function meanOf(values: Maybe[]): Maybe {
    const there = values.filter(known);
    return there.length > 0 ? mean(there) : null;
}

// What part of the whole, and its doubt; null where the whole is nothing.
export function share(part: Maybe, whole: Maybe): Maybe {
    return known(part) && known(whole) && whole > 0 ? part / whole : null;
}

// Round numbers for an axis from 0: at most `most` steps of 1, 2 or 5 times a power of ten.
export function ticks(top: number, most = 5): number[] {
    if (!(top > 0) || !Number.isFinite(top)) {
        return [0];
    }
    const rough = top / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * (1 - 1e-9))!;
    const found: number[] = [];
    for (let i = 0; i * step <= top * (1 + 1e-9) || found.length < 2; i++) {
        found.push(i * step);
    }
    if (found[found.length - 1]! < top * (1 - 1e-9)) {
        found.push(found.length * step);
    }
    return found;
}
