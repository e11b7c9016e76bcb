// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Runs() {
    return <h1>{t('page.runs')}</h1>;
}
