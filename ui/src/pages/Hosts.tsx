// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function Hosts() {
    return <h1>{t('page.hosts')}</h1>;
}
