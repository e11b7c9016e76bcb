// SPDX-License-Identifier: Apache-2.0
// Where the page is: `#/path?query`. What a reader would want to send to somebody else is in it.
import { computed, signal } from '@preact/signals';

export type Params = Record<string, string>;

export interface Route {
    /** live, runs, run, compare, carbon, hosts, doctor, or unknown */
    page: string;
    /** of `run` */
    id: string | null;
    params: Params;
}

const PAGES = ['runs', 'compare', 'carbon', 'hosts', 'doctor'];

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** Reads a hash; whatever it is, there is a route. */
export function parse(hash: string): Route {
    const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
    const parts = path.split('/').filter(Boolean).map(decode);
    const params: Params = {};
    for (const [key, value] of new URLSearchParams(query)) params[key] = value;
    const [first, second] = parts;
    if (first === undefined) return { page: 'live', id: null, params };
    if (first === 'runs' && second !== undefined) return { page: 'run', id: second, params };
    return { page: PAGES.includes(first) ? first : 'unknown', id: null, params };
}

/** The hash of a path and its parameters; those that are null or empty are left out. */
export function link(path: string, params: Record<string, string | number | null | undefined> = {}): string {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(params)) {
        if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
    }
    const text = search.toString();
    return `#${path}${text ? `?${text}` : ''}`;
}

/** The path of a route, as `link` takes it. */
export function pathOf(route: Route): string {
    if (route.page === 'live') return '/';
    return route.page === 'run' ? `/runs/${encodeURIComponent(route.id ?? '')}` : `/${route.page}`;
}

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
export const route = computed(() => parse(hash.value));

/** Follows the address bar. Once, at the start. */
export function listen(): void {
    addEventListener('hashchange', () => {
        hash.value = location.hash;
    });
}

export function go(to: string): void {
    location.hash = to;
}

/** Changes parameters of this page in place: no new entry in the history of the browser. */
export function setParams(changes: Record<string, string | number | null | undefined>): void {
    const now = parse(hash.peek());
    const to = link(pathOf(now), { ...now.params, ...changes });
    if (to === hash.peek()) return;
    history.replaceState(null, '', to);
    hash.value = to;
}

/** A number among the parameters, or null. */
export function numberOf(params: Params, key: string): number | null {
    const text = params[key];
    if (text === undefined || text.trim() === '') return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
}
