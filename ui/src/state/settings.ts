// SPDX-License-Identifier: Apache-2.0
// What one person likes, kept in this browser. What is worth sending to somebody else is in the URL instead.
import { effect, signal } from '@preact/signals';

export interface Settings {
    theme: 'auto' | 'light' | 'dark';
    language: 'auto' | 'en' | 'ko';
    /** car km and tree months beside emissions */
    equivalents: boolean;
}

const KEY = 'joulebook';
const initial: Settings = { theme: 'auto', language: 'auto', equivalents: false };

/** What was kept, as far as it makes sense. */
export function read(text: string | null): Settings {
    let kept: Partial<Record<keyof Settings, unknown>> = {};
    try {
        kept = (JSON.parse(text ?? '{}') ?? {}) as typeof kept;
    } catch {
        // somebody else's
    }
    const of = <T extends string>(x: unknown, allowed: readonly T[], or: T): T => (allowed.includes(x as T) ? (x as T) : or);
    return {
        theme: of(kept.theme, ['auto', 'light', 'dark'], initial.theme),
        language: of(kept.language, ['auto', 'en', 'ko'], initial.language),
        equivalents: kept.equivalents === true,
    };
}

function store(): Storage | null {
    try {
        return typeof localStorage === 'undefined' ? null : localStorage;
    } catch {
        return null;
    }
}

export const settings = signal<Settings>(read(store()?.getItem(KEY) ?? null));

export function set(change: Partial<Settings>): void {
    settings.value = { ...settings.value, ...change };
    try {
        store()?.setItem(KEY, JSON.stringify(settings.value));
    } catch {
        // a full or closed store: it holds until the page is closed
    }
}

/** Keeps <html data-theme> at what was chosen. Once, at the start. */
export function applyTheme(): void {
    effect(() => {
        const { theme } = settings.value;
        if (theme === 'auto') delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = theme;
    });
}
