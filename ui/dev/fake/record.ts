// SPDX-License-Identifier: Apache-2.0
// The record and the series of one made-up run.
import { doing } from './machine';
import { storedRuns } from './stored';
import type { World } from './world';

/** What `runs/ID` answers; null when there is no such run, 'denied' when it is somebody else's. */
export function record(world: World, id: string): object | 'denied' | null {
    const all = storedRuns(world);
    const line = id === 'last' ? all[0] : all.find((run) => run.id.startsWith(id) || run.name === id);
    if (!line) return null;
    if (!line.mine) return 'denied';
    const { machine_j, run_j, footprint_j, uncertainty_j, mean_w, basis, emissions_g, emissions_uncertainty_g, intensity_g_per_kwh, zone, coverage, mine, user, ...run } = line;
    void [mean_w, mine, user];
    return {
        schema: 1, run,
        energy: { machine_j, run_j, footprint_j, idle_j: (machine_j ?? 0) - (run_j ?? 0), others_j: 0, unattributed_j: 0, uncertainty_j, measured_j: machine_j, modelled_j: 0, coverage, total: 'sensors', channels: [] },
        carbon: { emissions_g, uncertainty_g: emissions_uncertainty_g, intensity_g_per_kwh, basis, zone, zone_name: 'South Korea', pue: 1, segments: [], steps: [], credits: [], former: [], marginal: null },
        cost: null, work: null, regions: [], region_totals: [], phases: [], layers: [], operators: [], self: { cpu_s: 0.1, energy_j: null, max_rss_bytes: 7958528, events_dropped: 0 }, hardware: { cpu: 'AMD EPYC 9554', sockets: 2, gpus: [] }, warnings: [],
    };
}

export function series(world: World, id: string, query: URLSearchParams): object | null {
    const line = storedRuns(world).find((run) => run.id.startsWith(id));
    if (!line) return null;
    const t0 = Number(query.get('t0') ?? 0);
    const t1 = Number(query.get('t1') ?? line.duration_s ?? 1);
    const px = Math.min(4000, Math.max(16, Number(query.get('px') ?? 600)));
    const step_s = Math.max(0.1, (t1 - t0) / px);
    const t_s: number[] = [];
    for (let t = t0 + step_s / 2; t < t1; t += step_s) t_s.push(t);
    const device = (name: 'gpu' | 'cpu', idle: number, busy: number) => {
        const run_w = t_s.map((t) => busy * doing(t)[name]);
        return {
            id: `${name}/0/${name === 'gpu' ? 'device' : 'package'}`, device: name, name, source: name === 'gpu' ? 'nvml' : 'rapl-perf', method: 'counter', in_total: true,
            mean_w: run_w.map((w) => w + idle), min_w: run_w.map((w) => w + idle * 0.9), max_w: run_w.map((w) => w * 1.05 + idle), run_w, energy_j: run_w.reduce((a, w) => a + (w + idle) * step_s, 0),
        };
    };
    return { schema: 1, step_s, level: 'seconds', t_s, channels: [device('gpu', 550, 4500), device('cpu', 190, 290)], g_per_kwh: t_s.map(() => line.intensity_g_per_kwh) };
}
