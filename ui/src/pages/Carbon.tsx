// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Carbon() {
    return <h1>{t('page.carbon')}</h1>;
}
