// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Compare() {
    return <h1>{t('page.compare')}</h1>;
}
