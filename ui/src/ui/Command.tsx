// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';

/** Copies; where the clipboard is closed (plain http beyond loopback) by a selection, as of old. */
export async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement('textarea');
        area.value = text;
        area.className = 'sr';
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

export function CopyButton({ text, what, label }: { text: string; what: string; label?: string }) {
    const done = useSignal(false);
    useEffect(() => {
        if (!done.value) return undefined;
        const timer = setTimeout(() => (done.value = false), 2000);
        return () => clearTimeout(timer);
    }, [done.value]);
    return (
        <button class="small" onClick={async () => (done.value = await copy(text))}>
            <span aria-live="polite">{done.value ? t('act.copied') : (label ?? t('act.copy'))}</span>
            <span class="sr">: {what}</span>
        </button>
    );
}

/** Whether a fix is a command, or a sentence. */
export function isCommand(text: string): boolean {
    return /^(sudo|joulebook|export|echo|modprobe|apt|apt-get|chmod|chgrp|setcap|usermod|systemctl|nvidia-smi|pip|docker|newgrp|[A-Z_]+=)(\s|$)/.test(text) || /^[A-Z_]+='/.test(text);
}

/** What mends something: a command that can be copied, or a sentence. */
export function Fix({ text }: { text: string }) {
    return isCommand(text) ? <Command text={text} /> : <p class="small">{text}</p>;
}

/** A command to run, and the button that copies it. */
export function Command({ text }: { text: string }) {
    return (
        <div class="command">
            <code>{text}</code>
            <CopyButton text={text} what={text} />
        </div>
    );
}
