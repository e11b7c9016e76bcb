/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.c - lower case and without accents, by a table of the two-byte letters of Latin-1 and Latin Extended-A.
 *
 * No locale: iconv and towlower() give other results on other machines. Text is UTF-8 (The Unicode Standard, chapter
 * 3); a letter typed on a Mac may come as base letter and combining accent, which U+0300..U+036F drops.
 */
#include "grid/fold.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* U+00C0..U+017F, one base letter each; '?' has none. */
static const char base_letters[] = "aaaaaa?ceeeeiiii?nooooo?ouuuuy??"
                                   "aaaaaa?ceeeeiiii?nooooo?ouuuuy?y"
                                   "aaaaaaccccccccddddeeeeeeeeeegggg"
                                   "gggghhhhiiiiiiiiii??jjkk?lllllll"
                                   "lllnnnnnnn??oooooo??rrrrrrssssss"
                                   "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* The plain letter of a two-byte character; 0: an accent to drop; -1: neither. */
static int plain_letter(unsigned char lead, unsigned char next)
{
    if (lead < 0xC2 || lead > 0xDF || (next & 0xC0) != 0x80) {
        return -1;
    }
    unsigned code = (lead & 0x1Fu) << 6 | (next & 0x3Fu);
    if (code >= 0x300 && code <= 0x36F) {
        return 0;
    }
    if (code < 0xC0 || code > 0x17F || base_letters[code - 0xC0] == '?') {
        return -1;
    }
    return base_letters[code - 0xC0];
}

int jb_grid_fold(const char *text, char ret[JB_FOLD_TEXT])
{
    char folded[JB_FOLD_TEXT];
    size_t length = 0;
    bool blank = false;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        int c = *p;
        if (c >= 0x80) {
            c = plain_letter(p[0], p[1]);
            p++; /* p[1] is a continuation byte here, or c is -1 and we leave */
            if (c == 0) {
                continue;
            }
        } else if (c >= 'A' && c <= 'Z') {
            c += 'a' - 'A';
        } else if (c == ' ' || c == '\t') {
            blank = true;
            continue;
        }
        if (c <= ' ' || c >= 0x7F || length + 2 >= sizeof(folded)) {
            return -EINVAL;
        }
        if (blank && length > 0) {
            folded[length++] = ' ';
        }
        blank = false;
        folded[length++] = (char)c;
    }
    if (length == 0) {
        return -EINVAL;
    }
    folded[length] = '\0';
    memcpy(ret, folded, length + 1);
    return 0;
}
