// SPDX-License-Identifier: Apache-2.0
// t('key', {n: 3}). `{n}` is replaced; `{n|run|runs}` is the word for one or for any other number.
import { computed } from '@preact/signals';
import { settings } from '../state/settings';
import type { en } from './en';
import { lookup } from './tables';

export type Key = keyof typeof en;
export type Language = 'en' | 'ko';
export type Values = Record<string, string | number>;
export const languages: readonly Language[] = ['en', 'ko'];

/** The first of the wished languages that is spoken here. */
export function choose(wished: readonly string[]): Language {
    for (const wish of wished) {
        const found = languages.find((language) => wish.toLowerCase().split('-')[0] === language);
        if (found) return found;
    }
    return 'en';
}

export function fill(text: string, values: Values = {}): string {
    return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
        const value = values[name];
        if (value === undefined) return whole;
        return one === undefined || many === undefined ? String(value) : Number(value) === 1 ? one : many;
    });
}

export const language = computed<Language>(() =>
    settings.value.language === 'auto' ? choose(typeof navigator === 'undefined' ? [] : navigator.languages) : settings.value.language,
);

export function t(key: Key, values?: Values): string {
    return fill(lookup(language.value, key) ?? key, values);
}

/** A word of the API (`kind`, `status`, ...) as `PREFIX.WORD`; the word itself where it is not in our tables. */
export function word(prefix: string, name: string | null | undefined): string {
    if (!name) return '';
    return lookup(language.value, [prefix, name].join('.')) ?? name;
}
