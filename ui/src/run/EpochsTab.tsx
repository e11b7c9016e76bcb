// SPDX-License-Identifier: Apache-2.0
// Epochs, phases and named parts: bars from zero with one standard deviation, and the same as tables.
import { DASH, count, duration, gramsCo2e, joules, number, percent, unitOf } from '../format';
import { t, word } from '../i18n';
import { axisTexts } from '../charts/model';
import { setParams } from '../router';
import { Empty, Table, type Column } from '../ui';
import { epochBars, epochSummary, epochsOf, share, ticks, type EpochBar, type EpochSummary } from './epochs';
import { useWidth } from './hooks';
import { downloadCsv } from '../export/csv';
import { fileName } from './download';
import { known, type Layer, type Maybe, type Phase, type RegionTotal, type RunRecord } from './record';
import { isTold } from './stats';
import { Joules, Section, ShareBar } from './texts';

const LEFT = 62;
const BOTTOM = 22;
const HEIGHT = 220;

function Bars({ bars, name }: { bars: EpochBar[]; name: string }) {
    const { ref, width } = useWidth<HTMLDivElement>();
    const top = Math.max(...bars.map((b) => b.joules + (b.sigma ?? 0)));
    const unit = unitOf.joules([top]);
    const marks = ticks(top / unit.by).map((v) => v * unit.by);
    const max = marks.at(-1)! || 1;
    const texts = axisTexts(marks, unit);
    const inner = Math.max(10, width - LEFT);
    const high = HEIGHT - BOTTOM - 8;
    const slot = inner / bars.length;
    const wide = bars.length > 60 ? slot : Math.min(slot * 0.8, 64);
    const y = (j: number) => 8 + high * (1 - j / max);
    const every = Math.max(1, Math.ceil(bars.length / Math.max(2, Math.floor(inner / 48))));
    return (
        <div ref={ref} class="r-plot">
            {width > 0 && (
                <svg width={width} height={HEIGHT} role="img" aria-label={t('r.bars.help', { name })}>
                    {marks.map((mark, i) => (
                        <g key={mark}>
                            <line class="grid" x1={LEFT} x2={width} y1={y(mark)} y2={y(mark)} />
                            <text class="tick" x={LEFT - 6} y={y(mark) + 4} text-anchor="end">
                                {texts[i]}
                            </text>
                        </g>
                    ))}
                    {bars.map((bar, i) => {
                        const x = LEFT + slot * (i + 0.5);
                        return (
                            <g key={bar.label} class="c-runs">
                                <title>{`${t('rkind.epoch')} ${bar.label}: ${joules(bar.joules)}, ${duration(bar.seconds)}`}</title>
                                <rect x={x - slot / 2} y={8} width={slot} height={high} fill="transparent" />
                                <rect x={x - wide / 2} y={y(bar.joules)} width={wide} height={Math.max(0, y(0) - y(bar.joules))} fill="currentColor" />
                                {known(bar.sigma) && bar.sigma > 0 && <path class="whisker" d={`M${x} ${y(Math.max(0, bar.joules - bar.sigma))}V${y(bar.joules + bar.sigma)}`} />}
                                {i % every === 0 && (
                                    <text class="tick" x={x} y={HEIGHT - 6} text-anchor="middle">
                                        {bar.first}
                                    </text>
                                )}
                            </g>
                        );
                    })}
                </svg>
            )}
        </div>
    );
}

function sentence(s: EpochSummary): string {
    const out = [t('r.ep.mean', { n: s.count, s: duration(s.seconds), j: joules(s.joules) })];
    if (s.count > 1) out.push(t('r.ep.scatter', { s: duration(s.secondsScatter), j: joules(s.joulesScatter) }));
    if (isTold(s.trend)) out.push(s.trend.whole > 0 ? t('r.ep.rises', { p: percent(Math.abs(s.trend.whole)), pm: percent(s.trend.half95) }) : t('r.ep.falls', { p: percent(Math.abs(s.trend.whole)), pm: percent(s.trend.half95) }));
    else if (s.trend) out.push(t('r.ep.flat'));
    if (s.guessed) out.push(t('r.ep.guessed'));
    return out.join(' ');
}

function EpochPart({ record, summary }: { record: RunRecord; summary: EpochSummary }) {
    const bars = epochBars(record);
    const columns: Column<EpochBar>[] = [
        { key: 'n', label: t('rkind.epoch'), head: true, cell: (b) => b.label },
        { key: 's', label: t('r.time'), right: true, cell: (b) => duration(b.seconds) },
        { key: 'j', label: t('runs.energy'), right: true, cell: (b) => <Joules j={b.joules} sigma={b.sigma} /> },
        { key: 'w', label: t('r.mean'), right: true, cell: (b) => (b.seconds > 0 ? `${number(b.joules / b.seconds)}\u00a0W` : DASH) },
        { key: 'g', label: 'CO₂e', right: true, cell: (b) => <span class="nowrap">{gramsCo2e(b.grams)}</span> },
    ];
    const save = () =>
        downloadCsv(`${fileName(record.run.name ?? record.run.id, 'epochs')}.csv`, [
            ['epoch', 'start_s', 'duration_s', 'energy_j', 'uncertainty_j', 'emissions_g'], ...epochsOf(record).map((e, i) => [e.index ?? i, e.start_s, e.duration_s, e.energy_j, e.uncertainty_j, e.emissions_g]),
        ]);
    return (
        <Section title={t('r.ep.title')} note={t('r.own')} actions={<button class="small" onClick={save}>CSV</button>}>
            <p>{sentence(summary)}</p>
            {summary.count > 1 && <Bars bars={bars} name={t('r.ep.title')} />}
            <details open={bars.length <= 12}>
                <summary>{t('act.table')}</summary>
                <Table class="tall" name={t('r.ep.title')} columns={columns} rows={bars} rowKey={(b) => b.label} />
            </details>
        </Section>
    );
}

function Phases({ record }: { record: RunRecord }) {
    const phases = record.phases.filter((p) => known(p.energy_j) && (p.energy_j > 0 || (p.duration_s ?? 0) > 0));
    const whole = record.energy.run_j;
    const columns: Column<Phase>[] = [
        {
            key: 'n', label: t('rkind.phase'), head: true,
            cell: (p) => word('phase', p.name),
        },
        { key: 's', label: t('r.time'), right: true, cell: (p) => duration(p.duration_s) },
        { key: 'j', label: t('runs.energy'), right: true, cell: (p) => <Joules j={p.energy_j} sigma={p.uncertainty_j} /> },
        { key: 'w', label: t('r.mean'), right: true, cell: (p) => (known(p.energy_j) && (p.duration_s ?? 0) > 0 ? `${number(p.energy_j / p.duration_s!)}\u00a0W` : DASH) },
        {
            key: 'p', label: t('r.share'), right: true,
            cell: (p) => <ShareBar part={share(p.energy_j, whole)} />,
        },
    ];
    return (
        <Section title={t('live.phases')} note={t('r.ph.note')}>
            <Table name={t('live.phases')} columns={columns} rows={phases} rowKey={(p) => p.name} />
        </Section>
    );
}

function Groups({ title, note, rows, whole }: { title: string; note: string; rows: (Layer | RegionTotal)[]; whole: Maybe }) {
    const sorted = [...rows].sort((a, b) => (b.energy_j ?? 0) - (a.energy_j ?? 0));
    const columns: Column<Layer | RegionTotal>[] = [
        { key: 'n', label: t('runs.name'), head: true, cell: (g) => <span class="mono wrap">{g.name}</span> },
        { key: 'c', label: t('r.calls'), right: true, cell: (g) => count(g.calls) },
        { key: 's', label: t('r.time'), right: true, cell: (g) => duration(g.time_s) },
        { key: 'j', label: t('runs.energy'), right: true, cell: (g) => <Joules j={g.energy_j} sigma={g.uncertainty_j} /> },
        {
            key: 'p', label: t('r.share'), right: true,
            cell: (g) => <ShareBar part={share(g.energy_j, whole)} />,
        },
    ];
    return (
        <Section title={title} note={note}>
            <Table class="tall" name={title} columns={columns} rows={sorted} rowKey={(g) => g.name} />
        </Section>
    );
}

export function Epochs({ record }: { record: RunRecord }) {
    const summary = epochSummary(record);
    const totals = record.region_totals ?? [];
    const layers = record.layers ?? [];
    const phases = record.phases.some((p) => (p.energy_j ?? 0) > 0 && p.name !== 'other');
    if (!summary && !phases && totals.length === 0 && layers.length === 0) {
        const off = record.work === null || record.work === undefined || record.work.ops === 'off';
        return (
            <Empty title={t('r.ep.none')} command={off && record.run.status !== 'running' ? 'joulebook run -- python3 train.py' : null}>
                {t(record.run.status === 'running' ? 'r.notYet' : off ? 'r.ep.off' : 'r.ep.silent')}
            </Empty>
        );
    }
    return (
        <>
            {summary ? (
                <EpochPart record={record} summary={summary} />
            ) : (
                <Empty title={t('r.ep.noEpochs')} command="with joulebook.epoch(e): ...">
                    {t('r.ep.noEpochsText')}
                </Empty>
            )}
            {phases && <Phases record={record} />}
            {totals.length > 0 && <Groups title={t('r.regions')} note={t('r.regionsNote')} rows={totals} whole={record.energy.run_j} />}
            {layers.length > 0 && (
                <>
                    <Groups title={t('r.layers')} note={t('r.layersNote')} rows={layers} whole={record.energy.run_j} />
                    <p>
                        <button onClick={() => setParams({ tab: 'operators', tree: 'modules' })}>{t('r.layersIcicle')}</button>
                    </p>
                </>
            )}
        </>
    );
}
