// SPDX-License-Identifier: Apache-2.0
// The numbers of the live page, apart from how they look. A scope is the machine, or one attached run.
import type { Channel, Live, LiveRun } from '../api/types';

export const MACHINE = 'machine';

/** The run a scope names; without a wish the newest of one's own, else the newest. null: the whole machine. */
export function scopeOf(live: Live, wish: string | undefined): LiveRun | null {
    if (wish === MACHINE) return null;
    const asked = live.runs.find((run) => run.id === wish);
    if (asked) return asked;
    const newest = live.runs.slice().sort((a, b) => b.started.localeCompare(a.started));
    return newest.find((run) => run.mine) ?? newest[0] ?? null;
}

/** What the emissions of a run are the price of. */
export function basisEnergy(run: LiveRun): number | null {
    return run.basis === 'machine' ? run.machine_j : run.basis === 'run' ? run.run_j : run.footprint_j;
}

export interface Figures {
    power_w: number | null;
    energy_j: number | null;
    energy_sure_j: number | null;
    emissions_g: number | null;
    emissions_sure_g: number | null;
    /** mean over what was emitted so far */
    mean_g_per_kwh: number | null;
    elapsed_s: number;
}

/** Of the machine the server tells the doubt of the energy alone; that of the grid comes to it, as of now. */
function machineDoubt(live: Live): number | null {
    const { energy_j, uncertainty_j, emissions_g } = live.machine;
    const grid = live.grid?.rel_error ?? null;
    if (!energy_j || uncertainty_j === null || emissions_g === null || grid === null) return null;
    return emissions_g * Math.hypot(uncertainty_j / energy_j, grid);
}

export function figures(live: Live, run: LiveRun | null): Figures {
    const energy_j = run ? basisEnergy(run) : live.machine.energy_j;
    const emissions_g = run ? run.emissions_g : live.machine.emissions_g;
    return {
        power_w: run ? run.power_w : live.machine.power_w,
        energy_j,
        energy_sure_j: run ? run.uncertainty_j : live.machine.uncertainty_j,
        emissions_g,
        emissions_sure_g: run ? run.emissions_uncertainty_g : machineDoubt(live),
        mean_g_per_kwh: energy_j && emissions_g !== null ? emissions_g / (energy_j / 3.6e6) : null,
        elapsed_s: run ? run.elapsed_s : live.elapsed_s,
    };
}

/** The doubt of the power now: that of its channels, taken as if all erred the same way. null when none is told. */
export function powerDoubt(live: Live, run: LiveRun | null): number | null {
    let sum = 0;
    let watts = 0;
    for (const channel of live.channels) {
        if (!channel.in_total || channel.power_w === null || channel.rel_error === null) continue;
        sum += channel.power_w * channel.rel_error;
        watts += channel.power_w;
    }
    if (watts <= 0) return null;
    return run ? (run.power_w === null ? null : (sum / watts) * run.power_w) : sum;
}

export interface Witness {
    source: string;
    modelled: boolean;
    power_w: number;
}

/** Which sensors the power now comes from, the strongest first. */
export function witnesses(channels: readonly Channel[]): Witness[] {
    const found = new Map<string, Witness>();
    for (const channel of channels) {
        if (!channel.in_total || channel.power_w === null) continue;
        const known = found.get(channel.source) ?? { source: channel.source, modelled: channel.method === 'modelled', power_w: 0 };
        known.power_w += channel.power_w;
        found.set(channel.source, known);
    }
    return [...found.values()].sort((a, b) => b.power_w - a.power_w);
}

const ORDER = ['gpu', 'cpu', 'ram', 'board'];

export interface DevicePower {
    device: string;
    power_w: number;
    /** how many channels */
    count: number;
    modelled: boolean;
}

/** Power now by device type in an order that never changes. */
export function byDevice(live: Live, run: LiveRun | null): DevicePower[] {
    const found = new Map<string, DevicePower>();
    for (const channel of live.channels) {
        if (!channel.in_total) continue;
        const known = found.get(channel.device) ?? { device: channel.device, power_w: 0, count: 0, modelled: true };
        known.power_w += channel.power_w ?? 0;
        known.count++;
        known.modelled &&= channel.method === 'modelled';
        found.set(channel.device, known);
    }
    if (run) {
        for (const known of found.values()) known.power_w = 0;
        for (const [device, watts] of Object.entries(run.devices)) {
            if (watts === null) continue;
            const known = found.get(device);
            found.set(device, known ? { ...known, power_w: watts } : { device, power_w: watts, count: 1, modelled: false });
        }
    }
    const rank = (device: string) => (ORDER.includes(device) ? ORDER.indexOf(device) : ORDER.length);
    return [...found.values()].sort((a, b) => rank(a.device) - rank(b.device) || a.device.localeCompare(b.device));
}

/** The share of the energy that no sensor has measured. */
export function modelledShare(live: Live): number | null {
    const { measured_j, modelled_j } = live.machine;
    if (measured_j === null || modelled_j === null || measured_j + modelled_j <= 0) return null;
    return modelled_j / (measured_j + modelled_j);
}
