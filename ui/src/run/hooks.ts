// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError } from '../api/client';
import { live } from '../state/live';
import type { LiveRun } from '../api/types';
import type { RunRecord } from './record';

/** Width of an element as it is now; 0 before it is there. */
export function useWidth<T extends Element>() {
    const ref = useRef<T>(null);
    const [width, setWidth] = useState(0);
    useLayoutEffect(() => {
        const box = ref.current;
        if (!box) return undefined;
        const measure = () => setWidth(Math.floor(box.getBoundingClientRect().width));
        measure();
        const watch = new ResizeObserver(measure);
        watch.observe(box);
        return () => watch.disconnect();
    }, []);
    return { ref, width };
}

export interface Loaded {
    record: RunRecord | null;
    error: unknown;
    /** what the meter says of it now; null when it is not attached */
    now: LiveRun | null;
    retry: () => void;
}

const AGAIN_MS = 4000;

export const denied = (error: unknown): boolean => error instanceof ApiError && error.status === 403;
export const unknown = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** The record of a run; of one that is going on it is asked for again, and once more when it has ended. */
export function useRecord(id: string): Loaded {
    const [record, setRecord] = useState<RunRecord | null>(null);
    const [error, setError] = useState<unknown>(null);
    const [turn, setTurn] = useState(0);
    const whole = record?.run.id;
    const now = live.value?.runs.find((run) => run.id === (whole ?? id)) ?? null;
    const attached = now !== null;
    const running = record?.run.status === 'running';

    useEffect(() => {
        const abort = new AbortController();
        api.run<RunRecord>(id, abort.signal).then(
            (found) => {
                setRecord(found);
                setError(null);
            },
            (failure: unknown) => {
                if (!abort.signal.aborted) setError(failure);
            },
        );
        return () => abort.abort();
    }, [id, turn, attached]);
    useEffect(() => {
        if (!running) return undefined;
        const timer = setInterval(() => {
            if (!document.hidden) setTurn((n) => n + 1);
        }, AGAIN_MS);
        return () => clearInterval(timer);
    }, [running]);
    return { record, error, now, retry: () => setTurn((n) => n + 1) };
}
