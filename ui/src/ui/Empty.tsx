// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api/client';
import { t } from '../i18n';
import { Command, Fix } from './Command';

/** Nothing to show: why, and the one command that changes it. */
export function Empty({ title, command, children }: { title: string; command?: string | null | undefined; children?: ComponentChildren }) {
    return (
        <section class="empty panel">
            <h2>{title}</h2>
            {children && <p class="soft">{children}</p>}
            {command && <Command text={command} />}
        </section>
    );
}

export function Loading() {
    return (
        <p class="soft pad" role="status" aria-busy="true">
            {t('app.loading')}
        </p>
    );
}

/** A request failed: what it said, its fix, and another try. */
export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
    const fix = error instanceof ApiError ? error.fix : null;
    return (
        <section class="empty panel" role="alert">
            <h2>{t('error.title')}</h2>
            <p class="soft">{error instanceof Error ? error.message : String(error)}</p>
            {fix && <Fix text={fix} />}
            {onRetry && (
                <p>
                    <button onClick={onRetry}>{t('act.retry')}</button>
                </p>
            )}
        </section>
    );
}
