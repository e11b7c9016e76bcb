// SPDX-License-Identifier: Apache-2.0
// Records of real trainings (tests/fixtures) behind their names, and what the runs of a made-up GPU server would have told:
// the CNN's record, made as large as the run.
import { readFileSync } from 'node:fs';
import type { RunLine, Series } from '../../src/api/types';
import type { Channel, RunRecord } from '../../src/run/record';

const FILES = ['digits-a', 'digits-b', 'cnn', 'no-ops', 'modelled', 'failed', 'killed'];
const fixtures = process.env.FAKE_FIXTURES ?? `${process.cwd()}/tests/fixtures`;

function read(file: string): RunRecord {
    return JSON.parse(readFileSync(`${fixtures}/${file}.json`, 'utf8')) as RunRecord;
}

/** Of a real training by its name or id; null where there is none. */
export function trained(id: string): RunRecord | null {
    if (FILES.includes(id)) return read(id);
    const found = FILES.map(read).find((r) => r.run.id === id || r.run.name === id);
    return found ?? null;
}

const times = (x: number | null | undefined, by: number): number | null => (typeof x === 'number' ? Number((x * by).toFixed(6)) : null);

function channels(line: RunLine): Channel[] {
    const of = (id: string, device: string, name: string, part: number, source: string, method = 'counter'): Channel => ({
        id, device, name, energy_j: times(line.machine_j, part), run_j: times(line.run_j, part), idle_j: times(line.machine_j, part * 0.14), others_j: 0, unattributed_j: times(line.machine_j, part * 0.01),
        footprint_j: times(line.footprint_j, part), uncertainty_j: times(line.machine_j, part * 0.03), run_uncertainty_j: times(line.run_j, part * 0.04), method, source, in_total: true, parent: null,
        twin_of: null, update_period_s: source === 'nvml' ? 0.1 : 0.001, coverage: 0.998, idle_source: 'measured', flags: id === 'gpu/3/device' ? ['gap'] : [], note: null,
    });
    return [
        ...Array.from({ length: 8 }, (_, i) => of(`gpu/${i}/device`, 'gpu', 'NVIDIA H100 80GB HBM3', 0.1075, 'nvml')),
        ...Array.from({ length: 2 }, (_, i) => of(`cpu/${i}/package`, 'cpu', 'AMD EPYC 9554', 0.05, 'rapl-perf')),
        of('ram/0/model', 'ram', 'DDR5, 24 modules', 0.04, 'ram-model', 'modelled'),
        { ...of('cpu/0/core', 'cpu', 'AMD EPYC 9554', 0.03, 'rapl-perf'), in_total: false, parent: 'cpu/0/package' },
    ];
}

/** A record of the size of `line`, with phases, epochs, layers and operators. */
export function grown(line: RunLine): RunRecord {
    const r = read('cnn');
    const by = (line.run_j ?? 0) / (r.energy.run_j ?? 1);
    const slow = (line.duration_s ?? 1) / (r.run.duration_s ?? 1);
    const energy = <T extends { energy_j: number | null; uncertainty_j: number | null }>(x: T): T => ({ ...x, energy_j: times(x.energy_j, by), uncertainty_j: times(x.uncertainty_j, by) });
    const { machine_j, run_j, footprint_j, uncertainty_j, basis, emissions_g, emissions_uncertainty_g, intensity_g_per_kwh, zone, coverage } = line;
    const { mean_w, mine, user, ...head } = line;
    void [mean_w, mine, user];
    const all = channels(line);
    const modelled = all.filter((c) => c.in_total && c.method === 'modelled').reduce((a, c) => a + (c.energy_j ?? 0), 0);
    const idle = ((machine_j ?? 0) - (run_j ?? 0)) * 0.9;
    const half = new Date(Date.parse(line.started) + (line.duration_s ?? 0) * 500).toISOString();
    const running = line.status === 'running';
    return {
        ...r,
        run: { ...r.run, ...Object.fromEntries(Object.entries(head).filter(([key]) => key in r.run)) } as RunRecord['run'],
        energy: {
            machine_j, run_j, footprint_j, idle_j: idle, others_j: ((machine_j ?? 0) - (run_j ?? 0)) * 0.06, unattributed_j: ((machine_j ?? 0) - (run_j ?? 0)) * 0.04, uncertainty_j, coverage,
            run_uncertainty_j: times(run_j, 0.04), footprint_uncertainty_j: uncertainty_j, measured_j: (machine_j ?? 0) - modelled, modelled_j: modelled, wall: null, channels: all,
        },
        carbon: {
            ...r.carbon, emissions_g, uncertainty_g: emissions_uncertainty_g, intensity_g_per_kwh, basis, zone, zone_name: 'South Korea', embodied_g: times(emissions_g, 0.12), pue: 1.1,
            segments: [
                { start: line.started, end: half, g_per_kwh: times(intensity_g_per_kwh, 1.04), uncertainty_g_per_kwh: 41, source: 'electricitymaps', factor: 'lifecycle', estimated: false, live: true, age_s: 320, energy_j: times(footprint_j, 0.52), emissions_g: times(emissions_g, 0.54) },
                { start: half, end: line.ended, g_per_kwh: times(intensity_g_per_kwh, 0.96), uncertainty_g_per_kwh: 46, source: 'electricitymaps', factor: 'lifecycle', estimated: true, live: true, age_s: 1820, energy_j: times(footprint_j, 0.48), emissions_g: times(emissions_g, 0.46) },
            ],
            steps: [], credits: ['Electricity Maps, ODbL'],
            former: [{ until: half, emissions_g: times(emissions_g, 1.08), uncertainty_g: times(emissions_uncertainty_g, 2), intensity_g_per_kwh: 451, source: 'ember-yearly-2025', reason: 'a live figure has come' }],
        },
        cost: { amount: ((footprint_j ?? 0) / 3.6e6) * 142, currency: 'KRW', per_kwh: 142, coverage: 1 },
        work: running ? null : { ...r.work!, outside_j: times(r.work!.outside_j, by), unattributed_j: times(r.work!.unattributed_j, by), outside_uncertainty_j: times(r.work!.outside_uncertainty_j, by), outside_s: times(r.work!.outside_s, slow), steps: 7040, steps_caught: 1408, slowdown: 0.004, slowdown_uncertainty: 0.002, sources: ['pytorch', 'cupti', 'layers'] },
        regions: running ? [] : r.regions.map((x) => ({ ...energy(x), start_s: times(x.start_s, slow), duration_s: times(x.duration_s, slow), emissions_g: times(emissions_g, (x.energy_j ?? 0) / (r.energy.run_j ?? 1)) })),
        region_totals: running ? [] : (r.region_totals ?? []).map((x) => ({ ...energy(x), time_s: times(x.time_s, slow) })),
        phases: running ? [] : r.phases.map((x) => ({ ...energy(x), duration_s: times(x.duration_s, slow) })),
        layers: running ? [] : (r.layers ?? []).map((x) => ({ ...energy(x), time_s: times(x.time_s, slow) })),
        operators: running ? [] : r.operators.map((x, i) => ({ ...energy(x), time_s: times(x.time_s, slow), calls: Math.round((x.calls ?? 0) * 88), merged_uncertainty_j: times(x.merged_uncertainty_j, by), device: i % 5 === 4 ? 'cpu' : 'cuda:0' })),
        self: { cpu_s: 0.0021 * (line.duration_s ?? 0), energy_j: 1480, max_rss_bytes: 9437184, events_dropped: 0 },
        hardware: { cpu: 'AMD EPYC 9554 64-Core Processor', sockets: 2, cores: 128, threads: 256, virtual: false, container: false, ram_bytes: 1.61e12, gpus: Array.from({ length: 8 }, () => ({ name: 'NVIDIA H100 80GB HBM3' })), board: null, nvidia_driver: '550.54.15' },
        warnings: ['gpu/3/device: no readings for 1.2 s; a gap of 0.1 % of the run was filled by its neighbours'],
    };
}

/** Busy in epochs, idle where a region says "checkpoint", with a gap in the middle. */
export function seriesOf(r: RunRecord, query: URLSearchParams): Series {
    const length = r.run.duration_s ?? 1;
    const t0 = Number(query.get('t0') ?? 0);
    const t1 = Number(query.get('t1') ?? length);
    const px = Math.min(4000, Math.max(16, Number(query.get('px') ?? 600)));
    const step_s = Math.max(length > 100 ? 1 : 0.05, (t1 - t0) / px);
    const t_s: number[] = [];
    for (let t = t0 + step_s / 2; t < t1; t += step_s) t_s.push(t);
    const epochs = r.regions.filter((x) => x.kind === 'epoch');
    const rests = r.regions.filter((x) => x.name === 'checkpoint');
    const inside = (all: typeof epochs, t: number) => all.some((x) => t >= x.start_s! && t < x.start_s! + x.duration_s!);
    const wave = (t: number, i: number) => 0.5 * Math.sin(t * 7.3 + i * 1.7) * Math.sin(t * 0.9 + i);
    const busy = (t: number) => (inside(rests, t) ? 0.01 : epochs.length === 0 || inside(epochs, t) ? 1 : 0.25);
    const shape = t_s.map(busy);
    const level = Array.from({ length: 500 }, (_, i) => busy((length * i) / 500)).reduce((a, b) => a + b, 0) / 500;
    const gap = (t: number) => t > length * 0.61 && t < length * 0.63;
    const there = r.energy.channels.filter((c) => c.in_total && c.energy_j !== null);
    return {
        schema: 1, step_s, level: 'seconds', t_s,
        channels: there.map((c, i) => {
            const run = (c.run_j ?? 0) / length;
            const idle = Math.max(0, (c.energy_j ?? 0) / length - run);
            const run_w = t_s.map((t, k) => (gap(t) && i === 3 ? null : Math.max(0, run * (shape[k]! / level) * (1 + 0.15 * wave(t, i)))));
            const mean_w = run_w.map((w, k) => (w === null ? null : w + idle * (1 + 0.02 * wave(t_s[k]!, i + 5))));
            return {
                id: c.id, device: c.device, name: c.name, source: c.source, method: c.method, in_total: true, mean_w, min_w: mean_w.map((w) => times(w, 0.93)), max_w: mean_w.map((w) => times(w, 1.06)),
                run_w, energy_j: mean_w.reduce<number>((a, w) => a + (w ?? 0) * step_s, 0),
            };
        }),
        g_per_kwh: t_s.map((t) => times(r.carbon.intensity_g_per_kwh, t < length / 2 ? 1.04 : 0.96)),
    };
}
