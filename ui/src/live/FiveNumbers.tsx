// SPDX-License-Identifier: Apache-2.0
// The five numbers: what it uses now, how much so far, in energy and in greenhouse gas, how sure, and who said so.
import type { GridNow, Live, LiveRun } from '../api/types';
import { carbonStep } from '../charts/palette';
import { age, digits, doubt, duration, gramsCo2e, intensity, joules, percent, plusMinus, utcTime, wattHours, watts } from '../format';
import { equivalents } from '../equivalents';
import { t, word } from '../i18n';
import { settings } from '../state/settings';
import { Badge, Strip, Time, type Figure } from '../ui';
import { doing, leading } from './doing';
import { figures, modelledShare, powerDoubt, witnesses } from './figures';

export function EquivalentText({ grams }: { grams: number | null }) {
    if (!settings.value.equivalents || grams === null) return null;
    const like = equivalents(grams);
    return (
        <span class="block" title={t('live.likeSource')}>
            {t('live.like', { km: digits(like.car_km, 2), months: digits(like.tree_months, 2) })}
        </span>
    );
}

export function GridBadge({ grid }: { grid: Pick<GridNow, 'kind' | 'estimated'> }) {
    const sure = grid.kind === 'live' && !grid.estimated;
    return (
        <Badge tone={sure ? 'ok' : 'plain'}>
            {word('kind', grid.kind)}
            {grid.estimated && grid.kind !== 'yearly' ? ` · ${t('chart.estimated')}` : ''}
        </Badge>
    );
}

function Witnesses({ live }: { live: Live }) {
    const who = witnesses(live.channels);
    const share = modelledShare(live);
    if (who.length === 0) return <>{t('live.nobody')}</>;
    return (
        <>
            {t('live.by')}{' '}
            {who.map((one, i) => (
                <span key={one.source}>
                    {i > 0 && ', '}
                    <span class="nowrap">
                        {one.source}
                        {one.modelled && ` (${t('method.modelled')})`}
                    </span>
                </span>
            ))}
            {share === 1 && (
                <>
                    {' '}
                    <Badge tone="warn">{t('live.allModelled')}</Badge>
                </>
            )}
        </>
    );
}

function runEnergyFoot(run: LiveRun): string {
    if (run.basis === 'machine') return t('live.basisMachine');
    if (run.basis === 'run' || run.footprint_j === null || run.run_j === null) return t('live.basisRun');
    return t('live.basisFootprint', { run: wattHours(run.run_j), idle: wattHours(run.footprint_j - run.run_j) });
}

export function LiveFigures({ live, run }: { live: Live; run: LiveRun | null }) {
    const sums = figures(live, run);
    const { grid } = live;
    const share = modelledShare(live);
    const list: Figure[] = [
        {
            key: 'power',
            label: run ? t('live.powerRun') : t('live.powerMachine'),
            value: watts(sums.power_w),
            sure: doubt(powerDoubt(live, run), sums.power_w, 'power'),
            title: t('live.powerTitle'),
            foot: <Witnesses live={live} />,
        },
        {
            key: 'energy',
            label: run ? t('live.energyRun') : t('live.energyMachine'),
            value: wattHours(sums.energy_j),
            sure: doubt(sums.energy_sure_j, sums.energy_j, 'energy'),
            title: `${joules(sums.energy_j)} ${plusMinus(sums.energy_sure_j, sums.energy_j, 'joules')}`,
            foot: run ? runEnergyFoot(run) : share === null ? undefined : t('live.measured', { share: percent(1 - share) }),
        },
        {
            key: 'emissions',
            label: t('live.emissions'),
            value: gramsCo2e(sums.emissions_g),
            sure: doubt(sums.emissions_sure_g, sums.emissions_g, 'mass'),
            title: t('live.emissionsTitle'),
            foot: (
                <>
                    {sums.mean_g_per_kwh !== null && t('live.meanIntensity', { g: intensity(sums.mean_g_per_kwh) })} <EquivalentText grams={sums.emissions_g} />
                </>
            ),
        },
        {
            key: 'intensity',
            label: t('live.intensity'),
            value: intensity(grid?.g_per_kwh),
            sure: grid?.rel_error && grid.g_per_kwh ? doubt(grid.rel_error * grid.g_per_kwh, grid.g_per_kwh, 'number') : undefined,
            title: grid?.factor ? t('live.factor', { factor: grid.factor }) : undefined,
            foot: grid ? (
                <>
                    {grid.g_per_kwh !== null && <span class={`swatch ramp${carbonStep(grid.g_per_kwh)}`} aria-hidden="true" />} {grid.zone_name ?? grid.zone} · {grid.source}
                    {grid.age_s !== null && ` · ${t('live.age', { age: age(grid.age_s) })}`} <GridBadge grid={grid} />
                </>
            ) : (
                t('live.noGrid')
            ),
        },
        {
            key: 'elapsed',
            label: run ? t('live.elapsedRun') : t('live.elapsedMachine'),
            value: duration(Math.round(sums.elapsed_s)),
            title: utcTime(run ? run.started : live.started),
            foot: run ? (
                <>
                    {doing(run) || t('live.untold')} <span class="block">{leading(run)}</span>
                </>
            ) : (
                <>
                    {t('live.since')} <Time at={live.started} />
                </>
            ),
        },
    ];
    return <Strip name={t('live.figures')} figures={list} />;
}
