// SPDX-License-Identifier: Apache-2.0
// The one feed of this page, shared by all that show something of now.
import { batch, signal } from '@preact/signals';
import { follow, type Link } from '../api/events';
import type { Live, Tick } from '../api/types';
import type { Value } from '../charts/model';
import { adopt, append, emptyTrace, fillRun, withTick, type Trace } from './trace';

/** The newest state; null before the first. Held while paused. */
export const live = signal<Live | null>(null);
export const link = signal<Link>('connecting');
export const paused = signal(false);
export const trace = signal<Trace>(emptyTrace());
/** how much of the past is kept, and drawn */
export const window_s = signal(900);

/** As the feed knows it, paused or not. */
let current: Live | null = null;
let kept: Trace = emptyTrace();

function show(): void {
    if (paused.value) return;
    batch(() => {
        live.value = current;
        trace.value = kept;
    });
}

/** Replaces what was kept by what the server knows; what only ticks tell (phases, runs) is taken along. */
export function begin(history: Trace): void {
    kept = adopt(history, kept);
    show();
}

/** Fills in what a run drew before the page was opened. */
export function fill(id: string, start_s: number, step_s: number, watts: readonly Value[]): void {
    kept = fillRun(kept, id, start_s, step_s, watts);
    show();
}

export function pause(on: boolean): void {
    paused.value = on;
    show();
}

function hello(next: Live): void {
    current = next;
    const tick: Tick = {
        seq: next.seq,
        t_ms: next.t_ms,
        p: next.machine.power_w,
        j: next.machine.energy_j,
        g: next.machine.emissions_g,
        w: next.channels.map((channel) => channel.power_w),
        runs: next.runs.map((run) => [run.id, run.power_w, run.run_j, run.emissions_g, run.footprint_j, run.phase, run.epoch, run.step]),
    };
    kept = append(kept, tick, next, window_s.value);
    show();
}

function tick(next: Tick): void {
    // a tick that came before its hello says nothing that could be named
    if (!current || next.w.length !== current.channels.length) return;
    current = withTick(current, next);
    kept = append(kept, next, current, window_s.value);
    show();
}

/** Opens the feed; returns what closes it. */
export function connect(): () => void {
    return follow({ hello, tick, link: (state) => (link.value = state) });
}
