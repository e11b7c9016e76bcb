// SPDX-License-Identifier: Apache-2.0
// The token goes to the server in a header, once, and never into a URL; the server answers with a cookie.
import { useSignal } from '@preact/signals';
import { ApiError, login } from '../api/client';
import { t } from '../i18n';

export function Login() {
    const token = useSignal('');
    const said = useSignal('');
    const send = async (event: Event) => {
        event.preventDefault();
        try {
            await login(token.value.trim());
            token.value = '';
        } catch (error) {
            said.value = error instanceof ApiError && error.status === 401 ? t('login.wrong') : (error as Error).message;
        }
    };
    return (
        <form class="empty panel form" onSubmit={send}>
            <h1>{t('login.title')}</h1>
            <p class="soft">{t('login.text')}</p>
            <label>
                {t('login.token')}
                <input type="password" autocomplete="current-password" value={token.value} onInput={(event) => (token.value = event.currentTarget.value)} />
            </label>
            {said.value && <p role="alert">{said.value}</p>}
            <button class="primary" type="submit" disabled={token.value.trim() === ''}>
                {t('login.go')}
            </button>
        </form>
    );
}
