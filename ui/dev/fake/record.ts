// SPDX-License-Identifier: Apache-2.0
// The record and the series of one made-up run.
import type { RunRecord } from '../../src/run/record';
import { storedRuns } from './stored';
import { grown, seriesOf, trained } from './trained';
import type { World } from './world';

/** What `runs/ID` answers; null when there is no such run, 'denied' when it is somebody else's. */
export function record(world: World, id: string): RunRecord | 'denied' | null {
    const real = trained(id);
    if (real) return real;
    const all = storedRuns(world);
    const line = id === 'last' ? all[0] : all.find((run) => run.id.startsWith(id) || run.name === id);
    if (!line) return null;
    if (!line.mine) return 'denied';
    return grown(line);
}

export function series(world: World, id: string, query: URLSearchParams): object | null {
    const found = record(world, id);
    return found === null || found === 'denied' ? null : seriesOf(found, query);
}
