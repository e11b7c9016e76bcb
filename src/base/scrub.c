/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrub.c - see scrub.h. SMBIOS structures are those of DMTF DSP0134: the fields named there as serial number and asset
 * tag; of a type that is not in the table all strings are replaced.
 *
 * What is made up comes from SHA-256 over the salt and the original: nobody without the salt, which is not kept, can
 * try out originals.
 */
#include "base/scrub.h"

#include "base/cleanup.h"
#include "base/ident.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LONG_HEX   32
#define MOST_PAIRS 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char like(char c, unsigned value, bool hex)
{
    unsigned letters = hex ? 6 : 26;
    if (is_digit(c)) {
        return (char)('0' + value % 10);
    }
    if (c >= 'a' && c <= 'z') {
        return (char)('a' + value % letters);
    }
    return c >= 'A' && c <= 'Z' ? (char)('A' + value % letters) : c;
}

static unsigned hex_value(char c)
{
    return (unsigned)(is_digit(c) ? c - '0' : c - 'a' + 10);
}

/* Letters and digits of text[0..length) made up; what stands between them stays. */
static void make_up(const char *salt, char *text, size_t length, bool hex)
{
    char key[JB_SHA256_TEXT], block[JB_SHA256_TEXT], place[JB_SHA256_TEXT + 48];
    jb_sha256_hex(text, length, key);
    for (size_t i = 0; i < length; i++) {
        if (i % 32 == 0) {
            int n = jb_snprintf(place, sizeof(place), "%s/%s/%zu", salt, key, i);
            jb_sha256_hex(place, (size_t)n < sizeof(place) ? (size_t)n : sizeof(place) - 1, block);
        }
        const char *two = block + i % 32 * 2;
        text[i] = like(text[i], hex_value(two[0]) << 4 | hex_value(two[1]), hex);
    }
}

/* ---- by its looks ---- */

static size_t hex_run(const char *text, size_t left)
{
    size_t at = 0;
    while (at < left && is_hex(text[at])) {
        at++;
    }
    return at;
}

/* 6fd5c3a0-1b2c-4d3e-8f90-123456789abc, also with "_"; 0: no. */
static size_t uuid(const char *text, size_t left)
{
    static const unsigned char groups[] = {8, 4, 4, 4, 12};
    size_t at = 0;
    for (size_t g = 0; g < sizeof(groups); g++) {
        size_t room = left - at < 13 ? left - at : 13;
        if (hex_run(text + at, room) != groups[g]) {
            return 0;
        }
        at += groups[g];
        if (g + 1 < sizeof(groups) && (at == left || (text[at] != '-' && text[at] != '_') || text[at++] != text[8])) {
            return 0;
        }
    }
    return at;
}

/* Six pairs of digits or more: Ethernet has 6, InfiniBand 8 and 20. */
static size_t hardware_address(const char *text, size_t left)
{
    size_t at = 0, pairs = 0;
    while (pairs < MOST_PAIRS && hex_run(text + at, left - at < 3 ? left - at : 3) == 2) {
        at += 2;
        pairs++;
        if (left - at < 3 || (text[at] != ':' && text[at] != '-') || text[at] != text[2] || !is_hex(text[at + 1])) {
            break;
        }
        at++;
    }
    return pairs >= 6 && (at == left || !is_alnum(text[at])) && is_alnum(text[at - 1]) ? at : 0;
}

static size_t long_hex(const char *text, size_t left)
{
    size_t length = hex_run(text, left);
    return length >= LONG_HEX && (length == left || !is_alnum(text[length])) ? length : 0;
}

/* All zeros or all ones are said of nobody. */
static bool says_nothing(const char *text, size_t length)
{
    bool zeros = true, ones = true;
    for (size_t i = 0; i < length; i++) {
        zeros = zeros && (text[i] == '0' || !is_alnum(text[i]));
        ones = ones && (text[i] == 'f' || text[i] == 'F' || !is_alnum(text[i]));
    }
    return zeros || ones;
}

size_t jb_scrub_text(const char *salt, char *text, size_t length)
{
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        size_t left = length - at;
        size_t found = uuid(text + at, left); /* also inside of a word: "pod6fd5..." */
        if (found == 0 && (at == 0 || !is_alnum(text[at - 1]))) {
            found = hardware_address(text + at, left);
            found = found > 0 ? found : long_hex(text + at, left);
        }
        if (found > 0 && !says_nothing(text + at, found)) {
            make_up(salt, text + at, found, true);
            count++;
        }
        at += found > 0 ? found : 1;
    }
    return count;
}

#define SIGN       "://"
#define MADE_UP    "host"
#define MOST_HOSTS 16
#define NAME_ROOM  256

static bool in_host(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("-._:@[]%", c) != NULL);
}

/* What follows upon "://" at text[at], with user and port; 0: nothing, or it is made up already. */
static size_t host_behind_sign(const char *text, size_t length, size_t at)
{
    size_t start = at + strlen(SIGN), end = start;
    if (length - at <= strlen(SIGN) || memcmp(text + at, SIGN, strlen(SIGN)) != 0) {
        return 0;
    }
    while (end < length && in_host(text[end])) {
        end++;
    }
    return end - start;
}

/* The name alone in "user@[name]:port", for looking elsewhere; false: a mere word, which may mean something else. */
static bool bare_name(const char *host, size_t length, char ret[NAME_ROOM])
{
    size_t skip = length, n = 0;
    while (skip > 0 && host[skip - 1] != '@') {
        skip--;
    }
    bool bracket = skip < length && host[skip] == '[', telling = false;
    for (size_t i = skip + bracket; i < length && host[i] != (bracket ? ']' : ':') && n + 1 < NAME_ROOM; i++) {
        telling = telling || host[i] == '.' || host[i] == ':' || is_digit(host[i]);
        ret[n++] = host[i];
    }
    while (n > 0 && ret[n - 1] == '.') { /* the end of a sentence */
        n--;
    }
    ret[n] = '\0';
    return telling && n >= strlen(MADE_UP);
}

/* By itself: "10.0.0.5" is neither in "110.0.0.5" nor in "10.0.0.50"; a full stop or a colon may follow upon it. */
static size_t replace_name(char *text, size_t length, const char *name)
{
    size_t to = 0, n = strlen(name);
    for (size_t at = 0; at < length;) {
        bool here = length - at >= n && memcmp(text + at, name, n) == 0 &&
                    (at == 0 || (!is_alnum(text[at - 1]) && text[at - 1] != '-' && text[at - 1] != '.')) &&
                    (at + n == length || (!is_alnum(text[at + n]) && text[at + n] != '-'));
        if (here) {
            memcpy(text + to, MADE_UP, strlen(MADE_UP));
            to += strlen(MADE_UP);
            at += n;
        } else {
            text[to++] = text[at++];
        }
    }
    return to;
}

size_t jb_scrub_hosts(char *text, size_t length)
{
    static const char made_up[] = SIGN MADE_UP;
    char names[MOST_HOSTS][NAME_ROOM];
    size_t count = 0, to = 0;
    for (size_t at = 0; at < length && count < MOST_HOSTS; at++) {
        size_t host = host_behind_sign(text, length, at);
        count += host > 0 && bare_name(text + at + strlen(SIGN), host, names[count]);
    }
    for (size_t i = 0; i < count; i++) {
        length = replace_name(text, length, names[i]);
    }
    for (size_t at = 0; at < length;) {
        size_t host = host_behind_sign(text, length, at);
        if (host >= strlen(MADE_UP)) {
            memcpy(text + to, made_up, sizeof(made_up) - 1);
            to += sizeof(made_up) - 1;
            at += strlen(SIGN) + host;
        } else {
            text[to++] = text[at++];
        }
    }
    return to;
}

/* ---- by its name ---- */

static bool names_secret(const char *name, size_t length)
{
    static const char *const words[] = {"serial", "uuid", "asset", "machine-id", "unique_id", "wwid", "guid"};
    char lower[64];
    if (length >= sizeof(lower)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    }
    lower[length] = '\0';
    for (size_t i = 0; i < JB_COUNT(words); i++) {
        if (strstr(lower, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* "To be filled by O.E.M.", "Not Specified", "None", "0": what firmware puts where it has nothing to say. */
static bool is_filler(const char *text, size_t length)
{
    bool digit = false, blank = false;
    size_t letters = 0;
    for (size_t i = 0; i < length; i++) {
        digit = digit || (is_digit(text[i]) && text[i] != '0');
        blank = blank || text[i] == ' ';
        letters += is_alnum(text[i]);
    }
    return letters == 0 || says_nothing(text, length) || (!digit && (blank || letters <= 4));
}

static size_t scrub_value(const char *salt, char *text, size_t length)
{
    while (length > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' ' || text[length - 1] == '\0')) {
        length--;
    }
    size_t count = jb_scrub_text(salt, text, length); /* a UUID becomes what it becomes elsewhere */
    if (count == 0 && !is_filler(text, length)) {
        make_up(salt, text, length, false);
        count = 1;
    }
    return count;
}

/* "Serial\t\t: 10000000abcdef01", "POWER_SUPPLY_SERIAL_NUMBER=12345". */
static size_t scrub_lines(const char *salt, char *text, size_t length)
{
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        const char *newline = memchr(text + at, '\n', length - at);
        size_t end = newline ? (size_t)(newline - text) : length;
        size_t key = at;
        while (key < end && text[key] != ':' && text[key] != '=') {
            key++;
        }
        if (key < end && names_secret(text + at, key - at)) {
            count += scrub_value(salt, text + key + 1, end - key - 1);
        } else {
            count += jb_scrub_text(salt, text + at, end - at);
        }
        at = end + 1;
    }
    return count;
}

/* The end of a word of the kernel's command line: a blank, but none between quotes. */
static size_t word_end(const char *text, size_t length, size_t at)
{
    for (bool quoted = false; at < length && text[at] != '\n' && (quoted || text[at] != ' '); at++) {
        quoted = quoted != (text[at] == '"');
    }
    return at;
}

/* What is given to the kernel and its init may be anything, passwords too. Only the names of options are wanted: what
 * stands behind "--" belongs to init, and where it does not begin with "-" may be the value of the word before. */
static size_t scrub_command_line(const char *salt, char *text, size_t length)
{
    size_t count = 0;
    bool init = false;
    for (size_t at = 0; at < length;) {
        size_t end = word_end(text, length, at);
        const char *equals = memchr(text + at, '=', end - at);
        bool quoted = memchr(text + at, '"', end - at) != NULL;
        bool whole = quoted || (init && end > at && text[at] != '-');
        size_t value = equals ? (size_t)(equals - text) + 1 : whole ? at : end;
        if (quoted) {
            make_up(salt, text + value, end - value, false);
            count++;
        } else if (value < end) {
            count += scrub_value(salt, text + value, end - value);
        }
        init = init || (end - at == 2 && memcmp(text + at, "--", 2) == 0);
        at = end + 1;
    }
    return count;
}

/* ---- SMBIOS ---- */

static size_t scrub_strings(const char *salt, char *raw, size_t length, size_t formatted, const unsigned char *fields,
                            size_t field_count)
{
    size_t count = 0;
    unsigned number = 1;
    for (size_t at = formatted; at < length && raw[at] != '\0'; number++) {
        size_t n = strnlen(raw + at, length - at);
        bool wanted = fields == NULL;
        for (size_t i = 0; i < field_count; i++) {
            wanted = wanted || (fields[i] < formatted && (unsigned char)raw[fields[i]] == number);
        }
        count += wanted ? scrub_value(salt, raw + at, n) : 0;
        at += n + 1;
    }
    return count;
}

static size_t scrub_smbios(const char *salt, char *raw, size_t length)
{
    static const struct {
        unsigned char type, fields[2];
    } known[] = {{1, {0x07, 0x07}}, {2, {0x07, 0x08}}, {3, {0x07, 0x08}}, {4, {0x20, 0x21}}, {17, {0x18, 0x19}}};
    if (length < 4 || (unsigned char)raw[1] > length || (unsigned char)raw[1] < 4) {
        memset(raw, 0, length);
        return length > 0;
    }
    size_t formatted = (unsigned char)raw[1], count = 0;
    if (raw[0] == 1 && formatted >= 0x18) { /* the UUID, in bytes */
        memset(raw + 0x08, 0, 16);
        count++;
    }
    for (size_t i = 0; i < JB_COUNT(known); i++) {
        if ((unsigned char)raw[0] == known[i].type) {
            return count + scrub_strings(salt, raw, length, formatted, known[i].fields, 2);
        }
    }
    return count + scrub_strings(salt, raw, length, formatted, NULL, 0);
}

static bool is_text(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\0' && i + 1 < length) {
            return false;
        }
    }
    return true;
}

size_t jb_scrub_file(const char *salt, const char *path, void *data, size_t length)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (jb_starts(path, "/sys/firmware/dmi/entries/") && jb_streq(name, "raw")) {
        return scrub_smbios(salt, data, length);
    }
    if (jb_streq(name, "hostname")) {
        make_up(salt, data, length, false);
        return 1;
    }
    if (names_secret(name, strlen(name))) {
        return scrub_value(salt, data, length);
    }
    if (jb_streq(path, "/proc/cmdline")) {
        return scrub_command_line(salt, data, length);
    }
    return is_text(data, length) ? scrub_lines(salt, data, length) : 0;
}
