// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { RunLine } from '../src/api/types';
import { apiUrl, flat } from '../src/api/client';
import { modelCsv } from '../src/export/chart';
import { csv, csvCell } from '../src/export/csv';
import { broken } from '../src/pages/Doctor';
import { tally } from '../src/pages/Hosts';
import { basisOf, idsOf, runsCsv, SORTS, sorted, tagOf, withLive } from '../src/runs/rows';
import { act, bind, meaning, taken } from '../src/state/keys';
import { read } from '../src/state/settings';
import { isCommand } from '../src/ui/Command';
import { nextSort } from '../src/ui/Table';
import { liveRun } from './fixture';

function line(id: string, more: Partial<RunLine> = {}): RunLine {
    return {
        id, name: null, project: null, tags: {}, host: 'h', machine_id: 'ff', command: ['python3', 'train.py'], started: '2026-11-22T02:55:00Z', ended: null, duration_s: 10, status: 'finished',
        exit_code: 0, signal: null, parent: null, mine: true, user: 'kim', machine_j: 3, run_j: 1, footprint_j: 2, uncertainty_j: 0.1, mean_w: 5, basis: 'footprint', emissions_g: 1,
        emissions_uncertainty_g: 0.1, intensity_g_per_kwh: 400, zone: 'KR', coverage: 1, ...more,
    };
}

test('sorting puts what is not known last, both ways', () => {
    const rows = [line('a', { footprint_j: null }), line('b', { footprint_j: 5 }), line('c', { footprint_j: 9 })];
    expect(sorted(rows, 'energy').map((r) => r.id)).toEqual(['b', 'c', 'a']);
    expect(sorted(rows, '-energy').map((r) => r.id)).toEqual(['c', 'b', 'a']);
    expect(sorted(rows, 'nonsense').map((r) => r.id)).toEqual(['a', 'b', 'c']);
    expect(sorted([line('a', { name: 'run-10' }), line('b', { name: 'run-9' })], 'name').map((r) => r.id)).toEqual(['b', 'a']);
    for (const key of SORTS) expect(() => sorted(rows, `-${key}`)).not.toThrow();
    expect(nextSort(undefined, 'energy')).toBe('-energy');
    expect(nextSort('-energy', 'energy')).toBe('energy');
});

test('a run that is attached is told by the feed', () => {
    const [row, other] = withLive([line('a'), line('b')], [liveRun('a', { elapsed_s: 100, run_j: 5000 })]);
    expect(row).toMatchObject({ status: 'running', duration_s: 100, mean_w: 50, footprint_j: 80000 });
    expect(other).toEqual(line('b'));
    expect(basisOf(line('a', { basis: 'machine' }))).toBe(3);
});

test('tags and ids of the address', () => {
    expect(tagOf(' lr=0.1 ')).toBe('lr=0.1');
    expect(tagOf('a=b=c')).toBe('a=b=c');
    for (const none of ['', 'lr', '=x', 'lr=']) expect(tagOf(none)).toBeNull();
    expect(idsOf('a,b,a,,c')).toEqual(['a', 'b', 'c']);
    expect(idsOf(undefined)).toEqual([]);
    expect(idsOf('1,2,3,4,5,6,7,8,9,10')).toHaveLength(8);
});

test('CSV is quoted, holds no formulas, and leaves what is not known empty', () => {
    expect(csv([['a', 1.5, null], ['x,"y"', NaN, undefined]])).toBe('a,1.5,\r\n"x,""y""",,\r\n');
    expect(csvCell('=cmd()')).toBe("'=cmd()");
    expect(csvCell(-1)).toBe('-1');
    const [head, first] = runsCsv([line('a', { tags: { lr: '0.1' } }), line('b')]);
    expect(head!.at(-1)).toBe('tag.lr');
    expect(first![head!.indexOf('footprint_j')]).toBe(2);
    expect(first).toHaveLength(head!.length);
});

test('the figures of a chart as CSV, without its limits', () => {
    const model = { x: [0, 1], xKind: 'time' as const, format: String, unit: () => ({ by: 1, name: '' }), lines: [{ key: 'gpu', label: '', color: 'gpu', y: [1, null] }, { key: 'gpu', label: '', color: 'gpu', y: [9, 9], limit: true }] };
    expect(modelCsv(model)).toEqual([['time', 'gpu'], ['1970-01-01T00:00:00.000Z', 1], ['1970-01-01T00:00:01.000Z', null]]);
});

test('questions are relative, and leave out what is not asked', () => {
    expect(apiUrl('history', { t0: 1, t1: null, channel: ['a/b', 'c'] })).toBe('api/v1/history?t0=1&channel=a%2Fb&channel=c');
    expect(apiUrl('live')).toBe('api/v1/live');
});

test('keys mean what the list of keys says', () => {
    expect(meaning(' ', '')).toEqual({ do: 'pause' });
    expect(meaning('r', 'g')).toEqual({ do: 'go', page: 'runs' });
    expect(meaning('r', '')).toBeNull();
    expect(meaning('e', 'g')).toEqual({ do: 'export' });
    expect(taken({ tagName: 'INPUT', type: 'search' }, 'e')).toBe(true);
    expect(taken({ tagName: 'INPUT', type: 'search' }, 'Escape')).toBe(false);
    expect(taken({ tagName: 'INPUT', type: 'checkbox' }, 'e')).toBe(false);
    expect(taken({ tagName: 'BUTTON' }, ' ')).toBe(true);
    expect(taken({ tagName: 'BUTTON' }, '/')).toBe(false);
    expect(taken({ tagName: 'BODY' }, ' ')).toBe(false);
});

test('what came last to the page has the key', () => {
    const did: string[] = [];
    const first = bind({ export: () => did.push('first'), close: () => did.push('close') });
    const second = bind({ export: () => did.push('second') });
    expect(act('export') && act('close')).toBe(true);
    second();
    act('export');
    first();
    expect(act('export')).toBe(false);
    expect(did).toEqual(['second', 'close', 'first']);
});

test('settings that make no sense are not taken', () => {
    const initial = { theme: 'auto', language: 'auto', equivalents: false };
    for (const text of [null, '', '{', 'null', '7', '{"theme":"pink","equivalents":"yes"}']) expect(read(text)).toEqual(initial);
    expect(read('{"theme":"dark","language":"ko","equivalents":true}')).toEqual({ theme: 'dark', language: 'ko', equivalents: true });
});

test('what can be mended comes first', () => {
    const channel = (source: string, status: string, fix: string | null) => ({ id: null, source, in_total: false, status, reason: null, fix });
    expect(broken([channel('a', 'absent', null), channel('b', 'failed', null), channel('c', 'denied', 'x'), channel('d', 'ok', null)]).map((c) => c.source)).toEqual(['c', 'b', 'a']);
});

test('equal parts are counted', () => {
    expect(tally(['x', 'y', 'x'])).toEqual(['2 × x', 'y']);
});

test('a line of runs is flat, whatever the server nests', () => {
    const { mine, user, machine_j, run_j, footprint_j, uncertainty_j, mean_w, basis, emissions_g, emissions_uncertainty_g, intensity_g_per_kwh, zone, coverage, ...run } = line('a');
    const sums = { mine, user, machine_j, run_j, footprint_j, uncertainty_j, mean_w, basis, emissions_g, emissions_uncertainty_g, intensity_g_per_kwh, zone, coverage };
    expect(flat({ schema: 1, runs: [{ run, ...sums }], next: 'x' })).toEqual({ schema: 1, runs: [line('a')], next: 'x' });
});

test('a fix is a command or a sentence', () => {
    for (const text of ['sudo modprobe msr', "export JOULEBOOK_GRID_ZONE='KR'", 'joulebook doctor --fix']) expect(isCommand(text)).toBe(true);
    for (const text of ['set kind and address in [plug] of the configuration', 'ask whoever runs the machine']) expect(isCommand(text)).toBe(false);
});
