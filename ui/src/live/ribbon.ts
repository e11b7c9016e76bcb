// SPDX-License-Identifier: Apache-2.0
// Epochs and phases as the ticks told them.
import type { Region } from '../api/types';
import type { Value } from '../charts/model';

export interface Piece {
    x0: number;
    x1: number;
    /** what is written on it */
    label: string;
    /** forward, backward, ...; of epochs "even" and "odd" */
    kind: string;
}

/** Runs of one value; what is not known is not covered. A piece ends where the next begins. */
export function pieces(t: readonly number[], values: readonly (string | number | null)[], label: (value: string | number) => string, kind: (value: string | number) => string): Piece[] {
    const found: Piece[] = [];
    let start = -1;
    for (let i = 0; i <= t.length; i++) {
        const value = i < t.length ? (values[i] ?? null) : null;
        const before = start < 0 ? null : (values[start] ?? null);
        if (start >= 0 && value === before && i < t.length) continue;
        if (before !== null) found.push({ x0: t[start]!, x1: t[Math.min(i, t.length - 1)]!, label: label(before), kind: kind(before) });
        start = value === null ? -1 : i;
    }
    return found.filter((piece) => piece.x1 > piece.x0);
}

export interface EpochSpan {
    x0: number;
    x1: number;
    epoch: number;
}

/** The epochs that have ended, of a record whose run began at `started` (seconds since 1970). */
export function epochSpans(regions: readonly Region[], started: number): EpochSpan[] {
    return regions.flatMap((region) =>
        region.kind === 'epoch' && region.duration_s !== null ? [{ x0: started + region.start_s, x1: started + region.start_s + region.duration_s, epoch: region.index ?? 0 }] : [],
    );
}

const kindOf = (epoch: number) => (epoch % 2 ? 'odd' : 'even');

/** What the record tells, as far as the ticks do not tell it themselves; it ends where they begin. */
export function withEarlier(seen: readonly Piece[], earlier: readonly EpochSpan[], word: string): Piece[] {
    const first = seen[0]?.x0 ?? Infinity;
    const before = earlier.filter((span) => span.x0 < first).map((span): Piece => ({ x0: span.x0, x1: Math.min(span.x1, first), label: `${word} ${span.epoch}`, kind: kindOf(span.epoch) }));
    return [...before, ...seen];
}

export const epochs = (t: readonly number[], values: readonly Value[], word: string): Piece[] =>
    pieces(t, values, (value) => `${word} ${value}`, (value) => kindOf(Number(value)));
