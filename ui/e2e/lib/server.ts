// SPDX-License-Identifier: Apache-2.0
// What the page is served by: the real `joulebook serve` (E2E_JOULEBOOK names it) on a made-up machine, or the stand-in of
// ui/dev (E2E_UI: a folder with its packages and dist/). Both on a port of their own, ended with the test.
//
// E2E_JOULEBOOK  the program            E2E_MACHINE  the machine it reads (--root)
// E2E_DB         a database with a recorded training, copied for each server
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `data`: a machine in use that has runs; the others are machines where something is missing. */
export type Kind = 'data' | 'empty' | 'modelled' | 'denied' | 'users' | 'token';
const VARIANT: Record<Kind, string> = { data: 'h100', empty: 'empty', modelled: 'modelled', denied: 'denied', users: 'users', token: 'token' };

const wanted = process.env.E2E_JOULEBOOK !== undefined;
/** What the real program can show here; other people, devices and doors only the stand-in has. */
const REAL: Kind[] = ['data', 'empty'];
const joulebook = process.env.E2E_JOULEBOOK ?? '';
const here = dirname(fileURLToPath(import.meta.url));
const ui = resolve(process.env.E2E_UI ?? join(here, '../..'));

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    return port;
}

export class Server {
    url = '';
    private child: ChildProcess | null = null;
    private said = '';
    private readonly folder = mkdtempSync(join(tmpdir(), 'joulebook-e2e-'));
    private port = 0;
    private caught: string | undefined;
    private readonly runs: ChildProcess[] = [];
    private readonly real: boolean;

    constructor(readonly kind: Kind) {
        const db = process.env.E2E_DB;
        this.real = wanted && REAL.includes(kind);
        if (this.real && kind === 'data' && db !== undefined) copyFileSync(db, join(this.folder, 'db'));
    }

    private environment(): NodeJS.ProcessEnv {
        const kept = Object.entries(process.env).filter(([name]) => !/^(JOULEBOOK_|XDG_)/.test(name));
        return {
            ...Object.fromEntries(kept), HOME: this.folder, XDG_DATA_HOME: join(this.folder, 'data'), XDG_CONFIG_HOME: join(this.folder, 'config'),
            XDG_CACHE_HOME: join(this.folder, 'cache'), XDG_RUNTIME_DIR: this.folder, TZ: 'UTC', LC_ALL: 'C.UTF-8', JOULEBOOK_GRID_LIVE: 'false',
        };
    }

    private command(): [string, string[]] {
        if (!this.real) return [process.execPath, [join(ui, 'tools/fake.mjs'), '--port', String(this.port), '--variant', VARIANT[this.kind]]];
        const machine = this.kind === 'data' ? ['--root', process.env.E2E_MACHINE ?? ''] : ['--root', this.folder, '--sensors', 'rapl-perf'];
        return [joulebook, ['serve', '--listen', `127.0.0.1:${this.port}`, '--port-file', join(this.folder, 'port'), '--socket', this.socket,
            '--db', join(this.folder, 'db'), '--zone', 'KR', ...machine]];
    }

    get socket(): string {
        return join(this.folder, 'socket');
    }

    /** Answers when the server does. Once more after stop(): at the same address. */
    async start(): Promise<this> {
        if (this.port === 0) this.port = await freePort();
        const [program, words] = this.command();
        this.said = '';
        const child = spawn(program, words, { cwd: this.real ? this.folder : ui, env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
        const hear = (chunk: Buffer): void => { this.said = (this.said + chunk.toString()).slice(-4000); };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        this.child = child;
        process.once('exit', () => child.kill('SIGKILL'));
        this.url = `http://127.0.0.1:${this.port}/`;
        const deadline = Date.now() + 20_000;
        for (;;) {
            if (child.exitCode !== null) throw new Error(`${program} ${words.join(' ')} ended with ${child.exitCode}:\n${this.said}`);
            const answer = await fetch(`${this.url}api/v1/live`).catch(() => null);
            if (answer !== null && (answer.ok || answer.status === 401)) return this;
            if (Date.now() > deadline) throw new Error(`${this.url} does not answer:\n${this.said}`);
            await new Promise((done) => { setTimeout(done, 50); });
        }
    }

    /** A training that goes on while the page looks at it; the stand-in always has one. */
    async train(name: string, command = ['sleep', '900']): Promise<void> {
        if (!this.real) return;
        // Longer than any test; ended with the server.
        const words = ['run', '--root', process.env.E2E_MACHINE ?? '', '--db', join(this.folder, 'db'), '--name', name, '--quiet', '--', ...command];
        this.runs.push(spawn(joulebook, words, { env: { ...this.environment(), JOULEBOOK_SOCKET: this.socket }, stdio: 'ignore' }));
        process.once('exit', () => this.runs.forEach((run) => run.kill('SIGKILL')));
        const deadline = Date.now() + 15_000;
        for (;;) {
            if ((await this.live()).runs.some((run) => run.name === name)) return;
            if (Date.now() > deadline) throw new Error(`the run ${name} did not attach`);
            await new Promise((done) => { setTimeout(done, 50); });
        }
    }

    async stop(): Promise<void> {
        const child = this.child;
        this.child = null;
        if (child === null || child.exitCode !== null) return;
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(timer);
    }

    async destroy(): Promise<void> {
        for (const run of this.runs) run.kill('SIGTERM');
        await this.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    async live(): Promise<{ seq: number; runs: { id: string; name: string | null }[] }> {
        return (await (await fetch(`${this.url}api/v1/live`)).json()) as never;
    }

    /** The ids of so many runs, newest first. */
    async some(count: number): Promise<string[]> {
        const { runs } = (await (await fetch(`${this.url}api/v1/runs?limit=50`)).json()) as { runs: { run: { id: string } }[] };
        if (runs.length < count) throw new Error(`${runs.length} runs, wanted ${count}`);
        return runs.slice(0, count).map(({ run }) => run.id);
    }

    /** A run whose operators were caught: its id. */
    async recorded(): Promise<string> {
        this.caught ??= await this.findRecorded();
        return this.caught;
    }

    private async findRecorded(): Promise<string> {
        const { runs } = (await (await fetch(`${this.url}api/v1/runs?limit=50`)).json()) as { runs: { run: { id: string } }[] };
        for (const { run } of runs) {
            const answer = await fetch(`${this.url}api/v1/runs/${run.id}`);
            const record = (await answer.json()) as { operators?: unknown[] };
            if (answer.ok && (record.operators?.length ?? 0) > 0) return run.id;
        }
        throw new Error(`none of ${runs.length} runs has operators`);
    }
}
