// SPDX-License-Identifier: Apache-2.0
// The table of runs, apart from how it looks: sorting, what a live feed knows better, CSV.
import type { LiveRun, RunLine } from '../api/types';
import type { Cell } from '../export/csv';

export function basisOf(run: RunLine): number | null {
    return run.basis === 'machine' ? run.machine_j : run.basis === 'run' ? run.run_j : run.footprint_j;
}

type Value = string | number | null;
const VALUES: Record<string, (run: RunLine) => Value> = {
    name: (run) => run.name ?? run.id,
    started: (run) => run.started,
    duration: (run) => run.duration_s,
    energy: basisOf,
    emissions: (run) => run.emissions_g,
    power: (run) => run.mean_w,
    intensity: (run) => run.intensity_g_per_kwh,
    status: (run) => run.status,
    host: (run) => run.host,
    project: (run) => run.project,
};
export const SORTS = Object.keys(VALUES);

/** `KEY` or `-KEY`; what is not known comes last either way. An unknown key leaves the order as it is. */
export function sorted(runs: readonly RunLine[], sort: string): RunLine[] {
    const down = sort.startsWith('-');
    const value = VALUES[down ? sort.slice(1) : sort];
    if (!value) return runs.slice();
    return runs.slice().sort((a, b) => {
        const x = value(a);
        const y = value(b);
        if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
        const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
        return down ? -order : order;
    });
}

/** Lines of runs that are attached, with what the feed says of them now. */
export function withLive(runs: readonly RunLine[], attached: readonly LiveRun[]): RunLine[] {
    const now = new Map(attached.map((run) => [run.id, run]));
    return runs.map((run) => {
        const live = now.get(run.id);
        if (!live) return run;
        const { run_j, footprint_j, machine_j, uncertainty_j, emissions_g, emissions_uncertainty_g } = live;
        return {
            ...run, status: 'running', duration_s: live.elapsed_s, run_j, footprint_j, machine_j, uncertainty_j, emissions_g, emissions_uncertainty_g,
            mean_w: run_j !== null && live.elapsed_s > 0 ? run_j / live.elapsed_s : null,
        };
    });
}

/** `lr=0.1` as the API wants it; null for what is none. */
export function tagOf(text: string): string | null {
    const trimmed = text.trim();
    return /^[^=\s][^=]*=./.test(trimmed) ? trimmed : null;
}

/** Ids of the URL, without doubles, at most `most`. */
export function idsOf(text: string | undefined, most = 8): string[] {
    return [...new Set((text ?? '').split(',').filter(Boolean))].slice(0, most);
}

export function runsCsv(runs: readonly RunLine[]): Cell[][] {
    const tags = [...new Set(runs.flatMap((run) => Object.keys(run.tags ?? {})))].sort();
    const head = [
        'id', 'name', 'project', 'user', 'host', 'command', 'started', 'duration_s', 'status', 'basis', 'machine_j', 'run_j', 'footprint_j', 'uncertainty_j', 'mean_w', 'emissions_g',
        'emissions_uncertainty_g', 'intensity_g_per_kwh', 'zone', 'coverage', ...tags.map((tag) => `tag.${tag}`),
    ];
    return [
        head,
        ...runs.map((run): Cell[] => [
            run.id, run.name, run.project, run.user, run.host, run.command?.join(' '), run.started, run.duration_s, run.status, run.basis, run.machine_j, run.run_j, run.footprint_j,
            run.uncertainty_j, run.mean_w, run.emissions_g, run.emissions_uncertainty_g, run.intensity_g_per_kwh, run.zone, run.coverage, ...tags.map((tag) => run.tags?.[tag]),
        ]),
    ];
}
