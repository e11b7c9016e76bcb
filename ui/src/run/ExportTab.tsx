// SPDX-License-Identifier: Apache-2.0
// What others can read: files made by the server, and texts for model cards and papers made here.
import { useSignal } from '@preact/signals';
import { api } from '../api/client';
import { t, type Key } from '../i18n';
import { CopyButton } from '../ui';
import { huggingFace, methodsSentence, TRAINING_TYPES } from './citation';
import { download } from '../export/csv';
import { fileName } from './download';
import type { RunRecord } from './record';
import { Section } from './texts';

// As `joulebook export --format` takes them (src/export/formats.h).
const FORMATS = ['json', 'csv', 'summary', 'codecarbon', 'html', 'jtop'] as const;

function Text({ title, note, text, file, type, children }: { title: string; note: string; text: string | null; file: string; type: string; children?: preact.ComponentChildren }) {
    return (
        <Section
            title={title} note={note}
            actions={
                text !== null && (
                    <>
                        <CopyButton text={text} what={title} />
                        <button class="small" onClick={() => download(file, new Blob([text], { type }))}>
                            {t('r.ex.save')}
                        </button>
                    </>
                )
            }
        >
            {children}
            {text === null ? <p class="soft">{t('r.ex.unknown')}</p> : <pre class="r-text" tabIndex={0}>{text}</pre>}
        </Section>
    );
}

export function Export({ record }: { record: RunRecord }) {
    const training = useSignal('');
    const place = useSignal('');
    const { id } = record.run;
    const name = fileName(record.run.name ?? id);
    return (
        <>
            <Section title={t('r.ex.files')} note={t('r.ex.filesNote')}>
                <ul class="r-files">
                    {FORMATS.map((format) => (
                        <li key={format}>
                            <a class="button" href={api.exportUrl(id, format)} download>
                                {format}
                            </a>
                            <span>{t(`r.ex.${format}` as Key)}</span>
                        </li>
                    ))}
                </ul>
                <p class="soft small">
                    {t('r.ex.shell')} <code>{`joulebook export ${id} --format csv -o ${name}.csv`}</code>
                </p>
            </Section>
            <Text title={t('r.ex.hf')} note={t('r.ex.hfNote')} text={huggingFace(record, { training: training.value, place: place.value.trim() })} file={`${name}-co2.yaml`} type="text/yaml">
                <div class="r-tools">
                    <label>
                        {t('r.ex.training')}{' '}
                        <select value={training.value} onChange={(e) => (training.value = e.currentTarget.value)}>
                            <option value="">{t('r.ex.leaveOut')}</option>
                            {TRAINING_TYPES.map((type) => (
                                <option key={type} value={type}>
                                    {type}
                                </option>
                            ))}
                        </select>
                    </label>
                    <label>
                        {t('r.ex.place')}{' '}
                        <input type="text" value={place.value} placeholder={record.carbon.zone_name ?? record.carbon.zone ?? ''} onInput={(e) => (place.value = e.currentTarget.value)} />
                    </label>
                </div>
            </Text>
            <Text title={t('r.ex.tex')} note={t('r.ex.texNote')} text={methodsSentence(record)} file={`${name}-methods.tex`} type="text/x-tex" />
        </>
    );
}
