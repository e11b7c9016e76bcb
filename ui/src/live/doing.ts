// SPDX-License-Identifier: Apache-2.0
// What a run says that it does, and where that leads.
import type { LiveRun } from '../api/types';
import { count, doubt, duration, wattHours } from '../format';
import { t, word } from '../i18n';

/** "epoch 4 of 30 · forward · step 1,201"; empty: it says nothing. */
export function doing(run: LiveRun): string {
    const { epoch, step, epochs_planned, epoch_nth } = run;
    return [
        epochs_planned && epoch_nth ? t('live.epochOf', { n: epoch_nth, of: epochs_planned }) : epoch !== null && t('live.epoch', { n: epoch }),
        word('phase', run.phase),
        step !== null && t('live.step', { n: count(step) }),
    ].filter(Boolean).join(' · ');
}

/** "about 1.20 kWh ± 0.10 in all, 3 h 10 min to go"; empty: nothing is projected. */
export function leading(run: LiveRun): string {
    const { projected_j, projected_s } = run;
    if (!projected_j || !projected_s) return '';
    return t('live.inAll', {
        j: wattHours(projected_j),
        sure: doubt(run.projected_uncertainty_j, projected_j, 'energy'),
        s: duration(Math.round(Math.max(0, projected_s - run.elapsed_s))),
    }).replace('  ', ' ');
}
