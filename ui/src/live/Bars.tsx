// SPDX-License-Identifier: Apache-2.0
import type { Live, LiveRun } from '../api/types';
import { deviceColor } from '../charts/palette';
import { clock, joules, localTime, wattHours, watts } from '../format';
import { t, word } from '../i18n';
import { Bar, type Part } from '../ui';
import { byDevice } from './figures';

function devices(live: Live, run: LiveRun | null): Part[] {
    const list = byDevice(live, run).map(
        (one): Part => ({
            key: one.device,
            label: word('device', one.device) + (one.count > 1 ? ` ×${one.count}` : ''),
            color: deviceColor(one.device),
            value: one.power_w,
            text: watts(one.power_w),
            estimated: one.modelled,
            ...(one.modelled ? { title: t('method.modelled') } : {}),
        }),
    );
    const { pue, power_w } = live.machine;
    if (!run && pue !== null && pue > 1 && power_w !== null) {
        const over = (pue - 1) * power_w;
        list.push({ key: 'pue', label: t('live.pue', { pue }), color: 'none', value: over, text: watts(over), estimated: true });
    }
    return list;
}

function part(key: string, color: string, label: string, value: number | null): Part[] {
    return value === null ? [] : [{ key, label, color, value, text: wattHours(value), title: joules(value) }];
}

export function LiveBars({ live, run }: { live: Live; run: LiveRun | null }) {
    const { runs_j, idle_j, others_j, unattributed_j } = live.machine;
    const own = run && run.run_j !== null && run.footprint_j !== null && run.machine_j !== null ? run : null;
    return (
        <div class="panel bars">
            <Bar name={t(run ? 'live.barRun' : 'live.barMachine')} parts={devices(live, run)} />
            {own && (
                <Bar
                    name={t('live.barDuring')}
                    parts={[
                        ...part('run', 'runs', t('live.partRun'), own.run_j),
                        ...part('share', 'idle', t('live.partShare'), own.footprint_j! - own.run_j!),
                        ...part('rest', 'others', t('live.partRest'), Math.max(0, own.machine_j! - own.footprint_j!)),
                    ]}
                />
            )}
            <Bar
                name={t('live.barSplit', { time: live.elapsed_s < 72_000 ? clock(live.started) : localTime(live.started) })}
                parts={[
                    ...part('runs', 'runs', t('live.partRuns'), runs_j),
                    ...part('idle', 'idle', t('live.partIdle'), idle_j),
                    ...part('others', 'others', t('live.partOthers'), others_j),
                    ...part('unattributed', 'unattributed', t('live.partNobody'), unattributed_j),
                ]}
            />
        </div>
    );
}
