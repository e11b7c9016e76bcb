// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';
import type { ChartGroup } from './sync';

/** The way back from what was zoomed into; nothing where all is shown. */
export function ResetZoom({ group }: { group: ChartGroup }) {
    return group.zoom.value ? (
        <button class="small" onClick={() => (group.zoom.value = null)}>
            {t('act.reset')}
        </button>
    ) : null;
}
