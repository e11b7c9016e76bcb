// SPDX-License-Identifier: Apache-2.0
// Machines that were never built. Power is a pure function of time, so that history, ticks and records agree.
import type { Channel, GridNow, LiveRun, Source } from '../../src/api/types';

export type Variant = 'h100' | 'empty' | 'modelled' | 'denied' | 'users' | 'token';
export const VARIANTS: readonly Variant[] = ['h100', 'empty', 'modelled', 'denied', 'users', 'token'];

export interface Part {
    channel: Pick<Channel, 'id' | 'device' | 'domain' | 'unit' | 'name' | 'source' | 'method' | 'in_total' | 'parent' | 'rel_error' | 'update_period_s' | 'limit_w' | 'note'>;
    idle_w: number;
    /** drawn on top of idle when the run works as hard as it can */
    busy_w: number;
    /** how far it follows: forward, data, ... */
    follows: 'gpu' | 'cpu' | 'ram' | 'nothing';
}

/** A number in [0, 1) that depends on its arguments alone. */
export function noise(a: number, b: number): number {
    let x = Math.imul(Math.floor(a) ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35);
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
    return ((x ^ (x >>> 15)) >>> 0) / 4294967296;
}

const EPOCH_S = 90;
export interface Doing {
    epoch: number;
    step: number;
    phase: string;
    gpu: number;
    cpu: number;
}

/** What a run that began `s` seconds ago does. */
export function doing(s: number): Doing {
    const epoch = Math.floor(s / EPOCH_S);
    const at = s - epoch * EPOCH_S;
    const step = epoch * 400 + Math.min(400, Math.floor(Math.max(0, at - 6) / 0.185));
    if (at < 6) return { epoch, step, phase: 'data', gpu: 0.04, cpu: 1 };
    if (at > EPOCH_S - 10) return { epoch, step, phase: 'evaluate', gpu: 0.62, cpu: 0.4 };
    const turn = Math.floor(at / 4) % 4;
    if (turn === 0) return { epoch, step, phase: 'forward', gpu: 0.86, cpu: 0.32 };
    return turn === 3 ? { epoch, step, phase: 'optimise', gpu: 0.7, cpu: 0.3 } : { epoch, step, phase: 'backward', gpu: 0.97, cpu: 0.3 };
}

const base = { domain: null, unit: 0, parent: null, limit_w: null, note: null, in_total: true, update_period_s: 0.001 } as const;

function cpuPart(unit: number, modelled: boolean): Part {
    return {
        channel: {
            ...base, id: `cpu/${unit}/package`, device: 'cpu', domain: 'package', unit, name: 'AMD EPYC 9554 64-Core Processor',
            source: modelled ? 'cpu-model' : 'rapl-perf', method: modelled ? 'modelled' : 'counter', rel_error: modelled ? 0.25 : 0.02, limit_w: 360,
            update_period_s: modelled ? null : 0.001,
        },
        idle_w: 96, busy_w: 150, follows: 'cpu',
    };
}

export function parts(variant: Variant): Part[] {
    const modelled = variant === 'modelled';
    const ram: Part = {
        channel: { ...base, id: 'ram/model', device: 'ram', domain: 'dram', name: '24 x 64 GB DDR5', source: 'ram-model', method: 'modelled', rel_error: 0.3, update_period_s: null },
        idle_w: 58, busy_w: 34, follows: 'ram',
    };
    if (modelled) return [cpuPart(0, true), ram];
    const gpus = variant === 'denied' || variant === 'empty' ? 0 : variant === 'users' ? 4 : 8;
    return [
        ...Array.from({ length: gpus }, (_, unit): Part => ({
            channel: {
                ...base, id: `gpu/${unit}/device`, device: 'gpu', domain: 'device', unit, name: 'NVIDIA H100 80GB HBM3', source: 'nvml', method: 'counter', rel_error: 0.05,
                limit_w: 700, update_period_s: 0.02,
            },
            idle_w: 68, busy_w: 590, follows: 'gpu',
        })),
        cpuPart(0, false),
        cpuPart(1, false),
        ram,
    ];
}

export interface FakeRun extends Pick<LiveRun, 'id' | 'mine' | 'user' | 'uid' | 'name' | 'project' | 'command' | 'pid'> {
    start_ms: number;
    /** its share of what the machine does */
    share: number;
    phases: boolean;
}

export function runs(variant: Variant, now_ms: number): FakeRun[] {
    const start_ms = now_ms - 14 * 60_000;
    const mine: FakeRun = {
        id: '01M8217K4QX3ZB9T5WJ0RC6VDE', mine: true, user: 'kim', uid: 1000, name: 'resnet50', project: 'vision', command: 'python3 train.py --arch resnet50 --epochs 12', pid: 4242,
        start_ms, share: 1, phases: true,
    };
    if (variant === 'empty') return [];
    if (variant === 'denied' || variant === 'modelled') return [{ ...mine, phases: variant === 'modelled' }];
    if (variant !== 'users') return [mine];
    return [
        { ...mine, share: 0.62 },
        { id: '01M8218B7N2YD4F6H8J0K2M4P6', mine: false, user: 'lee', uid: 1001, name: null, project: null, command: null, pid: 5151, start_ms: now_ms - 41 * 60_000, share: 0.38, phases: false },
    ];
}

/** Watts of a part at a moment; null in the gap of the second GPU, six minutes ago. */
export function power(part: Part, index: number, t_ms: number, attached: readonly FakeRun[], began_ms: number): number | null {
    if (part.channel.id === 'gpu/1/device' && t_ms > began_ms - 390_000 && t_ms < began_ms - 360_000) return null;
    const wobble = (noise(t_ms / 500, index) - 0.5) * 2;
    let busy = 0;
    for (const run of attached) {
        if (t_ms < run.start_ms) continue;
        const { gpu, cpu } = doing((t_ms - run.start_ms) / 1000);
        const level = { gpu, cpu, ram: 0.5 * cpu + 0.4 * gpu, nothing: 0 }[part.follows];
        busy += level * run.share;
    }
    const skew = part.channel.device === 'gpu' ? 1 - 0.012 * (part.channel.unit ?? 0) : 1;
    return Math.max(0, part.idle_w + part.busy_w * busy * skew * (1 + 0.035 * wobble) + part.idle_w * 0.03 * wobble);
}

const LIBRARY = { title: null, reason: null, fix: null, status: 'ok' } as const;

export function sources(variant: Variant): Source[] {
    const perf: Source = { ...LIBRARY, source: 'rapl-perf', title: 'CPU energy counters, by perf' };
    const ram: Source = { ...LIBRARY, source: 'ram-model', title: 'Memory, by a model of its modules' };
    const wall: Source = { ...LIBRARY, source: 'ipmi', title: 'Power of the whole machine, by its BMC', status: 'absent', reason: 'no BMC to be asked: there is no /dev/ipmi0' };
    if (variant === 'modelled') {
        return [
            { ...perf, status: 'denied', reason: '/sys/class/powercap/intel-rapl:0/energy_uj: Permission denied', fix: 'sudo joulebook doctor --fix' },
            { source: 'nvml', title: 'NVIDIA management library', status: 'absent', reason: 'libnvidia-ml.so.1 was not found', fix: null },
            { ...LIBRARY, source: 'cpu-model', title: 'CPU, by a model of its use' },
            ram, wall,
        ];
    }
    if (variant === 'denied') {
        return [
            { source: 'nvml', title: 'NVIDIA management library', status: 'denied', reason: '/dev/nvidiactl: Permission denied', fix: 'sudo usermod -aG video $USER' },
            perf, ram, wall,
        ];
    }
    return [variant === 'empty' ? { source: 'nvml', title: 'NVIDIA management library', status: 'absent', reason: 'libnvidia-ml.so.1 was not found', fix: null } : { ...LIBRARY, source: 'nvml', title: 'NVIDIA management library' }, perf, ram, wall];
}

/** g/kWh at a moment: a day with a solar noon. */
export function carbonAt(t_ms: number): number {
    const hour = ((t_ms / 3_600_000 + 9) % 24 + 24) % 24;
    const sun = Math.max(0, Math.cos(((hour - 13) / 24) * 2 * Math.PI));
    return 452 - 118 * sun ** 1.5 + 14 * (noise(t_ms / 3_600_000, 7) - 0.5);
}

export function gridNow(variant: Variant, t_ms: number): GridNow {
    if (variant === 'empty' || variant === 'modelled') {
        return {
            zone: 'World', zone_name: 'World', g_per_kwh: 472.94, rel_error: 0.52, source: 'ember-yearly', factor: 'lifecycle', kind: 'yearly', estimated: true, age_s: null,
            note: 'world average; set --zone, or [grid] zone in joulebook.conf',
        };
    }
    const slot = Math.floor(t_ms / 300_000) * 300_000;
    return {
        zone: 'KR', zone_name: 'South Korea', g_per_kwh: carbonAt(slot), rel_error: 0.1, source: 'electricitymaps', factor: 'lifecycle', kind: 'live', estimated: true,
        age_s: (t_ms - slot) / 1000, note: null,
    };
}
