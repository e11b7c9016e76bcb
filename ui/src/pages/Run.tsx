// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Run() {
    return <h1>{t('page.run')}</h1>;
}
