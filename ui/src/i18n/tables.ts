// SPDX-License-Identifier: Apache-2.0
// The texts by language and name; undefined where there is none. The build replaces this module (tools/texts.ts).
import { en } from './en';
import { ko } from './ko';
import type { Language } from '.';

const all: Record<Language, Record<string, string>> = { en, ko };
export const lookup = (language: Language, key: string): string | undefined => all[language][key];
