// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';

/** A modal dialog of the browser's own: it holds the focus, closes on Escape, and gives the focus back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        const shown = dialog.current;
        shown?.showModal();
        return () => shown?.close();
    }, []);
    return (
        <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
            <div class="dialog">
                <header class="row">
                    <h2 class="grow">{title}</h2>
                    <button class="plain" onClick={onClose}>
                        {t('act.close')}
                    </button>
                </header>
                {children}
            </div>
        </dialog>
    );
}
