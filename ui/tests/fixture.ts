// SPDX-License-Identifier: Apache-2.0
import type { Channel, Live, LiveRun, Tick } from '../src/api/types';

export function channel(id: string, more: Partial<Channel> = {}): Channel {
    const [device = '', unit] = id.split('/');
    return {
        id, device, domain: null, unit: Number(unit) || 0, name: null, source: device === 'gpu' ? 'nvml' : 'rapl-perf', method: 'counter', in_total: true, parent: null, twin_of: null,
        status: 'ok', reason: null, fix: null, note: null, power_w: 100, limit_w: null, energy_j: 1000, uncertainty_j: 20, runs_j: 0, idle_j: 0, others_j: 0, unattributed_j: 0,
        rel_error: 0.02, update_period_s: null, covered_s: 10, gap_s: 0, ...more,
    };
}

export function liveRun(id: string, more: Partial<LiveRun> = {}): LiveRun {
    return {
        id, parent: null, mine: true, user: 'kim', uid: 1000, name: id, project: null, command: null, pid: 1, started: '2026-11-22T02:55:00Z', elapsed_s: 300, power_w: 150,
        devices: { cpu: 50, gpu: 100, ram: null, board: null }, run_j: 75000, footprint_j: 80000, machine_j: 120000, uncertainty_j: 2000, basis: 'footprint', emissions_g: 9.2,
        emissions_uncertainty_g: 0.9, phase: null, epoch: null, step: null, ...more,
    };
}

export function live(more: Partial<Live> = {}): Live {
    return {
        schema: 1, seq: 1, time: '2026-11-22T03:00:00Z', t_ms: 1_795_316_400_000, interval_s: 0.1, version: '0', started: '2026-11-22T01:00:00Z', elapsed_s: 7200, host: 'h', machine_id: 'ff',
        viewer: { uid: 1000, all: false },
        machine: { power_w: 200, energy_j: 2000, uncertainty_j: 40, runs_j: 0, idle_j: 0, others_j: 0, unattributed_j: 0, measured_j: 1500, modelled_j: 500, emissions_g: 1, pue: 1 },
        channels: [channel('gpu/0/device'), channel('cpu/0/package')], sources: [], runs: [],
        grid: { zone: 'KR', zone_name: 'South Korea', g_per_kwh: 415, rel_error: 0.1, source: 's', factor: 'lifecycle', kind: 'live', estimated: false, age_s: 1, note: null },
        self: { cpu_s: 1, share: 0.001, energy_j: 1, rss_bytes: 1, clients: 1 }, history: { kept: true, error: null, fix: null }, warnings: [], ...more,
    };
}

export function tick(t_ms: number, more: Partial<Tick> = {}): Tick {
    return { seq: t_ms, t_ms, p: 200, j: 1, g: 1, w: [100, 100], runs: [], ...more };
}
