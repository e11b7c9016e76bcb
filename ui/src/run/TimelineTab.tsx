// SPDX-License-Identifier: Apache-2.0
// Power, energy and intensity over the time of a run. What is zoomed into is asked for again in more detail, and is in the
// URL (t0, t1 in seconds since the start, ch).
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Series } from '../api/types';
import { chartGroup, type ChartGroup } from '../charts/sync';
import { TimeSeries } from '../charts/ChartFigure';
import { ResetZoom } from '../charts/ResetZoom';
import { Ribbon } from '../charts/Ribbon';
import { axisTexts, type ChartModel } from '../charts/model';
import { duration, gramsCo2e, joules, percent } from '../format';
import { t, word } from '../i18n';
import { numberOf, route, setParams } from '../router';
import { bind } from '../state/keys';
import { Empty, Loading, Table, Trouble, type Column } from '../ui';
import { downloadCsv } from '../export/csv';
import { fileName, ink, paper, savePng, saveSvg } from './download';
import { lineDrawing } from './drawing';
import { ticks } from './epochs';
import { energyModel, hatchesOf, intensityModel, powerModel, totalModel } from './models';
import { known, type Region, type RunRecord } from './record';
import { rowsOf } from './pieces';
import { spanOf, useSeries } from './series';
import { Joules } from './texts';
import { clampSpan, idleSpans, type Idle, type Span } from './timeline';

const URL_MS = 150;

function firstZoom() {
    const { params } = route.peek();
    const x0 = numberOf(params, 't0');
    const x1 = numberOf(params, 't1');
    return x0 !== null && x1 !== null && x1 > x0 ? { x0, x1 } : null;
}

/** Keeps the URL at what is zoomed into. Browsers limit how often it may change. */
function useZoomInUrl(group: ChartGroup): void {
    useSignalEffect(() => {
        const span = group.zoom.value;
        const timer = setTimeout(() => setParams({ t0: span ? Number(span.x0.toFixed(3)) : null, t1: span ? Number(span.x1.toFixed(3)) : null }), URL_MS);
        return () => clearTimeout(timer);
    });
}

export function picture(model: ChartModel, title: string) {
    const span = { t0: model.x0 ?? model.x[0] ?? 0, t1: model.x1 ?? model.x.at(-1) ?? 1 };
    const top = Math.max(...model.lines.flatMap((l) => l.y.filter(known)), 0);
    const { by } = model.unit([top]);
    const yTicks = ticks(top / by).map((v) => v * by);
    const step = ticks(span.t1 - span.t0, 8);
    return lineDrawing(
        model.lines.map((l) => ({ label: l.label, color: ink(l.color), dash: l.estimated ? [2, 3] : l.dash?.length ? l.dash : undefined, x: [...model.x], y: [...l.y] })),
        { title, xLabel: t('chart.elapsed'), yLabel: '', xTicks: step.map((s) => s + span.t0), yTicks, xText: (s) => duration(Number(s.toPrecision(6))), yText: (v) => axisTexts([v], model.unit(yTicks))[0] ?? '', ...paper() },
    );
}

/** What is made only when it is opened: a run may have thousands of regions. */
function Folded({ title, children }: { title: string; children: ComponentChildren }) {
    const open = useSignal(false);
    return (
        <details class="panel pad" onToggle={(e) => (open.value = e.currentTarget.open)}>
            <summary>{title}</summary>
            {open.value && children}
        </details>
    );
}

function IdleTable({ idle, whole, group }: { idle: Idle[]; whole: Span; group: ChartGroup }) {
    const time = idle.reduce((a, s) => a + s.t1 - s.t0, 0);
    const energy = idle.reduce((a, s) => a + (s.joules ?? 0), 0);
    const columns: Column<Idle>[] = [
        { key: 't', label: t('chart.elapsed'), head: true, cell: (s) => <button class="plain" onClick={() => (group.zoom.value = { x0: s.t0, x1: s.t1 })}>{duration(s.t0)}</button> },
        { key: 'd', label: t('runs.duration'), right: true, cell: (s) => duration(s.t1 - s.t0) },
        { key: 'j', label: t('r.tl.idleJ'), right: true, cell: (s) => <Joules j={s.joules} /> },
    ];
    return (
        <Folded title={t('r.tl.idleSum', { n: idle.length, s: duration(time), p: percent(time / (whole.t1 - whole.t0)), j: joules(energy) })}>
            <Table class="tall" name={t('live.partIdle')} columns={columns} rows={idle} rowKey={(s) => String(s.t0)} />
        </Folded>
    );
}

function RegionTable({ regions, group }: { regions: Region[]; group: ChartGroup }) {
    const zoom = group.zoom.value;
    const here = regions.filter((r) => known(r.start_s) && known(r.duration_s) && (!zoom || (r.start_s < zoom.x1 && r.start_s + r.duration_s > zoom.x0)));
    const columns: Column<Region>[] = [
        { key: 'n', label: t('runs.name'), head: true, cell: (r) => <button class="plain" onClick={() => (group.zoom.value = { x0: r.start_s!, x1: r.start_s! + r.duration_s! })}>{[r.kind === 'region' || r.name !== r.kind ? r.name : word('rkind', r.kind), r.index].filter((x) => x !== null).join(' ')}</button> },
        { key: 'k', label: t('r.tl.kind'), cell: (r) => word('rkind', r.kind) },
        { key: 's', label: t('chart.elapsed'), right: true, cell: (r) => duration(r.start_s) },
        { key: 'd', label: t('runs.duration'), right: true, cell: (r) => duration(r.duration_s) },
        { key: 'j', label: t('runs.energy'), right: true, cell: (r) => <Joules j={r.energy_j} sigma={r.uncertainty_j} /> },
        { key: 'g', label: 'CO₂e', right: true, cell: (r) => <span class="nowrap">{gramsCo2e(r.emissions_g)}</span> },
    ];
    return (
        <Folded title={t('r.tl.table', { n: here.length })}>
            <Table class="tall" name={t('r.tl.ribbon')} columns={columns} rows={here} rowKey={(r) => String(r.id)} />
        </Folded>
    );
}

function saveSeries(record: RunRecord, series: Series): void {
    const there = series.channels;
    const head = ['elapsed_s', ...there.flatMap((c) => [`${c.id} mean_w`, `${c.id} run_w`]), 'g_per_kwh'];
    const rows = series.t_s.map((s, i) => [s, ...there.flatMap((c) => [c.mean_w[i] ?? null, c.run_w[i] ?? null]), series.g_per_kwh?.[i] ?? null]);
    downloadCsv(`${fileName(record.run.name ?? record.run.id, 'power')}.csv`, [head, ...rows]);
}

export function Timeline({ record }: { record: RunRecord }) {
    const group = useMemo(() => chartGroup(firstZoom(), route.peek().params.ch ?? null), [record.run.id]);
    const zoom = group.zoom.value;
    const { whole, shown, error, busy, retry } = useSeries(record.run.id, zoom, record.run.status === 'running');
    useZoomInUrl(group);
    useEffect(() => bind({ close: () => (group.zoom.value = null) }), [group]);
    const share = route.value.params.share === '1';
    const all = whole ? spanOf(whole) : null;
    const models = useMemo(() => {
        if (!shown || !whole || !all) return null;
        const hatches = hatchesOf(shown);
        return { power: powerModel(shown, all, share, hatches), total: totalModel(shown, all, hatches), energy: energyModel(shown, whole, all), carbon: intensityModel(shown, all) };
    }, [shown, whole, share]);
    const idle = useMemo(() => (whole ? idleSpans(whole) : []), [whole]);
    if (error && !whole) return <Trouble error={error} onRetry={retry} />;
    if (!whole || !shown || !all || !models) return <Loading />;
    if (whole.t_s.length === 0) return <Empty title={t('r.tl.none')}>{record.run.status === 'running' && t('r.notYet')}</Empty>;
    const name = record.run.name ?? record.run.id;
    const step = shown.step_s;
    const rows = rowsOf(record.regions, idle, zoom ? { t0: zoom.x0, t1: zoom.x1 } : all);
    const move = (by: number) => {
        if (!zoom) return;
        const next = clampSpan({ t0: zoom.x0 + by * (zoom.x1 - zoom.x0), t1: zoom.x1 + by * (zoom.x1 - zoom.x0) }, all, step);
        group.zoom.value = { x0: next.t0, x1: next.t1 };
    };
    return (
        <>
            <div class="r-tools">
                <span class="r-toggle" role="group" aria-label={t('r.tl.what')}>
                    <button class="small" aria-pressed={!share} onClick={() => setParams({ share: null })}>
                        {t('r.tl.device')}
                    </button>
                    <button class="small" aria-pressed={share} onClick={() => setParams({ share: 1 })}>
                        {t('r.tl.share')}
                    </button>
                </span>
                {zoom && (
                    <>
                        <button class="small" aria-label={t('r.tl.earlier')} onClick={() => move(-0.5)}>←</button>
                        <span class="soft small">
                            {duration(zoom.x0)} – {duration(zoom.x1)}
                        </span>
                        <button class="small" aria-label={t('r.tl.later')} onClick={() => move(0.5)}>→</button>
                        <ResetZoom group={group} />
                    </>
                )}
                <span class="soft small" role="status">
                    {busy ? t('app.loading') : t('r.tl.step', { s: duration(step) })}
                </span>
                <span class="r-actions">
                    <button class="small" onClick={() => saveSeries(record, shown)}>CSV</button>
                    <button class="small" onClick={() => saveSvg(fileName(name, 'power'), picture(models.power, `${name}: ${t('r.tl.power')}`))}>SVG</button>
                    <button class="small" onClick={() => savePng(fileName(name, 'power'), picture(models.power, `${name}: ${t('r.tl.power')}`))}>PNG</button>
                </span>
            </div>
            {rows.length > 0 && <Ribbon id="ribbon" name={t('r.tl.ribbon')} rows={rows} all={{ x0: all.t0, x1: all.t1 }} group={group} xKind="elapsed" />}
            <TimeSeries id="power" name={share ? t('r.tl.powerShare') : t('r.tl.power')} note={share ? undefined : t('r.tl.band')} model={models.power} group={group} onAlone={(ch) => setParams({ ch })} />
            <TimeSeries id="total" name={t('r.tl.total')} model={models.total} group={group} />
            <TimeSeries id="energy" name={t('r.tl.energy')} model={models.energy} group={group} />
            {models.carbon && <TimeSeries id="intensity" name={t('live.intensity')} model={models.carbon} group={group} />}
            {idle.length > 0 && <IdleTable idle={idle} whole={all} group={group} />}
            {record.regions.length > 0 && <RegionTable regions={record.regions} group={group} />}
        </>
    );
}
