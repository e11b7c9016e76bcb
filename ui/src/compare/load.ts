// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api/client';
import type { Series } from '../api/types';
import type { RunRecord } from '../run/record';

export interface Compared {
    id: string;
    record: RunRecord | null;
    series: Series | null;
    error: unknown;
}

const PX = 800;

/** The records and the courses of runs, in the order of their ids; one that cannot be had leaves the others. */
export function useRuns(ids: string[]): Compared[] {
    const [found, setFound] = useState<Record<string, Partial<Compared>>>({});
    const key = ids.join();
    useEffect(() => {
        const abort = new AbortController();
        const put = (id: string, more: Partial<Compared>) => {
            if (!abort.signal.aborted) setFound((all) => ({ ...all, [id]: { ...all[id], ...more } }));
        };
        for (const id of ids) {
            api.run<RunRecord>(id, abort.signal).then((record) => put(id, { record, error: null }), (error: unknown) => put(id, { error }));
            api.series(id, { px: PX }, abort.signal).then((series) => put(id, { series }), () => put(id, { series: null }));
        }
        return () => abort.abort();
    }, [key]);
    return ids.map((id) => ({ id, record: null, series: null, error: null, ...found[id] }));
}
