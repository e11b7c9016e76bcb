// SPDX-License-Identifier: Apache-2.0
// Runs of the past, hosts, the grid and the doctor.
import type { Doctor, Grid, Hosts, RunLine, RunPageSaid } from '../../src/api/types';
import { carbonAt, noise, sources, type Variant } from './machine';
import type { World } from './world';

const MODELS = ['resnet50', 'vit-b16', 'gpt2-small', 'bert-base', 'unet', 'dlrm', 'whisper-tiny', 'digits'];
const PROJECTS = ['vision', 'language', null, 'speech'];
const ID = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function idOf(n: number): string {
    let text = '01M';
    for (let i = 0; i < 23; i++) text += ID[Math.floor(noise(n * 31 + i, 3) * 32)];
    return text;
}

export function storedRuns(world: World): RunLine[] {
    if (world.variant === 'empty') return [];
    const lines: RunLine[] = [];
    for (let n = 0; n < 137; n++) {
        const start = world.began_ms - (n + 1) * 3.1 * 3_600_000;
        const duration_s = 90 + noise(n, 1) * 9000;
        const mean_w = 300 + noise(n, 2) * 4200;
        const run_j = mean_w * duration_s;
        const footprint_j = run_j * 1.21;
        const model = MODELS[n % MODELS.length]!;
        const status = n % 17 === 5 ? 'failed' : n % 23 === 7 ? 'killed' : n % 29 === 11 ? 'lost' : n % 31 === 13 ? 'interrupted' : 'finished';
        const g = carbonAt(start);
        const mine = world.variant !== 'users' || n % 3 !== 1;
        lines.push({
            id: idOf(n), name: mine ? `${model}-${100 - (n % 60)}` : null, project: mine ? PROJECTS[n % 4]! : null,
            tags: mine ? { accuracy: (0.71 + 0.25 * noise(n, 5)).toFixed(3), lr: n % 2 ? '0.1' : '0.01' } : null, host: 'gpu1', machine_id: '3f'.repeat(32),
            command: mine ? ['python3', 'train.py', '--arch', model] : null, started: new Date(start).toISOString(), ended: new Date(start + duration_s * 1000).toISOString(), duration_s,
            status, exit_code: status === 'failed' ? 1 : status === 'finished' ? 0 : null, signal: status === 'killed' ? 9 : null, parent: null, mine, user: mine ? 'kim' : 'lee',
            machine_j: footprint_j * 1.05, run_j, footprint_j, uncertainty_j: footprint_j * 0.036, mean_w, basis: 'footprint', emissions_g: (footprint_j / 3.6e6) * g,
            emissions_uncertainty_g: (footprint_j / 3.6e6) * g * 0.11, intensity_g_per_kwh: g, zone: 'KR', coverage: 0.998,
        });
    }
    const attached = world.live(1).runs.map((run): RunLine => ({
        id: run.id, name: run.name, project: run.project, tags: run.mine ? { lr: '0.1' } : null, host: 'gpu1', machine_id: '3f'.repeat(32), command: run.command?.split(' ') ?? null,
        started: run.started, ended: null, duration_s: run.elapsed_s, status: 'running', exit_code: null, signal: null, parent: null, mine: run.mine, user: run.user,
        machine_j: run.machine_j, run_j: run.run_j, footprint_j: run.footprint_j, uncertainty_j: run.uncertainty_j, mean_w: (run.run_j ?? 0) / run.elapsed_s, basis: run.basis,
        emissions_g: run.emissions_g, emissions_uncertainty_g: run.emissions_uncertainty_g, intensity_g_per_kwh: world.live(1).grid?.g_per_kwh ?? null, zone: 'KR', coverage: 1,
    }));
    return [...attached, ...lines];
}

/** As the server says it: the run object apart from its sums. */
function said(line: RunLine): RunPageSaid['runs'][number] {
    const { id, name, project, tags, host, machine_id, command, started, ended, duration_s, status, exit_code, signal, parent, ...sums } = line;
    return { run: { id, name, project, tags, host, machine_id, command, started, ended, duration_s, status, exit_code, signal, parent }, ...sums };
}

export function runPage(world: World, query: URLSearchParams): RunPageSaid {
    const q = (query.get('q') ?? '').toLowerCase();
    const project = query.get('project');
    const tags = query.getAll('tag').map((tag) => tag.split(/=(.*)/s));
    const limit = Math.min(500, Number(query.get('limit') ?? 100));
    const cursor = query.get('cursor');
    const all = storedRuns(world).filter(
        (run) =>
            (!q || [run.name, run.id, run.project, run.host, run.command?.join(' ')].some((text) => text?.toLowerCase().includes(q))) &&
            (!project || run.project === project) &&
            tags.every(([key = '', value = '']) => run.tags?.[key] === value),
    );
    const from = cursor ? all.findIndex((run) => run.id === cursor) : 0;
    return { schema: 1, runs: all.slice(from, from + limit).map(said), next: all[from + limit]?.id ?? null };
}

export function grid(world: World, query: URLSearchParams): Grid {
    const bare = world.variant === 'empty' || world.variant === 'modelled';
    const hour = 3_600_000;
    const now = Math.floor(Date.now() / hour) * hour;
    const slot = (start_ms: number) => ({ start_ms, end_ms: start_ms + hour, g_per_kwh: carbonAt(start_ms), estimated: start_ms > now - 6 * hour, source: 'electricitymaps' });
    const history = bare ? [] : Array.from({ length: 168 }, (_, i) => slot(now - (167 - i) * hour)).filter((_, i) => i < 60 || i > 63);
    const forecast = bare ? [] : Array.from({ length: 48 }, (_, i) => ({ ...slot(now + (i + 1) * hour), source: 'electricitymaps' }));
    let best = { start: 0, mean: Infinity };
    for (let i = 0; i + 4 <= forecast.length; i++) {
        const mean = forecast.slice(i, i + 4).reduce((sum, point) => sum + point.g_per_kwh, 0) / 4;
        if (mean < best.mean) best = { start: forecast[i]!.start_ms, mean };
    }
    const g = carbonAt(now);
    return {
        schema: 1, zone: query.get('zone') ?? (bare ? 'World' : 'KR'), zone_name: bare ? 'World' : 'South Korea',
        now: bare
            ? { g_per_kwh: 472.94, source: 'ember-yearly', kind: 'yearly', estimated: true, age_s: null, factor: 'lifecycle', rel_error: 0.52 }
            : { g_per_kwh: g, source: 'electricitymaps', kind: 'live', estimated: true, age_s: 320, factor: 'lifecycle', rel_error: 0.1 },
        yearly: { g_per_kwh: bare ? 472.94 : 415.5, year: 2025, source: 'ember-yearly' }, history, forecast,
        greenest: bare ? null : { length_s: 14400, start_ms: best.start, g_per_kwh: best.mean, now_g_per_kwh: g, saves: 1 - best.mean / g },
        providers: [
            bare
                ? { name: 'electricitymaps', status: 'no key', reason: 'no token is set', fix: "export JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN='...'" }
                : { name: 'electricitymaps', status: 'ok', reason: null, fix: null },
            { name: 'watttime', status: 'no key', reason: 'no user is set', fix: "export JOULEBOOK_GRID_WATTTIME_TOKEN='USER:PASSWORD'" },
            { name: 'ukgrid', status: 'not for this zone', reason: 'it serves GB', fix: null },
            { name: 'entsoe', status: 'not for this zone', reason: 'it serves Europe', fix: null },
        ],
    };
}

export function hosts(world: World): Hosts {
    const live = world.live(1);
    const mine = {
        machine_id: live.machine_id!, host: 'gpu1', this: true, cpu: 'AMD EPYC 9554 64-Core Processor', gpus: live.channels.filter((c) => c.device === 'gpu').map((c) => c.name ?? ''),
        runs: world.variant === 'empty' ? 0 : 138, first_seen: new Date(world.began_ms - 41 * 86_400_000).toISOString(), last_seen: live.time, runs_j: 1.9e9, footprint_j: 2.3e9, emissions_g: 265000,
        history_j: 4.1e9, history_since: new Date(world.began_ms - 30 * 86_400_000).toISOString(),
    };
    if (world.variant === 'empty') return { schema: 1, hosts: [{ ...mine, runs_j: 0, footprint_j: 0, emissions_g: 0 }] };
    return {
        schema: 1,
        hosts: [
            mine,
            {
                machine_id: 'a1'.repeat(32), host: 'orin', this: false, cpu: 'ARMv8 Processor', gpus: ['NVIDIA Jetson AGX Orin'], runs: 12,
                first_seen: new Date(world.began_ms - 20 * 86_400_000).toISOString(), last_seen: new Date(world.began_ms - 5 * 86_400_000).toISOString(), runs_j: 3.1e6, footprint_j: 4.4e6,
                emissions_g: 508, history_j: null, history_since: null,
            },
        ],
    };
}

export function doctor(world: World): Doctor {
    const live = world.live(1);
    return {
        schema: 1,
        machine: { cpu: 'AMD EPYC 9554 64-Core Processor', sockets: 2, cores: 128, threads: 256, virtual: false, container: false, ram_bytes: 1.61e12, gpus: live.channels.filter((c) => c.device === 'gpu').map((c) => c.name), board: null, cpu_tdp_w: 360, cpu_tdp_source: 'hardware_power.csv', hypervisor: null, cpu_limit: null },
        channels: [
            ...live.channels.map((c) => ({
                id: c.id, source: c.source, device: c.device, path: c.source === 'nvml' ? 'nvmlDeviceGetTotalEnergyConsumption' : '/sys/bus/event_source/devices/power', method: c.method, update_period_s: c.update_period_s,
                rel_error: c.rel_error, power_w: c.power_w, in_total: c.in_total, parent: c.parent, twin_of: null, status: c.status, reason: c.reason, fix: c.fix, note: c.note,
            })),
            ...sources(world.variant as Variant).filter((s) => s.status !== 'ok').map((s) => ({ id: null, source: s.source, in_total: false, status: s.status, reason: s.reason, fix: s.fix })),
        ],
        checks: [], self: { cpu_s: live.self.cpu_s, duration_s: live.elapsed_s, max_rss_bytes: live.self.rss_bytes }, warnings: live.warnings,
    };
}
