// SPDX-License-Identifier: Apache-2.0
// Epochs, phases, named parts and idle time as the rows of a ribbon. What is too narrow to be seen is put together.
import type { Row } from '../charts/Ribbon';
import { t, word } from '../i18n';
import type { Region } from './record';
import { ribbon, type Idle, type Span } from './timeline';

const COLORS = ['forward', 'optimise', 'evaluate', 'backward', 'data'];

function kindOf(region: Region): string {
    if (region.kind === 'epoch' || region.kind === 'step') return (region.index ?? 0) % 2 === 0 ? 'even' : 'odd';
    let hash = 0;
    for (const letter of region.name) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
    return COLORS.includes(region.name) ? region.name : COLORS[hash % COLORS.length]!;
}

export function rowsOf(regions: Region[], idle: Idle[], window: Span): Row[] {
    const length = window.t1 - window.t0;
    const rows: Row[] = ribbon(regions, window, 0.002).flatMap((lane) =>
        Array.from({ length: lane.levels }, (_, level) => ({
            name: level === 0 ? word('rkind', lane.kind) : '\u00a0'.repeat(level),
            pieces: lane.blocks
                .filter((b) => b.level === level)
                .map((b) => ({ x0: window.t0 + b.x * length, x1: window.t0 + (b.x + b.width) * length, label: b.count > 1 ? `${b.count}\u00a0×` : b.label, kind: kindOf(b.region) })),
        })),
    );
    if (idle.length > 0) rows.push({ name: t('live.partIdle'), pieces: idle.map((s) => ({ x0: s.t0, x1: s.t1, label: '', kind: 'idle' })) });
    return rows;
}
