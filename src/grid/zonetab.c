/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zonetab.c - the rows of zone1970.tab, zone.tab and tzdata.zi.
 *
 * The first two are "countries <tab> coordinates <tab> name [<tab> comment]", described in their own heads and in
 * tzfile's "theory.html"; the countries of zone1970.tab are a list with commas, the principal one first. Of tzdata.zi
 * only the link lines "L target name" are read (zic(8)). Lines that are something else are passed over.
 */
#include "grid/zonetab.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

int jb_tz_check(const char *name)
{
    size_t length = 0;
    for (const char *p = name; *p != '\0'; p++, length++) {
        bool letter = is_upper(*p) || (*p >= 'a' && *p <= 'z');
        bool other = (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' || *p == '+' || *p == '/';
        if (!letter && !other) {
            return -EINVAL;
        }
    }
    return length > 0 && length < JB_TZ_TEXT && (is_upper(name[0])) ? 0 : -EINVAL;
}

/* The next field of a line that ends at `end`; moves *at past the separator behind it. */
static size_t next_field(const char **at, const char *end, char separator, const char **ret_field)
{
    const char *field = *at;
    const char *stop = memchr(field, separator, (size_t)(end - field));
    *at = stop != NULL ? stop + 1 : end;
    *ret_field = field;
    return (size_t)((stop != NULL ? stop : end) - field);
}

static bool is(const char *field, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(field, name, length) == 0;
}

static const char *line_end(const char *line)
{
    return line + strcspn(line, "\n");
}

int jb_zonetab_country(const char *text, const char *name, char ret_country[3])
{
    for (const char *line = text; *line != '\0';) {
        const char *end = line_end(line), *at = line;
        const char *countries, *coordinates, *zone;
        size_t country_length = next_field(&at, end, '\t', &countries);
        next_field(&at, end, '\t', &coordinates);
        size_t zone_length = next_field(&at, end, '\t', &zone);
        if (line[0] != '#' && is(zone, zone_length, name)) {
            bool two = country_length == 2 || (country_length > 2 && countries[2] == ',');
            if (!two || !is_upper(countries[0]) || !is_upper(countries[1])) {
                return -ENOENT;
            }
            memcpy(ret_country, countries, 2);
            ret_country[2] = '\0';
            return 0;
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return -ENOENT;
}

int jb_zonetab_link(const char *text, const char *name, char ret_target[JB_TZ_TEXT])
{
    for (const char *line = text; *line != '\0';) {
        const char *end = line_end(line), *at = line;
        const char *verb, *target, *link;
        size_t verb_length = next_field(&at, end, ' ', &verb);
        size_t target_length = next_field(&at, end, ' ', &target);
        size_t link_length = next_field(&at, end, ' ', &link);
        if (is(verb, verb_length, "L") && is(link, link_length, name)) {
            char copy[JB_TZ_TEXT];
            if (target_length >= sizeof(copy)) {
                return -ENOENT;
            }
            memcpy(copy, target, target_length);
            copy[target_length] = '\0';
            if (jb_tz_check(copy) < 0) {
                return -ENOENT;
            }
            memcpy(ret_target, copy, sizeof(copy));
            return 0;
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return -ENOENT;
}
