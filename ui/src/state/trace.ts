// SPDX-License-Identifier: Apache-2.0
// The last minutes as columns: history first, then ticks. Pure, so that it can be tested without a server.
import type { History, Live, Tick } from '../api/types';
import { nearest, type Value } from '../charts/model';

export interface RunTrack {
    power: Value[];
    /** J since the run began */
    run_j: Value[];
    footprint_j: Value[];
    emissions_g: Value[];
    phase: (string | null)[];
    epoch: Value[];
}

export interface Trace {
    /** seconds since 1970, ascending */
    t: number[];
    power: Value[];
    energy_j: Value[];
    intensity: Value[];
    channels: Record<string, Value[]>;
    runs: Record<string, RunTrack>;
    /** of the entries that came from history */
    step_s: number;
}

export const emptyTrace = (): Trace => ({ t: [], power: [], energy_j: [], intensity: [], channels: {}, runs: {}, step_s: 1 });

const nothing = (n: number): null[] => new Array<null>(n).fill(null);

function newRun(n: number): RunTrack {
    return { power: nothing(n), run_j: nothing(n), footprint_j: nothing(n), emissions_g: nothing(n), phase: nothing(n), epoch: nothing(n) };
}

function columns(trace: Trace): Value[][] {
    const runs = Object.values(trace.runs).flatMap((run) => [run.power, run.run_j, run.footprint_j, run.emissions_g, run.phase as unknown as Value[], run.epoch]);
    return [trace.power, trace.energy_j, trace.intensity, ...Object.values(trace.channels), ...runs];
}

/** What history knows becomes the beginning of a trace. */
export function fromHistory(history: History): Trace {
    const trace = emptyTrace();
    trace.t = history.t_ms.map((t) => t / 1000);
    trace.step_s = history.step_s ?? 1;
    trace.intensity = history.g_per_kwh.slice();
    const total = history.channels.filter((channel) => channel.in_total);
    trace.power = trace.t.map((_, i) => {
        const known = total.map((channel) => channel.mean_w[i] ?? null).filter((w): w is number => w !== null);
        return known.length ? known.reduce((a, b) => a + b, 0) : null;
    });
    trace.energy_j = nothing(trace.t.length);
    for (const channel of history.channels) trace.channels[channel.id] = channel.mean_w.slice();
    return trace;
}

/** `history` with the ticks of `old` that came after it, and with what `old` knows of runs. */
export function adopt(history: Trace, old: Trace): Trace {
    const end = history.t.at(-1) ?? -Infinity;
    const first = old.t.findIndex((t) => t > end);
    const from = first < 0 ? old.t.length : first;
    const n = history.t.length;
    const join = (a: readonly Value[] | undefined, b: readonly Value[] | undefined): Value[] => [...(a ?? nothing(n)), ...(b?.slice(from) ?? nothing(old.t.length - from))];
    const next: Trace = {
        ...history,
        t: [...history.t, ...old.t.slice(from)],
        power: join(history.power, old.power),
        energy_j: join(history.energy_j, old.energy_j),
        intensity: join(history.intensity, old.intensity),
        channels: {},
        runs: {},
    };
    for (const id of new Set([...Object.keys(history.channels), ...Object.keys(old.channels)])) next.channels[id] = join(history.channels[id], old.channels[id]);
    // a slice of history takes the tick before it, as long as one was near
    const seen = history.t.map((t) => {
        const i = nearest(old.t, t);
        return i >= 0 && Math.abs(old.t[i]! - t) <= 1.5 * Math.max(1, history.step_s) ? i : -1;
    });
    const carry = <T,>(column: readonly (T | null)[]): (T | null)[] => [...seen.map((i) => (i < 0 ? null : (column[i] ?? null))), ...column.slice(from)];
    for (const [id, run] of Object.entries(old.runs)) {
        next.runs[id] = {
            power: carry(run.power), run_j: carry(run.run_j), footprint_j: carry(run.footprint_j), emissions_g: carry(run.emissions_g), phase: carry(run.phase), epoch: carry(run.epoch),
        };
    }
    return next;
}

/** Fills in what a run drew before the page was opened: `watts` are means of slices of `step_s` that begin at `start_s`. */
export function fillRun(trace: Trace, id: string, start_s: number, step_s: number, watts: readonly Value[]): Trace {
    const track = trace.runs[id] ?? newRun(trace.t.length);
    const power = track.power.map((known, i) => known ?? watts[Math.floor((trace.t[i]! - start_s) / step_s)] ?? null);
    return { ...trace, runs: { ...trace.runs, [id]: { ...track, power } } };
}

/** Appends a tick; `live` says which channel each number of it is. Older ones than `keep_s` go; a pause leaves a gap. */
export function append(trace: Trace, tick: Tick, live: Live, keep_s: number): Trace {
    const now = tick.t_ms / 1000;
    const last = trace.t.at(-1);
    if (last !== undefined && now <= last) return trace;
    const next: Trace = { ...trace, channels: { ...trace.channels }, runs: { ...trace.runs } };
    for (const channel of live.channels) next.channels[channel.id] ??= nothing(trace.t.length);
    for (const run of tick.runs) next.runs[run[0]] ??= newRun(trace.t.length);
    const gap = last !== undefined && now - last > Math.max(5, 3 * live.interval_s, 1.5 * trace.step_s);
    const first = next.t.findIndex((t) => t >= now - keep_s);
    const from = first < 0 ? next.t.length : first;
    // new arrays: what is drawn must not change under the hand that draws it
    next.t = next.t.slice(from);
    if (gap) next.t.push((last + now) / 2);
    next.t.push(now);
    const grow = <T,>(column: (T | null)[], value: T | null): (T | null)[] => {
        const grown = column.slice(from);
        if (gap) grown.push(null);
        grown.push(value);
        return grown;
    };
    next.power = grow(trace.power, tick.p);
    next.energy_j = grow(trace.energy_j, tick.j);
    next.intensity = grow(trace.intensity, live.grid?.g_per_kwh ?? null);
    const watts = new Map(live.channels.map((channel, i) => [channel.id, tick.w[i] ?? null]));
    for (const id of Object.keys(next.channels)) next.channels[id] = grow(next.channels[id]!, watts.get(id) ?? null);
    for (const id of Object.keys(next.runs)) {
        const run = tick.runs.find((r) => r[0] === id);
        const track = next.runs[id]!;
        next.runs[id] = {
            power: grow(track.power, run?.[1] ?? null),
            run_j: grow(track.run_j, run?.[2] ?? null),
            emissions_g: grow(track.emissions_g, run?.[3] ?? null),
            footprint_j: grow(track.footprint_j, run?.[4] ?? null),
            phase: grow(track.phase, run?.[5] ?? null),
            epoch: grow(track.epoch, run?.[6] ?? null),
        };
    }
    return next;
}

/** Whether all columns are as long as time; for tests. */
export function sound(trace: Trace): boolean {
    return columns(trace).every((column) => column.length === trace.t.length);
}

/** `live` with what a tick says anew; energies by channel stay as of the last hello. */
export function withTick(live: Live, tick: Tick): Live {
    const runs = new Map(tick.runs.map((run) => [run[0], run]));
    const passed = (tick.t_ms - live.t_ms) / 1000;
    // what the machine used since is what each attached run saw it use
    const used = tick.j !== null && live.machine.energy_j !== null ? tick.j - live.machine.energy_j : null;
    return {
        ...live,
        seq: tick.seq,
        t_ms: tick.t_ms,
        elapsed_s: live.elapsed_s + passed,
        machine: { ...live.machine, power_w: tick.p, energy_j: tick.j, emissions_g: tick.g },
        channels: live.channels.map((channel, i) => ({ ...channel, power_w: tick.w[i] ?? null })),
        runs: live.runs.map((run) => {
            const now = runs.get(run.id);
            if (!now) return run;
            const [, power_w, run_j, emissions_g, footprint_j, phase, epoch, step, plan] = now;
            const [epochs_planned, epoch_nth, projected_j, projected_uncertainty_j, projected_s, projected_emissions_g] = plan ?? [];
            // which device it is on is told now and then; the sum is of now
            const by = run.power_w && power_w !== null ? power_w / run.power_w : 1;
            const devices = Object.fromEntries(Object.entries(run.devices).map(([device, w]) => [device, w === null ? null : w * by]));
            const machine_j = run.machine_j === null || used === null ? run.machine_j : run.machine_j + used;
            return { ...run, devices, machine_j, elapsed_s: run.elapsed_s + passed, power_w, run_j, emissions_g, footprint_j, phase, epoch, step, epochs_planned, epoch_nth, projected_j, projected_uncertainty_j, projected_s, projected_emissions_g };
        }),
    };
}
