// SPDX-License-Identifier: Apache-2.0
import { t, type Key } from '../i18n';
import { set, settings, type Settings } from '../state/settings';
import { Dialog } from './Dialog';

const LANGUAGES: Record<Settings['language'], string | null> = { auto: null, en: 'English', ko: '한국어' };

export function SettingsDialog({ onClose }: { onClose: () => void }) {
    const now = settings.value;
    return (
        <Dialog title={t('settings.title')} onClose={onClose}>
            <div class="form">
                <label>
                    {t('settings.theme')}
                    <select value={now.theme} onChange={(event) => set({ theme: event.currentTarget.value as Settings['theme'] })}>
                        {(['auto', 'light', 'dark'] as const).map((theme) => (
                            <option key={theme} value={theme}>
                                {t(`settings.theme.${theme}` as Key)}
                            </option>
                        ))}
                    </select>
                </label>
                <label>
                    {t('settings.language')}
                    <select value={now.language} onChange={(event) => set({ language: event.currentTarget.value as Settings['language'] })}>
                        {(['auto', 'en', 'ko'] as const).map((language) => (
                            <option key={language} value={language}>
                                {LANGUAGES[language] ?? t('settings.language.auto')}
                            </option>
                        ))}
                    </select>
                </label>
                <label class="check">
                    <input type="checkbox" checked={now.equivalents} onChange={(event) => set({ equivalents: event.currentTarget.checked })} />
                    {t('settings.equivalents')}
                </label>
            </div>
        </Dialog>
    );
}
