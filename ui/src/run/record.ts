// SPDX-License-Identifier: Apache-2.0
// The run record, as `joulebook show --json` and GET api/v1/runs/ID write it. A run that is going on has null for what is
// not known yet. Joules, grams, seconds; uncertainties are one standard deviation.

import type { RunHead } from '../api/types';

export type Maybe = number | null;

export type { RunHead } from '../api/types';

export interface Channel {
    id: string;
    device: string;
    name: string | null;
    energy_j: Maybe;
    run_j: Maybe;
    idle_j?: Maybe;
    others_j?: Maybe;
    unattributed_j?: Maybe;
    footprint_j?: Maybe;
    uncertainty_j: Maybe;
    run_uncertainty_j?: Maybe;
    method: string;
    source: string;
    in_total: boolean;
    parent: string | null;
    twin_of?: string | null;
    update_period_s: Maybe;
    coverage?: Maybe;
    idle_source?: string | null;
    flags: string[];
    note?: string | null;
}

export interface WallFit {
    a_w: Maybe;
    b: Maybe;
    residual_w: Maybe;
}

export interface Wall {
    source: string | null;
    channel: string | null;
    energy_j: Maybe;
    uncertainty_j: Maybe;
    coverage: Maybe;
    fit: WallFit | null;
    fitted_j: Maybe;
    fitted_uncertainty_j: Maybe;
}

export interface Energy {
    machine_j: Maybe;
    run_j: Maybe;
    footprint_j: Maybe;
    idle_j: Maybe;
    others_j: Maybe;
    unattributed_j: Maybe;
    uncertainty_j: Maybe;
    run_uncertainty_j?: Maybe;
    footprint_uncertainty_j?: Maybe;
    measured_j: Maybe;
    modelled_j: Maybe;
    coverage: Maybe;
    wall?: Wall | null;
    channels: Channel[];
}

export interface Segment {
    start: string | null;
    end: string | null;
    g_per_kwh: Maybe;
    uncertainty_g_per_kwh?: Maybe;
    source: string | null;
    factor: string | null;
    estimated: boolean;
    live?: boolean;
    age_s: Maybe;
    energy_j?: Maybe;
    emissions_g?: Maybe;
}

export interface FormerPrice {
    until: string | null;
    emissions_g: Maybe;
    uncertainty_g: Maybe;
    intensity_g_per_kwh: Maybe;
    source: string | null;
    reason: string | null;
}

export interface Carbon {
    emissions_g: Maybe;
    uncertainty_g: Maybe;
    embodied_g: Maybe;
    intensity_g_per_kwh: Maybe;
    basis?: string | null;
    zone: string | null;
    zone_name?: string | null;
    zone_note?: string | null;
    pue: Maybe;
    segments: Segment[];
    steps?: string[];
    credits?: string[];
    former?: FormerPrice[];
}

export interface Cost {
    amount: Maybe;
    currency: string | null;
    per_kwh: Maybe;
    coverage: Maybe;
}

export interface Work {
    ops: string | null;
    attribution: string | null;
    sources: string[];
    steps: Maybe;
    steps_caught: Maybe;
    caught_s: Maybe;
    slowdown: Maybe;
    slowdown_uncertainty: Maybe;
    outside_j: Maybe;
    outside_uncertainty_j: Maybe;
    outside_s: Maybe;
    unattributed_j: Maybe;
}

export interface Region {
    id: number;
    parent: number;
    kind: string;
    name: string;
    index: Maybe;
    start_s: Maybe;
    duration_s: Maybe;
    energy_j: Maybe;
    uncertainty_j: Maybe;
    emissions_g: Maybe;
    guessed?: boolean;
}

export interface Phase {
    name: string;
    duration_s: Maybe;
    energy_j: Maybe;
    uncertainty_j: Maybe;
}

export interface Layer {
    name: string;
    calls: Maybe;
    time_s: Maybe;
    energy_j: Maybe;
    uncertainty_j: Maybe;
}

export interface RegionTotal extends Layer {
    kind: string;
}

export interface Operator {
    name: string;
    class: string;
    device: string;
    calls: Maybe;
    time_s: Maybe;
    energy_j: Maybe;
    uncertainty_j: Maybe;
    confidence: string;
    merged_with: string[];
    merged_uncertainty_j?: Maybe;
}

export interface Self {
    cpu_s: Maybe;
    energy_j: Maybe;
    max_rss_bytes: Maybe;
    events_dropped: Maybe;
}

export interface Hardware {
    cpu?: string | null;
    sockets?: Maybe;
    cores?: Maybe;
    threads?: Maybe;
    virtual?: boolean;
    container?: boolean;
    ram_bytes?: Maybe;
    gpus?: unknown[];
    board?: string | null;
    [key: string]: unknown;
}

export interface RunRecord {
    schema: number;
    run: RunHead;
    energy: Energy;
    carbon: Carbon;
    cost?: Cost | null;
    work?: Work | null;
    regions: Region[];
    region_totals?: RegionTotal[];
    phases: Phase[];
    layers?: Layer[];
    operators: Operator[];
    self?: Self | null;
    hardware?: Hardware | null;
    warnings: string[];
}

export const known = (value: Maybe | undefined): value is number =>
    typeof value === 'number' && Number.isFinite(value);

// The energy that was priced, with its doubt: interface.md, "basis".
export function basisEnergy(record: RunRecord): { name: string; joules: Maybe; sigma: Maybe } {
    const e = record.energy;
    const name = record.carbon.basis ?? 'footprint';
    if (name === 'machine') {
        return { name, joules: e.machine_j, sigma: e.uncertainty_j };
    }
    if (name === 'run') {
        return { name, joules: e.run_j, sigma: e.run_uncertainty_j ?? null };
    }
    return { name: 'footprint', joules: e.footprint_j, sigma: e.footprint_uncertainty_j ?? null };
}

// What the four parts of the machine's energy are: they sum to it.
export const PARTS = ['run', 'idle', 'others', 'unattributed'] as const;
export type Part = (typeof PARTS)[number];

export function parts(energy: Energy): { part: Part; joules: number }[] {
    const of = { run: energy.run_j, idle: energy.idle_j, others: energy.others_j, unattributed: energy.unattributed_j };
    return PARTS.filter((part) => known(of[part])).map((part) => ({ part, joules: of[part] as number }));
}

export interface DeviceEnergy {
    device: string;
    energy: number;
    run: Maybe;
    footprint: Maybe;
    sigma: Maybe;
    modelled: boolean;
    channels: number;
}

// By kind of device, over the channels that are in the total. Errors of the channels of one kind go together (one kind of
// sensor, one calibration), so they are added and not squared.
export function byDevice(energy: Energy): DeviceEnergy[] {
    const found = new Map<string, DeviceEnergy>();
    for (const channel of energy.channels) {
        if (!channel.in_total || !known(channel.energy_j)) {
            continue;
        }
        const d = found.get(channel.device) ?? {
            device: channel.device, energy: 0, run: null, footprint: null, sigma: null, modelled: false, channels: 0,
        };
        d.energy += channel.energy_j;
        d.run = add(d.run, channel.run_j);
        d.footprint = add(d.footprint, channel.footprint_j);
        d.sigma = add(d.sigma, channel.uncertainty_j);
        d.modelled ||= channel.method === 'modelled';
        d.channels++;
        found.set(channel.device, d);
    }
    return [...found.values()].sort((a, b) => b.energy - a.energy);
}

function add(sum: Maybe, value: Maybe | undefined): Maybe {
    return known(value) ? (sum ?? 0) + value : sum;
}
