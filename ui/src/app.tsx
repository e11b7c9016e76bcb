// SPDX-License-Identifier: Apache-2.0
// The frame: pages, connection, keys, login.
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary } from 'preact/hooks';
import { loginNeeded } from './api/client';
import { language, t } from './i18n';
import { Carbon } from './pages/Carbon';
import { Compare } from './pages/Compare';
import { Doctor } from './pages/Doctor';
import { Hosts } from './pages/Hosts';
import { LivePage } from './pages/Live';
import { Login } from './pages/Login';
import { Run } from './pages/Run';
import { Runs } from './pages/Runs';
import { go, link, route } from './router';
import { act, meaning, taken } from './state/keys';
import { connect, link as feed, live, pause, paused } from './state/live';
import { clock } from './format';
import { Empty, Trouble } from './ui';
import { Keys } from './ui/Keys';
import { SettingsDialog } from './ui/SettingsDialog';

const PAGES: Record<string, ComponentType> = { live: LivePage, runs: Runs, run: Run, compare: Compare, carbon: Carbon, hosts: Hosts, doctor: Doctor };
const NAV = ['live', 'runs', 'carbon', 'hosts', 'doctor'] as const;
const dialog = signal<'keys' | 'settings' | null>(null);

function useKeys() {
    useEffect(() => {
        let before = '';
        const press = (event: KeyboardEvent) => {
            if (event.ctrlKey || event.metaKey || event.altKey || taken(event.target as HTMLElement, event.key)) return;
            const action = meaning(event.key, before);
            before = event.key;
            if (!action || (dialog.value && action.do !== 'help')) return;
            if (action.do === 'go') go(link(action.page === 'live' ? '/' : `/${action.page}`));
            else if (action.do === 'help') dialog.value = dialog.value ? null : 'keys';
            else if (!act(action.do) && action.do === 'pause') pause(!paused.value);
            if (event.key !== 'Escape') event.preventDefault();
        };
        addEventListener('keydown', press);
        return () => removeEventListener('keydown', press);
    }, []);
}

function Connection() {
    const state = loginNeeded.value ? 'token' : paused.value ? 'paused' : feed.value;
    const tone = state === 'open' || state === 'polling' ? 'ok' : state === 'lost' ? 'bad' : 'plain';
    return (
        <button class="plain link" data-link={state} data-connection={state === 'open' ? 'live' : state} onClick={() => pause(!paused.value)} aria-pressed={paused.value} title={t(paused.value ? 'act.resume' : 'act.pause')}>
            <span class={`pulse ${tone}`} aria-hidden="true" />
            <span role="status">{t(`link.${state}`)}</span>
        </button>
    );
}

function Lost() {
    if (feed.value === 'lost') {
        return (
            <p class="banner bad" role="alert">
                {t('link.lostText', { where: location.host, time: clock(live.value?.t_ms, true) })}
            </p>
        );
    }
    return feed.value === 'polling' ? <p class="banner">{t('link.pollingText')}</p> : null;
}

/** A page that fails says so, and leaves the rest alone. */
function Guarded({ page: Page }: { page: ComponentType }) {
    const [error, again] = useErrorBoundary();
    return error ? <Trouble error={error} onRetry={again} /> : <Page />;
}

export function App() {
    useKeys();
    useEffect(() => connect(), []);
    const { page } = route.value;
    const host = live.value?.host;
    useEffect(() => {
        const name = page in PAGES ? t(`page.${page}` as 'page.live') : t('app.unknown');
        document.title = [name, host, t('app.name')].filter(Boolean).join(' · ');
        document.documentElement.lang = language.value;
    }, [page, host, language.value]);
    useEffect(() => scrollTo(0, 0), [page]);

    const Page = PAGES[page];
    return (
        <>
            <a
                class="skip"
                href="#main"
                onClick={(event) => {
                    event.preventDefault();
                    document.getElementById('main')?.focus();
                }}
            >
                {t('app.skip')}
            </a>
            <header class="top">
                <a class="brand" href={link('/')}>
                    {t('app.name')}
                </a>
                <nav aria-label={t('app.nav')}>
                    {NAV.map((name) => (
                        <a key={name} href={link(name === 'live' ? '/' : `/${name}`)} aria-current={name === page || (name === 'runs' && (page === 'run' || page === 'compare')) ? 'page' : undefined}>
                            {t(`page.${name}`)}
                        </a>
                    ))}
                </nav>
                <span class="grow" />
                {host && <span class="soft small host">{host}</span>}
                <Connection />
                <button class="plain" aria-label={t('settings.title')} title={t('settings.title')} onClick={() => (dialog.value = 'settings')}>
                    <span aria-hidden="true">⚙</span>
                </button>
                <button class="plain" aria-label={t('keys.title')} title={t('keys.title')} onClick={() => (dialog.value = 'keys')}>
                    <span aria-hidden="true">?</span>
                </button>
            </header>
            <main id="main" tabIndex={-1}>
                {loginNeeded.value ? (
                    <Login />
                ) : (
                    <>
                        <Lost />
                        {Page ? (
                            <Guarded key={page} page={Page} />
                        ) : (
                            <Empty title={t('app.unknown')}>
                                {t('app.unknownText')} <a href={link('/')}>{t('app.home')}</a>
                            </Empty>
                        )}
                    </>
                )}
            </main>
            {dialog.value === 'keys' && <Keys onClose={() => (dialog.value = null)} />}
            {dialog.value === 'settings' && <SettingsDialog onClose={() => (dialog.value = null)} />}
        </>
    );
}
