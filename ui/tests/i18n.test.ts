// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { choose, fill } from '../src/i18n';
import { en } from '../src/i18n/en';
import { ko } from '../src/i18n/ko';

const src = new URL('../src', import.meta.url).pathname;
const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name)).map((name) => join(src, name));
const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();

test('both languages have the same keys, none is empty, and they tell the same values', () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
        const other = ko[key as keyof typeof en];
        expect(text.trim(), key).not.toBe('');
        expect(other.trim(), key).not.toBe('');
        expect(values(other), key).toEqual(values(text));
    }
});

test('Korean is Korean', () => {
    // names and formats that are the same in both
    const kept = Object.values(ko).filter((text) => !/\p{Script=Hangul}/u.test(text) && /[a-z]{3}/i.test(text.replace(/\{[^}]*\}/g, '')));
    expect(kept.filter((text) => !/^(joulebook|PUE|CPU|GPU|CSV|JSON|HTML|YAML|LaTeX|SQLite|Perfetto|Hugging Face|PNG|SVG)/i.test(text))).toEqual([]);
});

test('every text that is asked for by name is there, and none is left over', () => {
    const code = files.filter((name) => !name.includes('/i18n/')).map((name) => readFileSync(name, 'utf8')).join('\n');
    const named = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1]!);
    for (const key of named) expect(en, key).toHaveProperty([key]);
    const unused = Object.keys(en).filter((key) => !code.includes(`'${key}'`) && !code.includes(`\`${key.replace(/[^.]+$/, '')}`) && !code.includes(`word('${key.split('.')[0]}'`) && !code.includes(`prefix="${key.split('.')[0]}"`) && !/^(status|run)\./.test(key));
    expect(unused).toEqual([]);
});

test('no text stands in a component', () => {
    const found: string[] = [];
    for (const name of files.filter((file) => file.endsWith('.tsx'))) {
        const tree = ts.createSourceFile(name, readFileSync(name, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
        const look = (node: ts.Node): void => {
            if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) found.push(`${name}: ${node.text.trim()}`);
            if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer) && ['title', 'aria-label', 'placeholder', 'alt', 'label', 'note'].includes(node.name.getText())) {
                found.push(`${name}: ${node.initializer.text}`);
            }
            ts.forEachChild(node, look);
        };
        look(tree);
    }
    // what is the same in every language
    expect(found.filter((text) => !/: (CSV|JSON|PNG|SVG|g|kWh)$/.test(text))).toEqual([]);
});

test('words follow their number', () => {
    expect(fill('{n} {n|run|runs}', { n: 1 })).toBe('1 run');
    expect(fill('{n} {n|run|runs}', { n: 2 })).toBe('2 runs');
    expect(fill('{a} {b}', { a: 'x' })).toBe('x {b}');
});

test('the first language that is spoken here is taken', () => {
    expect(choose(['ko-KR', 'en'])).toBe('ko');
    expect(choose(['fr', 'en-GB', 'ko'])).toBe('en');
    expect(choose([])).toBe('en');
});
