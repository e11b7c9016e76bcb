// SPDX-License-Identifier: Apache-2.0
import type { liveEn } from './live.en';

export const liveKo: Record<keyof typeof liveEn, string> = {
};
