// SPDX-License-Identifier: Apache-2.0
// The charts of a run's timeline, from its series.
import type { Series } from '../api/types';
import type { ChartModel, Hatch, Line } from '../charts/model';
import { dashOf, deviceColor } from '../charts/palette';
import { intensity, unitOf, wattHours, watts } from '../format';
import { t } from '../i18n';
import { known, type Maybe } from './record';
import { channelLabel } from './texts';
import { cumulative, gaps, idleSpans, totalOf, type Span } from './timeline';

const frame = (series: Series, whole: Span) => ({ x: series.t_s, xKind: 'elapsed' as const, x0: whole.t0, x1: whole.t1 });

export function powerModel(series: Series, whole: Span, share: boolean, hatches: Hatch[]): ChartModel {
    const seen = new Map<string, number>();
    const there = series.channels.filter((c) => c.in_total);
    const lines = there.map((c): Line => {
        const n = seen.get(c.device) ?? 0;
        seen.set(c.device, n + 1);
        const line: Line = { key: c.id, label: channelLabel(c, there), color: deviceColor(c.device), dash: dashOf(n), y: share ? c.run_w : c.mean_w, estimated: c.method === 'modelled' };
        return share ? line : { ...line, min: c.min_w, max: c.max_w };
    });
    return { ...frame(series, whole), lines, format: (y) => watts(y), unit: unitOf.power, hatches, height: 220 };
}

export function totalModel(series: Series, whole: Span, hatches: Hatch[]): ChartModel {
    const lines: Line[] = [
        { key: 'machine', label: t('live.machineShort'), color: 'none', y: totalOf(series, 'mean_w') },
        { key: 'run', label: t('page.run'), color: 'runs', y: totalOf(series, 'run_w'), width: 2 },
    ];
    return { ...frame(series, whole), lines, format: (y) => watts(y), unit: unitOf.power, hatches, height: 180 };
}

/** Joules since the start of the run: a window that does not begin there goes on from what all of it says. */
export function energyModel(series: Series, all: Series, whole: Span): ChartModel {
    const lines = (['mean_w', 'run_w'] as const).map((what): Line => {
        const own = cumulative(totalOf(series, what), series.step_s);
        const before = series === all ? 0 : joulesAt(all, what, (series.t_s[0] ?? 0) - series.step_s / 2);
        const y = own.map((j) => (known(j) ? j + before : null));
        return what === 'mean_w' ? { key: 'machine', label: t('live.machineShort'), color: 'none', y } : { key: 'run', label: t('page.run'), color: 'runs', y, width: 2 };
    });
    return { ...frame(series, whole), lines, format: (y) => wattHours(y), unit: unitOf.energy, height: 160 };
}

export function joulesAt(all: Series, what: 'mean_w' | 'run_w', at: number): number {
    let sum = 0;
    totalOf(all, what).forEach((w, i) => {
        const from = all.t_s[i]! - all.step_s / 2;
        const part = Math.min(1, Math.max(0, (at - from) / all.step_s));
        sum += known(w) ? w * all.step_s * part : 0;
    });
    return sum;
}

export function intensityModel(series: Series, whole: Span): ChartModel | null {
    const y: Maybe[] = series.g_per_kwh ?? [];
    if (!y.some(known)) return null;
    return {
        ...frame(series, whole), lines: [{ key: 'g', label: t('live.intensity'), color: 'carbon', y: series.t_s.map((_, i) => y[i] ?? null), step: true }],
        format: (v) => intensity(v), unit: () => ({ by: 1, name: '' }), fromZero: true, height: 110,
    };
}

export function hatchesOf(series: Series): Hatch[] {
    return [
        ...gaps(series).map((s) => ({ x0: s.t0, x1: s.t1, label: t('chart.gap') })),
        ...idleSpans(series).map((s) => ({ x0: s.t0, x1: s.t1, label: t('live.partIdle') })),
    ];
}
