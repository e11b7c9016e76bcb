// SPDX-License-Identifier: Apache-2.0
// Asks the server for the past that the charts of the live page begin with.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api } from '../api/client';
import type { LiveRun, Region } from '../api/types';
import { sum } from './charts';
import { epochSpans, type EpochSpan } from './ribbon';
import { begin, fill, link, live, window_s } from '../state/live';
import { fromHistory } from '../state/trace';

/** Epochs that a run had told before the page was opened, by its record. */
export const told = signal<{ id: string; spans: EpochSpan[] } | null>(null);

/** Slices to ask for: what a screen is wide. */
const SLICES = 600;
/** Beyond this the ticks are too many to be kept all, and the slices are asked for again now and then. */
export const LONG_S = 3600;

async function load(span_s: number, run: LiveRun | null, abort: AbortSignal): Promise<void> {
    const t1 = live.peek()?.t_ms ?? Date.now();
    try {
        begin(fromHistory(await api.history({ t0: Math.round(t1 - span_s * 1000), t1, px: SLICES }, abort)));
    } catch {
        // the charts begin with now; what is wrong with the server the banner says
        return;
    }
    if (!run || (!run.mine && !live.peek()?.viewer.all)) return;
    const started = Date.parse(run.started) / 1000;
    const age = t1 / 1000 - started;
    try {
        const series = await api.series(run.id, { t0: Math.max(0, age - span_s), t1: age, px: SLICES }, abort);
        const first = (series.t_s[0] ?? 0) - series.step_s / 2;
        const counted = series.channels.filter((channel) => channel.in_total);
        fill(run.id, started + first, series.step_s, sum(counted.map((channel) => channel.run_w), series.t_s.length));
    } catch {
        // a run that has only just begun, or is kept elsewhere
    }
    try {
        const { regions } = await api.run<{ regions?: Region[] | null }>(run.id, abort);
        told.value = { id: run.id, spans: epochSpans(regions ?? [], started) };
    } catch {
        // what is told from now on is drawn all the same
    }
}

/** Loads for the span and the run that are looked at: at first, when one changes, and when a lost connection is back. */
export function useHistory(span_s: number, run: LiveRun | null): void {
    const there = live.value !== null;
    const up = link.value === 'open' || link.value === 'polling';
    useEffect(() => {
        window_s.value = span_s;
        if (!there || !up) return undefined;
        const abort = new AbortController();
        void load(span_s, run, abort.signal);
        const timer = span_s > LONG_S ? setInterval(() => void load(span_s, run, abort.signal), 60_000) : undefined;
        return () => {
            clearInterval(timer);
            abort.abort();
        };
    }, [span_s, run?.id, there, up]);
}
