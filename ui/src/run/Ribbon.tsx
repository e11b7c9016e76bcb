// SPDX-License-Identifier: Apache-2.0
// Epochs, phases and named parts over the same time as the charts above it; pressing one shows its time alone.
import { useComputed } from '@preact/signals';
import type { ChartGroup } from '../charts/sync';
import { duration, joules } from '../format';
import { t, word } from '../i18n';
import { useWidth } from './hooks';
import type { Region } from './record';
import { ribbon, type Block, type Idle, type Span } from './timeline';

// As charts/timeseries.ts leaves them beside a chart.
const LEFT = 58;
const RIGHT = 96;
const NARROW = 520;
const ROW = 18;
const COLORS = ['cpu', 'ram', 'board', 'gpu', 'other'];

function colorOf(block: Block): string {
    const { region } = block;
    if (region.kind === 'epoch' || region.kind === 'step') return (region.index ?? 0) % 2 === 0 ? 'even' : 'odd';
    let hash = 0;
    for (const letter of region.name) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
    return COLORS[hash % COLORS.length]!;
}

interface Props {
    regions: Region[];
    idle: Idle[];
    whole: Span;
    group: ChartGroup;
}

export function Ribbon({ regions, idle, whole, group }: Props) {
    const { ref, width } = useWidth<HTMLDivElement>();
    const zoom = useComputed(() => group.zoom.value);
    const cursor = useComputed(() => group.cursor.value);
    const window = zoom.value ? { t0: zoom.value.x0, t1: zoom.value.x1 } : whole;
    const left = LEFT;
    const inner = Math.max(10, width - left - (width < NARROW ? 8 : RIGHT));
    const lanes = ribbon(regions, window, 1.5 / inner);
    const length = window.t1 - window.t0;
    const x = (s: number) => left + (inner * (s - window.t0)) / length;
    let y = 0;
    const rows = lanes.map((lane) => {
        const at = y;
        y += lane.levels * ROW + 6;
        return { lane, at };
    });
    const idleAt = y;
    const here = idle.filter((s) => s.t1 > window.t0 && s.t0 < window.t1);
    if (here.length > 0) y += ROW + 6;
    if (y === 0) return null;
    const at = cursor.value;
    return (
        <div class="r-ribbon panel">
            <div class="r-plot" ref={ref}>
            {width > 0 && (
                <svg width={width} height={y} role="group" aria-label={t('r.tl.ribbon')}>
                    {rows.map(({ lane, at: top }) => (
                        <g key={lane.kind}>
                            <text class="tick" x={left - 6} y={top + 13} text-anchor="end">
                                {word('rkind', lane.kind)}
                            </text>
                            {lane.blocks.map((block) => {
                                const wide = Math.max(1, block.width * inner - 1);
                                const from = left + block.x * inner;
                                const { region } = block;
                                const many = block.count > 1;
                                const name = many ? t('r.tl.many', { n: block.count, kind: word('rkind', block.kind) }) : `${region.kind === 'region' ? '' : `${word('rkind', block.kind)} `}${block.label}: ${duration(region.duration_s)}, ${joules(region.energy_j)}`;
                                return (
                                    <g key={`${region.id}:${block.x}`} class={`block f-${colorOf(block)}`} onClick={() => !many && (group.zoom.value = { x0: region.start_s!, x1: region.start_s! + region.duration_s! })}>
                                        <title>{name}</title>
                                        <rect x={from} y={top + block.level * ROW} width={wide} height={ROW - 1} />
                                        {wide > 7 * block.label.length + 6 && !many && (
                                            <text x={from + 4} y={top + block.level * ROW + 13}>
                                                {block.label}
                                            </text>
                                        )}
                                    </g>
                                );
                            })}
                        </g>
                    ))}
                    {here.length > 0 && (
                        <g>
                            <text class="tick" x={left - 6} y={idleAt + 13} text-anchor="end">
                                {t('live.partIdle')}
                            </text>
                            {here.map((s) => {
                                const from = Math.max(left, x(s.t0));
                                return (
                                    <g key={s.t0} class="block idle" onClick={() => (group.zoom.value = { x0: s.t0, x1: s.t1 })}>
                                        <title>{`${t('live.partIdle')}: ${duration(s.t1 - s.t0)}, ${joules(s.joules)}`}</title>
                                        <rect x={from} y={idleAt} width={Math.max(1, Math.min(left + inner, x(s.t1)) - from)} height={ROW - 1} />
                                    </g>
                                );
                            })}
                        </g>
                    )}
                    {at !== null && at >= window.t0 && at <= window.t1 && <line class="cross" x1={x(at)} x2={x(at)} y1="0" y2={y} />}
                </svg>
            )}
            </div>
        </div>
    );
}
