// SPDX-License-Identifier: Apache-2.0
// Fetches from the server the page came from. URLs are relative, so that they work behind any prefix.
import { signal } from '@preact/signals';
import type { Doctor, Failure, Grid, History, Hosts, Live, RunPage, RunPageSaid, Series } from './types';

/** The server wants a token: the page shows the login instead of anything else. */
export const loginNeeded = signal(false);

/** What a request that failed says: `status` 0 is "not reached". `fix` is a command or null. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        message: string,
        readonly fix: string | null = null,
    ) {
        super(message);
    }
}

export type Query = Record<string, string | number | null | undefined | readonly string[]>;

/** `path` below api/v1 with its query; null and undefined are left out, arrays repeated. */
export function apiUrl(path: string, query: Query = {}): string {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
        if (value === null || value === undefined) continue;
        for (const one of typeof value === 'object' ? value : [value]) search.append(key, String(one));
    }
    const text = search.toString();
    return `api/v1/${path}${text ? `?${text}` : ''}`;
}

async function failure(response: Response): Promise<ApiError> {
    let said: Partial<Failure> = {};
    try {
        said = (await response.json()) as Partial<Failure>;
    } catch {
        // a proxy answered
    }
    return new ApiError(response.status, said.error ?? `${response.status} ${response.statusText}`, said.fix ?? null);
}

/** GETs JSON. Throws ApiError; an aborted request throws the AbortError of fetch. 401 raises `loginNeeded`. */
export async function get<T>(path: string, query: Query = {}, abort?: AbortSignal): Promise<T> {
    let response: Response;
    try {
        response = await fetch(apiUrl(path, query), { headers: { accept: 'application/json' }, ...(abort ? { signal: abort } : {}) });
    } catch (error) {
        if (abort?.aborted) throw error;
        throw new ApiError(0, (error as Error).message);
    }
    if (response.status === 401) loginNeeded.value = true;
    if (!response.ok) throw await failure(response);
    return (await response.json()) as T;
}

/** Trades the token for the cookie. Throws ApiError. */
export async function login(token: string): Promise<void> {
    const response = await fetch(apiUrl('session'), { method: 'POST', headers: { authorization: `Bearer ${token}` } }).catch((error: Error) => {
        throw new ApiError(0, error.message);
    });
    if (!response.ok) throw await failure(response);
    loginNeeded.value = false;
}

/** The run object and its sums as one. */
export function flat(said: RunPageSaid): RunPage {
    return { ...said, runs: said.runs.map(({ run, ...sums }) => ({ ...run, ...sums })) };
}

export const api = {
    live: (abort?: AbortSignal) => get<Live>('live', {}, abort),
    history: (query: Query, abort?: AbortSignal) => get<History>('history', query, abort),
    runs: async (query: Query, abort?: AbortSignal): Promise<RunPage> => flat(await get<RunPageSaid>('runs', query, abort)),
    run: <T>(id: string, abort?: AbortSignal) => get<T>(`runs/${encodeURIComponent(id)}`, {}, abort),
    series: (id: string, query: Query, abort?: AbortSignal) => get<Series>(`runs/${encodeURIComponent(id)}/series`, query, abort),
    exportUrl: (id: string, format: string) => apiUrl(`runs/${encodeURIComponent(id)}/export`, { format }),
    grid: (query: Query, abort?: AbortSignal) => get<Grid>('grid', query, abort),
    hosts: (abort?: AbortSignal) => get<Hosts>('hosts', {}, abort),
    doctor: (abort?: AbortSignal) => get<Doctor>('doctor', {}, abort),
};
