// SPDX-License-Identifier: Apache-2.0
import { t } from '../i18n';
import { GO } from '../state/keys';
import { Dialog } from './Dialog';

export function Keys({ onClose }: { onClose: () => void }) {
    const rows: [string[], string][] = [
        [['Space'], t('keys.pause')],
        [['/'], t('keys.search')],
        [['e'], t('keys.export')],
        [['?'], t('keys.help')],
        [['Esc'], t('keys.close')],
        ...Object.entries(GO).map(([key, page]): [string[], string] => [['g', key], t('keys.go', { page: t(`page.${page}`) })]),
        [['←', '→'], t('keys.chart')],
        [['+', '−', '0'], t('keys.zoom')],
    ];
    return (
        <Dialog title={t('keys.title')} onClose={onClose}>
            <dl class="keys">
                {rows.map(([keys, text]) => (
                    <div key={keys.join(' ')}>
                        <dt>
                            {keys.map((key) => (
                                <kbd key={key}>{key}</kbd>
                            ))}
                        </dt>
                        <dd>{text}</dd>
                    </div>
                ))}
            </dl>
            <p class="soft small">{t('keys.mouse')}</p>
        </Dialog>
    );
}
