// SPDX-License-Identifier: Apache-2.0
// One run: its head, its states, its tabs. The tab is in the URL.
import { useEffect } from 'preact/hooks';
import type { LiveRun } from '../api/types';
import { DASH, duration, gramsCo2e, intensity, joules, plusMinus, wattHours, watts } from '../format';
import { t, word, type Key } from '../i18n';
import { doing } from '../live/doing';
import { link, route, setParams } from '../router';
import { bind } from '../state/keys';
import { Badge, Command, Empty, Loading, StatusText, Strip, Tabs, Time, Trouble } from '../ui';
import { Epochs } from './EpochsTab';
import { Export } from './ExportTab';
import { Hardware } from './HardwareTab';
import { denied, unknown, useRecord } from './hooks';
import { Operators } from './OperatorsTab';
import type { RunRecord } from './record';
import './run.css';
import { Summary } from './SummaryTab';
import { Timeline } from './TimelineTab';

const TABS = ['summary', 'timeline', 'epochs', 'operators', 'hardware', 'export'] as const;
type Tab = (typeof TABS)[number];

// What of the URL belongs to one tab alone.
const OF_TABS = { t0: null, t1: null, ch: null, share: null, q: null, sort: null, dir: null, dev: null, group: null, all: null, at: null, tree: null, twin: null };

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`);

function Head({ record }: { record: RunRecord }) {
    const { run } = record;
    return (
        <header class="r-title">
            <h1 class="wrap">
                {run.name ?? run.id} <span class="r-status">{<StatusText status={run.status} prefix="run" />}</span>
            </h1>
            <p class="soft small r-meta">
                <span>
                    {t('runs.started')} <Time at={run.started} seconds />
                </span>
                {run.ended && (
                    <span>
                        {t('r.ended')} <Time at={run.ended} seconds />
                    </span>
                )}
                {run.host && <span>{run.host}</span>}
                {run.project && <a href={link('/runs', { project: run.project })}>{run.project}</a>}
                {run.parent && <a href={link(`/runs/${encodeURIComponent(run.parent)}`)}>{t('r.parent')}</a>}
                {Object.entries(run.tags ?? {}).map(([key, value]) => (
                    <Badge key={key}>{value ? `${key}=${value}` : key}</Badge>
                ))}
                <a href={link('/runs', { ids: run.id })}>{t('r.compare')}</a>
            </p>
            {run.command && run.command.length > 0 && <Command text={run.command.map(quoted).join(' ')} />}
        </header>
    );
}

function Ended({ record }: { record: RunRecord }) {
    const { status, exit_code, signal } = record.run;
    if (!['failed', 'killed', 'interrupted', 'lost'].includes(status)) return null;
    return (
        <p class={`banner ${status === 'failed' || status === 'killed' ? 'bad' : 'warn'}`}>
            <b>{word('run', status)}.</b> {t(`r.end.${status}` as Key, { code: exit_code ?? DASH, signal: signal ?? DASH })}
        </p>
    );
}

/** What the meter says of it now; the record behind it is a few seconds old. */
function Now({ now, record }: { now: LiveRun; record?: RunRecord }) {
    return (
        <Strip
            name={t('carbon.now')}
            figures={[
                { key: 'power', label: t('live.powerRun'), value: watts(now.power_w), foot: Object.entries(now.devices ?? {}).filter(([, w]) => w !== null).map(([d, w]) => `${word('device', d)} ${watts(w)}`).join(' · ') },
                { key: 'energy', label: t('live.energyMachine'), value: wattHours(now.footprint_j), sure: plusMinus(now.uncertainty_j, now.footprint_j, 'energy'), title: joules(now.footprint_j) },
                { key: 'carbon', label: t('live.emissions'), value: gramsCo2e(now.emissions_g), sure: plusMinus(now.emissions_uncertainty_g, now.emissions_g, 'mass') },
                { key: 'elapsed', label: t('r.elapsed'), value: duration(now.elapsed_s), foot: doing(now) },
                ...(record ? [{ key: 'intensity', label: t('live.intensity'), value: intensity(record.carbon.intensity_g_per_kwh), foot: record.carbon.zone_name ?? record.carbon.zone }] : []),
            ]}
        />
    );
}

/** Of a run that is attached and not yet stored: what the meter knows. */
function OnlyNow({ now }: { now: LiveRun }) {
    return (
        <>
            <h1 class="wrap">
                {now.name ?? now.id} <StatusText status="running" prefix="run" />
            </h1>
            <Now now={now} />
            <Empty title={t('r.notStored')}>{t('r.notStoredText')}</Empty>
        </>
    );
}

export function RunPage({ id }: { id: string }) {
    const { record, error, now, retry } = useRecord(id);
    const tab: Tab = TABS.find((name) => name === route.value.params.tab) ?? 'summary';
    const show = (key: string) => setParams({ ...OF_TABS, tab: key === 'summary' ? null : key });
    useEffect(() => bind({ export: () => show('export') }), []);
    useEffect(() => {
        if (record) document.title = [record.run.name ?? record.run.id, t('app.name')].join(' · ');
    }, [record?.run.id]);
    if (!record) {
        if (now && !denied(error)) return <OnlyNow now={now} />;
        return (
            <>
                <h1 class="sr">{t('page.run')}</h1>
                {denied(error) ? (
                    <Empty title={t('r.denied')}>{t('r.deniedText')}</Empty>
                ) : unknown(error) ? (
                    <Empty title={t('r.unknown', { id })} command="joulebook list">
                        {t('r.unknownText')}
                    </Empty>
                ) : error ? (
                    <Trouble error={error} onRetry={retry} />
                ) : (
                    <Loading />
                )}
            </>
        );
    }
    const View = { summary: Summary, timeline: Timeline, epochs: Epochs, operators: Operators, hardware: Hardware, export: Export }[tab];
    return (
        <article class="r-page">
            <Head record={record} />
            <Ended record={record} />
            {error !== null && <p class="banner warn">{t('r.stale')} <button class="small" onClick={retry}>{t('act.retry')}</button></p>}
            {now && <Now now={now} record={record} />}
            <Tabs name={t('page.run')} tabs={TABS.map((key) => ({ key, label: t(`r.tab.${key}`) }))} current={tab} onChange={show}>
                <View record={record} now={now !== null} key={record.run.id} />
            </Tabs>
        </article>
    );
}
