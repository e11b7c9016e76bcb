// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { link, numberOf, parse, pathOf } from '../src/router';

test('each page has its address', () => {
    expect(parse('').page).toBe('live');
    expect(parse('#/').page).toBe('live');
    for (const page of ['runs', 'compare', 'carbon', 'hosts', 'doctor']) expect(parse(`#/${page}`).page).toBe(page);
    expect(parse('#/nowhere').page).toBe('unknown');
});

test('a run has its id and its parameters', () => {
    expect(parse('#/runs/01J%2Fx?tab=timeline&t0=1.5&t1=2&ch=gpu%2F0')).toEqual({ page: 'run', id: '01J/x', params: { tab: 'timeline', t0: '1.5', t1: '2', ch: 'gpu/0' } });
});

test('whatever stands in the address bar makes a route', () => {
    for (const hash of ['#', '#//', '#/%', '#/runs/%E0%A4%A', '#?a=b', '#/runs/?x', '#/runs?q=a?b=c']) expect(() => parse(hash)).not.toThrow();
    expect(parse('#/runs?q=a?b=c').params.q).toBe('a?b=c');
});

test('links and routes are each other’s inverse', () => {
    for (const hash of ['#/', '#/runs?q=%C3%A9+a&sort=-energy', '#/runs/01J?tab=operators', '#/compare?ids=a%2Cb']) {
        const route = parse(hash);
        expect(parse(link(pathOf(route), route.params))).toEqual(route);
    }
    expect(link('/runs', { q: '', tag: null, project: 'x' })).toBe('#/runs?project=x');
});

test('numbers among the parameters', () => {
    expect(numberOf({ a: '1.5', b: 'x', c: ' ' }, 'a')).toBe(1.5);
    expect(numberOf({ b: 'x' }, 'b')).toBeNull();
    expect(numberOf({ c: ' ' }, 'c')).toBeNull();
    expect(numberOf({}, 'd')).toBeNull();
});
