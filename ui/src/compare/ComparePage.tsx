// SPDX-License-Identifier: Apache-2.0
// Two to eight runs: what differs by more than its doubt, their courses on one axis, and what a better metric costs. All
// that is chosen is in the URL: ids, align, what, metric, better.
import { useMemo } from 'preact/hooks';
import { useSignalEffect } from '@preact/signals';
import { chartGroup } from '../charts/sync';
import { TimeSeries } from '../charts/ChartFigure';
import { dashOf } from '../charts/palette';
import type { ChartModel } from '../charts/model';
import { digits, unitOf, wattHours, watts } from '../format';
import { t, word, type Key } from '../i18n';
import { link, numberOf as numberParam, route, setParams } from '../router';
import { downloadCsv } from '../export/csv';
import { epochsOf } from '../run/epochs';
import { denied, unknown } from '../run/hooks';
import { basisEnergy, known, type RunRecord } from '../run/record';
import { lowerIsBetter, metricNames, numberOf } from '../run/tags';
import { Section } from '../run/texts';
import { Empty, Loading, StatusText, Table, Time, type Column } from '../ui';
import { classTable, courseOf, deltaTable, MOST_RUNS, onOneAxis, pareto, parseIds, phaseTable, type Align, type ParetoPoint, type Quantity } from './compare';
import { Deltas } from './Deltas';
import { useRuns, type Compared } from './load';
import { Scatter } from './Scatter';
import '../run/run.css';

const POINTS = 800;
const NAMES: Record<Quantity, Key> = {
    footprint_j: 'r.is.footprint', run_j: 'r.is.run', machine_j: 'r.is.machine', emissions_g: 'live.emissions', duration_s: 'runs.duration', mean_w: 'r.mean', epoch_j: 'cmp.q.epoch_j',
    intensity: 'live.intensity', cost: 'cmp.q.cost',
};

type Shown = Compared & { record: RunRecord };

export const labelOf = (r: RunRecord, all: RunRecord[]): string => {
    const name = r.run.name ?? r.run.id.slice(-6);
    return all.filter((o) => (o.run.name ?? o.run.id.slice(-6)) === name).length > 1 ? `${name} (${r.run.id.slice(-4)})` : name;
};

function Legend({ runs, labels, ids }: { runs: Shown[]; labels: string[]; ids: string[] }) {
    const columns: Column<Shown>[] = [
        {
            key: 'n', label: t('page.run'), head: true,
            cell: (r) => (
                <span class={`c-k${runs.indexOf(r)}`}>
                    <span class="swatch" aria-hidden="true" /> <a href={link(`/runs/${encodeURIComponent(r.record.run.id)}`)}>{labels[runs.indexOf(r)]}</a>
                    {runs.indexOf(r) === 0 && <span class="soft small"> {t('cmp.base')}</span>}
                </span>
            ),
        },
        { key: 's', label: t('runs.status'), cell: (r) => <StatusText status={r.record.run.status} prefix="run" /> },
        { key: 't', label: t('runs.started'), cell: (r) => <Time at={r.record.run.started} /> },
        { key: 'h', label: t('runs.host'), cell: (r) => r.record.run.host },
        { key: 'z', label: t('carbon.zone'), cell: (r) => r.record.carbon.zone_name ?? r.record.carbon.zone },
        { key: 'g', label: t('runs.tags'), cell: (r) => <span class="small wrap">{Object.entries(r.record.run.tags ?? {}).map(([k, v]) => `${k}=${v}`).join(' ')}</span> },
        {
            key: 'x', label: <span class="sr">{t('cmp.change')}</span>,
            cell: (r) => (
                <span class="nowrap">
                    {runs.indexOf(r) > 0 && (
                        <button class="plain small" onClick={() => setParams({ ids: [r.id, ...ids.filter((id) => id !== r.id)].join() })}>
                            {t('cmp.makeBase')}
                        </button>
                    )}
                    <button class="plain small" aria-label={t('cmp.remove', { name: labels[runs.indexOf(r)]! })} onClick={() => setParams({ ids: ids.filter((id) => id !== r.id).join() })}>
                        ✕
                    </button>
                </span>
            ),
        },
    ];
    return (
        <section class="panel">
            <Table name={t('page.compare')} columns={columns} rows={runs} rowKey={(r) => r.id} />
        </section>
    );
}

function Courses({ runs, labels }: { runs: Shown[]; labels: string[] }) {
    const { params } = route.value;
    const align: Align = params.align === 'epoch' ? 'epoch' : 'time';
    const what = params.what === 'machine' ? 'mean_w' : 'run_w';
    const group = useMemo(() => {
        const x0 = numberParam(route.peek().params, 't0');
        const x1 = numberParam(route.peek().params, 't1');
        return chartGroup(x0 !== null && x1 !== null && x1 > x0 ? { x0, x1 } : null);
    }, [align]);
    useSignalEffect(() => {
        const span = group.zoom.value;
        const timer = setTimeout(() => setParams({ t0: span ? Number(span.x0.toFixed(3)) : null, t1: span ? Number(span.x1.toFixed(3)) : null }), 150);
        return () => clearTimeout(timer);
    });
    const ready = runs.map((r) => r.series);
    const models = useMemo(() => {
        const courses = runs.map((r) => (r.series ? courseOf(r.record, r.series, what, align) : null));
        const ends = courses.flatMap((c) => (c ? [c.x.at(-1)!] : []));
        const all = ends.length > 0 ? Math.max(...ends) : 1;
        return (['watts', 'joules'] as const).map((of): ChartModel => {
            const { x, y } = onOneAxis(courses, of, POINTS);
            return {
                x, xKind: align === 'time' ? 'elapsed' : 'number', x0: 0, x1: all, height: of === 'watts' ? 220 : 180,
                lines: y.map((values, i) => ({ key: runs[i]!.id, label: labels[i]!, color: `k${i}`, dash: dashOf(i), y: values })).filter((l) => l.y.some(known)),
                format: of === 'watts' ? (v) => watts(v) : (v) => wattHours(v),
                unit: of === 'watts' ? unitOf.power : unitOf.energy,
            };
        });
    }, [align, what, labels.join(), ...ready, ...runs.map((r) => r.record)]);
    const without = align === 'epoch' ? runs.filter((r) => epochsOf(r.record).length === 0) : [];
    return (
        <>
            <header class="r-head">
                <h2>{t('cmp.courses')}</h2>
                <span class="soft small">{align === 'epoch' ? t('cmp.epochNote') : t('cmp.timeNote')}</span>
                <span class="r-actions">
                    <Toggle name={t('cmp.align')} param="align" options={[['time', t('r.time')], ['epoch', t('rkind.epoch')]]} current={align} />
                    <Toggle name={t('r.tl.what')} param="what" options={[['run', t('page.run')], ['machine', t('live.machineShort')]]} current={what === 'run_w' ? 'run' : 'machine'} />
                </span>
            </header>
            {without.length > 0 && <p class="soft small">{t('cmp.noEpochs', { names: without.map((r) => labels[runs.indexOf(r)]).join(', ') })}</p>}
            <TimeSeries id="power" name={t('live.power')} model={models[0]!} group={group} />
            <TimeSeries id="energy" name={t('r.tl.energy')} model={models[1]!} group={group} />
        </>
    );
}

function Toggle({ name, param, options, current }: { name: string; param: string; options: [string, string][]; current: string }) {
    return (
        <span class="r-toggle" role="group" aria-label={name}>
            {options.map(([key, label], i) => (
                <button key={key} class="small" aria-pressed={key === current} onClick={() => setParams({ [param]: i === 0 ? null : key, ...(param === 'align' ? { t0: null, t1: null } : {}) })}>
                    {label}
                </button>
            ))}
        </span>
    );
}

function Metric({ runs, labels }: { runs: Shown[]; labels: string[] }) {
    const { params } = route.value;
    const names = metricNames(runs.map((r) => r.record.run.tags));
    if (names.length === 0) {
        return (
            <Section title={t('cmp.metric')}>
                <Empty title={t('cmp.noMetric')} command="joulebook run --tag accuracy=0.93 -- python3 train.py">
                    {t('cmp.noMetricText')}
                </Empty>
            </Section>
        );
    }
    const metric = names.find((n) => n === params.metric) ?? names[0]!;
    const lower = params.better ? params.better === 'lower' : lowerIsBetter(metric);
    const points = runs.flatMap((r, i) => {
        const y = numberOf(r.record.run.tags?.[metric]);
        const { joules } = basisEnergy(r.record);
        return y !== null && known(joules) ? [{ id: r.id, label: labels[i]!, x: joules / 3.6e6, y, color: i }] : [];
    });
    const told = pareto(points, lower);
    const columns: Column<ParetoPoint>[] = [
        { key: 'n', label: t('page.run'), head: true, cell: (p) => p.label },
        { key: 'm', label: metric, right: true, cell: (p) => digits(p.y, 4) },
        { key: 'e', label: t('runs.energy'), right: true, cell: (p) => <span class="nowrap">{wattHours(p.x * 3.6e6)}</span> },
        { key: 'b', label: t('cmp.onLine'), cell: (p) => (p.best ? t('cmp.best') : t('cmp.beaten')) },
    ];
    return (
        <Section
            title={t('cmp.metric')} note={t('cmp.metricNote')}
            actions={
                <>
                    <label class="small">
                        {t('cmp.metricName')}{' '}
                        <select value={metric} onChange={(e) => setParams({ metric: e.currentTarget.value, better: null })}>
                            {names.map((n) => (
                                <option key={n} value={n}>
                                    {n}
                                </option>
                            ))}
                        </select>
                    </label>
                    <span class="r-toggle" role="group" aria-label={t('cmp.better')}>
                        {(['higher', 'lower'] as const).map((b) => (
                            <button key={b} class="small" aria-pressed={(b === 'lower') === lower} onClick={() => setParams({ better: b })}>
                                {t(`cmp.${b}`)}
                            </button>
                        ))}
                    </span>
                </>
            }
        >
            <Scatter points={points} metric={metric} lower={lower} />
            <Table name={t('cmp.metric')} columns={columns} rows={told} rowKey={(p) => p.id} />
        </Section>
    );
}

export function ComparePage() {
    const ids = parseIds(route.value.params.ids);
    const all = useRuns(ids);
    const runs = all.filter((r): r is Shown => r.record !== null);
    const records = runs.map((r) => r.record);
    const labels = records.map((r) => labelOf(r, records));
    const bad = all.filter((r) => r.error && !r.record);
    if (ids.length < 2) {
        return (
            <>
                <h1>{t('page.compare')}</h1>
                <Empty title={t('cmp.few')} command={ids.length === 1 ? `joulebook compare ${ids[0]} last` : 'joulebook compare RUN RUN'}>
                    {t('cmp.fewText', { most: MOST_RUNS })} <a href={link('/runs')}>{t('cmp.toRuns')}</a>
                </Empty>
            </>
        );
    }
    const rows = deltaTable(records);
    const save = () =>
        downloadCsv(`joulebook-compare-${ids.length}.csv`, [
            ['quantity', ...labels.flatMap((l) => [l, `${l} sd`])],
            ...rows.map((row) => [row.quantity, ...row.values.flatMap((v) => [v.value, v.sigma])]),
        ]);
    return (
        <article class="r-page">
            <h1>{t('page.compare')}</h1>
            {bad.map((r) => (
                <p class="banner warn" key={r.id}>
                    {t(denied(r.error) ? 'cmp.denied' : unknown(r.error) ? 'cmp.gone' : 'cmp.failed', { id: r.id })}{' '}
                    <button class="small" onClick={() => setParams({ ids: ids.filter((id) => id !== r.id).join() })}>
                        {t('cmp.leaveOut')}
                    </button>
                </p>
            ))}
            {runs.length + bad.length < ids.length && <Loading />}
            {runs.length > 0 && <Legend runs={runs} labels={labels} ids={ids} />}
            {runs.length >= 2 && (
                <>
                    <Section title={t('cmp.deltas')} note={t('cmp.deltasNote', { name: labels[0]! })} actions={<button class="small" onClick={save}>CSV</button>}>
                        <Deltas name={t('cmp.deltas')} labels={labels} rows={rows.map((r) => ({ name: t(NAMES[r.quantity]), kind: r.quantity, values: r.values }))} />
                    </Section>
                    <Courses runs={runs} labels={labels} />
                    <Metric runs={runs} labels={labels} />
                    <Parts records={records} labels={labels} />
                </>
            )}
        </article>
    );
}

function Parts({ records, labels }: { records: RunRecord[]; labels: string[] }) {
    const phases = phaseTable(records);
    const classes = classTable(records);
    return (
        <>
            {phases.length > 0 && (
                <Section title={t('live.phases')} note={t('r.own')}>
                    <Deltas name={t('live.phases')} labels={labels} rows={phases.map((p) => ({ name: word('phase', p.name), kind: 'part_j', values: p.values }))} />
                </Section>
            )}
            {classes.length > 0 && (
                <Section title={t('cmp.classes')} note={t('cmp.classesNote')}>
                    <Deltas name={t('cmp.classes')} labels={labels} rows={classes.map((c) => ({ name: word('opclass', c.name), kind: 'part_j', values: c.values }))} />
                </Section>
            )}
        </>
    );
}
