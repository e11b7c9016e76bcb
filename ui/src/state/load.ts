// SPDX-License-Identifier: Apache-2.0
// A request as a signal: loading, there, or failed; a newer one ends an older one.
import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

export interface Loaded<T> {
    data: Signal<T | null>;
    error: Signal<unknown>;
    again: () => void;
}

/** Asks at once, when `key` changes, on `again`, and every `every_ms` while the page is seen. What is there stays until newer is. */
export function useLoad<T>(key: string, ask: (abort: AbortSignal) => Promise<T>, every_ms = 0): Loaded<T> {
    const state = useMemo(() => ({ data: signal<T | null>(null), error: signal<unknown>(null), turn: signal(0) }), []);
    useEffect(() => {
        const abort = new AbortController();
        const once = async () => {
            try {
                const data = await ask(abort.signal);
                if (abort.signal.aborted) return;
                state.data.value = data;
                state.error.value = null;
            } catch (error) {
                if (!abort.signal.aborted) state.error.value = error;
            }
        };
        void once();
        const timer = every_ms > 0 ? setInterval(() => document.hidden || void once(), every_ms) : undefined;
        return () => {
            clearInterval(timer);
            abort.abort();
        };
    }, [key, state.turn.value]);
    return { data: state.data, error: state.error, again: () => state.turn.value++ };
}
