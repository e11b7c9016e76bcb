// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backoff, follow, type Link } from '../src/api/events';
import { loginNeeded } from '../src/api/client';
import { live, tick } from './fixture';

class Source {
    static CONNECTING = 0;
    static all: Source[] = [];
    readyState = 1;
    closed = false;
    onerror: (() => void) | null = null;
    private heard = new Map<string, (event: { data: string }) => void>();
    constructor(readonly url: string) {
        Source.all.push(this);
    }
    addEventListener(name: string, what: (event: { data: string }) => void) {
        this.heard.set(name, what);
    }
    close() {
        this.closed = true;
    }
    say(name: string, data: unknown) {
        this.heard.get(name)!({ data: JSON.stringify(data) });
    }
    fail(state: number) {
        this.readyState = state;
        this.onerror!();
    }
}

let seen: (() => void) | undefined;
const page = { hidden: false, addEventListener: (_: string, what: () => void) => (seen = what), removeEventListener: () => (seen = undefined) };
let answer: () => Response | Promise<Response>;
let links: Link[];
let told: string[];
let end: (() => void) | undefined;
const last = () => Source.all.at(-1)!;

function start() {
    end = follow({ hello: (l) => told.push(`hello ${l.seq}`), tick: (x) => told.push(`tick ${x.seq}`), link: (l) => links.push(l) });
}

beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    vi.stubGlobal('document', page);
    vi.stubGlobal('fetch', vi.fn(async () => answer()));
    Source.all = [];
    page.hidden = false;
    links = [];
    told = [];
    answer = () => Response.json(live());
});
afterEach(() => {
    end?.();
    loginNeeded.value = false;
    vi.unstubAllGlobals();
    vi.useRealTimers();
});

test('one stream, by a relative URL, whose events are handed on', () => {
    start();
    expect(Source.all.map((s) => s.url)).toEqual(['api/v1/events?hz=2']);
    last().say('hello', live());
    last().say('tick', tick(5));
    expect(told).toEqual(['hello 1', 'tick 5']);
    expect(links.at(-1)).toBe('open');
});

test('what ticks do not tell is asked for while the stream works, and not while the page is hidden', async () => {
    start();
    last().say('hello', live());
    answer = () => Response.json(live({ seq: 50 }));
    for (let i = 0; i < 7; i++) {
        last().say('tick', tick(i));
        await vi.advanceTimersByTimeAsync(500);
    }
    expect(told.filter((what) => what === 'hello 50')).toHaveLength(1);
    page.hidden = true;
    seen!();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told.filter((what) => what === 'hello 50')).toHaveLength(1);
});

test('a hidden page holds no connection, and has one again when it is seen', () => {
    start();
    page.hidden = true;
    seen!();
    expect(Source.all.every((s) => s.closed)).toBe(true);
    expect(links.at(-1)).toBe('hidden');
    vi.advanceTimersByTime(60_000);
    expect(Source.all.length).toBe(1);
    page.hidden = false;
    seen!();
    expect(Source.all.length).toBe(2);
    expect(last().closed).toBe(false);
});

test('what the browser reconnects itself is left to it, so that the server can replay', () => {
    start();
    last().say('hello', live());
    last().fail(Source.CONNECTING);
    expect(Source.all.length).toBe(1);
    expect(last().closed).toBe(false);
    expect(links.at(-1)).toBe('connecting');
});

test('a stream that says nothing for long is opened anew', async () => {
    start();
    last().say('hello', live());
    await vi.advanceTimersByTimeAsync(8000 + 600);
    expect(Source.all.length).toBe(2);
    expect(Source.all[0]!.closed).toBe(true);
});

test('events that never get through are polled for', async () => {
    start();
    for (let i = 0; i < 3; i++) {
        last().fail(2);
        await vi.advanceTimersByTimeAsync(5000);
    }
    expect(links.at(-1)).toBe('polling');
    const before = told.length;
    await vi.advanceTimersByTimeAsync(4100);
    expect(told.length).toBeGreaterThanOrEqual(before + 2);
    expect(Source.all.every((s) => s.closed)).toBe(true);
});

test('a server that is gone is said to be, and found again', async () => {
    start();
    last().say('hello', live());
    answer = () => Promise.reject(new TypeError('no'));
    last().fail(2);
    await vi.advanceTimersByTimeAsync(10);
    expect(links.at(-1)).toBe('lost');
    answer = () => Response.json(live({ seq: 77 }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toContain('hello 77');
    expect(Source.all.length).toBeGreaterThan(1);
});

test('a server that wants a token is not asked again until there is one', async () => {
    answer = () => Response.json({ error: 'token' }, { status: 401 });
    start();
    last().fail(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loginNeeded.value).toBe(true);
    expect(Source.all.length).toBe(1);
    loginNeeded.value = false;
    expect(Source.all.length).toBe(2);
});

test('nothing is left behind at the end', async () => {
    start();
    end!();
    end = undefined;
    expect(Source.all.every((s) => s.closed)).toBe(true);
    expect(seen).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Source.all.length).toBe(1);
});

test('waits grow and are bounded', () => {
    expect([0, 1, 2, 3].map(backoff)).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(50)).toBe(15000);
});
