// SPDX-License-Identifier: Apache-2.0
import type { Live, LiveRun } from '../api/types';
import { duration, gramsCo2e, joules, unitOf, inUnit, watts } from '../format';
import { t } from '../i18n';
import { link } from '../router';
import { Badge, Empty, Table, type Column } from '../ui';
import { doing } from './doing';
import { basisEnergy } from './figures';

/** How a run is called where there is little room. */
export function runName(run: Pick<LiveRun, 'id' | 'name' | 'mine' | 'user' | 'command'>): string {
    if (run.name) return run.name;
    if (!run.mine) return t('live.runOf', { user: run.user ?? '?' });
    const command = Array.isArray(run.command) ? (run.command as string[]).join(' ') : run.command;
    return command ? (command.length > 28 ? `${command.slice(0, 27)}…` : command) : run.id.slice(-8);
}

export function Attached({ live }: { live: Live }) {
    if (live.runs.length === 0) {
        return (
            <Empty title={t('live.noRuns')} command="joulebook run -- python3 train.py">
                {t('live.noRunsText')}
            </Empty>
        );
    }
    const unit = unitOf.energy(live.runs.map(basisEnergy));
    const columns: Column<LiveRun>[] = [
        {
            key: 'name', label: t('runs.name'), head: true,
            cell: (run) =>
                run.mine || live.viewer.all ? <a href={link(`/runs/${run.id}`)}>{runName(run)}</a> : <span>{runName(run)}</span>,
            title: (run) => run.command ?? undefined,
        },
        { key: 'user', label: t('runs.user'), cell: (run) => <>{run.user ?? '–'} {run.mine && <Badge>{t('live.mine')}</Badge>}</> },
        { key: 'elapsed', label: t('runs.duration'), right: true, cell: (run) => duration(Math.round(run.elapsed_s)) },
        { key: 'power', label: t('live.powerNow'), right: true, cell: (run) => watts(run.power_w) },
        { key: 'energy', label: unit.name, name: t('runs.energy'), right: true, cell: (run) => inUnit(basisEnergy(run), unit), title: (run) => joules(basisEnergy(run)) },
        { key: 'emissions', label: t('live.emissions'), right: true, cell: (run) => gramsCo2e(run.emissions_g) },
        { key: 'phase', label: t('live.does'), cell: (run) => doing(run) || '–' },
    ];
    return (
        <section class="panel">
            <h2 class="pad">{t('live.attached', { n: live.runs.length })}</h2>
            <Table name={t('live.attached', { n: live.runs.length })} columns={columns} rows={live.runs} rowKey={(run) => run.id} />
        </section>
    );
}
