// SPDX-License-Identifier: Apache-2.0
import type { runEn } from './run.en';

export const runKo: Record<keyof typeof runEn, string> = {
};
