// SPDX-License-Identifier: Apache-2.0
// Metrics of a run: tags that are numbers ("accuracy=0.93", `--tag` or what a framework logged).

export type Tags = Record<string, string> | null | undefined;

export function numberOf(text: string | undefined): number | null {
    const trimmed = text?.trim() ?? '';
    if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?$/.test(trimmed)) {
        return null;
    }
    const value = Number(trimmed.replace(/\s*%$/, ''));
    return Number.isFinite(value) ? value : null;
}

const LIKELY = ['accuracy', 'acc', 'top1', 'f1', 'auc', 'map', 'miou', 'bleu', 'rouge', 'reward', 'score', 'loss', 'perplexity', 'ppl', 'wer', 'error', 'rmse', 'mae', 'mse'];
const LOWER = /(^|[_./-])(loss|perplexity|ppl|wer|cer|error|err|rmse|mae|mse|nll|fid|latency)([_./-]|$)/i;

export const lowerIsBetter = (name: string): boolean => LOWER.test(name);

// Names that are a number in two runs or more; what is likely a result before what is likely a setting ("lr", "batch").
export function metricNames(all: Tags[]): string[] {
    const count = new Map<string, number>();
    for (const tags of all) {
        for (const [name, value] of Object.entries(tags ?? {})) {
            if (numberOf(value) !== null) {
                count.set(name, (count.get(name) ?? 0) + 1);
            }
        }
    }
    const rank = (name: string): number => {
        const words = name.toLowerCase().split(/[_./-]/);
        const i = LIKELY.findIndex((w) => words.includes(w));
        return i < 0 ? LIKELY.length : i;
    };
    return [...count].filter(([, n]) => n >= 2).map(([name]) => name).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}
