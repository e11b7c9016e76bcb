// SPDX-License-Identifier: Apache-2.0
// Build step: texts become two arrays, and t('live.power') becomes t(17), as names of texts are a tenth of the page.
// Names stay of what code puts together at run time: `page.${name}`, word('status', x), prefix="run", and whole names that
// stand outside of t(...).
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

type Table = Record<string, string>;

export interface Packed {
    numbers: Map<string, number>;
    named: string[];
}

const DIRECT = /\bt\(\s*(["'])([\w. -]+)\1/g;

/** Which of `keys` code needs by name. */
export function namedKeys(keys: readonly string[], code: string): string[] {
    const rest = code.replace(DIRECT, 't(');
    const whole = new Set([...rest.matchAll(/(["'`])([\w. -]+)\1/g)].map((match) => match[2]!));
    const beginnings = [...rest.matchAll(/`([\w.-]+)\$\{/g)].map((match) => match[1]!);
    const prefixes = [...rest.matchAll(/(?:\bword\(\s*|\bprefix\s*[=:]\s*)(["'])([\w.-]+)\1/g)].map((match) => `${match[2]}.`);
    return keys.filter((key) => whole.has(key) || [...beginnings, ...prefixes].some((start) => key.startsWith(start)));
}

/** `t("live.power"` as `t(17`; keys that are not ours stay. */
export function numbered(code: string, numbers: ReadonlyMap<string, number>): string {
    return code.replace(DIRECT, (whole, _quote: string, key: string) => (numbers.has(key) ? `t(${numbers.get(key)}` : whole));
}

async function tables(i18n: string): Promise<{ en: Table; ko: Table }> {
    const contents = 'export { en } from "./en"; export { ko } from "./ko";';
    const result = await build({ stdin: { contents, resolveDir: i18n, loader: 'ts' }, bundle: true, format: 'esm', write: false });
    return (await import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0]!.text).toString('base64')}`)) as { en: Table; ko: Table };
}

export function texts(src: string): Plugin {
    const i18n = join(src, 'i18n');
    let module = '';
    let numbers = new Map<string, number>();
    return {
        name: 'joulebook-texts',
        apply: 'build',
        async buildStart() {
            const { en, ko } = await tables(i18n);
            const keys = Object.keys(en);
            const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name) && !name.startsWith('i18n'));
            const code = files.map((name) => readFileSync(join(src, name), 'utf8')).join('\n');
            numbers = new Map(keys.map((key, i) => [key, i]));
            const named = Object.fromEntries(namedKeys(keys, code).map((key) => [key, numbers.get(key)!]));
            module = `const names = ${JSON.stringify(named)};
const en = ${JSON.stringify(Object.values(en))};
const ko = ${JSON.stringify(keys.map((key) => ko[key]))};
export const lookup = (language, key) => (language === 'ko' ? ko : en)[typeof key === 'number' ? key : names[key]];`;
        },
        load(id) {
            return id === join(i18n, 'tables.ts') ? module : null;
        },
        transform(code, id) {
            return id.startsWith(src) && !id.startsWith(i18n) ? { code: numbered(code, numbers), map: null } : null;
        },
    };
}
