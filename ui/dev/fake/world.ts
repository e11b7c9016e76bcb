// SPDX-License-Identifier: Apache-2.0
// A made-up machine as it goes on: its books, and what the API says of them.
import type { Channel, History, Live, LiveRun, Tick } from '../../src/api/types';
import { carbonAt, doing, gridNow, parts, power, runs, sources, type FakeRun, type Part, type Variant } from './machine';

const STEP_MS = 500;

interface Book {
    energy: number;
    runs: number;
    idle: number;
    others: number;
    none: number;
}

/** A training of 30 epochs and more, as far as it would have come to. */
function planned(epoch: number | null, s: number, book: { footprint: number; grams: number }): Partial<LiveRun> {
    if (epoch === null) return {};
    const epochs_planned = Math.max(30, 10 * Math.ceil((epoch + 2) / 10));
    const grows = epoch > 0 ? epochs_planned / (epoch + 0.5) : null;
    return {
        epochs_planned, epoch_nth: epoch + 1, projected_j: grows && book.footprint * grows, projected_uncertainty_j: grows && book.footprint * grows * 0.03,
        projected_s: grows && s * grows, projected_emissions_g: grows && book.grams * grows,
    };
}

export class World {
    readonly parts: Part[];
    readonly attached: FakeRun[];
    readonly began_ms: number;
    readonly started_ms: number;
    private readonly books: Book[];
    private readonly runBooks: { run: number; footprint: number; machine: number; grams: number }[];
    private grams = 0;
    private at_ms: number;
    private seq = 1000;

    constructor(readonly variant: Variant) {
        this.began_ms = Math.floor(Date.now() / STEP_MS) * STEP_MS;
        this.started_ms = this.began_ms - 2 * 3_600_000;
        this.parts = parts(variant);
        this.attached = runs(variant, this.began_ms);
        this.books = this.parts.map(() => ({ energy: 0, runs: 0, idle: 0, others: 0, none: 0 }));
        this.runBooks = this.attached.map(() => ({ run: 0, footprint: 0, machine: 0, grams: 0 }));
        this.at_ms = this.started_ms;
        this.advance(this.began_ms);
    }

    /** Books all that happened until now. */
    private advance(now: number): void {
        for (; this.at_ms + STEP_MS <= now; this.at_ms += STEP_MS, this.seq += 1) {
            const s = STEP_MS / 1000;
            const price = (gridNow(this.variant, this.at_ms).g_per_kwh ?? 0) / 3.6e6;
            const here = this.attached.map((run) => this.at_ms >= run.start_ms);
            const share = this.attached.reduce((sum, run, i) => sum + (here[i] ? run.share : 0), 0);
            this.parts.forEach((part, i) => {
                const w = power(part, i, this.at_ms, this.attached, this.began_ms);
                if (w === null) return;
                const book = this.books[i]!;
                const idle = Math.min(w, part.idle_w);
                const busy = w - idle;
                const lost = busy * 0.015;
                book.energy += w * s;
                book.idle += idle * s;
                book.none += lost * s;
                if (share === 0) book.others += (busy - lost) * s;
                else book.runs += (busy - lost) * s;
                this.grams += w * s * price;
                this.runBooks.forEach((own, r) => {
                    if (!here[r]) return;
                    const part_of = this.attached[r]!.share / share;
                    own.machine += w * s;
                    own.run += (busy - lost) * s * part_of;
                    own.footprint += (busy - lost + idle) * s * part_of;
                    own.grams += (busy - lost + idle) * s * part_of * price;
                });
            });
        }
    }

    private watts(): (number | null)[] {
        return this.parts.map((part, i) => power(part, i, this.at_ms, this.attached, this.began_ms));
    }

    private runPower(run: FakeRun, w: readonly (number | null)[]): Record<string, number | null> {
        const share = this.attached.reduce((sum, one) => sum + one.share, 0);
        const devices: Record<string, number | null> = { cpu: null, ram: null, gpu: null, board: null };
        this.parts.forEach((part, i) => {
            const now = w[i];
            if (now === null || now === undefined) return;
            const { device } = part.channel;
            devices[device] = (devices[device] ?? 0) + (Math.max(0, now - part.idle_w) * 0.985 * run.share) / share;
        });
        return devices;
    }

    private runs(w: readonly (number | null)[]): LiveRun[] {
        return this.attached.map((run, i) => {
            const s = (this.at_ms - run.start_ms) / 1000;
            const does = doing(s);
            const devices = this.runPower(run, w);
            const book = this.runBooks[i]!;
            return {
                id: run.id, parent: null, mine: run.mine, user: run.user, uid: run.uid, name: run.name, project: run.project, command: run.command, pid: run.pid,
                started: new Date(run.start_ms).toISOString(), elapsed_s: s, power_w: Object.values(devices).reduce<number>((sum, x) => sum + (x ?? 0), 0), devices,
                run_j: book.run, footprint_j: book.footprint, machine_j: book.machine, uncertainty_j: book.footprint * (this.variant === 'modelled' ? 0.28 : 0.036), basis: 'footprint',
                emissions_g: book.grams, emissions_uncertainty_g: book.grams * (this.variant === 'modelled' ? 0.55 : 0.11), phase: run.phases ? does.phase : null,
                epoch: run.phases ? does.epoch : null, step: run.phases ? does.step : null,
                ...planned(run.phases ? does.epoch : null, s, book),
            };
        });
    }

    live(clients: number): Live {
        this.advance(Date.now());
        const w = this.watts();
        const sum = (pick: (book: Book) => number) => this.books.reduce((all, book) => all + pick(book), 0);
        const modelled = this.books.reduce((all, book, i) => all + (this.parts[i]!.channel.method === 'modelled' ? book.energy : 0), 0);
        const energy = sum((book) => book.energy);
        const elapsed_s = (this.at_ms - this.started_ms) / 1000;
        return {
            schema: 1, seq: this.seq, time: new Date(this.at_ms).toISOString(), t_ms: this.at_ms, interval_s: 0.1, version: '0.6.0', started: new Date(this.started_ms).toISOString(),
            elapsed_s, host: 'gpu1', machine_id: '3f'.repeat(32), viewer: { uid: 1000, all: false },
            machine: {
                power_w: w.reduce<number>((all, x) => all + (x ?? 0), 0), energy_j: energy, uncertainty_j: energy * (this.variant === 'modelled' ? 0.27 : 0.034),
                runs_j: sum((book) => book.runs), idle_j: sum((book) => book.idle), others_j: sum((book) => book.others), unattributed_j: sum((book) => book.none),
                measured_j: energy - modelled, modelled_j: modelled, emissions_g: this.grams, pue: 1,
            },
            channels: this.parts.map((part, i): Channel => {
                const book = this.books[i]!;
                return {
                    ...part.channel, twin_of: null, status: 'ok', reason: null, fix: null, power_w: w[i] ?? null, energy_j: book.energy,
                    uncertainty_j: book.energy * (part.channel.rel_error ?? 0), runs_j: book.runs, idle_j: book.idle, others_j: book.others, unattributed_j: book.none,
                    covered_s: elapsed_s, gap_s: part.channel.id === 'gpu/1/device' ? 30 : 0,
                };
            }),
            sources: sources(this.variant), runs: this.runs(w), grid: gridNow(this.variant, this.at_ms),
            self: { cpu_s: elapsed_s * 0.0021, share: 0.0021, energy_j: elapsed_s * 0.004, rss_bytes: 9437184, clients },
            history: { kept: true, error: null, fix: null },
            warnings: this.variant === 'modelled' ? ['no energy was measured: all of it is modelled from use'] : [],
        };
    }

    tick(): Tick {
        const live = this.live(1);
        return {
            seq: live.seq, t_ms: live.t_ms, p: live.machine.power_w, j: live.machine.energy_j, g: live.machine.emissions_g, w: live.channels.map((channel) => channel.power_w),
            runs: live.runs.map((run) => [run.id, run.power_w, run.run_j, run.emissions_g, run.footprint_j, run.phase, run.epoch, run.step,
                run.epochs_planned ? [run.epochs_planned, run.epoch_nth ?? null, run.projected_j ?? null, run.projected_uncertainty_j ?? null, run.projected_s ?? null, run.projected_emissions_g ?? null] : null]),
        };
    }

    history(query: URLSearchParams): History {
        const now = Date.now();
        const t1_ms = Number(query.get('t1') ?? now);
        const t0_ms = Number(query.get('t0') ?? t1_ms - 3_600_000);
        const px = Math.min(4000, Math.max(16, Number(query.get('px') ?? 600)));
        const step_s = Math.max(1, Math.ceil((t1_ms - t0_ms) / 1000 / px));
        const t_ms: number[] = [];
        for (let t = t0_ms + step_s * 500; t < t1_ms; t += step_s * 1000) t_ms.push(t);
        const wanted = query.getAll('channel');
        const known = (t: number) => t >= this.started_ms - 30 * 3_600_000 && t <= now;
        const at = (part: Part, i: number, t: number) => (known(t) ? power(part, i, t, this.attached, this.began_ms) : null);
        return {
            schema: 1, t0_ms, t1_ms, step_s, level: step_s > 3600 ? 'hours' : step_s > 60 ? 'minutes' : 'seconds', t_ms,
            channels: this.parts.flatMap((part, i) => {
                const { id, device, name, source, method, in_total } = part.channel;
                if (wanted.length ? !wanted.includes(id) : !in_total) return [];
                const mean_w = t_ms.map((t) => at(part, i, t));
                const scale = (by: number) => mean_w.map((w) => (w === null ? null : w * by));
                return [{ id, device, name, source, method, in_total, mean_w, min_w: scale(0.93), max_w: scale(1.05), energy_j: mean_w.reduce<number>((sum, w) => sum + (w ?? 0) * step_s, 0) }];
            }),
            g_per_kwh: t_ms.map((t) => (this.variant === 'empty' || this.variant === 'modelled' ? 472.94 : carbonAt(Math.floor(t / 300_000) * 300_000))),
        };
    }
}
