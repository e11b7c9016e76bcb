// SPDX-License-Identifier: Apache-2.0
// Build step: texts become two arrays, and the name 'live.power' becomes 17 wherever it stands, as names of texts are a tenth
// of the page. Names stay of what code puts together at run time: `page.${name}`, word('status', x), prefix="run".
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

type Table = Record<string, string>;

/** A literal that may be a name: all have a dot. */
const WHOLE = /(["'])([\w-]+\.[\w. -]+)\1/g;

/** Which of `keys` code needs by name. */
export function namedKeys(keys: readonly string[], code: string): string[] {
    const beginnings = [...code.matchAll(/`([\w-]+\.[\w.-]*)\$\{/g)].map((match) => match[1]!);
    const prefixes = [...code.matchAll(/(?:\bword\(\s*|\bprefix\s*[=:]\s*)(["'])([\w.-]+)\1/g)].map((match) => `${match[2]}.`);
    return keys.filter((key) => [...beginnings, ...prefixes].some((start) => key.startsWith(start)));
}

/** `t(x ? "act.a" : "act.b")` as `t(x ? 3 : 4)`; what is no name of a text stays. */
export function numbered(code: string, numbers: ReadonlyMap<string, number>): string {
    return code.replace(WHOLE, (whole, _quote: string, key: string) => String(numbers.get(key) ?? whole));
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
