// SPDX-License-Identifier: Apache-2.0
// Bands of what went on when, under the charts and on their time axis.
import { useSignal } from '@preact/signals';
import { clock, duration } from '../format';
import { t } from '../i18n';
import type { Piece } from '../live/ribbon';
import type { Span } from './model';
import type { ChartGroup } from './sync';

const KINDS = ['even', 'odd', 'create', 'data', 'forward', 'backward', 'optimise', 'evaluate'];

export interface Row {
    name: string;
    pieces: readonly Piece[];
}

interface Props {
    id: string;
    name: string;
    note?: string;
    rows: readonly Row[];
    /** what is shown when nobody has zoomed */
    all: Span;
    group: ChartGroup;
    xKind: 'time' | 'elapsed';
}

export function Ribbon({ id, name, note, rows, all, group, xKind }: Props) {
    const table = useSignal(false);
    const { x0, x1 } = group.zoom.value ?? all;
    const percent = (x: number) => Math.min(100, Math.max(0, ((x - x0) / (x1 - x0)) * 100));
    const when = (x: number) => (xKind === 'time' ? clock(x * 1000, true) : duration(x));
    const cursor = group.cursor.value;
    return (
        <figure class="chart panel" data-chart={id}>
            <figcaption class="chart-head">
                <h2>{name}</h2>
                {note && <span class="soft small note">{note}</span>}
                <span class="grow" />
                <button class="plain small" aria-pressed={table.value} onClick={() => (table.value = !table.value)}>
                    {t(table.value ? 'act.chart' : 'act.table')}
                    <span class="sr">: {name}</span>
                </button>
            </figcaption>
            {table.value ? (
                <div class="scroll tall" tabIndex={0} role="region" aria-label={t('chart.table', { name })}>
                    <table class="table dense">
                        <caption class="sr">{t('chart.table', { name })}</caption>
                        <tbody>
                            {rows.flatMap((row) =>
                                row.pieces.map((piece) => (
                                    <tr key={row.name + piece.x0}>
                                        <th scope="row">{piece.label}</th>
                                        <td>{when(piece.x0)}</td>
                                        <td class="right">{duration(piece.x1 - piece.x0)}</td>
                                    </tr>
                                )),
                            )}
                        </tbody>
                    </table>
                </div>
            ) : (
                <div class="ribbon" aria-hidden="true">
                    {rows.map((row) => (
                        <div class="ribbon-row" key={row.name}>
                            <span class="soft small">{row.name}</span>
                            <svg width="100%" height="20">
                                {row.pieces
                                    .filter((piece) => piece.x1 > x0 && piece.x0 < x1)
                                    .map((piece) => {
                                        const from = percent(piece.x0);
                                        const width = percent(piece.x1) - from;
                                        return (
                                            <g key={piece.x0} class={`k-${KINDS.includes(piece.kind) ? piece.kind : 'else'}`}>
                                                <title>{`${piece.label} · ${when(piece.x0)} · ${duration(piece.x1 - piece.x0)}`}</title>
                                                <rect x={`${from}%`} width={`${width}%`} height="20" />
                                                {width > 7 && (
                                                    <text x={`${from + width / 2}%`} y="14" text-anchor="middle">
                                                        {piece.label}
                                                    </text>
                                                )}
                                            </g>
                                        );
                                    })}
                                {cursor !== null && cursor >= x0 && cursor <= x1 && <line class="cross" x1={`${percent(cursor)}%`} x2={`${percent(cursor)}%`} y1="0" y2="20" />}
                            </svg>
                        </div>
                    ))}
                </div>
            )}
        </figure>
    );
}
