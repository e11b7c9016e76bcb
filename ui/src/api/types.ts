// SPDX-License-Identifier: Apache-2.0
// The HTTP API as docs/api.md tells it. Unknown is null, never 0.

export type Device = 'cpu' | 'gpu' | 'ram' | 'board' | string;
export type Method = 'counter' | 'integrated' | 'modelled' | string;
export type Status = 'ok' | 'absent' | 'denied' | 'failed' | 'opening' | 'hung' | string;

export interface Machine {
    power_w: number | null;
    energy_j: number | null;
    uncertainty_j: number | null;
    runs_j: number | null;
    idle_j: number | null;
    others_j: number | null;
    unattributed_j: number | null;
    measured_j: number | null;
    modelled_j: number | null;
    emissions_g: number | null;
    pue: number | null;
}

export interface Channel {
    id: string;
    device: Device;
    domain: string | null;
    unit: number | null;
    name: string | null;
    source: string;
    method: Method;
    in_total: boolean;
    parent: string | null;
    twin_of: string | null;
    status: Status;
    reason: string | null;
    fix: string | null;
    note: string | null;
    power_w: number | null;
    limit_w: number | null;
    energy_j: number | null;
    uncertainty_j: number | null;
    runs_j: number | null;
    idle_j: number | null;
    others_j: number | null;
    unattributed_j: number | null;
    rel_error: number | null;
    update_period_s: number | null;
    covered_s: number | null;
    gap_s: number | null;
}

export interface Source {
    source: string;
    title: string | null;
    status: Status;
    reason: string | null;
    fix: string | null;
}

/** A run that is attached at this moment. */
export interface LiveRun {
    id: string;
    parent: string | null;
    mine: boolean;
    user: string | null;
    uid: number | null;
    name: string | null;
    project: string | null;
    command: string | null;
    pid: number | null;
    started: string;
    elapsed_s: number;
    power_w: number | null;
    devices: Record<string, number | null>;
    run_j: number | null;
    footprint_j: number | null;
    machine_j: number | null;
    uncertainty_j: number | null;
    basis: string;
    emissions_g: number | null;
    emissions_uncertainty_g: number | null;
    phase: string | null;
    epoch: number | null;
    step: number | null;
    epochs_planned?: number | null | undefined;
    /** which of them it is at, from 1 */
    epoch_nth?: number | null | undefined;
    /** of the basis, in all */
    projected_j?: number | null | undefined;
    projected_uncertainty_j?: number | null | undefined;
    projected_s?: number | null | undefined;
    projected_emissions_g?: number | null | undefined;
}

export interface GridNow {
    zone: string | null;
    zone_name: string | null;
    g_per_kwh: number | null;
    rel_error: number | null;
    source: string | null;
    factor: string | null;
    kind: 'live' | 'held' | 'forecast' | 'yearly' | 'given' | string;
    estimated: boolean;
    age_s: number | null;
    note: string | null;
}

export interface Live {
    schema: number;
    seq: number;
    time: string;
    t_ms: number;
    interval_s: number;
    version: string;
    started: string;
    elapsed_s: number;
    host: string | null;
    machine_id: string | null;
    viewer: { uid: number | null; all: boolean };
    machine: Machine;
    channels: Channel[];
    sources: Source[];
    runs: LiveRun[];
    grid: GridNow | null;
    self: { cpu_s: number | null; share: number | null; energy_j: number | null; rss_bytes: number | null; clients: number | null };
    history: { kept: boolean; error: string | null; fix: string | null };
    warnings: string[];
}

/** epochs_planned, epoch_nth, projected_j, projected_uncertainty_j, projected_s, projected_emissions_g */
export type TickPlan = (number | null)[];

/** id, power_w, run_j, emissions_g, footprint_j, phase, epoch, step, plan */
export type TickRun = [string, number | null, number | null, number | null, number | null, string | null, number | null, number | null, (TickPlan | null)?];

export interface Tick {
    seq: number;
    t_ms: number;
    p: number | null;
    j: number | null;
    g: number | null;
    w: (number | null)[];
    runs: TickRun[];
}

export interface HistoryChannel {
    id: string;
    device: Device;
    name: string | null;
    source: string;
    method: Method;
    in_total: boolean;
    mean_w: (number | null)[];
    min_w: (number | null)[];
    max_w: (number | null)[];
    energy_j: number | null;
}

export interface History {
    schema: number;
    t0_ms: number;
    t1_ms: number;
    /** null, as `level`, where nothing is known of the whole time */
    step_s: number | null;
    level: string | null;
    t_ms: number[];
    channels: HistoryChannel[];
    g_per_kwh: (number | null)[];
}

/** The `run` object of a record. */
export interface RunHead {
    id: string;
    name: string | null;
    project: string | null;
    tags: Record<string, string> | null;
    host: string | null;
    machine_id: string | null;
    command: string[] | null;
    started: string;
    ended: string | null;
    duration_s: number | null;
    status: string;
    exit_code: number | null;
    signal: number | null;
    parent: string | null;
}

/** Of a record: an epoch or region of the program, in seconds since the start of the run. */
export interface Region {
    kind: string;
    name: string | null;
    index: number | null;
    start_s: number;
    duration_s: number | null;
}

/** What `runs` says of a run beside its run object. */
export interface RunSums {
    mine: boolean;
    user: string | null;
    machine_j: number | null;
    run_j: number | null;
    footprint_j: number | null;
    uncertainty_j: number | null;
    mean_w: number | null;
    basis: string | null;
    emissions_g: number | null;
    emissions_uncertainty_g: number | null;
    intensity_g_per_kwh: number | null;
    zone: string | null;
    coverage: number | null;
}

/** A line of `runs`, flat. */
export type RunLine = RunHead & RunSums;

/** As the server says it. */
export interface RunPageSaid {
    schema: number;
    runs: (RunSums & { run: RunHead })[];
    next: string | null;
}

export interface RunPage {
    schema: number;
    runs: RunLine[];
    next: string | null;
}

export interface SeriesChannel extends HistoryChannel {
    run_w: (number | null)[];
}

export interface Series {
    schema: number;
    step_s: number;
    level: string;
    t_s: number[];
    channels: SeriesChannel[];
    g_per_kwh?: (number | null)[];
}

export interface GridPoint {
    start_ms: number;
    end_ms: number;
    g_per_kwh: number | null;
    estimated?: boolean;
    source: string | null;
}

export interface Grid {
    schema: number;
    zone: string | null;
    zone_name: string | null;
    note?: string | null;
    now: { g_per_kwh: number | null; source: string | null; kind: string; estimated: boolean; age_s: number | null; factor: string | null; rel_error: number | null } | null;
    yearly: { g_per_kwh: number | null; year: number | null; source: string | null } | null;
    history: GridPoint[];
    forecast: GridPoint[];
    greenest: { length_s: number; start_ms: number; g_per_kwh: number; now_g_per_kwh: number | null; saves: number | null } | null;
    providers: { name: string; title?: string | null; status: string; reason?: string | null; credit?: string | null; fix: string | null }[];
}

export interface Host {
    machine_id: string | null;
    host: string | null;
    this: boolean;
    cpu: string | null;
    gpus: string[];
    runs: number;
    first_seen: string | null;
    last_seen: string | null;
    runs_j: number | null;
    footprint_j: number | null;
    emissions_g: number | null;
    history_j: number | null;
    history_since: string | null;
}

export interface Hosts {
    schema: number;
    hosts: Host[];
}

export interface DoctorChannel {
    id: string | null;
    source: string;
    device?: Device;
    path?: string | null;
    method?: Method;
    update_period_s?: number | null;
    rel_error?: number | null;
    power_w?: number | null;
    in_total: boolean;
    parent?: string | null;
    twin_of?: string | null;
    status: Status;
    reason: string | null;
    fix: string | null;
    note?: string | null;
}

/** One reading held against another that should say the same. */
export interface DoctorCheck {
    kind: string;
    channel: string | null;
    source: string | null;
    against: string | null;
    against_source: string | null;
    parts: number | null;
    power_w: number | null;
    against_w: number | null;
    ratio: number | null;
    verdict: string;
}

export interface Doctor {
    schema: number;
    machine: Record<string, unknown> | null;
    channels: DoctorChannel[];
    checks?: DoctorCheck[];
    self: { cpu_s?: number | null; duration_s?: number | null; max_rss_bytes?: number | null };
    warnings: string[];
}

export interface Failure {
    error: string;
    fix?: string | null;
}
