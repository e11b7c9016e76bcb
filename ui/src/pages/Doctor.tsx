// SPDX-License-Identifier: Apache-2.0
// What can be measured here, what cannot, and the command that mends it.
import type { ComponentChildren } from 'preact';
import { api } from '../api/client';
import type { Doctor as Report, DoctorChannel, DoctorCheck } from '../api/types';
import { bytes, count, digits, duration, percent, watts } from '../format';
import { t, word } from '../i18n';
import { useLoad } from '../state/load';
import { Badge, Fix, Loading, StatusText, Table, Trouble, type Column } from '../ui';
import { tally } from './Hosts';

/** Those that do not work, what can be mended first. */
export function broken(channels: readonly DoctorChannel[]): DoctorChannel[] {
    const rank = (channel: DoctorChannel) => (channel.fix ? 0 : channel.status === 'absent' ? 2 : 1);
    return channels.filter((channel) => channel.status !== 'ok').sort((a, b) => rank(a) - rank(b));
}

function Facts({ report }: { report: Report }) {
    const { self } = report;
    const machine = report.machine ?? {};
    const text = (key: string) => (typeof machine[key] === 'string' ? (machine[key] as string) : null);
    const value = (key: string) => (typeof machine[key] === 'number' ? (machine[key] as number) : null);
    const gpus = Array.isArray(machine.gpus) ? machine.gpus.map((gpu) => (typeof gpu === 'string' ? gpu : String((gpu as { name?: string }).name ?? ''))) : [];
    const facts: [string, ComponentChildren][] = [
        [t('device.cpu'), [text('cpu'), value('sockets') && t('doctor.sockets', { n: value('sockets')! }), value('cores') && t('doctor.cores', { n: value('cores')!, threads: value('threads') ?? '' })].filter(Boolean).join(' · ')],
        [t('device.gpu'), tally(gpus).join(', ') || t('doctor.noGpu')],
        [t('device.ram'), bytes(value('ram_bytes'))],
        [t('device.board'), text('board')],
        [t('doctor.virtual'), machine.virtual === true ? (text('hypervisor') ?? t('doctor.yes')) : null],
        [t('live.self'), [self.cpu_s !== null && self.cpu_s !== undefined && t('doctor.cpuTime', { s: duration(self.cpu_s) }), self.duration_s && self.cpu_s && t('live.selfShare', { share: percent(self.cpu_s / self.duration_s) }), self.max_rss_bytes && bytes(self.max_rss_bytes)].filter(Boolean).join(' · ')],
    ];
    return (
        <section class="panel pad">
            <h2>{t('doctor.machine')}</h2>
            <dl class="facts">
                {facts
                    .filter(([, fact]) => fact)
                    .map(([name, fact]) => [<dt key={`t${name}`}>{name}</dt>, <dd key={`d${name}`}>{fact}</dd>])}
            </dl>
        </section>
    );
}

export function Doctor() {
    const { data, error, again } = useLoad('', (abort) => api.doctor(abort), 10_000);
    const report = data.value;
    const columns: Column<DoctorChannel>[] = [
        { key: 'id', label: t('doctor.channel'), head: true, cell: (channel) => <span class="mono">{channel.id}</span>, title: (channel) => channel.path ?? undefined },
        { key: 'status', label: t('runs.status'), cell: (channel) => <StatusText status={channel.status} /> },
        { key: 'source', label: t('doctor.source'), cell: (channel) => channel.source },
        { key: 'method', label: t('doctor.method'), cell: (channel) => word('method', channel.method) },
        { key: 'power', label: t('live.powerNow'), right: true, cell: (channel) => watts(channel.power_w) },
        { key: 'error', label: '±', name: t('doctor.error'), right: true, cell: (channel) => percent(channel.rel_error) },
        { key: 'period', label: t('doctor.period'), right: true, cell: (channel) => (channel.update_period_s === null ? '–' : duration(channel.update_period_s)) },
        {
            key: 'counts', label: t('doctor.counts'),
            cell: (channel) => (channel.in_total ? t('doctor.inTotal') : channel.twin_of ? t('doctor.twin', { id: channel.twin_of }) : channel.parent ? t('doctor.part', { id: channel.parent }) : t('live.notCounted')),
        },
        { key: 'note', label: t('doctor.note'), cell: (channel) => <span class="soft small">{channel.note}</span> },
    ];
    const ok = report?.channels.filter((channel) => channel.status === 'ok') ?? [];
    const counted = ok.filter((channel) => channel.in_total && channel.power_w !== null && channel.power_w !== undefined);
    const checks = report?.checks ?? [];
    const checkColumns: Column<DoctorCheck>[] = [
        { key: 'channel', label: t('doctor.channel'), head: true, cell: (check) => <span class="mono">{check.channel}</span>, title: (check) => check.source ?? undefined },
        { key: 'power', label: t('live.powerNow'), right: true, cell: (check) => watts(check.power_w) },
        { key: 'against', label: t('doctor.against'), cell: (check) => (check.against ? <span class="mono">{check.against}</span> : t('doctor.parts', { n: check.parts ?? 0 })), title: (check) => check.against_source ?? undefined },
        { key: 'against_w', label: t('live.powerNow'), right: true, cell: (check) => watts(check.against_w) },
        { key: 'ratio', label: t('doctor.ratio'), right: true, cell: (check) => digits(check.ratio) },
        { key: 'verdict', label: t('doctor.verdict'), cell: (check) => word('verdict', check.verdict) },
    ];
    return (
        <>
            <div class="row head">
                <h1>{t('page.doctor')}</h1>
            </div>
            {error.value ? <Trouble error={error.value} onRetry={again} /> : null}
            {!report ? (
                !error.value && <Loading />
            ) : (
                <div class="stack">
                    {report.warnings.map((warning) => (
                        <p class="banner warn" key={warning}>
                            {warning}
                        </p>
                    ))}
                    <Facts report={report} />
                    <section class="panel">
                        <h2 class="pad">
                            {t('doctor.works', { n: ok.length })}{' '}
                            <span class="soft small">{counted.length > 0 && t('doctor.sum', { w: watts(counted.reduce((sum, channel) => sum + channel.power_w!, 0)), n: count(counted.length) })}</span>
                        </h2>
                        {ok.length > 0 ? <Table name={t('doctor.works', { n: ok.length })} columns={columns} rows={ok} rowKey={(channel) => `${channel.source} ${channel.id}`} /> : <p class="pad soft">{t('doctor.nothing')}</p>}
                    </section>
                    {checks.length > 0 && (
                        <section class="panel">
                            <h2 class="pad">{t('doctor.checks')}</h2>
                            <Table name={t('doctor.checks')} columns={checkColumns} rows={checks} rowKey={(check) => `${check.kind} ${check.channel} ${check.against}`} />
                        </section>
                    )}
                    <section class="panel pad">
                        <h2>{t('doctor.missing')}</h2>
                        <ul class="list two">
                            {broken(report.channels).map((channel, i) => (
                                <li key={channel.source + i} data-source={channel.source}>
                                    <div class="row">
                                        <b class="grow wrap">{channel.id && channel.id !== channel.source ? `${channel.source} ${channel.id}` : channel.source}</b>
                                        {channel.fix && <Badge tone="warn">{t('doctor.mendable')}</Badge>}
                                        <StatusText status={channel.status} />
                                    </div>
                                    {channel.reason && <p class="small soft wrap">{channel.reason}</p>}
                                    {channel.fix && <Fix text={channel.fix} />}
                                </li>
                            ))}
                        </ul>
                    </section>
                </div>
            )}
        </>
    );
}
