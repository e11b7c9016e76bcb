// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Doctor() {
    return <h1>{t('page.doctor')}</h1>;
}
