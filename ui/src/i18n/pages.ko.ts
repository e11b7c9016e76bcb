// SPDX-License-Identifier: Apache-2.0
import type { pagesEn } from './pages.en';

export const pagesKo: Record<keyof typeof pagesEn, string> = {
};
