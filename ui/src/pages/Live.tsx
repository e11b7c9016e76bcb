// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';

export function LivePage() {
    return <h1>{t('page.live')}</h1>;
}
