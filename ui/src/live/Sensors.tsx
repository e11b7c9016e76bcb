// SPDX-License-Identifier: Apache-2.0
// Which sensors there are, what they see, and the command that mends what does not work.
import type { Live, Source } from '../api/types';
import { bytes, duration, percent, watts } from '../format';
import { t, word } from '../i18n';
import { Badge, Fix, StatusText } from '../ui';

function Seen({ live, source }: { live: Live; source: string }) {
    const channels = live.channels.filter((channel) => channel.source === source);
    if (channels.length === 0) return null;
    const counted = channels.filter((channel) => channel.in_total && channel.power_w !== null);
    const errors = channels.map((channel) => channel.rel_error).filter((x): x is number => x !== null);
    const gap = channels.reduce((most, channel) => Math.max(most, channel.gap_s ?? 0), 0);
    const lost = channels.filter((channel) => channel.status !== 'ok');
    return (
        <>
            <p class="small soft">
                {[
                    word('method', channels[0]!.method),
                    t('live.channels', { n: channels.length }),
                    counted.length > 0 ? watts(counted.reduce((sum, channel) => sum + channel.power_w!, 0)) : t('live.notCounted'),
                    errors.length > 0 && `±\u00a0${percent(Math.max(...errors))}`,
                    gap > 0 && t('live.gaps', { s: duration(gap) }),
                ]
                    .filter(Boolean)
                    .join(' · ')}
            </p>
            {lost.map((channel) => (
                <div key={channel.id} class="small">
                    <p>
                        {channel.id}: {word('status', channel.status)}
                        {channel.reason && `, ${channel.reason}`}
                    </p>
                    {channel.fix && <Fix text={channel.fix} />}
                </div>
            ))}
        </>
    );
}

const RANK = ['failed', 'denied', 'hung', 'ok', 'opening', 'absent'];

/** Sensors of other machines; that of the most common accelerator is worth a line all the same. */
const hidden = (source: Source) => source.status === 'absent' && source.source !== 'nvml';

function Sensor({ live, source }: { live: Live; source: Source }) {
    return (
        <li data-sensor={source.source} data-status={source.status}>
            <div class="row">
                <b class="grow wrap">{source.source}</b>
                <StatusText status={source.status} />
            </div>
            {source.title && <p class="small soft">{source.title}</p>}
            <Seen live={live} source={source.source} />
            {source.reason && <p class="small">{source.reason}</p>}
            {source.fix && <Fix text={source.fix} />}
        </li>
    );
}

export function Sensors({ live }: { live: Live }) {
    const rank = (status: string) => (RANK.indexOf(status) + RANK.length) % RANK.length;
    const sources = live.sources.slice().sort((a, b) => rank(a.status) - rank(b.status));
    const { self, history } = live;
    return (
        <aside class="sensors panel" aria-labelledby="sensors">
            <h2 id="sensors">{t('live.sensors')}</h2>
            <ul>
                {sources.filter((source) => !hidden(source)).map((source) => (
                    <Sensor key={source.source} live={live} source={source} />
                ))}
            </ul>
            {sources.some(hidden) && (
                <details>
                    <summary class="small">{t('live.absent', { n: sources.filter(hidden).length })}</summary>
                    <ul>
                        {sources.filter(hidden).map((source) => (
                            <Sensor key={source.source} live={live} source={source} />
                        ))}
                    </ul>
                </details>
            )}
            <h3>{t('live.self')}</h3>
            <p class="small soft">
                {[
                    t('app.version', { version: live.version }),
                    self.share !== null && t('live.selfShare', { share: percent(self.share) }),
                    self.energy_j !== null && live.elapsed_s > 0 && watts(self.energy_j / live.elapsed_s),
                    self.rss_bytes !== null && bytes(self.rss_bytes),
                    self.clients !== null && t('live.clients', { n: self.clients }),
                ]
                    .filter(Boolean)
                    .join(' · ')}
            </p>
            {(!history.kept || history.error) && (
                <div class="small">
                    <p>
                        <Badge tone="warn">{t('live.historyOff')}</Badge> {history.error}
                    </p>
                    {history.fix && <Fix text={history.fix} />}
                </div>
            )}
        </aside>
    );
}
