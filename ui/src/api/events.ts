// SPDX-License-Identifier: Apache-2.0
// The live feed: server-sent events while the page is seen, `live` polled where a proxy holds events back.
import { api, apiUrl, loginNeeded } from './client';
import type { Live, Tick } from './types';

export type Link = 'connecting' | 'open' | 'polling' | 'lost' | 'hidden';

export interface Listener {
    hello(live: Live): void;
    tick(tick: Tick): void;
    link(state: Link): void;
}

/** No event for this long is a dead connection: the server sends ticks all the time. */
const QUIET_MS = 8000;
/** So many event streams in a row that never spoke, and the page polls. */
const TRIES = 3;
const POLL_MS = 2000;
/** Ticks tell only what moves fastest; the rest (who used what of the machine, a run's devices) is asked for so often. */
const REFRESH_MS = 3000;

/** The time to wait before try `n` (from 0): 0.5 s, doubled up to 15 s. */
export function backoff(n: number): number {
    return Math.min(15000, 500 * 2 ** Math.min(n, 10));
}

/** Starts the feed; returns what ends it. Nothing is held open while the page is hidden (6 connections per origin). */
export function follow(listener: Listener, hz = 2): () => void {
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let silent = 0;
    let lost = 0;
    let ended = false;

    const stop = () => {
        clearTimeout(timer);
        source?.close();
        source = null;
    };
    const later = (what: () => void, ms: number) => {
        clearTimeout(timer);
        timer = setTimeout(what, ms);
    };
    // `live` tells a server that is gone from events that do not get through, and a missing token from both
    const ask = async () => {
        let live: Live;
        try {
            live = await api.live();
        } catch {
            if (ended || document.hidden || loginNeeded.value) return;
            silent = 0;
            listener.link('lost');
            later(() => void ask(), backoff(lost++));
            return;
        }
        if (ended || document.hidden) return;
        lost = 0;
        listener.hello(live);
        if (silent >= TRIES) {
            listener.link('polling');
            later(() => void ask(), POLL_MS);
        } else {
            later(open, silent ? backoff(silent - 1) : 0);
        }
    };
    const refresh = setInterval(() => {
        if (!source || silent > 0 || document.hidden) return;
        const asked = source;
        // a stream that works is the one to say what is wrong
        api.live().then(
            (live) => source === asked && !document.hidden && listener.hello(live),
            () => undefined,
        );
    }, REFRESH_MS);
    const broken = () => {
        stop();
        silent++;
        void ask();
    };
    const heard = () => {
        silent = 0;
        lost = 0;
        listener.link('open');
        later(broken, QUIET_MS);
    };
    const open = () => {
        stop();
        if (ended || document.hidden) return;
        const mine = new EventSource(apiUrl('events', { hz }));
        source = mine;
        mine.addEventListener('hello', (event) => {
            heard();
            listener.hello(JSON.parse((event as MessageEvent<string>).data) as Live);
        });
        mine.addEventListener('tick', (event) => {
            heard();
            listener.tick(JSON.parse((event as MessageEvent<string>).data) as Tick);
        });
        mine.onerror = () => {
            if (source !== mine) return;
            // what the browser mends by itself comes back with Last-Event-ID, and the server fills the gap
            if (mine.readyState === EventSource.CONNECTING) listener.link('connecting');
            else broken();
        };
        later(broken, QUIET_MS);
    };
    const seen = () => {
        if (document.hidden) {
            stop();
            listener.link('hidden');
        } else {
            listener.link('connecting');
            open();
        }
    };
    document.addEventListener('visibilitychange', seen);
    // runs at once, which is the start; and again after a login
    const off = loginNeeded.subscribe((needed) => {
        if (!needed && !source) seen();
    });
    return () => {
        ended = true;
        off();
        clearInterval(refresh);
        document.removeEventListener('visibilitychange', seen);
        stop();
    };
}
