// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError } from '../api/client';
import { live } from '../state/live';
import { useLoad } from '../state/load';
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
    const [running, setRunning] = useState(false);
    const [whole, setWhole] = useState(id);
    const now = live.value?.runs.find((run) => run.id === whole) ?? null;
    const { data, error, again } = useLoad(`${id} ${now !== null} ${running}`, (abort) => api.run<RunRecord>(id, abort), running ? AGAIN_MS : 0);
    const record = data.value;
    useEffect(() => {
        if (!record) return;
        setRunning(record.run.status === 'running');
        setWhole(record.run.id);
    }, [record]);
    return { record, error: error.value, now, retry: again };
}
