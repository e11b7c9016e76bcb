// SPDX-License-Identifier: Apache-2.0
// From the trace to the charts of the live page.
import type { Channel, Live } from '../api/types';
import type { ChartModel, Line, Value } from '../charts/model';
import { dashOf, deviceColor } from '../charts/palette';
import { intensity, unitOf, wattHours, watts } from '../format';
import type { Trace } from '../state/trace';

export type By = 'device' | 'channel';

const shared = (trace: Trace, span_s: number) => {
    const x1 = trace.t.at(-1) ?? 0;
    // a meter that has just begun is not shown as a quarter of an hour of nothing
    const begun = trace.t[trace.power.findIndex((w) => w !== null)] ?? x1;
    const x0 = Math.min(x1 - Math.min(60, span_s), Math.max(x1 - span_s, begun));
    return { x: trace.t, xKind: 'time' as const, x0, x1 };
};

/** The sum of columns; null where all are. */
export function sum(columns: readonly (readonly Value[])[], n: number): Value[] {
    return Array.from({ length: n }, (_, i) => {
        let all: Value = null;
        for (const column of columns) {
            const value = column[i] ?? null;
            if (value !== null) all = (all ?? 0) + value;
        }
        return all;
    });
}

export interface Words {
    device: (device: string) => string;
    run: string;
    machine: string;
    limit: string;
}

const total = (live: Live): Channel[] => live.channels.filter((channel) => channel.in_total);

/** gpu/3/device is "GPU 3" */
export function channelLabel(channel: Pick<Channel, 'id' | 'device' | 'unit'>, siblings: readonly Pick<Channel, 'device'>[], words: Words): string {
    const many = siblings.filter((other) => other.device === channel.device).length > 1;
    return many && channel.unit !== null ? `${words.device(channel.device)} ${channel.unit}` : words.device(channel.device);
}

export function powerModel(live: Live, trace: Trace, span_s: number, by: By, run: string | null, words: Words): ChartModel {
    const n = trace.t.length;
    const channels = total(live);
    const lines: Line[] = [];
    const nothing = new Array<null>(n).fill(null);
    if (by === 'channel') {
        const seen = new Map<string, number>();
        for (const channel of channels) {
            const nth = seen.get(channel.device) ?? 0;
            seen.set(channel.device, nth + 1);
            lines.push({
                key: channel.id, label: channelLabel(channel, channels, words), color: deviceColor(channel.device), y: trace.channels[channel.id] ?? nothing, dash: dashOf(nth),
                estimated: channel.method === 'modelled',
            });
        }
    } else {
        for (const device of new Set(channels.map((channel) => channel.device))) {
            const own = channels.filter((channel) => channel.device === device);
            lines.push({
                key: device, label: words.device(device) + (own.length > 1 ? ` ×${own.length}` : ''), color: deviceColor(device),
                y: sum(own.map((channel) => trace.channels[channel.id] ?? nothing), n), estimated: own.every((channel) => channel.method === 'modelled'),
            });
        }
    }
    const limits = new Map<string, number>();
    for (const channel of channels) {
        if (channel.limit_w === null) continue;
        if (by === 'device' && channels.some((other) => other.device === channel.device && other.limit_w === null)) continue;
        const key = by === 'device' ? channel.device : `${channel.device} ${channel.limit_w}`;
        limits.set(key, by === 'device' ? (limits.get(key) ?? 0) + channel.limit_w : channel.limit_w);
    }
    const highest = lines.reduce((most, line) => line.y.reduce<number>((m, y) => (y !== null && y > m ? y : m), most), 0);
    for (const [key, limit] of limits) {
        // a limit far above what is drawn would press the lines to the floor
        if (limit > 1.6 * highest) continue;
        const device = key.split(' ')[0]!;
        lines.push({ key: device, label: `${words.device(device)} ${words.limit}`, color: deviceColor(device), y: trace.t.map(() => limit), limit: true });
    }
    const track = run === null ? undefined : trace.runs[run];
    // beside single channels a whole run is a giant
    if (track && by === 'device') lines.push({ key: 'run', label: words.run, color: 'run', y: track.power, width: 2 });
    return { ...shared(trace, span_s), lines, format: watts, unit: unitOf.power, height: 240 };
}

/** Joules since the left edge: power times the time since the sample before; over a gap it does not grow, and shows it. */
export function integrate(t: readonly number[], power: readonly Value[], from_s: number): Value[] {
    let all = 0;
    let started = false;
    return power.map((watts_now, i) => {
        if (t[i]! < from_s) return null;
        const before = i > 0 ? t[i - 1]! : t[i]!;
        if (watts_now === null || watts_now === undefined) return null;
        if (started) all += watts_now * Math.max(0, t[i]! - Math.max(before, from_s));
        started = true;
        return all;
    });
}

export function energyModel(trace: Trace, span_s: number, run: string | null, words: Words): ChartModel {
    const common = shared(trace, span_s);
    const lines: Line[] = [{ key: 'machine', label: words.machine, color: 'runs', y: integrate(trace.t, trace.power, common.x0) }];
    const track = run === null ? undefined : trace.runs[run];
    if (track) lines.push({ key: 'run', label: words.run, color: 'run', y: integrate(trace.t, track.power, common.x0), width: 2 });
    return { ...common, lines, format: wattHours, unit: unitOf.energy, height: 150 };
}

export function intensityModel(trace: Trace, span_s: number, label: string, estimated: boolean): ChartModel {
    return {
        ...shared(trace, span_s),
        lines: [{ key: 'carbon', label, color: 'carbon', y: trace.intensity, step: true, estimated }],
        format: intensity,
        unit: () => ({ by: 1, name: '' }),
        height: 120,
    };
}
