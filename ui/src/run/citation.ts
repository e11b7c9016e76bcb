// SPDX-License-Identifier: Apache-2.0
// What goes into papers and model cards. Hugging Face takes grams (huggingface.co/docs/hub/model-cards-co2); it has no field
// for uncertainty, so that goes into `source`. English in every language of the page: the texts leave it.
import { basisEnergy, known, type Maybe, type RunRecord } from './record';

export const TRAINING_TYPES = ['pre-training', 'fine-tuning'] as const;

export interface CardChoice {
    training: string; // empty: left out
    place: string; // empty: by the zone
}

const digits3 = (value: number): string => {
    const text = Number(value.toPrecision(3)).toString();
    return text.includes('e') ? value.toFixed(Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))))) : text;
};

// YAML 1.2: a JSON string is a double-quoted scalar. What is not printable is escaped, so that no name ends the scalar.
export const yamlText = (text: string): string =>
    JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

function plural(count: number, name: string): string {
    return count > 1 ? `${count} x ${name}` : name;
}

export function gpuNames(record: RunRecord): string[] {
    const names = (record.hardware?.gpus ?? []).map((g) => {
        if (typeof g === 'string') {
            return g;
        }
        const name = (g as { name?: unknown } | null)?.name;
        return typeof name === 'string' ? name : '';
    });
    return names.filter((n) => n !== '');
}

export function hardwareText(record: RunRecord): string {
    const gpus = new Map<string, number>();
    for (const name of gpuNames(record)) {
        gpus.set(name, (gpus.get(name) ?? 0) + 1);
    }
    const cpu = record.hardware?.cpu;
    const parts = [...gpus].map(([name, count]) => plural(count, name));
    if (typeof cpu === 'string' && cpu !== '') {
        parts.push(plural(record.hardware?.sockets ?? 1, cpu));
    }
    return parts.join(', ');
}

export function measuredShare(record: RunRecord): Maybe {
    const { measured_j, modelled_j } = record.energy;
    const sum = (measured_j ?? 0) + (modelled_j ?? 0);
    return sum > 0 ? (measured_j ?? 0) / sum : null;
}

export const sourcesOf = (record: RunRecord): string[] => [
    ...new Set(record.energy.channels.filter((c) => c.in_total && known(c.energy_j)).map((c) => c.source)),
];

const grams = (record: RunRecord): string =>
    known(record.carbon.uncertainty_g)
        ? `${digits3(record.carbon.emissions_g!)} g ± ${digits3(record.carbon.uncertainty_g)} g CO2e`
        : `${digits3(record.carbon.emissions_g!)} g CO2e`;

export function huggingFace(record: RunRecord, choice: CardChoice): string | null {
    const c = record.carbon;
    if (!known(c.emissions_g)) {
        return null;
    }
    const { name, joules } = basisEnergy(record);
    const kwh = known(joules) ? `, ${digits3(joules / 3.6e6)} kWh (${name})` : '';
    const at = known(c.intensity_g_per_kwh) ? ` at ${digits3(c.intensity_g_per_kwh)} g/kWh` : '';
    const place = choice.place || c.zone_name || c.zone || '';
    const lines = [
        'co2_eq_emissions:',
        `  emissions: ${digits3(c.emissions_g)}`,
        `  source: ${yamlText(`joulebook: ${grams(record)}${kwh}${at}`)}`,
    ];
    if (choice.training) {
        lines.push(`  training_type: ${yamlText(choice.training)}`);
    }
    if (place) {
        lines.push(`  geographical_location: ${yamlText(place)}`);
    }
    const hardware = hardwareText(record);
    if (hardware) {
        lines.push(`  hardware_used: ${yamlText(hardware)}`);
    }
    return `${lines.join('\n')}\n`;
}

const TEX: Record<string, string> = {
    '\\': '\\textbackslash{}', '{': '\\{', '}': '\\}', $: '\\$', '&': '\\&', '#': '\\#', _: '\\_', '%': '\\%',
    '~': '\\textasciitilde{}', '^': '\\textasciicircum{}',
};
export const texText = (text: string): string =>
    text.replace(/[\\{}$&#_%~^]/g, (c) => TEX[c]!).replace(/[\u0000-\u001f\u007f]/g, ' ');

const kwhText = (joules: number, sigma: Maybe): string => {
    const small = joules < 3.6e5;
    const scale = small ? 3600 : 3.6e6;
    const unit = small ? 'Wh' : 'kWh';
    return known(sigma)
        ? `$${digits3(joules / scale)} \\pm ${digits3(sigma / scale)}$~${unit}`
        : `${digits3(joules / scale)}~${unit}`;
};

// "Training used 1.2 +- 0.1 kWh ..., measured with joulebook by nvml and rapl-perf; ..."
export function methodsSentence(record: RunRecord): string | null {
    const { name, joules, sigma } = basisEnergy(record);
    if (!known(joules)) {
        return null;
    }
    const what = { machine: 'of the whole machine', run: 'of the run alone, above idle', footprint: "of the run with its share of the machine's idle power" }[name];
    const share = measuredShare(record);
    const how = share === null ? '' : share > 0.999 ? ', all of it measured' : share < 0.001 ? ', all of it modelled' : `, ${Math.round(100 * share)}\\,\\% of it measured and the rest modelled`;
    const by = sourcesOf(record).map(texText);
    const hardware = texText(hardwareText(record));
    const c = record.carbon;
    const live = c.segments.some((s) => s.live === true);
    const sources = [...new Set(c.segments.map((s) => s.source).filter((s): s is string => !!s))].map(texText);
    const out = [
        `Energy was accounted with joulebook${by.length > 0 ? ` (sensors: ${by.join(', ')})` : ''}${hardware ? ` on ${hardware}` : ''}: ` +
            `the run took ${kwhText(joules, sigma)} (${what}${how}; one standard deviation).`,
    ];
    if (known(c.emissions_g)) {
        const place = texText(c.zone_name ?? c.zone ?? '');
        const gram = known(c.uncertainty_g)
            ? `$${digits3(c.emissions_g)} \\pm ${digits3(c.uncertainty_g)}$~g`
            : `${digits3(c.emissions_g)}~g`;
        const pue = known(c.pue) && c.pue !== 1 ? ` and a PUE of ${digits3(c.pue)}` : '';
        const at = known(c.intensity_g_per_kwh) ? ` at a carbon intensity of ${digits3(c.intensity_g_per_kwh)}~g\\,CO$_2$e/kWh` : '';
        out.push(
            `This corresponds to ${gram}\\,CO$_2$e${at}${place ? ` (${place}` : ''}` +
                `${place && sources.length > 0 ? `; ${live ? 'live' : 'average'} figures of ${sources.join(', ')}` : ''}${place ? ')' : ''}${pue}.`,
        );
    }
    return out.join(' ');
}
