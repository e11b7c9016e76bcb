// SPDX-License-Identifier: Apache-2.0
// Records of real trainings (tests/fixtures), and series made up to fit.
import { readFileSync } from 'node:fs';
import type { Series } from '../../src/api/types';
import type { Maybe, Operator, Region, RunRecord } from '../../src/run/record';

export const record = (name: string): RunRecord =>
    JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as RunRecord;

export function series(run: Maybe[][], mean: Maybe[][] = run, step = 1): Series {
    return {
        schema: 1,
        step_s: step,
        level: 'seconds',
        t_s: run[0]!.map((_, i) => (i + 0.5) * step),
        channels: run.map((run_w, i) => ({
            id: `cpu/${i}/package`, device: 'cpu', name: null, source: 'rapl-perf', method: 'counter', in_total: true,
            mean_w: mean[i]!, min_w: mean[i]!, max_w: mean[i]!, run_w, energy_j: null,
        })),
        g_per_kwh: run[0]!.map(() => 400),
    };
}

export const region = (kind: string, start_s: number, duration_s: number, more: Partial<Region> = {}): Region => ({
    id: 1, parent: 0, kind, name: kind, index: null, start_s, duration_s, energy_j: 1, uncertainty_j: 0.1, emissions_g: null, ...more,
});

export const operator = (name: string, energy_j: number, more: Partial<Operator> = {}): Operator => ({
    name, class: 'other', device: 'cpu', calls: 10, time_s: 1, energy_j, uncertainty_j: 0.1, confidence: 'high', merged_with: [],
    merged_uncertainty_j: null, ...more,
});

export function made(more: Partial<RunRecord>): RunRecord {
    return { ...record('no-ops'), ...more };
}
