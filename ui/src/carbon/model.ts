// SPDX-License-Identifier: Apache-2.0
// The chart of the carbon page: what was, measured and estimated, and what is foretold.
import type { Grid, GridPoint } from '../api/types';
import { ESTIMATED } from '../charts/palette';
import { splitEstimated, type ChartModel, type Line, type Value } from '../charts/model';
import { intensity } from '../format';

export interface Words {
    measured: string;
    estimated: string;
    forecast: string;
    yearly: string;
}

/** Points on one axis; where two do not touch a gap is put between. */
export function steps(points: readonly GridPoint[]): { t: number[]; y: Value[]; estimated: boolean[] } {
    const t: number[] = [];
    const y: Value[] = [];
    const estimated: boolean[] = [];
    const put = (at: number, value: Value, guess: boolean) => {
        t.push(at);
        y.push(value);
        estimated.push(guess);
    };
    points.forEach((point, i) => {
        put(point.start_ms / 1000, point.g_per_kwh, point.estimated ?? false);
        const next = points[i + 1];
        if (next && next.start_ms <= point.end_ms + 1000) return;
        put(point.end_ms / 1000, point.g_per_kwh, point.estimated ?? false);
        if (next) put(point.end_ms / 1000 + 0.001, null, point.estimated ?? false);
    });
    return { t, y, estimated };
}

/** `hours` of the past and all of the forecast. null when there is nothing at all. */
export function carbonModel(grid: Grid, hours: number, now_ms: number, words: Words): ChartModel | null {
    const from = now_ms - hours * 3_600_000;
    const past = steps(grid.history.filter((point) => point.end_ms > from));
    const ahead = steps(grid.forecast.filter((point) => point.end_ms > now_ms));
    if (past.t.length + ahead.t.length === 0) return null;
    const x = [...new Set([...past.t, ...ahead.t])].sort((a, b) => a - b);
    const place = (t: readonly number[], values: readonly Value[]): Value[] => {
        const known = new Map(t.map((at, i) => [at, values[i] ?? null]));
        return x.map((at) => known.get(at) ?? null);
    };
    const { sure, guess } = splitEstimated(past.y, past.estimated);
    const lines: Line[] = [];
    if (sure.some((y) => y !== null)) lines.push({ key: 'measured', label: words.measured, color: 'runs', y: place(past.t, sure), step: true, width: 2 });
    if (guess.some((y) => y !== null)) lines.push({ key: 'estimated', label: words.estimated, color: 'runs', y: place(past.t, guess), step: true, dash: ESTIMATED, width: 2 });
    if (ahead.t.length) lines.push({ key: 'forecast', label: words.forecast, color: 'runs', y: place(ahead.t, ahead.y), step: true, dash: [6, 4], width: 2 });
    const yearly = grid.yearly?.g_per_kwh;
    if (yearly !== null && yearly !== undefined) lines.push({ key: 'yearly', label: words.yearly, color: 'none', y: x.map(() => yearly), limit: true });
    const best = grid.greenest;
    return {
        x, xKind: 'time', lines, format: intensity, unit: () => ({ by: 1, name: '' }), height: 260,
        hatches: best ? [{ x0: best.start_ms / 1000, x1: best.start_ms / 1000 + best.length_s }] : [],
    };
}
