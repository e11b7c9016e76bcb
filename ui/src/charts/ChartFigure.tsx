// SPDX-License-Identifier: Apache-2.0
// A chart with its legend, its keys and its table.
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { clock, duration, utcTime } from '../format';
import { t } from '../i18n';
import { DataTable, lineName } from './DataTable';
import { clampSpan, isolate, nearest, type ChartModel, type Line } from './model';
import { themeEpoch } from './palette';
import type { ChartGroup } from './sync';
import { createChart, extent, type Chart } from './timeseries';

/** The entry of a legend: a piece of the line itself, drawn by classes and attributes. */
export function Mark({ line }: { line: Pick<Line, 'color' | 'dash' | 'estimated' | 'limit'> }) {
    const dash = line.limit ? '4 3' : line.estimated ? '2 2' : line.dash?.length ? line.dash.join(' ') : undefined;
    return (
        <svg class={`mark c-${line.color}`} width="18" height="10" aria-hidden="true">
            <line x1="0" y1="5" x2="18" y2="5" stroke="currentColor" stroke-width="2.5" stroke-dasharray={dash} />
        </svg>
    );
}

/** Inside of the padding. */
const widthOf = (box: HTMLElement) => box.clientWidth - 8;

interface Props {
    /** what it is for tests and anchors: power, energy, ... */
    id: string;
    name: string;
    model: ChartModel;
    group: ChartGroup;
    /** what the figure says in a sentence: of what, from which window */
    note?: string | undefined;
    /** told when the reader isolates a line, or shows all again */
    onAlone?: ((key: string | null) => void) | undefined;
}

export function TimeSeries({ id, name, model, group, note, onAlone }: Props) {
    const host = useRef<HTMLDivElement>(null);
    const chart = useRef<Chart | null>(null);
    const table = useSignal(false);
    const latest = useRef(model);
    latest.current = model;
    const empty = model.x.length === 0 || model.lines.every((line) => line.y.every((y) => y === null));

    useLayoutEffect(() => {
        const box = host.current;
        if (!box || table.value || empty) return undefined;
        const made = createChart(box, latest.current, group, widthOf(box) || 600);
        chart.current = made;
        const watch = new ResizeObserver(() => made.resize(widthOf(box)));
        watch.observe(box);
        return () => {
            watch.disconnect();
            made.destroy();
            chart.current = null;
        };
    }, [group, table.value, empty, themeEpoch.value]);
    useEffect(() => chart.current?.update(model), [model]);
    useSignalEffect(() => {
        void group.zoom.value;
        chart.current?.zoom(group.zoom.value);
    });
    useSignalEffect(() => chart.current?.cursor(group.cursor.value));
    useSignalEffect(() => chart.current?.alone(group.alone.value));

    const at = useComputed(() => group.cursor.value);
    const index = at.value === null ? -1 : nearest(model.x, at.value);
    const last = (line: Line) => {
        for (let i = line.y.length - 1; i >= 0; i--) if (line.y[i] !== null && line.y[i] !== undefined) return line.y[i]!;
        return null;
    };
    const x = index < 0 ? null : model.x[index]!;
    const alone = group.alone.value;
    const known = model.lines.some((line) => line.key === alone);

    const onKeyDown = (event: KeyboardEvent) => {
        const all = extent(model);
        const now = group.zoom.value ?? all;
        const width = now.x1 - now.x0;
        const middle = group.cursor.value ?? (now.x0 + now.x1) / 2;
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step !== undefined) {
            if (event.shiftKey) group.zoom.value = clampSpan(now.x0 + (step * width) / 10, now.x1 + (step * width) / 10, all);
            else group.cursor.value = Math.min(now.x1, Math.max(now.x0, middle + (step * width) / 100));
        } else if (event.key === '+' || event.key === '=') {
            group.zoom.value = clampSpan(middle - width / 4, middle + width / 4, all) ?? group.zoom.value;
        } else if (event.key === '-') {
            group.zoom.value = clampSpan(middle - width, middle + width, all);
        } else if (event.key === '0') {
            group.zoom.value = null;
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    };

    return (
        <figure class="chart panel" data-chart={id} data-points={model.x.length}>
            <figcaption class="chart-head">
                <h2>{name}</h2>
                {note && <span class="soft small note">{note}</span>}
                <span class="grow" />
                {x !== null && (
                    <span class="soft small" title={model.xKind === 'time' ? utcTime(x * 1000) : undefined}>
                        {model.xKind === 'time' ? clock(x * 1000, true) : model.xKind === 'elapsed' ? duration(x) : x}
                    </span>
                )}
                <button class="plain small" aria-pressed={table.value} onClick={() => (table.value = !table.value)}>
                    {t(table.value ? 'act.chart' : 'act.table')}
                    <span class="sr">: {name}</span>
                </button>
            </figcaption>
            <ul class="legend" aria-label={t('chart.legend', { name })}>
                {model.lines.map((line) => (
                    <li key={line.key + line.label}>
                        <button
                            class={`plain small${known && alone !== line.key ? ' off' : ''}`}
                            aria-pressed={alone === line.key}
                            onClick={() => {
                                group.alone.value = isolate(alone, line.key);
                                onAlone?.(group.alone.value);
                            }}
                        >
                            <Mark line={line} />
                            {lineName(line)}
                            <span class="value">{model.format(index < 0 ? last(line) : (line.y[index] ?? null))}</span>
                        </button>
                    </li>
                ))}
            </ul>
            {empty ? (
                <p class="soft pad">{t('chart.empty')}</p>
            ) : table.value ? (
                <DataTable name={name} model={model} />
            ) : (
                <div class="canvas" ref={host} tabIndex={0} role="img" aria-label={t('chart.help', { name })} onKeyDown={onKeyDown} />
            )}
        </figure>
    );
}
